/* The path walk. */
#include "fs.h"
#include "pages.h"

#include "kernel/lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct disk *disk;
static struct filesystem *fs;
static struct namei at;

static bool begin(void)
{
	disk = disk_make(1024, NULL);
	fs = disk_mount(disk);
	if (!fs || !CHECK_EQ(fs->ops->root(fs, &at.root), 0))
		return false;
	at_create(fs, "/a", 0040755, NULL);
	at_create(fs, "/a/b", 0040755, NULL);
	at_create(fs, "/a/b/f", 0100644, NULL);
	return CHECK_EQ(namei(&at, "/a", 0, &at.cwd), 0);
}

static void end(void)
{
	inode_put(at.root);
	inode_put(at.cwd);
	fs_unmount_ok(fs);
	disk_clean(disk, "at the end");
	disk_free(disk);
}

static uint64_t number_at(const char *path, unsigned flags)
{
	struct inode *inode;
	uint64_t number;

	if (namei(&at, path, flags, &inode))
		return 0;
	number = inode->number;
	inode_put(inode);
	return number;
}

static int error_at(const char *path, unsigned flags)
{
	struct inode *inode;
	int err = namei(&at, path, flags, &inode);

	inode_put(inode);
	return err;
}

TEST(namei_paths, "namei/every-spelling-of-a-path-leads-to-the-same")
{
	static const char *const f[] = {"/a/b/f",   "b/f",          "./b/f",     "//a///b//f",
					"../a/b/f", "/../../a/b/f", "b/../b/./f"};
	static const char *const a[] = {"/a", "/a/", ".", "./", "/a/b/..", "b/../"};
	char buf[64];

	if (!begin())
		return end();
	for (unsigned i = 0; i < sizeof f / sizeof f[0]; i++)
		CHECK_EQ(number_at(f[i], 0), number_at(f[0], 0));
	for (unsigned i = 0; i < sizeof a / sizeof a[0]; i++)
		CHECK_EQ(number_at(a[i], 0), at.cwd->number);
	CHECK_EQ(number_at("/", 0), at.root->number);
	CHECK_EQ(number_at("///", 0), at.root->number);
	CHECK_EQ(namei_path(&at, at.cwd, buf, sizeof buf), 3);
	CHECK(!strcmp(buf, "/a"));
	CHECK_EQ(namei_path(&at, at.root, buf, sizeof buf), 2);
	CHECK_EQ(namei_path(&at, at.cwd, buf, 2), -ERANGE);
	end();
}

TEST(namei_errors, "namei/a-path-that-leads-nowhere-says-why")
{
	static char long_path[5000];

	if (!begin())
		return end();
	CHECK_EQ(error_at("", 0), -ENOENT);
	CHECK_EQ(error_at("/x", 0), -ENOENT);
	CHECK_EQ(error_at("/x/y", 0), -ENOENT);
	CHECK_EQ(error_at("/a/b/f/", 0), -ENOTDIR);
	CHECK_EQ(error_at("/a/b/f/x", 0), -ENOTDIR);
	CHECK_EQ(error_at("/a/b/f/..", 0), -ENOTDIR);
	memset(long_path, 'n', 256);
	CHECK_EQ(error_at(long_path, 0), -ENAMETOOLONG);
	long_path[255] = 0;
	CHECK_EQ(error_at(long_path, 0), -ENOENT);
	memset(long_path, '/', 4096);
	CHECK_EQ(error_at(long_path, 0), -ENAMETOOLONG);
	long_path[4095] = 0;
	CHECK_EQ(error_at(long_path, 0), 0);
	end();
}

TEST(namei_links, "namei/symbolic-links-are-followed-and-no-circle-is")
{
	struct namei_last last;
	char name[16], target[16];

	if (!begin())
		return end();
	CHECK_EQ(at_symlink(fs, "/to", "a/b"), 0);
	CHECK_EQ(at_symlink(fs, "/abs", "/a/b/f"), 0);
	CHECK_EQ(at_symlink(fs, "/a/up", "../to"), 0);
	CHECK_EQ(at_symlink(fs, "/me", "me"), 0);
	CHECK_EQ(at_symlink(fs, "/new", "a/made"), 0);
	CHECK_EQ(number_at("/to/f", 0), number_at("/a/b/f", 0));
	CHECK_EQ(number_at("up/f", 0), number_at("/a/b/f", 0));
	CHECK_EQ(number_at("/abs", NAMEI_FOLLOW), number_at("/a/b/f", 0));
	CHECK(number_at("/abs", 0) != number_at("/a/b/f", 0));
	CHECK_EQ(number_at("/to/", 0), number_at("/a/b", 0));
	CHECK_EQ(error_at("/abs/", 0), -ENOTDIR);
	CHECK_EQ(error_at("/me", NAMEI_FOLLOW), -ELOOP);
	CHECK_EQ(error_at("/me", 0), 0);
	if (CHECK_EQ(namei_last(&at, "/new", NAMEI_FOLLOW, &last), 0)) {
		CHECK_EQ(last.dir->number, at.cwd->number);
		CHECK(!last.found && !strcmp(last.name, "made"));
		namei_last_put(&last);
	}
	for (unsigned i = 0; i < 41; i++) {
		snprintf(name, sizeof name, "/c%u", i);
		snprintf(target, sizeof target, "c%u", i + 1);
		CHECK_EQ(at_symlink(fs, name, target), 0);
	}
	CHECK_EQ(at_create(fs, "/c41", 0100644, NULL), 0);
	CHECK_EQ(error_at("/c1", NAMEI_FOLLOW), 0);
	CHECK_EQ(error_at("/c0", NAMEI_FOLLOW), -ELOOP);
	end();
}

TEST(namei_mounts, "namei/a-mounted-tree-is-entered-and-left")
{
	struct disk *other = disk_make(1024, NULL);
	struct filesystem *fs2 = disk_mount(other);
	struct inode *root2 = NULL, *dir = NULL;
	char buf[64];

	if (!begin() || !fs2)
		return end();
	at_create(fs2, "/in", 0040755, NULL);
	CHECK_EQ(fs2->ops->root(fs2, &root2), 0);
	CHECK_EQ(namei(&at, "/a/b", 0, &dir), 0);
	CHECK_EQ(namei_mount(dir, root2), 0);
	CHECK_EQ(number_at("/a/b/f", 0), 0);
	CHECK(number_at("/a/b/in", 0));
	CHECK_EQ(number_at("/a/b/in/../..", 0), at.cwd->number);
	CHECK_EQ(number_at("/a/b/..", 0), at.cwd->number);
	CHECK_EQ(at_unlink(fs, "/a/b", true), -EBUSY);
	if (!namei(&at, "/a/b/in", 0, &dir)) {
		CHECK_EQ(namei_path(&at, dir, buf, sizeof buf), 8);
		CHECK(!strcmp(buf, "/a/b/in"));
		inode_put(dir);
	}
	CHECK_EQ(namei_unmount(root2), 0);
	CHECK_EQ(namei_unmount(at.root), -EINVAL);
	CHECK(number_at("/a/b/f", 0));
	fs_unmount_ok(fs2);
	disk_free(other);
	end();
}
