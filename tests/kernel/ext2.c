/* ext2 on a virtio disk, its contents in the VM layer's page cache, with less memory than they need. The disk is
 * called "ext2"; e2fsck looks at it when the machine is off. */
#include "crew.h"
#include "words.h"

#include "kernel/file/file.h"
#include "kernel/fs/block.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/namei.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "tests/arch/machine.h"
#include "vm/vm.h"

#define FRAMES  40
#define PAGES   60 /* of a file */
#define THREADS 4

static struct filesystem *fs;
static struct inode *root;

static bool begin(void)
{
	paddr_t lo, hi;

	m_ram(&lo, &hi);
	return CHECK_EQ(vm_setup(lo, hi, FRAMES, m_policy()), 0);
}

/* Nothing of a file is in memory any more. */
static void end(void)
{
	struct vm_stats stats;

	vm_check();
	vm_stats(&stats);
	CHECK_EQ(stats.frames_used, 1); /* the zero frame */
	vm_shutdown();
}

static bool mounted(void)
{
	struct block_device *dev = block_find("ext2");

	return CHECK(dev) && CHECK_EQ(ext2_mount(dev, false, &fs), 0) &&
	       CHECK_EQ(fs->ops->root(fs, &root), 0);
}

static bool unmounted(void)
{
	inode_put(root);
	return CHECK_EQ(fs->ops->unmount(fs), 0);
}

static struct namei at_root(void) { return (struct namei){root, root}; }

static struct inode *made(const char *path, uint32_t mode)
{
	const struct namei at = at_root();
	struct namei_last last;
	struct inode *inode = NULL;

	if (CHECK_EQ(namei_last(&at, path, 0, &last), 0)) {
		CHECK_EQ(fs_create(last.dir, last.name, last.len, mode, 0, &inode), 0);
		namei_last_put(&last);
	}
	return inode;
}

static void removed(const char *path, bool directory)
{
	const struct namei at = at_root();
	struct namei_last last;

	if (CHECK_EQ(namei_last(&at, path, 0, &last), 0)) {
		CHECK_EQ(fs_unlink(last.dir, last.name, last.len, directory), 0);
		namei_last_put(&last);
	}
}

/* Every STEP-th page of F; how many could not be written, or are not as they were. */
static unsigned pages_written(struct inode *f, uint64_t *buf, uint64_t step, uint64_t whose)
{
	unsigned wrong = 0;

	for (uint64_t i = 0; i < PAGES; i++) {
		fill(buf, i, whose);
		vm_dirty_wait();
		wrong += inode_write(f, i * step * BLOCK_SIZE, buf, BLOCK_SIZE) != (int64_t)BLOCK_SIZE;
	}
	return wrong;
}

static unsigned pages_read(struct inode *f, uint64_t *buf, uint64_t step, uint64_t whose)
{
	unsigned wrong = 0;

	for (uint64_t i = 0; i < PAGES; i++)
		wrong += inode_read(f, i * step * BLOCK_SIZE, buf, BLOCK_SIZE) != (int64_t)BLOCK_SIZE ||
			 !filled(buf, i, whose);
	return wrong;
}

TEST(ext2_disk, "ext2/a-file-larger-than-memory-is-there-after-unmounting")
{
	uint64_t *buf = palloc_get_page(PAL_ASSERT);
	struct inode *d, *f = NULL;

	if (begin() && mounted()) {
		d = made("/dir", S_IFDIR | 0755);
		f = made("/dir/file", S_IFREG | 0644);
		if (f)
			CHECK_EQ(pages_written(f, buf, 5, 1) + pages_read(f, buf, 5, 1), 0);
		inode_put(f);
		inode_put(d);
		if (unmounted() && mounted()) {
			const struct namei again = at_root();

			CHECK_EQ(namei(&again, "/dir/file", 0, &f), 0);
			if (f)
				CHECK_EQ(pages_read(f, buf, 5, 1), 0);
			inode_put(f);
			removed("/dir/file", false);
			removed("/dir", true);
			unmounted();
		}
	}
	end();
	palloc_free_page(buf);
}

static _Atomic unsigned next_lane, wrong;

static void scribbler(void *unused)
{
	unsigned me = next_lane++;
	uint64_t *buf = palloc_get_page(0);
	char path[32];

	(void)unused;
	for (unsigned round = 0; buf && round < 4; round++) {
		struct inode *f;

		ksnprintf(path, sizeof path, "/t%u.%u", me, round);
		f = made(path, S_IFREG | 0644);
		wrong += !f;
		if (f) {
			wrong += pages_written(f, buf, 1, me);
			wrong += round % 2 && fs_sync(f) != 0;
			wrong += pages_read(f, buf, 1, me);
		}
		inode_put(f);
		removed(path, false);
	}
	wrong += !buf;
	palloc_free_page(buf);
}

TEST(ext2_threads, "ext2/threads-make-write-and-remove-files")
{
	struct crew crew = {0};

	if (begin() && mounted()) {
		next_lane = wrong = 0;
		crew_spread(&crew, THREADS, scribbler, NULL);
		crew_join(&crew);
		CHECK_EQ(wrong, 0);
		unmounted();
	}
	end();
}
