/* From a path to an inode, across mounts, symbolic links and "..". */
#ifndef KERNEL_NAMEI_H
#define KERNEL_NAMEI_H
#include "kernel/fs/fs.h"

#define NAMEI_LINKS_MAX 40

/* From where paths are walked; the owner holds references and keeps both as they are meanwhile. */
struct namei {
	struct inode *root, *cwd;
};

enum namei_flags {
	NAMEI_FOLLOW = 1, /* a symbolic link as the last part is followed; one before it always is */
};

/* The last part of a path, and where it stands. */
struct namei_last {
	struct inode *dir;   /* a reference */
	struct inode *found; /* a reference; NULL: DIR has no such name */
	char name[NAME_MAX + 1];
	size_t len;
	bool slash; /* a slash follows: only a directory can be meant */
};

/* PATH is at most PATH_MAX with its NUL, else -ENAMETOOLONG; an empty one is -ENOENT. */
int namei(const struct namei *at, const char *path, unsigned flags, struct inode **found);
/* For what makes, removes or renames the last part. A path that is all slashes has "." there. On success
 * namei_last_put() is due. */
int namei_last(const struct namei *at, const char *path, unsigned flags, struct namei_last *last);
void namei_last_put(struct namei_last *last);
/* The path of directory DIR from the root, with a NUL: its length with that. -ERANGE: it does not fit; -ENOENT: DIR was
 * removed, or cannot be reached from the root. */
int namei_path(const struct namei *at, struct inode *dir, char *buf, size_t size);

/* ROOT, a root of another file system, is seen at DIR from now on; both references go over to the mount. -EBUSY:
 * something is mounted there; -ENOTDIR. */
int namei_mount(struct inode *dir, struct inode *root);
/* The opposite, by the mounted root; the references are given back. -EINVAL: it is not mounted. */
int namei_unmount(struct inode *root);

#endif
