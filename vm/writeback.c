/* Write-back: what is dirty in files' pages reaches their objects, and truncation takes pages away.
 *
 * A page is dirty from make_writable() on: from then on its leaves in shared mappings may be writable. Write-out holds
 * the frame BUSY, takes W out of every leaf, flushes, writes, and only then calls it clean; whoever wants to write
 * meanwhile waits. So no write is lost, and nothing is written that did not change.
 * Locks: vm_lock; none across flushes and the object's operations. Write-out allocates nothing. */
#include "internal.h"

#define RUN_MOST 16 /* pages in one request */

struct run {
	uint64_t index;
	unsigned n;
	struct frame *frame[RUN_MOST];
	void *kva[RUN_MOST];
};

/* OWN and the dirty pages after it, up to LAST, become ours. vm_lock held. */
static void run_claim(struct run *r, struct page *own, uint64_t last)
{
	r->index = page_index(own);
	for (r->n = 0; own && own->flags & PAGE_DIRTY && !cache_busy(own);) {
		own->frame->state |= FRAME_BUSY;
		r->frame[r->n] = own->frame;
		r->kva[r->n] = own->frame->kva;
		r->n++;
		if (r->n == RUN_MOST || r->index + r->n > last)
			return;
		own = object_look(own->object, r->index + r->n);
	}
}

static int run_write(struct vm_object *object, struct run *r)
{
	for (unsigned i = 0; i < r->n; i++)
		rmap_clean(r->frame[i]);
	port_lock(&vm_lock);
	tail_zero(object, r->index + r->n - 1, r->kva[r->n - 1]);
	port_unlock(&vm_lock);
	return object->ops->write(object, r->index, r->kva, r->n);
}

static void run_settle(struct run *r, bool ok)
{
	port_lock(&vm_lock);
	for (unsigned i = 0; i < r->n; i++) {
		if (ok)
			page_clean(r->frame[i]->page);
		frame_busy_end(r->frame[i]);
	}
	vm_counts.file_out += ok ? r->n : 0;
	port_unlock(&vm_lock);
}

/* The first dirty pages in [lo, last], claimed; none: N is 0. */
static void run_find(struct vm_object *object, struct run *r, uint64_t lo, uint64_t last)
{
	struct page *own;

	r->n = 0;
	port_lock(&vm_lock);
	while (!r->n) {
		uint64_t end = object_pages(object);

		own = end ? object_next(object, lo, last < end ? last : end - 1, true) : NULL;
		if (!own)
			break;
		if (cache_busy(own))
			cache_wait(own);
		else
			run_claim(r, own, last < end ? last : end - 1);
	}
	port_unlock(&vm_lock);
}

int vm_object_sync(struct vm_object *object, uint64_t lo, uint64_t hi)
{
	uint64_t at = lo >> PT_PAGE_SHIFT, last = (hi - 1) >> PT_PAGE_SHIFT;
	struct run r;
	int err = 0;

	if (hi <= lo)
		return 0;
	for (; at <= last; at = r.index + r.n) {
		int failed;

		run_find(object, &r, at, last);
		if (!r.n)
			break;
		failed = run_write(object, &r);
		run_settle(&r, !failed);
		err = err ? err : failed;
	}
	return err;
}

void vm_writeback(void)
{
	for (struct vm_object *object = NULL; (object = objects_next_dirty(object));)
		vm_object_sync(object, 0, UINT64_MAX);
}

void vm_dirty_wait(void)
{
	bool much;

	port_lock(&vm_lock);
	much = vm_counts.dirty > vm_counts.frames / 4;
	port_unlock(&vm_lock);
	if (much)
		port_writeback();
}

bool memory_make(void)
{
	bool dirty;

	if (vm_reclaim(1))
		return true;
	port_lock(&vm_lock);
	dirty = vm_counts.dirty;
	port_unlock(&vm_lock);
	if (!dirty)
		return false;
	port_writeback();
	return vm_reclaim(1);
}

/* ---- truncation ---- */

static bool zeros(const char *p, uint64_t n)
{
	for (; n; n--) {
		if (*p++)
			return false;
	}
	return true;
}

/* The page in which OBJECT is to end, cut at SIZE; on disk, too, or what was there would come back when it grows. The
 * size changes while the page is ours. */
static int end_cut(struct vm_object *object, uint64_t size)
{
	uint64_t keep = size & PT_PAGE_MASK;
	struct page *own;
	bool changes;
	char *kva;
	int err = cache_hold(object, size >> PT_PAGE_SHIFT, &own);

	if (err)
		return err;
	kva = own->frame->kva;
	changes = !zeros(kva + keep, PT_PAGE_SIZE - keep);
	if (changes)
		err = page_make_writable(own);
	port_lock(&vm_lock);
	if (!err) {
		object->size = size;
		__builtin_memset(kva + keep, 0, PT_PAGE_SIZE - keep);
		if (changes)
			page_dirty(own);
	}
	frame_busy_end(own->frame);
	port_unlock(&vm_lock);
	return err;
}

/* Nobody maps OWN's frame any more, and OWN is gone. vm_lock held, dropped meanwhile. */
static void page_take(struct page *own)
{
	struct frame *frame = own->frame;

	if (frame) {
		frame->state |= FRAME_BUSY;
		port_unlock(&vm_lock);
		rmap_unmap_all(frame);
		port_lock(&vm_lock);
		frame_busy_end(frame);
		while (own->chain.next)
			chain_remove(own->chain.next);
		chain_remove(own);
	}
	object_forget(own);
}

int vm_object_truncate(struct vm_object *object, uint64_t size)
{
	struct page *own;
	int err;

	if (size < object->size && size & PT_PAGE_MASK) {
		err = end_cut(object, size);
		if (err)
			return err;
	}
	port_lock(&vm_lock);
	while (size > object->size && !end_zero(object))
		continue;
	object->size = size;
	while ((own = object_next(object, object_pages(object), UINT64_MAX >> PT_PAGE_SHIFT, false))) {
		if (cache_busy(own))
			cache_wait(own);
		else
			page_take(own);
	}
	port_unlock(&vm_lock);
	return 0;
}
