/* The Nth allocation or transfer fails, for every N: the operation says so, nothing leaks, the disk is clean, and what was
 * there before is there. And damaged images: errors, never more. */
#include "fs.h"
#include "pages.h"

#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REG 0100644

static struct disk *disk;
static struct filesystem *fs;
static char data[20 * 4096];

static int expected_errors(int err) { return !err || err == -ENOMEM || err == -EIO ? 0 : err; }

static int steps_one(void)
{
	struct inode *f;
	int err = at_create(fs, "/d/new", REG, &f), err2;
	int64_t got;

	if (err)
		return err;
	got = file_write(f, 3 * 4096 + 100, data, sizeof data);
	err = got == sizeof data ? 0 : got < 0 ? (int)got : -EIO;
	err2 = fs_sync(f);
	err = err ? err : err2;
	err2 = file_resize(f, 5000);
	err = err ? err : err2;
	inode_put(f);
	return err;
}

static int steps_two(void)
{
	int err = at_rename(fs, "/d/old", "/e/moved"), one;

	one = at_rename(fs, "/sub", "/d/sub");
	err = err ? err : one;
	one = at_symlink(fs, "/d/l",
			 "a-link-that-is-so-long-that-it-does-not-fit-into-an-inode-but-needs-a-block");
	err = err ? err : one;
	one = at_unlink(fs, "/gone", false);
	err = err ? err : one;
	one = at_create(fs, "/d/dir", 0040755, NULL);
	err = err ? err : one;
	one = fs->ops->sync(fs);
	return err ? err : one;
}

static int steps_three(void)
{
	char path[300];
	int err = 0;

	for (unsigned i = 0; !err && i < 20; i++) {
		snprintf(path, sizeof path, "/d/%0240u", i);
		err = at_create(fs, path, REG, NULL);
	}
	for (unsigned i = 0; !err && i < 20; i += 2) {
		snprintf(path, sizeof path, "/d/%0240u", i);
		err = at_unlink(fs, path, false);
	}
	return err;
}

static const struct disk *template(void)
{
	static struct disk *made;
	struct inode *f;

	if (made)
		return made;
	disk = disk_make(600, "-N 256");
	fs = disk_mount(disk);
	at_create(fs, "/d", 0040755, NULL);
	at_create(fs, "/e", 0040755, NULL);
	at_create(fs, "/sub", 0040755, NULL);
	at_create(fs, "/d/old", REG, NULL);
	for (unsigned i = 0; i < 2; i++) {
		if (!CHECK_EQ(at_create(fs, i ? "/kept" : "/gone", REG, &f), 0))
			continue;
		memset(data, 'k', sizeof data);
		CHECK_EQ(file_write(f, i ? 0 : 1030ull * 4096, data, sizeof data), sizeof data);
		inode_put(f);
	}
	fs_unmount_ok(fs);
	made = disk;
	return made;
}

static bool kept_is_there(void)
{
	static char back[sizeof data];
	struct inode *f;
	bool ok;

	memset(data, 'k', sizeof data);
	if (!CHECK_EQ(at_namei(fs, "/kept", &f), 0))
		return false;
	ok = CHECK_EQ(file_read(f, 0, back, sizeof back), sizeof back) &&
	     CHECK(!memcmp(back, data, sizeof data));
	inode_put(f);
	return ok;
}

enum what { MEMORY, READS, WRITES };

/* One run of STEPS in which the N-th thing fails. True: so many there are not. */
static bool one_failure(int (*steps)(void), enum what what, unsigned n, bool for_good)
{
	char when[80];
	bool met;
	int err;

	disk = disk_copy(template());
	snprintf(when, sizeof when, "%s %u fails%s",
		 what == MEMORY  ? "allocation"
		 : what == READS ? "read"
				 : "write",
		 n, for_good ? " and all after it" : "");
	fs = disk_mount(disk);
	if (what == MEMORY)
		port_fail_alloc(n, for_good);
	else
		disk_fail(disk, n, for_good, what == READS, what == WRITES);
	err = steps();
	met = port_alloc_failed() || disk->failed;
	port_fail_alloc(0, false);
	disk_fail(disk, 0, false, false, false);
	if (!CHECK_EQ(expected_errors(err), 0))
		test_note("%s", when);
	/* what was deleted while the disk failed is deleted when it works */
	CHECK_EQ(fs->ops->sync(fs), 0);
	kept_is_there();
	CHECK_EQ(fs->ops->unmount(fs), 0);
	if (!disk_clean(disk, when))
		met = false;
	disk_free(disk);
	return !met;
}

static void every_failure(enum what what)
{
	int (*const steps[])(void) = {steps_one, steps_two, steps_three};
	unsigned total = 0;

	template();
	for (unsigned s = 0; s < 3 && !test_failing(); s++) {
		for (unsigned for_good = 0; for_good < 2 && !test_failing(); for_good++) {
			unsigned n = 1;

			while (n < 2000 && !test_failing() && !one_failure(steps[s], what, n, for_good))
				n += FS_PART;
			total += n - 1;
		}
	}
	test_note("%u failures", total);
}

TEST(fail_memory, "fs/every-failing-allocation-is-survived") { every_failure(MEMORY); }
TEST(fail_reads, "fs/every-failing-read-is-survived") { every_failure(READS); }
TEST(fail_writes, "fs/every-failing-write-is-survived") { every_failure(WRITES); }

TEST(fail_mount, "fs/a-mount-that-fails-leaves-nothing-behind")
{
	struct filesystem *none;

	template();
	for (unsigned n = 1; n < 200 && !test_failing(); n++) {
		bool met;

		disk = disk_copy(template());
		if (n % 2)
			disk_fail(disk, (n + 1) / 2, true, true, true);
		else
			port_fail_alloc(n / 2, true);
		met = ext2_mount(&disk->dev, false, &none) != 0;
		port_fail_alloc(0, false);
		disk_fail(disk, 0, false, false, false);
		if (!met)
			fs_unmount_ok(none);
		disk_free(disk);
		if (!met && n > 40)
			break;
	}
}

/* ---- damaged images ---- */

static uint64_t random_state;

static unsigned pick(unsigned n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(random_state >> 33) % n;
}

/* Bytes flipped where tables, directories and indirect blocks are; or whole words made interesting. */
static void damage(void)
{
	static const uint32_t words[] = {0, 1, 2, 11, 600, 599, 0xffffffff, 0x7fffffff, 0x10000, 12, 4096};
	unsigned n = 1 + pick(12);

	while (n--) {
		uint64_t at = pick(4) ? pick(40 * 4096) : pick(600 * 4096);

		if (!pick(8))
			at = 1024 + pick(120);
		if (pick(2))
			disk->image[at] ^= (unsigned char)(1u << pick(8));
		else
			memcpy(disk->image + (at & ~3ull), &words[pick(11)], 4);
	}
}

static bool visit(void *ctx, const struct dir_name *name)
{
	unsigned *n = ctx;

	(void)name;
	return ++*n < 1000;
}

/* Everything that can be reached is looked at, changed and removed. */
static void maul(struct inode *dir)
{
	static const char *const path[] = {"/d",     "/e",          "/sub", "/kept", "/gone",
					   "/d/old", "/lost+found", "/d/l", "/d/dir"};
	char target[100];
	struct file_stat st;
	uint64_t position = 0;
	unsigned n = 0;

	fs_readdir(dir, &position, visit, &n);
	for (unsigned i = 0; i < sizeof path / sizeof path[0]; i++) {
		struct inode *f;

		if (at_namei(fs, path[i], &f))
			continue;
		fs_stat(f, &st);
		position = n = 0;
		fs_readdir(f, &position, visit, &n);
		fs_readlink(f, target, sizeof target);
		if (f->type == S_IFREG) {
			file_read(f, 0, data, sizeof data);
			file_read(f, 1030ull * 4096, data, sizeof data);
			file_write(f, pick(2000) * 4096ull, data, 9000);
			file_resize(f, pick(2000) * 4096ull);
		}
		fs_sync(f);
		inode_put(f);
	}
	steps_two();
	steps_one();
	steps_three();
	for (unsigned i = 0; i < sizeof path / sizeof path[0]; i++)
		if (at_unlink(fs, path[i], false))
			at_unlink(fs, path[i], true);
}

TEST(damaged, "fs/a-damaged-disk-gives-errors-and-nothing-worse")
{
	unsigned mounted = 0;

	template();
	random_state = test_seed() * 77;
	for (unsigned i = 0; i < 1500 / FS_PART; i++) {
		struct inode *root;

		disk = disk_copy(template());
		damage();
		if (!ext2_mount(&disk->dev, false, &fs)) {
			mounted++;
			if (!fs->ops->root(fs, &root)) {
				maul(root);
				inode_put(root);
			}
			CHECK(fs->ops->unmount(fs) != -EBUSY);
		}
		disk_free(disk);
	}
	CHECK(mounted > 300 / FS_PART);
	test_note("%u mounted", mounted);
}

/* Pointers in a circle, a directory that is its own parent, an entry of length 0. */
TEST(circles, "fs/circles-on-a-damaged-disk-end")
{
	static const uint64_t at[] = {12, 13, 14};
	struct inode *f;

	for (unsigned i = 0; i < 3; i++) {
		struct ext2_dinode *d;
		uint32_t block;

		disk = disk_make(600, "-N 256");
		fs = disk_mount(disk);
		CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
		CHECK_EQ(file_write(f, 0, data, sizeof data), sizeof data);
		CHECK_EQ(fs_sync(f), 0);
		d = ext2_inode_of(f)->disk;
		block = d->block[12];
		for (unsigned k = 0; k < 1024; k++)
			((uint32_t *)(disk->image + block * 4096ull))[k] = block;
		d->block[12] = 0;
		d->block[at[i]] = block;
		bcache_shrink(&((struct ext2 *)fs)->cache);
		CHECK_EQ(file_resize(f, 5ull << 30), 0);
		file_read(f, (12 + 1024 + 70000) * 4096ull, data, sizeof data);
		file_resize(f, 0);
		inode_put(f);
		at_unlink(fs, "/f", false);
		CHECK(fs->ops->unmount(fs) != -EBUSY);
		disk_free(disk);
	}
}
