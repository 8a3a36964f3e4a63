/* Inodes and what can be done with them, whatever file system they are of; path walk is namei.h.
 *
 * An inode lives while somebody holds a reference. Names are counted strings without a terminator, at most
 * NAME_MAX long, never "." or ".." but for lookup. Operations sleep, keep themselves from one another, and never
 * touch user memory; results are 0 or a negative errno unless it says otherwise. An operation that a file system does
 * not have is NULL: the functions below then return the error that stands with them. */
#ifndef KERNEL_FS_H
#define KERNEL_FS_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/sync/rwlock.h"
#include "vm/object.h"

#define NAME_MAX 255
#define PATH_MAX 4096 /* with the NUL */

enum file_type { /* in `mode`, as stat tells it */
		 S_IFMT = 0170000,
		 S_IFIFO = 0010000,
		 S_IFCHR = 0020000,
		 S_IFDIR = 0040000,
		 S_IFBLK = 0060000,
		 S_IFREG = 0100000,
		 S_IFLNK = 0120000,
		 S_IFSOCK = 0140000,
};

struct file_time {
	int64_t sec;
	uint32_t nsec;
};

struct file_stat {
	uint64_t ino, size, blocks; /* blocks: of 512 bytes */
	uint64_t rdev;
	uint32_t mode, nlink, uid, gid;
	struct file_time atime, mtime, ctime;
};

/* What set_attr changes: those named by MASK. */
enum attr_mask { ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_ATIME = 8, ATTR_MTIME = 16 };
struct file_attr {
	unsigned mask;
	uint32_t mode, uid, gid; /* mode: the lower twelve bits count */
	struct file_time atime, mtime;
};

struct fs_stat {
	uint64_t type, blocks, free_blocks, available_blocks, inodes, free_inodes;
	uint32_t block_size, name_max;
};

/* One name of a directory; NEXT is where to go on after it. False: no more now, this one was not taken. */
struct dir_name {
	const char *name;
	size_t len;
	uint64_t ino, next;
	uint32_t type; /* S_IF..., 0: the directory does not say */
};
typedef bool dir_visit_fn(void *ctx, const struct dir_name *name);

enum rename_flags { RENAME_NOREPLACE = 1 };

struct inode;
struct inode_ops {
	/* of directories; a new reference in *FOUND, *MADE */
	int (*lookup)(struct inode *dir, const char *name, size_t len, struct inode **found);
	int (*create)(struct inode *dir, const char *name, size_t len, uint32_t mode, uint64_t rdev,
		      struct inode **made); /* any type but a symbolic link */
	int (*symlink)(struct inode *dir, const char *name, size_t len, const char *target,
		       struct inode **made);
	int (*link)(struct inode *dir, const char *name, size_t len, struct inode *to);
	int (*unlink)(struct inode *dir, const char *name, size_t len, bool directory);
	int (*rename)(struct inode *from, const char *name, size_t len, struct inode *to,
		      const char *new_name, size_t new_len, unsigned flags);
	/* From *POSITION on (0: the first); it is moved along. */
	int (*readdir)(struct inode *dir, uint64_t *position, dir_visit_fn *visit, void *ctx);
	/* of symbolic links: the target's length, of which at most SIZE bytes are stored, no NUL */
	int (*readlink)(struct inode *inode, char *target, size_t size);
	/* of all */
	int (*stat)(struct inode *inode, struct file_stat *stat);
	int (*set_attr)(struct inode *inode, const struct file_attr *attr);
	/* of regular files; the caller has the inode's lock as writer */
	int (*resize)(struct inode *inode, uint64_t size);
	/* What was written and changed is on the disk for good. */
	int (*sync)(struct inode *inode);
	/* of files whose contents are not cached pages; bytes, or an error */
	int64_t (*read)(struct inode *inode, uint64_t offset, void *buf, size_t n);
	int64_t (*write)(struct inode *inode, uint64_t offset, const void *buf, size_t n);
	/* A reference that may be the last one is given back: see inode_put(). */
	void (*release)(struct inode *inode);
};

struct filesystem;
struct filesystem_ops {
	int (*sync)(struct filesystem *fs);
	int (*statfs)(struct filesystem *fs, struct fs_stat *stat);
	/* -EBUSY: an inode is in use, FS stays. Otherwise FS is gone; an error says that something was lost. */
	int (*unmount)(struct filesystem *fs);
	int (*root)(struct filesystem *fs, struct inode **root); /* a new reference */
};

struct filesystem {                       /* [I] fixed at mount */
	const struct filesystem_ops *ops; /* [I] */
	bool read_only;                   /* [I] */
	uint64_t device;                  /* [I] what st_dev says; no two mounts have the same */
};

struct inode {                       /* [I] fixed  [A] atomic  [M] the mount table's lock (namei.c) */
	const struct inode_ops *ops; /* [I] */
	struct filesystem *fs;       /* [I] */
	uint64_t number;             /* [I] */
	uint32_t type;               /* [I] S_IF... */
	uint64_t rdev;               /* [I] of a device */
	_Atomic unsigned refs;       /* [A] */
	_Atomic int writers; /* [A] open for writing if above 0, executed if below: see inode_deny_write() */
	/* For reading and writing contents (shared and exclusive) and for resizing (exclusive); taken by whoever does
	 * it, before any lock of the file system. Directories do not need it. */
	struct rwlock lock;
	struct inode *mounted; /* [M] root of what is mounted here, or NULL */
	struct inode *covers;  /* [M] a mounted root: the directory it hides */
	/* Contents, of a regular file; of any other only `size` counts. A mapping has references of its own to it, so it
	 * may outlive the last reference to the inode: release() has to see to that. */
	struct vm_object object;
};

/* Seconds since 1970, as far as this machine knows; NULL: file systems go by their own last time. */
extern int64_t (*fs_clock)(void);

void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number,
		uint32_t type);
static inline struct inode *inode_get(struct inode *inode)
{
	inode->refs++;
	return inode;
}
/* May sleep, write, free blocks. The caller holds no lock that an operation takes, INODE's own neither. NULL is fine. */
void inode_put(struct inode *inode);
static inline uint64_t inode_size(const struct inode *inode) { return inode->object.size; }

/* Is another file system mounted on it? (namei.c) */
bool inode_is_covered(struct inode *inode);

/* A file is open for writing, or is being executed, never both: -ETXTBSY. Each success wants its _done. */
int inode_want_write(struct inode *inode);
void inode_want_write_done(struct inode *inode);
int inode_deny_write(struct inode *inode);
void inode_deny_write_done(struct inode *inode);

/* The operations, with what holds for every file system checked first: types, names, one file system. */
int fs_lookup(struct inode *dir, const char *name, size_t len, struct inode **found);
int fs_create(struct inode *dir, const char *name, size_t len, uint32_t mode, uint64_t rdev,
	      struct inode **made);
int fs_symlink(struct inode *dir, const char *name, size_t len, const char *target, struct inode **made);
int fs_link(struct inode *dir, const char *name, size_t len, struct inode *to);
int fs_unlink(struct inode *dir, const char *name, size_t len, bool directory);
int fs_rename(struct inode *from, const char *name, size_t len, struct inode *to, const char *new_name,
	      size_t new_len, unsigned flags);
int fs_readdir(struct inode *dir, uint64_t *position, dir_visit_fn *visit, void *ctx);
int fs_readlink(struct inode *inode, char *target, size_t size);
int fs_stat(struct inode *inode, struct file_stat *stat);
int fs_set_attr(struct inode *inode, const struct file_attr *attr);
int fs_resize(struct inode *inode, uint64_t size); /* the caller has the inode's lock as writer */
int fs_sync(struct inode *inode);
int fs_sync_all(struct filesystem *fs);

#endif
