/* A file in memory: the smallest owner of an object. It has holes until they are written to, counts what is asked of
 * it, fails to order, and says when its last reference is gone. */
#ifndef TESTS_VM_RAMFILE_H
#define TESTS_VM_RAMFILE_H
#include "vmtest.h"

struct ramfile {
	struct vm_object object;
	struct port_lock lock;                        /* around what counts and fails */
	uint32_t room;                                /* pages that it can grow to */
	char **page;                                  /* its "disk" */
	bool *there;                                  /* not a hole */
	unsigned reads, writes, makes;                /* pages read, written, made writable */
	unsigned read_calls, write_calls;             /* requests */
	unsigned fail_reads, fail_writes, fail_makes; /* so many from now on fail */
	unsigned fail_nth;                            /* as struct ramdisk's */
	bool fail_on;
	unsigned failed;
	unsigned releases;
	unsigned strays; /* writes to holes, or to what lies past the end */
};

/* SIZE bytes; word W of page I is file_word(I, W). */
bool ramfile_make(struct ramfile *f, uint32_t room, uint64_t size);
/* After the last vm_object_put(). */
void ramfile_free(struct ramfile *f);
uint64_t file_word(uint64_t index, unsigned word);

/* As a file system's read() and write(), between kernel memory and the cache. Bytes done, or an error. */
int64_t ramfile_read(struct ramfile *f, struct vm_readahead *ahead, uint64_t at, void *to, uint64_t n);
int64_t ramfile_write(struct ramfile *f, uint64_t at, const void *from, uint64_t n);
int ramfile_truncate(struct ramfile *f, uint64_t size);
/* Its disk at byte AT. */
uint64_t disk_word(const struct ramfile *f, uint64_t at);

#endif
