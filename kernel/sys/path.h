/* What system calls with paths share: (descriptor of a directory, path in user memory), as the ...at() calls have it. */
#ifndef KERNEL_PATH_H
#define KERNEL_PATH_H
#include "kernel/fs/namei.h"

#define AT_FDCWD ((uint64_t)-100)
enum at_flag {
	AT_SYMLINK_NOFOLLOW = 0x100,
	AT_REMOVEDIR = 0x200,
	AT_EACCESS = 0x200,
	AT_SYMLINK_FOLLOW = 0x400,
	AT_NO_AUTOMOUNT = 0x800,
	AT_EMPTY_PATH = 0x1000,
};

/* The inode there, a new reference. */
int path_find(uint64_t dirfd, vaddr_t va, unsigned flags, struct inode **found);
/* The place of the path's last part; namei_last_put() is due on success. */
int path_place(uint64_t dirfd, vaddr_t va, struct namei_last *last);

#endif
