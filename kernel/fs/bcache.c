/* The buffer cache; see bcache.h for the rules.
 *
 * Order by epochs: a commit writes the dirty buffers of the lowest epoch, flushes, goes on with the next. "B after
 * A" puts B into a higher epoch than A. If B is dirty already, in an epoch that is too low, it may move up unless
 * others were ordered after it; then everything is committed first, and B begins anew. So a buffer may hold
 * changes of many operations, and no state of the disk between two writes breaks a rule. */
#include "kernel/fs/bcache.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define BATCH 16 /* requests submitted at once */

/* ---- sets of blocks ---- */

static bool bit_test(const uint64_t *set, uint64_t n) { return set[n / 64] >> n % 64 & 1; }

static void bit_set(uint64_t *set, uint64_t n, uint64_t *count)
{
	*count += !bit_test(set, n);
	set[n / 64] |= (uint64_t)1 << n % 64;
}

static void bit_clear(uint64_t *set, uint64_t n, uint64_t *count)
{
	*count -= bit_test(set, n);
	set[n / 64] &= ~((uint64_t)1 << n % 64);
}

static size_t set_size(const struct bcache *c) { return (c->dev->blocks + 63) / 64 * 8; }

void bcache_fresh(struct bcache *c, uint64_t block) { bit_set(c->fresh, block, &c->nfresh); }
void bcache_not_fresh(struct bcache *c, uint64_t block) { bit_clear(c->fresh, block, &c->nfresh); }
bool bcache_is_fresh(const struct bcache *c, uint64_t block) { return bit_test(c->fresh, block); }
void bcache_hold(struct bcache *c, uint64_t block) { bit_set(c->held, block, &c->nheld); }
bool bcache_is_held(const struct bcache *c, uint64_t block) { return bit_test(c->held, block); }
void bcache_data_written(struct bcache *c) { c->unflushed = true; }

/* ---- buffers ---- */

int bcache_init(struct bcache *c, struct block_device *dev, unsigned limit)
{
	memset(c, 0, sizeof *c);
	c->dev = dev;
	c->limit = limit;
	c->all.prev = c->all.next = &c->all;
	c->fresh = kcalloc(1, set_size(c));
	c->held = kcalloc(1, set_size(c));
	c->zeros = palloc_get_page(PAL_ZERO);
	if (c->fresh && c->held && c->zeros)
		return 0;
	bcache_destroy(c);
	return -ENOMEM;
}

static void list_remove(struct buf *b)
{
	b->prev->next = b->next;
	b->next->prev = b->prev;
}

static void list_append(struct bcache *c, struct buf *b)
{
	b->prev = c->all.prev;
	b->next = &c->all;
	b->prev->next = b->next->prev = b;
}

static struct buf **hash_slot(struct bcache *c, uint64_t block)
{
	struct buf **slot = &c->hash[block % BCACHE_HASH];

	while (*slot && (*slot)->block != block)
		slot = &(*slot)->hash_next;
	return slot;
}

static void unhook(struct buf *b)
{
	struct bcache *c = b->cache;

	*hash_slot(c, b->block) = b->hash_next;
	list_remove(b);
	c->count--;
}

static void discard(struct buf *b)
{
	unhook(b);
	palloc_free_page(b->data);
	kfree(b);
}

static struct buf *first_where(struct bcache *c, bool dirty)
{
	for (struct buf *b = c->all.next; b != &c->all; b = b->next)
		if (!b->refs && b->dirty == dirty)
			return b;
	return NULL;
}

void bcache_shrink(struct bcache *c)
{
	for (struct buf *b; (b = first_where(c, false));)
		discard(b);
}

void bcache_destroy(struct bcache *c)
{
	while (c->all.next && c->all.next != &c->all) {
		ASSERT(!c->all.next->refs);
		discard(c->all.next);
	}
	kfree(c->fresh);
	kfree(c->held);
	if (c->zeros)
		palloc_free_page(c->zeros);
}

/* A buffer that is nobody's, not in any list. */
static struct buf *buf_make(struct bcache *c)
{
	struct buf *b;

	if (c->count >= c->limit) {
		b = first_where(c, false);
		if (!b && first_where(c, true) && !bcache_commit(c))
			b = first_where(c, false);
		if (b) {
			unhook(b);
			return b;
		}
	}
	b = kmalloc(sizeof *b);
	if (b)
		b->data = palloc_get_page(0);
	if (b && b->data)
		return b;
	kfree(b);
	b = first_where(c, false);
	if (b)
		unhook(b);
	return b;
}

/* BLOCK's buffer, with one more reference; *FOUND: it was there, its contents are good. */
static int obtain(struct bcache *c, uint64_t block, struct buf **found, bool *there)
{
	struct buf *b = *hash_slot(c, block);

	*there = b != NULL;
	if (b) {
		list_remove(b);
		c->count--;
	} else {
		void *data;

		b = buf_make(c);
		if (!b)
			return -ENOMEM;
		data = b->data;
		*b = (struct buf){.cache = c, .block = block, .data = data};
		*hash_slot(c, block) = b;
	}
	list_append(c, b);
	c->count++;
	b->refs++;
	*found = b;
	return 0;
}

int buf_get(struct bcache *c, uint64_t block, struct buf **out)
{
	bool there;
	struct buf *b;
	int err = block < c->dev->blocks ? obtain(c, block, &b, &there) : -EIO;

	if (!err && !there) {
		err = block_read(c->dev, block, b->data);
		if (err)
			discard(b);
	}
	*out = err ? NULL : b;
	return err;
}

int buf_new(struct bcache *c, uint64_t block, struct buf **out)
{
	bool there;
	int err = block < c->dev->blocks ? obtain(c, block, out, &there) : -EIO;

	if (!err && (*out)->refs > 1) {
		buf_put(*out);
		err = -EIO;
	}
	if (err)
		*out = NULL;
	else
		memset((*out)->data, 0, BLOCK_SIZE);
	return err;
}

void buf_put(struct buf *b)
{
	if (!b)
		return;
	ASSERT(b->refs);
	b->refs--;
}

void bcache_forget(struct bcache *c, uint64_t block)
{
	struct buf *b = *hash_slot(c, block);

	if (b && !b->refs)
		discard(b);
}

/* ---- order ---- */

void buf_dirty(struct buf *b) { b->dirty = true; }

void buf_after(struct buf *b, struct buf *a)
{
	if (a == b || !a->dirty)
		return;
	if (b->dirty && b->dependents && b->epoch <= a->epoch)
		bcache_commit(b->cache);
	if (!a->dirty)
		return;
	a->dependents = true;
	if (b->epoch <= a->epoch)
		b->epoch = a->epoch + 1;
}

static int flush(struct bcache *c)
{
	int err;

	c->unflushed = false;
	err = block_flush(c->dev);
	if (err)
		c->unflushed = true;
	return err;
}

/* Blocks for data that got none yet become zeros. */
static int write_zeros(struct bcache *c)
{
	for (uint64_t block = 0; c->nfresh && block < c->dev->blocks; block++) {
		int err;

		if (block % 64 == 0 && !c->fresh[block / 64]) {
			block += 63;
			continue;
		}
		if (!bcache_is_fresh(c, block))
			continue;
		err = block_write(c->dev, block, c->zeros);
		if (err)
			return err;
		bcache_data_written(c);
		bcache_not_fresh(c, block);
	}
	return 0;
}

/* The lowest epoch of dirty buffers; false: there are none. */
static bool lowest_epoch(const struct bcache *c, unsigned *epoch)
{
	bool any = false;

	for (const struct buf *b = c->all.next; b != &c->all; b = b->next) {
		if (b->dirty && (!any || b->epoch < *epoch))
			*epoch = b->epoch;
		any |= b->dirty;
	}
	return any;
}

/* Write the dirty buffers of EPOCH; they stay dirty until they are flushed. */
static int write_epoch(struct bcache *c, unsigned epoch)
{
	struct block_request r[BATCH];
	unsigned n = 0;
	int err = 0;

	for (struct buf *b = c->all.next; b != &c->all && !err; b = b->next) {
		if (!b->dirty || b->epoch != epoch)
			continue;
		r[n++] =
			(struct block_request){.write = true, .block = b->block, .count = 1, .kva = &b->data};
		if (n == BATCH) {
			err = block_transfer(c->dev, r, n);
			n = 0;
		}
	}
	return err || !n ? err : block_transfer(c->dev, r, n);
}

static void mark_clean(struct bcache *c, unsigned epoch)
{
	for (struct buf *b = c->all.next; b != &c->all; b = b->next) {
		if (b->dirty && b->epoch == epoch) {
			b->dirty = b->dependents = false;
			b->epoch = 0;
		}
	}
}

int bcache_commit(struct bcache *c)
{
	unsigned epoch = 0;
	int err = write_zeros(c);

	if (!err && c->unflushed)
		err = flush(c);
	while (!err && lowest_epoch(c, &epoch)) {
		err = write_epoch(c, epoch);
		if (!err)
			err = flush(c);
		if (!err)
			mark_clean(c, epoch);
	}
	if (err || !c->nheld)
		return err;
	memset(c->held, 0, set_size(c));
	c->nheld = 0;
	return 0;
}
