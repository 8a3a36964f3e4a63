/* ext2, operation by operation: what holds whatever the model would say. */
#include "fs.h"
#include "pages.h"

#include "kernel/lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REG 0100644
#define DIR 0040755

static struct disk *disk;
static struct filesystem *fs;

static bool begin(uint64_t blocks)
{
	disk = disk_make(blocks, NULL);
	fs = disk_mount(disk);
	return fs;
}

static void end(void)
{
	if (fs)
		fs_unmount_ok(fs);
	disk_clean(disk, "at the end");
	disk_free(disk);
}

static bool remount(void)
{
	if (fs_unmount_ok(fs) && disk_clean(disk, "unmounted"))
		fs = disk_mount(disk);
	else
		fs = NULL;
	return fs;
}

static void fill(char *buf, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(seed * 31 + i / 7 + i);
}

static struct fs_stat usage(void)
{
	struct fs_stat s;

	fs->ops->statfs(fs, &s);
	return s;
}

TEST(mount_empty, "fs/a-new-disk-mounts-and-unmounts-clean")
{
	struct inode *inode;

	if (begin(1024)) {
		CHECK_EQ(at_namei(fs, "/lost+found", &inode), 0);
		CHECK_EQ(inode->type, S_IFDIR);
		CHECK_EQ(fs->ops->unmount(fs), -EBUSY);
		inode_put(inode);
		remount();
	}
	end();
}

TEST(geometries, "fs/every-geometry-of-mke2fs-mounts")
{
	static const char *const how[] = {"-g 1024", "-O sparse_super -g 1024", "-I 256", "-N 64",
					  "-O ^filetype"};

	for (unsigned i = 0; i < sizeof how / sizeof how[0]; i++) {
		disk = disk_make(5000, how[i]);
		fs = disk_mount(disk);
		if (fs) {
			CHECK_EQ(at_create(fs, "/d", DIR, NULL), 0);
			CHECK_EQ(at_create(fs, "/d/f", REG, NULL), 0);
			CHECK_EQ(at_rename(fs, "/d/f", "/g"), 0);
		}
		end();
	}
}

/* Every level of indirection: its first block, its last, and the hole around it. */
TEST(indirect, "fs/data-comes-back-from-every-level-of-indirection")
{
	static const uint64_t page[] = {0,
					11,
					12,
					1035,
					1036,
					1036 + 1024,
					1036 + 1024 * 1024 - 1,
					1036 + 1024 * 1024,
					1036ull + 1024 * 1024 + 5000,
					0x3fffffff};
	char buf[5000], back[5000];
	struct inode *f;
	struct file_stat st;
	uint64_t before;

	if (!begin(4096))
		return end();
	before = usage().free_blocks;
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	for (unsigned i = 0; i < 10; i++) {
		fill(buf, sizeof buf, i);
		CHECK_EQ(file_write(f, page[i] * 4096 + i, buf, sizeof buf), sizeof buf);
	}
	inode_put(f);
	if (!remount())
		return end();
	CHECK_EQ(at_namei(fs, "/f", &f), 0);
	for (unsigned i = 0; i < 10; i++) {
		fill(buf, sizeof buf, i);
		CHECK_EQ(file_read(f, page[i] * 4096 + i, back, sizeof back), sizeof back);
		CHECK(!memcmp(buf, back, i == 0 || i == 1 || i == 3 || i == 6 ? 4000 : sizeof buf));
	}
	CHECK_EQ(file_read(f, 700 * 4096, back, sizeof back), sizeof back);
	for (unsigned i = 0; i < sizeof back; i++)
		CHECK_EQ(back[i], 0);
	for (unsigned i = 10; i-- > 1;)
		CHECK_EQ(file_resize(f, page[i] * 4096 - 3), 0);
	CHECK_EQ(fs_stat(f, &st), 0);
	CHECK_EQ(st.blocks, 8 * 2);
	CHECK_EQ(file_resize(f, 1ull << 50), -EFBIG);
	inode_put(f);
	CHECK_EQ(at_unlink(fs, "/f", false), 0);
	CHECK_EQ(usage().free_blocks, before);
	end();
}

TEST(tail, "fs/what-was-cut-off-does-not-come-back-when-the-file-grows")
{
	char buf[9000], back[9000];
	struct inode *f;

	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	fill(buf, sizeof buf, 1);
	for (unsigned round = 0; round < 3; round++) {
		CHECK_EQ(file_write(f, 0, buf, sizeof buf), sizeof buf);
		CHECK_EQ(fs_sync(f), 0);
		if (round == 1)
			file_drop(f);
		CHECK_EQ(file_resize(f, 4100), 0);
		if (round == 2)
			file_drop(f);
		CHECK_EQ(file_resize(f, 9000), 0);
		CHECK_EQ(file_read(f, 0, back, sizeof back), sizeof back);
		CHECK(!memcmp(buf, back, 4100));
		for (unsigned i = 4100; i < 9000; i++)
			if (!CHECK_EQ(back[i], 0))
				break;
	}
	inode_put(f);
	end();
}

/* Whatever of the metadata gets to the disk next, and whoever cuts the power then. */
TEST(tail_disk, "fs/what-was-cut-off-is-gone-from-the-disk-when-the-file-is-cut")
{
	static const uint64_t mark = 0x1eaf0fa5c4a11ce5;
	uint64_t buf[1000];
	unsigned found = 0;
	struct inode *f;

	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	for (unsigned i = 0; i < 1000; i++)
		buf[i] = mark;
	CHECK_EQ(file_write(f, 0, buf, sizeof buf), sizeof buf);
	CHECK_EQ(fs_sync(f), 0);
	CHECK_EQ(file_resize(f, 600 * sizeof *buf), 0);
	for (size_t i = 0; i < disk->dev.blocks * BLOCK_SIZE; i += sizeof mark)
		found += !memcmp(disk->image + i, &mark, sizeof mark);
	CHECK_EQ(found, 600);
	inode_put(f);
	end();
}

/* A mapping has a reference of its own to the contents. */
TEST(mapped, "fs/a-mapped-file-stays-until-its-last-mapping-goes")
{
	char buf[8 * 4096] = {1};
	uint64_t before;
	struct vm_object *object[2];
	struct inode *f;

	if (!begin(1024))
		return end();
	before = usage().free_blocks;
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(at_create(fs, i ? "/kept" : "/gone", REG, &f), 0);
		object[i] = &f->object;
		CHECK_EQ(file_write(f, 0, buf, sizeof buf), sizeof buf);
		vm_object_ref(object[i]);
		inode_put(f);
	}
	CHECK_EQ(at_unlink(fs, "/gone", false), 0);
	CHECK_EQ(usage().free_blocks, before - 16);
	CHECK_EQ(fs->ops->sync(fs), 0);
	CHECK_EQ(fs->ops->unmount(fs), -EBUSY);
	vm_object_put(object[0]);
	CHECK_EQ(usage().free_blocks, before - 8);
	CHECK_EQ(fs->ops->unmount(fs), -EBUSY);
	CHECK_EQ(at_namei(fs, "/kept", &f), 0);
	CHECK(&f->object == object[1]);
	inode_put(f);
	vm_object_put(object[1]);
	end();
}

TEST(fresh, "fs/an-allocated-block-that-was-never-written-reads-as-zeros")
{
	char back[4096];
	struct inode *f;

	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	CHECK_EQ(f->object.ops->make_writable(&f->object, 0), 0);
	CHECK_EQ(file_resize(f, 4096), 0);
	CHECK_EQ(file_read(f, 0, back, 4096), 4096);
	for (unsigned i = 0; i < 4096; i++)
		if (!CHECK_EQ(back[i], 0))
			break;
	inode_put(f);
	if (remount() && !at_namei(fs, "/f", &f)) {
		CHECK_EQ(file_read(f, 0, back, 4096), 4096);
		CHECK_EQ(back[17], 0);
		inode_put(f);
	}
	end();
}

TEST(unlinked_open, "fs/an-unlinked-file-lives-as-long-as-it-is-open")
{
	struct fs_stat before, after;
	char buf[3 * 4096], back[3 * 4096];
	struct inode *f, *d;

	if (!begin(1024))
		return end();
	before = usage();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	fill(buf, sizeof buf, 3);
	CHECK_EQ(file_write(f, 0, buf, sizeof buf), sizeof buf);
	CHECK_EQ(at_unlink(fs, "/f", false), 0);
	CHECK_EQ(fs_sync(f), 0);
	file_drop(f);
	CHECK_EQ(file_read(f, 0, back, sizeof back), sizeof back);
	CHECK(!memcmp(buf, back, sizeof buf));
	CHECK_EQ(at_create(fs, "/d", DIR, &d), 0);
	CHECK_EQ(at_unlink(fs, "/d", true), 0);
	CHECK_EQ(fs_create(d, "x", 1, REG, 0, &(struct inode *){NULL}), -ENOENT);
	inode_put(f);
	inode_put(d);
	after = usage();
	CHECK_EQ(after.free_blocks, before.free_blocks);
	CHECK_EQ(after.free_inodes, before.free_inodes);
	end();
}

TEST(symlinks, "fs/short-and-long-symbolic-links-hold-their-target")
{
	char target[4096], back[4096];
	static const size_t len[] = {1, 59, 60, 61, 4095};
	struct inode *l;

	if (!begin(1024))
		return end();
	for (unsigned i = 0; i < 5; i++) {
		char name[8];

		memset(target, 'a' + (int)i, sizeof target);
		target[len[i]] = 0;
		snprintf(name, sizeof name, "/l%u", i);
		CHECK_EQ(at_symlink(fs, name, target), 0);
		CHECK_EQ(at_symlink(fs, name, target), -EEXIST);
	}
	if (!remount())
		return end();
	for (unsigned i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof name, "/l%u", i);
		CHECK_EQ(at_namei(fs, name, &l), 0);
		CHECK_EQ(fs_readlink(l, back, sizeof back), len[i]);
		CHECK(back[0] == 'a' + (int)i && back[len[i] - 1] == back[0]);
		inode_put(l);
		CHECK_EQ(at_unlink(fs, name, false), 0);
	}
	end();
}

TEST(large, "fs/a-file-past-2-GiB-sets-the-flag-for-it")
{
	struct inode *f;

	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	CHECK_EQ(file_resize(f, 0x7fffffff), 0);
	CHECK_EQ(fs_sync(f), 0);
	CHECK_EQ(disk->image[1024 + 100] & 2, 0);
	CHECK_EQ(file_write(f, 0x80000000, "x", 1), 1);
	CHECK_EQ(fs_sync(f), 0);
	CHECK_EQ(disk->image[1024 + 100] & 2, 2);
	inode_put(f);
	end();
}

TEST(rename_rules, "fs/rename-replaces-only-what-it-may")
{
	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/a", DIR, NULL), 0);
	CHECK_EQ(at_create(fs, "/a/b", DIR, NULL), 0);
	CHECK_EQ(at_create(fs, "/a/b/c", DIR, NULL), 0);
	CHECK_EQ(at_create(fs, "/e", DIR, NULL), 0);
	CHECK_EQ(at_create(fs, "/f", REG, NULL), 0);
	CHECK_EQ(at_link(fs, "/f", "/g"), 0);
	CHECK_EQ(at_rename(fs, "/a", "/a/b/c/d"), -EINVAL);
	CHECK_EQ(at_rename(fs, "/a", "/a"), 0);
	CHECK_EQ(at_rename(fs, "/f", "/g"), 0); /* one file: both stay */
	CHECK_EQ(at_rename(fs, "/f", "/e"), -EISDIR);
	CHECK_EQ(at_rename(fs, "/e", "/f"), -ENOTDIR);
	CHECK_EQ(at_rename(fs, "/e", "/a"), -ENOTEMPTY);
	CHECK_EQ(at_rename(fs, "/e", "/a/b/c"), 0);
	CHECK_EQ(at_rename(fs, "/e", "/x"), -ENOENT);
	CHECK_EQ(at_rename(fs, "/a/b/c", "/h"), 0);
	CHECK_EQ(at_rename(fs, "/h/..", "/i"), -EBUSY);
	CHECK_EQ(at_link(fs, "/a", "/k"), -EPERM);
	CHECK_EQ(at_unlink(fs, "/a", false), -EISDIR);
	CHECK_EQ(at_unlink(fs, "/a", true), -ENOTEMPTY);
	CHECK_EQ(at_unlink(fs, "/f", true), -ENOTDIR);
	CHECK_EQ(at_unlink(fs, "/a/.", true), -EINVAL);
	CHECK_EQ(at_unlink(fs, "/a/b/..", true), -ENOTEMPTY);
	CHECK_EQ(at_unlink(fs, "/a/b", true), 0);
	end();
}

/* Names enough for several blocks, some taken away, more put in their place. */
TEST(big_directory, "fs/a-directory-of-many-blocks-keeps-its-names")
{
	char path[300];
	struct inode *f;
	unsigned seen = 0;

	if (!begin(2048))
		return end();
	CHECK_EQ(at_create(fs, "/d", DIR, NULL), 0);
	for (unsigned i = 0; i < 400; i++) {
		snprintf(path, sizeof path, "/d/%0*u", 10 + (int)(i * 7 % 240), i);
		CHECK_EQ(at_create(fs, path, REG, NULL), 0);
	}
	for (unsigned i = 0; i < 400; i += 3) {
		snprintf(path, sizeof path, "/d/%0*u", 10 + (int)(i * 7 % 240), i);
		CHECK_EQ(at_unlink(fs, path, false), 0);
	}
	if (!remount())
		return end();
	for (unsigned i = 0; i < 400; i++) {
		int err;

		snprintf(path, sizeof path, "/d/%0*u", 10 + (int)(i * 7 % 240), i);
		err = at_namei(fs, path, &f);
		CHECK_EQ(err, i % 3 ? 0 : -ENOENT);
		seen += !err;
		inode_put(f);
	}
	CHECK_EQ(seen, 266);
	end();
}

/* Until nothing more fits, by data, by directories and by inodes; then all goes again. */
TEST(full, "fs/a-full-disk-says-so-and-loses-nothing")
{
	static char buf[64 * 1024];
	struct fs_stat before, after;
	char path[40];
	struct inode *f;
	unsigned n = 0;

	if (!begin(512))
		return end();
	before = usage();
	for (;; n++) {
		int64_t got;

		snprintf(path, sizeof path, "/f%u", n);
		if (at_create(fs, path, REG, &f))
			break;
		got = file_write(f, n * 4096 * 30, buf, sizeof buf);
		inode_put(f);
		if (got != sizeof buf) {
			n++;
			CHECK(got > 0 || got == -ENOSPC);
			break;
		}
	}
	CHECK(n > 10);
	if (remount())
		CHECK_EQ(at_create(fs, "/dir", DIR, NULL), -ENOSPC);
	while (fs && n--) {
		snprintf(path, sizeof path, "/f%u", n);
		CHECK_EQ(at_unlink(fs, path, false), 0);
	}
	for (n = 0; fs && n < 1000; n++) {
		snprintf(path, sizeof path, "/e%u", n);
		if (at_create(fs, path, REG, NULL))
			break;
	}
	if (fs) {
		CHECK_EQ(at_create(fs, path, REG, NULL), -ENOSPC);
		CHECK_EQ(usage().free_inodes, 0);
	}
	while (fs && n--) {
		snprintf(path, sizeof path, "/e%u", n);
		CHECK_EQ(at_unlink(fs, path, false), 0);
	}
	if (fs) {
		after = usage();
		CHECK_EQ(after.free_inodes, before.free_inodes);
		CHECK(before.free_blocks - after.free_blocks < 8); /* the root directory has grown */
	}
	end();
}

/* What was freed can be had again at once, though it must first be known on the disk. */
TEST(held, "fs/blocks-just-freed-are-there-when-nothing-else-is-left")
{
	static char buf[4096 * 512];
	struct inode *f[2];
	size_t n;

	if (!begin(512))
		return end();
	n = (usage().free_blocks - 8ul) * 4096;
	CHECK_EQ(at_create(fs, "/a", REG, &f[0]), 0);
	CHECK_EQ(at_create(fs, "/b", REG, &f[1]), 0);
	if (CHECK(n > 200 * 4096 && n <= sizeof buf)) {
		for (unsigned round = 0; round < 4; round++) {
			CHECK_EQ(file_write(f[round % 2], 0, buf, n), n);
			CHECK_EQ(file_resize(f[round % 2], 0), 0);
		}
	}
	inode_put(f[0]);
	inode_put(f[1]);
	end();
}

TEST(overhang, "fs/blocks-behind-the-end-go-when-the-file-is-closed")
{
	struct fs_stat before;
	struct file_stat st;
	struct inode *f;

	if (!begin(1024))
		return end();
	before = usage();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	for (unsigned i = 0; i < 20; i++)
		CHECK_EQ(f->object.ops->make_writable(&f->object, i), 0);
	CHECK_EQ(file_resize(f, 4096 + 1), 0);
	inode_put(f);
	CHECK_EQ(before.free_blocks - usage().free_blocks, 2);
	CHECK_EQ(at_namei(fs, "/f", &f), 0);
	CHECK_EQ(fs_stat(f, &st), 0);
	CHECK_EQ(st.blocks, 16);
	inode_put(f);
	end();
}

TEST(attributes, "fs/attributes-stay")
{
	struct file_attr attr = {
		.mask = 31, .mode = 04711, .uid = 70000, .gid = 70001, .atime = {5, 0}, .mtime = {6, 0}};
	struct file_stat st;
	struct inode *f;

	if (!begin(1024))
		return end();
	CHECK_EQ(at_create(fs, "/f", REG, &f), 0);
	CHECK_EQ(fs_set_attr(f, &attr), 0);
	inode_put(f);
	CHECK_EQ(at_create(fs, "/p", 0010644, NULL), 0);
	if (remount() && !at_namei(fs, "/f", &f)) {
		CHECK_EQ(fs_stat(f, &st), 0);
		CHECK_EQ(st.mode, 0104711);
		CHECK_EQ(st.uid, 70000);
		CHECK_EQ(st.gid, 70001);
		CHECK_EQ(st.atime.sec, 5);
		CHECK_EQ(st.mtime.sec, 6);
		CHECK_EQ(st.nlink, 1);
		inode_put(f);
		CHECK_EQ(at_namei(fs, "/p", &f), 0);
		CHECK_EQ(f->type, S_IFIFO);
		inode_put(f);
	}
	end();
}
