/* Objects: what memory can be a cache of. A file system embeds a struct vm_object in each inode and implements
 * vm_object_ops; vm/ keeps the pages, shares them between read(), write() and every mapping, and says when what
 * must be read or written. tests/vm/ramfile.c is a complete example.
 *
 * An operation may sleep and may take locks of the owner's own. It is called with no lock of vm/ held, but with
 * the pages it is about BUSY: whoever wants one of them waits. So nobody may call a function of this header, or
 * access user memory where that may fault, while holding a lock that an operation takes. A file system has two
 * locks an inode: an outer one around write() and truncate(), and an inner one around the map of its blocks,
 * which is all that the operations take. */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H
#include "page.h"

struct vm_object_ops {
	/* N pages from INDEX on, each at its kva: fill them whole, holes with zeros. (What lies past the object's
	 * size is made zero by the caller.) 0 or an error. */
	int (*read)(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
	/* Save them. Each has gone through make_writable() since it last was a hole: nothing is to be allocated. They
	 * lie, at least in part, inside the size that object had when this began. */
	int (*write)(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
	/* INDEX's page is about to be written to and was clean: see to it that write() will have a place for it. An
	 * error (-VM_ENOSPC, -VM_EIO) is SIGBUS to a fault and the result of write(). NULL: there always is. */
	int (*make_writable)(struct vm_object *object, uint64_t index);
	/* The last reference is gone, and all pages are: OBJECT's memory is its owner's again. NULL: nothing to do. */
	void (*release)(struct vm_object *object);
};

/* OBJECT has one reference and no pages. */
void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size);
void vm_object_ref(struct vm_object *object);
/* With the last reference (mappings have some of their own) what is dirty is written, pages go, release() is
 * called. What cannot be written is lost: an owner that cares has called vm_object_sync() before; one that deletes
 * the file has truncated it to nothing, and then nothing is written. */
void vm_object_put(struct vm_object *object);

/* Write what is dirty in the bytes [lo, hi) and wait for what others are writing there. The first error; what could
 * not be written stays dirty. Does not tell a device to flush. */
int vm_object_sync(struct vm_object *object, uint64_t lo, uint64_t hi);
/* SIZE bytes from now on. Made smaller: what was beyond is gone from memory and from every mapping (private copies
 * stay), and nothing of it is being read or written any more, so its blocks can be freed; the rest of the last page
 * is zeros. With an error (-VM_EIO, -VM_ENOMEM, make_writable()'s) nothing has changed. */
int vm_object_truncate(struct vm_object *object, uint64_t size);

/* ---- read() and write() ---- */

/* INDEX's page, in memory, at *KVA until vm_cache_put() or vm_cache_wrote(). FOR_WRITE: nobody else gets it
 * meanwhile, so user memory is read with faults off (faulted in before, and again when the copy was short); a page
 * past the end of the object is zeros. To read, user memory may fault, on a mapping of this very page, too.
 * -VM_EBUS: past the end; -VM_EIO; -VM_ENOMEM; make_writable()'s. */
int vm_cache_get(struct vm_object *object, uint64_t index, bool for_write, void **kva);
/* After reading. */
void vm_cache_put(struct vm_object *object, void *kva);
/* After writing: END is the byte of the object at which what was written ends (its size from now on, if that is
 * less), 0: nothing was written after all. */
void vm_cache_wrote(struct vm_object *object, void *kva, uint64_t end);

/* How one open file is read; zeros at first. */
struct vm_readahead {
	uint64_t next;   /* the page that a sequential reader misses next */
	uint32_t window; /* pages read at once last time */
};
/* Before vm_cache_get() in read(): when INDEX is not in memory, bring it and, for who reads one page after another,
 * some after it in one request. Errors come to light in vm_cache_get(). */
void vm_read_ahead(struct vm_object *object, struct vm_readahead *ahead, uint64_t index);
/* Before write() takes a lock: wait, if too much of memory is dirty, until some is written. */
void vm_dirty_wait(void);

/* What the write-back thread does, when port_writeback() asks and every few seconds: write all that is dirty. */
void vm_writeback(void);

#endif
