/* Objects: files, whose contents an embedder reads and writes, and shared anonymous memory, which is in swap.
 *
 * An object has a page of its own (VM_PAGE_CACHE) for each index that was touched; it holds the frame or the slot. A
 * mapping's page (VM_FILE) hangs on the same frame's chain behind it, so that eviction finds every leaf, and knows
 * nothing else: without a frame it asks the object again.
 * The index is a tree; bit 0 of a link says that something below is dirty.
 * Locks: vm_lock for the index and the pages; references by regions and by whoever brings a page in. */
#include "object.h"
#include "internal.h"

#define FAN_BITS 6
#define FAN      (1u << FAN_BITS)

static struct vm_object *objects; /* [V] */

static bool cache_swap_in(struct page *page, void *kva)
{
	return !page->page_cache.slot || swap_read(page->page_cache.slot, kva) == 0;
}

static bool cache_swap_out(struct page *page)
{
	return swap_write(page->page_cache.slot, &page->frame->kva, 1) == 0;
}

static void cache_destroy(struct page *page)
{
	if (!page->page_cache.slot)
		return;
	port_lock(&vm_lock);
	swap_put(page->page_cache.slot);
	port_unlock(&vm_lock);
}

const struct page_operations cache_ops = {
	.swap_in = cache_swap_in,
	.swap_out = cache_swap_out,
	.destroy = cache_destroy,
	.type = VM_PAGE_CACHE,
};

/* ---- the index ---- */

static unsigned fan_index(uint64_t index, unsigned height)
{
	return (unsigned)(index >> FAN_BITS * (height - 1)) & (FAN - 1);
}

static void *link_to(uintptr_t link) { return (void *)(link & ~(uintptr_t)1); }

/* Where INDEX's page is noted; with MAKE the way there is made: NULL when there is none, or no memory. */
static uintptr_t *index_slot(struct vm_object *o, uint64_t index, bool make)
{
	uintptr_t *at = &o->root;

	while (index >> FAN_BITS * o->height) {
		uintptr_t *node = make ? port_alloc(FAN * sizeof *node) : NULL;

		if (!node)
			return NULL;
		node[0] = o->root;
		o->root = (uintptr_t)node | (o->root & 1);
		o->height++;
	}
	for (unsigned h = o->height; h; h--) {
		if (!*at && make)
			*at = (uintptr_t)port_alloc(FAN * sizeof *at);
		if (!*at)
			return NULL;
		at = (uintptr_t *)link_to(*at) + fan_index(index, h);
	}
	return at;
}

struct page *object_look(struct vm_object *object, uint64_t index)
{
	uintptr_t *at = index_slot(object, index, false);

	return at ? link_to(*at) : NULL;
}

struct page *object_page(struct vm_object *object, uint64_t index)
{
	uintptr_t *at = index_slot(object, index, true);
	struct page *page;

	if (!at || *at)
		return at ? link_to(*at) : NULL;
	page = port_alloc(sizeof *page);
	if (page) {
		*page = (struct page){.operations = object->ops ? &filecache_ops : &cache_ops,
				      .va = (void *)(uintptr_t)(index << PT_PAGE_SHIFT)};
		page->object = object;
		object->pages++;
		*at = (uintptr_t)page;
	}
	return page;
}

/* The first page in [lo, last] of what LINK leads to, which begins at BASE; with TAG 1 the first dirty one. */
static struct page *page_next(uintptr_t link, unsigned height, uint64_t base, uint64_t lo, uint64_t last,
			      unsigned tag)
{
	const uintptr_t *node = link_to(link);
	unsigned shift = FAN_BITS * (height - 1);

	if (!node || (link & 1) < tag)
		return NULL;
	if (!height)
		return link_to(link);
	for (unsigned i = 0; i < FAN; i++) {
		uint64_t first = base + ((uint64_t)i << shift);
		struct page *page = NULL;

		if (first > last)
			break;
		if (node[i] && first + (((uint64_t)1 << shift) - 1) >= lo)
			page = page_next(node[i], height - 1, first, lo, last, tag);
		if (page)
			return page;
	}
	return NULL;
}

struct page *object_next(struct vm_object *object, uint64_t lo, uint64_t last, bool dirty)
{
	if (!object->height && lo)
		return NULL;
	return page_next(object->root, object->height, 0, lo, last, dirty);
}

void page_dirty(struct page *own)
{
	struct vm_object *o = own->object;
	uintptr_t *at = &o->root;

	if (own->flags & PAGE_DIRTY)
		return;
	own->flags |= PAGE_DIRTY;
	vm_counts.dirty++;
	*at |= 1;
	for (unsigned h = o->height; h; h--) {
		at = (uintptr_t *)link_to(*at) + fan_index(page_index(own), h);
		*at |= 1;
	}
}

static void untag(uintptr_t *at, unsigned height, uint64_t index)
{
	uintptr_t *node = link_to(*at);

	if (height) {
		untag(&node[fan_index(index, height)], height - 1, index);
		for (unsigned i = 0; i < FAN; i++) {
			if (node[i] & 1)
				return;
		}
	}
	*at &= ~(uintptr_t)1;
}

void page_clean(struct page *own)
{
	if (!(own->flags & PAGE_DIRTY))
		return;
	own->flags &= ~(uint32_t)PAGE_DIRTY;
	vm_counts.dirty--;
	untag(&own->object->root, own->object->height, page_index(own));
}

void object_forget(struct page *own)
{
	page_clean(own);
	*index_slot(own->object, page_index(own), false) = 0;
	own->object->pages--;
	port_free(own, sizeof *own);
}

/* ---- life ---- */

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size)
{
	*object = (struct vm_object){.ops = ops, .size = size, .refs = 1};
	port_lock(&vm_lock);
	object->next = objects;
	if (objects)
		objects->prev = object;
	objects = object;
	port_unlock(&vm_lock);
}

void object_ref_locked(struct vm_object *object) { object->refs++; }

struct vm_object *object_new(void)
{
	struct vm_object *object = port_alloc(sizeof *object);

	if (object)
		vm_object_init(object, NULL, UINT64_MAX);
	return object;
}

void vm_object_ref(struct vm_object *object)
{
	port_lock(&vm_lock);
	object_ref_locked(object);
	port_unlock(&vm_lock);
}

/* ---- who maps shared memory ---- */

void object_link(struct region *r, struct supplemental_page_table *spt)
{
	if (!r->object || r->object->ops)
		return;
	port_lock(&vm_lock);
	r->spt = spt;
	r->prev = NULL;
	r->next = r->object->regions;
	if (r->next)
		r->next->prev = r;
	r->object->regions = r;
	port_unlock(&vm_lock);
}

void object_unlink(struct region *r)
{
	if (!r->object || r->object->ops)
		return;
	port_lock(&vm_lock);
	if (r->prev)
		r->prev->next = r->next;
	else
		r->object->regions = r->next;
	if (r->next)
		r->next->prev = r->prev;
	port_unlock(&vm_lock);
}

/* Several regions of one space are one that maps it. */
void object_share(struct vm_object *object)
{
	size_t n = 0;

	for (struct region *r = object->regions; r; r = r->next) {
		n += r->spt->counted != object;
		r->spt->counted = object;
	}
	for (struct region *r = object->regions; r; r = r->next) {
		if (r->spt->counted == object)
			r->spt->shared += object->pages / n;
		r->spt->counted = NULL;
	}
}

static void page_drop(struct page *page)
{
	port_lock(&vm_lock);
	while (page->frame && page->frame->state & FRAME_BUSY)
		frame_wait(page->frame);
	if (page->flags & PAGE_DIRTY)
		vm_counts.dirty--; /* could not be written */
	if (page->frame)
		chain_remove(page);
	port_unlock(&vm_lock);
	destroy(page);
	port_free(page, sizeof *page);
}

static void node_drop(uintptr_t link, unsigned height)
{
	if (!link)
		return;
	if (!height) {
		page_drop(link_to(link));
		return;
	}
	for (unsigned i = 0; i < FAN; i++)
		node_drop(((uintptr_t *)link_to(link))[i], height - 1);
	port_free(link_to(link), FAN * sizeof(uintptr_t));
}

/* Unless others refer to it: one reference less, and off the list with the last. */
static bool object_last(struct vm_object *object)
{
	bool last;

	port_lock(&vm_lock);
	last = --object->refs == 0;
	if (last) {
		if (object->prev)
			object->prev->next = object->next;
		else
			objects = object->next;
		if (object->next)
			object->next->prev = object->prev;
	}
	port_unlock(&vm_lock);
	return last;
}

/* May wait for I/O on the last reference's pages. */
void vm_object_put(struct vm_object *object)
{
	if (!object_last(object))
		return;
	if (object->ops)
		vm_object_sync(object, 0, UINT64_MAX);
	node_drop(object->root, object->height);
	if (!object->ops)
		port_free(object, sizeof *object);
	else if (object->ops->release)
		object->ops->release(object);
}

struct vm_object *objects_next_dirty(struct vm_object *after)
{
	struct vm_object *o;

	port_lock(&vm_lock);
	for (o = after ? after->next : objects; o && !(o->root & 1); o = o->next)
		continue;
	if (o)
		o->refs++;
	port_unlock(&vm_lock);
	if (after)
		vm_object_put(after);
	return o;
}

/* ---- for vm_check() ---- */

static size_t node_slots(uintptr_t link, unsigned height)
{
	size_t n = 0;

	if (!link)
		return 0;
	if (!height)
		return ((struct page *)link_to(link))->page_cache.slot != 0;
	for (unsigned i = 0; i < FAN; i++)
		n += node_slots(((uintptr_t *)link_to(link))[i], height - 1);
	return n;
}

size_t objects_slots(void)
{
	size_t n = 0;

	for (struct vm_object *o = objects; o; o = o->next)
		n += node_slots(o->root, o->height);
	return n;
}

struct vm_object *objects_all(void) { return objects; }

static struct vm_object *anon_alive(struct vm_object *object)
{
	while (object && object->ops)
		object = object->next;
	return object;
}

struct page *object_page_next(struct vm_object **object, uint64_t *index)
{
	struct vm_object *o = *object, *next;

	port_lock(&vm_lock);
	for (;;) {
		struct page *page = o ? object_next(o, *index, UINT64_MAX, false) : NULL;

		if (page) {
			*index = page_index(page);
			return page;
		}
		next = anon_alive(o ? o->next : objects);
		if (next)
			object_ref_locked(next);
		port_unlock(&vm_lock);
		if (o)
			vm_object_put(o);
		*object = next;
		*index = 0;
		if (!next)
			return NULL;
		o = next;
		port_lock(&vm_lock);
	}
}

/* ---- for comparisons ---- */

void vm_drain(void)
{
	swap_ahead_drop(SIZE_MAX);
	port_lock(&vm_lock);
	for (struct vm_object *o = objects; o; o = o->next) {
		struct page *own = o->ops ? object_next(o, 0, UINT64_MAX >> PT_PAGE_SHIFT, false) : NULL;

		while (own) {
			uint64_t next = page_index(own) + 1;
			bool shared = own->frame && (own->chain.next || own->frame->pins);

			if (!shared && !cache_busy(own) && !(own->flags & PAGE_DIRTY)) {
				if (own->frame)
					chain_remove(own);
				object_forget(own);
			}
			own = object_next(o, next, UINT64_MAX >> PT_PAGE_SHIFT, false);
		}
	}
	port_unlock(&vm_lock);
}
