/* A file's contents as the page cache sees them, and what the page cache offers for them. A file system embeds
 * a struct vm_object in each inode and supplies the operations; nobody reads or writes file data around them.
 *
 * Who may wait for whom: the page cache calls the operations with a page of its own busy and no lock; a file
 * system calls the page cache with no lock that its operations take. */
#ifndef KERNEL_FILE_OBJECT_H
#define KERNEL_FILE_OBJECT_H
#include <stdint.h>

#if !__STDC_HOSTED__
#include "vm/object.h"
#else

struct vm_object;

struct vm_object_ops {
	/* Fill or write out N pages from INDEX on, which are in memory at KVA[0..N). May sleep. 0 or an error. */
	int (*read)(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
	int (*write)(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
	/* Before page INDEX of the file is first dirtied; after it writing that page needs no more room. */
	int (*make_writable)(struct vm_object *object, uint64_t index);
	/* The last reference went. */
	void (*release)(struct vm_object *object);
};

struct vm_object {
	const struct vm_object_ops *ops;
	uint64_t size; /* in bytes; changed by the file system alone, read by __atomic_load_n() elsewhere */
	void *cached;  /* the page cache's own */
};

/* All dirty pages have been written. 0, or the first error. */
int vm_object_sync(struct vm_object *object);
/* No page past SIZE bytes is cached or under transfer any more, dirty ones are lost; the page that SIZE lies in is
 * zero from there on if it is cached, and no transfer of it that began before is still under way. */
void vm_object_truncate(struct vm_object *object, uint64_t size);

#endif
#endif
