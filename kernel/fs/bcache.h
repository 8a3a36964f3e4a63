/* The buffer cache of one mount: metadata blocks in memory, and the order in which their changes reach the disk.
 *
 * The rules that keep a disk mendable after a power cut are all expressed by four calls:
 *   buf_after(b, a)        what is changed in B from now on reaches the disk after A's present contents
 *   bcache_fresh(c, n)     block N was allocated for data: no pointer to anything reaches the disk before it
 *                          holds data or zeros
 *   bcache_hold(c, n)      block N was freed: it is not to be given out before all changes until now are there
 *   bcache_commit(c)       all changes are on the disk for good, written in order, with flushes between
 *
 * There is no background writing: a commit happens when somebody asks for it, when buffers run out, or when two
 * orders contradict each other (buf_after).
 *
 * No locks inside: whoever owns the cache calls all of this under a sleeping lock of its own, which is held
 * over the transfers, too. Only bcache_data_written() may be called without it. */
#ifndef KERNEL_BCACHE_H
#define KERNEL_BCACHE_H
#include "kernel/fs/block.h"

#define BCACHE_HASH 64

struct buf {
	struct bcache *cache;
	struct buf *hash_next, *prev, *next; /* prev, next: all buffers, the one used last at the end */
	uint64_t block;
	void *data;      /* a page */
	unsigned refs;   /* while above 0 it stays where it is */
	unsigned epoch;  /* dirty: written after all dirty buffers of lower epochs */
	bool dirty;      /* DATA is newer than what the disk holds for good */
	bool dependents; /* dirty: some other buffer was ordered after it */
};

struct bcache {
	struct block_device *dev;
	struct buf *hash[BCACHE_HASH];
	struct buf all; /* head of the list */
	unsigned count, limit;
	_Atomic bool unflushed; /* data was written that no flush has followed */
	uint64_t *fresh, *held; /* a bit a block */
	uint64_t nfresh, nheld;
	void *zeros; /* a page of them */
};

/* For the blocks of DEV; LIMIT buffers are kept (more only while more are in use). 0 or -ENOMEM. */
int bcache_init(struct bcache *c, struct block_device *dev, unsigned limit);
/* No buffer is in use. What is not committed is lost. */
void bcache_destroy(struct bcache *c);
int bcache_commit(struct bcache *c);
/* Give back the memory of all buffers that are clean and not in use. */
void bcache_shrink(struct bcache *c);

/* BLOCK's buffer, in use until buf_put(). buf_new() does not read it: zeros; -EIO when it is in use already, which
 * only a damaged file system can bring about. Both may commit. */
int buf_get(struct bcache *c, uint64_t block, struct buf **b);
int buf_new(struct bcache *c, uint64_t block, struct buf **b);
void buf_put(struct buf *b);   /* NULL is fine */
void buf_dirty(struct buf *b); /* after a change */
/* Before a change to B; may commit. When that fails the order is lost, which matters only if the power goes, too,
 * before a later commit succeeds. */
void buf_after(struct buf *b, struct buf *a);
/* BLOCK was freed: what its buffer holds is of no interest any more. */
void bcache_forget(struct bcache *c, uint64_t block);

void bcache_fresh(struct bcache *c, uint64_t block);
bool bcache_is_fresh(const struct bcache *c, uint64_t block);
/* Fresh no more: it was freed. */
void bcache_not_fresh(struct bcache *c, uint64_t block);
void bcache_hold(struct bcache *c, uint64_t block);
bool bcache_is_held(const struct bcache *c, uint64_t block);
/* Data went to the disk, and the next commit has to begin with a flush. */
void bcache_data_written(struct bcache *c);

#endif
