/* A page cache in its simplest form, in place of the real one (it implements vm/object.h as far as a file system
 * calls it): what files hold, for tests of file systems. Each file has one lock, held over transfers; pages are written
 * when somebody asks, and never taken away by themselves. In guests the file system stands on the real one. */
#ifndef TESTS_FS_PAGES_H
#define TESTS_FS_PAGES_H
#include "kernel/fs/fs.h"

/* Bytes, fewer at the end of the file or when an error came after some, or an error. */
int64_t file_read(struct inode *inode, uint64_t offset, void *buf, size_t n);
int64_t file_write(struct inode *inode, uint64_t offset, const void *buf, size_t n);
/* As file_write() over all of it, with INODE's lock. */
int file_resize(struct inode *inode, uint64_t size);
/* The clean pages go, as memory pressure takes them. */
void file_drop(struct inode *inode);

#endif
