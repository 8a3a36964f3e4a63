/* The page cache: an object's own pages come into memory, are lent to read() and write(), are read ahead.
 *
 * A page without a frame is PAGE_BUSY while it is brought in; one with a frame is held by its frame's BUSY: by
 * write(), by make_writable(), by write-out, by eviction. Reading only pins the frame.
 * Locks: vm_lock; none across the object's operations. After each wait the page is looked up again. */
#include "internal.h"

static bool filecache_swap_in(struct page *page, void *kva)
{
	return page->object->ops->read(page->object, page_index(page), &kva, 1) == 0;
}

const struct page_operations filecache_ops = {.swap_in = filecache_swap_in, .type = VM_PAGE_CACHE};

uint64_t object_pages(const struct vm_object *object)
{
	uint64_t size = object->size;

	return object->ops ? (size >> PT_PAGE_SHIFT) + ((size & PT_PAGE_MASK) != 0) : UINT64_MAX;
}

/* KVA's page of OBJECT is zeros past the object's end. */
void tail_zero(const struct vm_object *object, uint64_t index, void *kva)
{
	uint64_t size = object->size, at = index << PT_PAGE_SHIFT, keep = size > at ? size - at : 0;

	if (keep < PT_PAGE_SIZE)
		__builtin_memset((char *)kva + keep, 0, PT_PAGE_SIZE - keep);
}

bool cache_busy(const struct page *own)
{
	if (own->flags & PAGE_BUSY)
		return true;
	if (!own->frame)
		return false;
	if (own->frame->state & FRAME_BUSY)
		return true;
	for (const struct page *page = own->chain.next; page; page = page->chain.next) {
		if (page->flags & PAGE_BUSY)
			return true;
	}
	return false;
}

void cache_wait(struct page *own)
{
	struct page *page = own;

	if (own->frame && own->frame->state & FRAME_BUSY) {
		frame_wait(own->frame);
		return;
	}
	while (!(page->flags & PAGE_BUSY))
		page = page->chain.next;
	page_wait(page);
}

/* ---- bringing pages in ---- */

struct bringing {
	struct vm_object *object;
	uint64_t index;
	unsigned n;
	struct page *own[BRING_MOST];
	struct frame *frame[BRING_MOST];
	void *kva[BRING_MOST];
};

/* The pages that are to come, up to N, become BUSY by us; none: the first is there, or in other hands, or past the
 * end, where only write() puts pages. */
static bool bring_claim(struct bringing *b, unsigned n, bool past_end)
{
	uint64_t end = object_pages(b->object);

	for (b->n = 0; b->n < n && (past_end || b->index + b->n < end); b->n++) {
		struct page *own = object_page(b->object, b->index + b->n);

		if (!own || own->frame || own->flags & PAGE_BUSY)
			break;
		own->flags |= PAGE_BUSY;
		b->own[b->n] = own;
	}
	return b->n;
}

/* OWN did not come. vm_lock held. */
static void bring_not(struct page *own)
{
	page_busy_end(own);
	if (page_index(own) >= object_pages(own->object))
		object_forget(own);
}

static void bring_release(struct bringing *b, unsigned from)
{
	port_lock(&vm_lock);
	for (unsigned i = from; i < b->n; i++)
		bring_not(b->own[i]);
	port_unlock(&vm_lock);
	b->n = from;
}

/* A frame for each page: for the first at any cost, for the others while there are plenty. */
static bool bring_frames(struct bringing *b)
{
	unsigned i = 1;

	b->frame[0] = frame_get(false);
	if (!b->frame[0] && vm_reclaim(frames_batch()))
		b->frame[0] = frame_get(false);
	if (!b->frame[0])
		return false;
	port_lock(&vm_lock);
	while (i < b->n && (b->frame[i] = frame_spare()))
		i++;
	port_unlock(&vm_lock);
	bring_release(b, i);
	for (i = 0; i < b->n; i++)
		b->kva[i] = b->frame[i]->kva;
	return true;
}

/* What the pages hold, into their frames; how many of them came, 0 when the first did not. */
static unsigned bring_fill(struct bringing *b)
{
	bool there = b->index < object_pages(b->object);

	if (!there) {
		__builtin_memset(b->kva[0], 0, PT_PAGE_SIZE);
		return 1;
	}
	if (b->n > 1 && b->object->ops->read(b->object, b->index, b->kva, b->n) == 0)
		return b->n;
	return swap_in(b->own[0], b->kva[0]);
}

static void bring_settle(struct bringing *b, unsigned came)
{
	port_lock(&vm_lock);
	for (unsigned i = 0; i < b->n; i++) {
		struct page *own = b->own[i];
		struct frame *frame = b->frame[i];

		if (i < came) {
			tail_zero(b->object, b->index + i, frame->kva);
			frame->state |= i ? 0 : FRAME_FRESH;
			chain_add(frame, own);
			evict_enter(frame, own->page_cache.shadow);
			vm_counts.file_in++;
			page_busy_end(own);
		} else {
			frame_put(frame);
			bring_not(own);
		}
	}
	port_unlock(&vm_lock);
}

int cache_bring(struct vm_object *object, uint64_t index, unsigned n, bool past_end)
{
	struct bringing b = {.object = object, .index = index};
	unsigned came;
	bool any;

	port_lock(&vm_lock);
	any = bring_claim(&b, n < BRING_MOST ? n : BRING_MOST, past_end);
	port_unlock(&vm_lock);
	if (!any)
		return 0;
	if (!bring_frames(&b)) {
		bring_release(&b, 0);
		return memory_make() ? 0 : -VM_ENOMEM;
	}
	came = bring_fill(&b);
	bring_settle(&b, came);
	return came ? 0 : -VM_EIO;
}

/* ---- read-ahead ---- */

unsigned ahead_want(struct vm_readahead *ahead, uint64_t index, bool eager)
{
	if (index == ahead->next || eager)
		ahead->window = ahead->window >= BRING_MOST / 2 ? BRING_MOST
				: ahead->window                 ? ahead->window * 2
								: 4;
	else
		ahead->window = 1;
	ahead->next = index + ahead->window;
	return ahead->window;
}

void vm_read_ahead(struct vm_object *object, struct vm_readahead *ahead, uint64_t index)
{
	struct page *own;
	unsigned n = 0;

	port_lock(&vm_lock);
	own = object_look(object, index);
	if (index < object_pages(object) && !(own && (own->frame || own->flags & PAGE_BUSY)))
		n = ahead_want(ahead, index, false);
	port_unlock(&vm_lock);
	if (n)
		cache_bring(object, index, n, false);
}

/* ---- read() and write() ---- */

/* INDEX's page is in memory and nobody's; vm_lock is held then, and not after an error. */
static int cache_find(struct vm_object *object, uint64_t index, bool past_end, struct page **found)
{
	port_lock(&vm_lock);
	for (;;) {
		struct page *own = NULL;
		int err = -VM_EBUS;

		if (past_end || index < object_pages(object)) {
			own = object_page(object, index);
			err = -VM_ENOMEM;
		}
		if (own && cache_busy(own)) {
			cache_wait(own);
			continue;
		}
		if (own && own->frame) {
			*found = own;
			return 0;
		}
		port_unlock(&vm_lock);
		if (own)
			err = cache_bring(object, index, 1, past_end);
		else if (err == -VM_ENOMEM && memory_make())
			err = 0;
		if (err)
			return err;
		port_lock(&vm_lock);
	}
}

int cache_hold(struct vm_object *object, uint64_t index, struct page **own)
{
	int err = cache_find(object, index, true, own);

	if (err)
		return err;
	(*own)->frame->state |= FRAME_USED;
	frame_busy_begin((*own)->frame);
	port_unlock(&vm_lock);
	return 0;
}

int page_make_writable(struct page *own)
{
	struct vm_object *object = own->object;

	if (own->flags & PAGE_DIRTY || !object->ops->make_writable)
		return 0;
	return object->ops->make_writable(object, page_index(own));
}

/* What was to be written past the end was not: that page goes. */
static void past_end_drop(struct page *own)
{
	if (own->chain.next || page_index(own) < object_pages(own->object))
		return; /* with mappings: truncation is about to take it */
	chain_remove(own);
	object_forget(own);
}

void vm_cache_wrote(struct vm_object *object, void *kva, uint64_t end)
{
	struct frame *frame = frame_of(port_pa(kva));
	struct page *own;

	port_lock(&vm_lock);
	own = frame->page;
	if (end > object->size)
		object->size = end;
	if (end)
		page_dirty(own);
	frame_busy_end(frame);
	past_end_drop(own);
	port_unlock(&vm_lock);
}

/* OBJECT is about to grow: what a mapping left behind its end does not become its contents. vm_lock held; false: it was
 * dropped to wait. */
bool end_zero(struct vm_object *object)
{
	uint64_t index = object->size >> PT_PAGE_SHIFT;
	struct page *own = object->size & PT_PAGE_MASK ? object_look(object, index) : NULL;

	if (own && cache_busy(own)) {
		cache_wait(own);
		return false;
	}
	if (own && own->flags & PAGE_DIRTY) { /* else it is zeros there */
		struct frame *frame = own->frame;

		frame_busy_begin(frame);
		port_unlock(&vm_lock);
		rmap_clean(frame);
		port_lock(&vm_lock);
		tail_zero(object, index, frame->kva);
		frame_busy_end(frame);
	}
	return true;
}

int vm_cache_get(struct vm_object *object, uint64_t index, bool for_write, void **kva)
{
	struct page *own;
	int err;

	if (!for_write) {
		err = cache_find(object, index, false, &own);
		if (err)
			return err;
		own->frame->state |= FRAME_USED;
		own->frame->pins++;
		*kva = own->frame->kva;
		port_unlock(&vm_lock);
		return 0;
	}
	port_lock(&vm_lock);
	while (index >= object->size >> PT_PAGE_SHIFT && !end_zero(object))
		continue;
	port_unlock(&vm_lock);
	err = cache_hold(object, index, &own);
	if (err)
		return err;
	*kva = own->frame->kva;
	err = page_make_writable(own);
	if (err)
		vm_cache_wrote(object, *kva, 0);
	return err;
}

void vm_cache_put(struct vm_object *object, void *kva)
{
	struct frame *frame = frame_of(port_pa(kva));

	(void)object;
	port_lock(&vm_lock);
	if (--frame->pins == 0 && !frame->page) /* truncated meanwhile */
		frame_put(frame);
	port_unlock(&vm_lock);
}
