/* Shared anonymous memory: an object that several regions map, whose pages outlive any one of them.
 *
 * The object has a page of its own (VM_PAGE_CACHE) for each index that was touched; it holds the frame or the
 * slot. A mapping's page (VM_FILE) hangs on the same frame's chain behind it, so that eviction finds every leaf,
 * and knows nothing else: without a frame it asks the object again.
 * Locks: vm_lock for the index and the pages; references by regions and by whoever brings a page in. */
#include "internal.h"

#define FAN_BITS 9
#define FAN      (1u << FAN_BITS)

struct shared {
	struct vm_object object;
	unsigned refs;              /* [V] */
	unsigned height;            /* [V] levels of nodes below ROOT; 0: ROOT is index 0's page */
	void *root;                 /* [V] */
	struct shared *next, *prev; /* [V] all of them */
};

static struct shared *objects; /* [V] */

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

const struct page_operations file_ops = {.type = VM_FILE};

/* ---- the index ---- */

static unsigned fan_index(uint64_t index, unsigned height)
{
	return (unsigned)(index >> FAN_BITS * (height - 1)) & (FAN - 1);
}

/* Where INDEX's page is noted; with MAKE the way there is made: NULL when there is none, or no memory. */
static struct page **index_slot(struct shared *s, uint64_t index, bool make)
{
	void **at = &s->root;

	while (s->height < 7 && index >> FAN_BITS * s->height) {
		void **node = make ? port_alloc(FAN * sizeof *node) : NULL;

		if (!node)
			return NULL;
		node[0] = s->root;
		s->root = node;
		s->height++;
	}
	for (unsigned h = s->height; h; h--) {
		if (!*at && make)
			*at = port_alloc(FAN * sizeof *at);
		if (!*at)
			return NULL;
		at = (void **)*at + fan_index(index, h);
	}
	return (struct page **)at;
}

struct page *object_page(struct vm_object *object, uint64_t index)
{
	struct page **at = index_slot((struct shared *)object, index, true);

	if (at && !*at) {
		*at = port_alloc(sizeof **at);
		if (*at) {
			**at = (struct page){.operations = &cache_ops,
					     .va = (void *)(uintptr_t)(index << PT_PAGE_SHIFT)};
			(*at)->object = object;
		}
	}
	return at ? *at : NULL;
}

/* ---- life ---- */

struct vm_object *object_new(void)
{
	struct shared *s = port_alloc(sizeof *s);

	if (!s)
		return NULL;
	s->refs = 1;
	port_lock(&vm_lock);
	s->next = objects;
	if (objects)
		objects->prev = s;
	objects = s;
	port_unlock(&vm_lock);
	return &s->object;
}

void object_ref_locked(struct vm_object *object) { ((struct shared *)object)->refs++; }

void object_ref(struct vm_object *object)
{
	port_lock(&vm_lock);
	object_ref_locked(object);
	port_unlock(&vm_lock);
}

static void page_drop(struct page *page)
{
	port_lock(&vm_lock);
	while (page->frame && page->frame->state & FRAME_BUSY)
		frame_wait(page->frame);
	if (page->frame)
		chain_remove(page);
	port_unlock(&vm_lock);
	destroy(page);
	port_free(page, sizeof *page);
}

static void node_drop(void *node, unsigned height)
{
	if (!node)
		return;
	if (!height) {
		page_drop(node);
		return;
	}
	for (unsigned i = 0; i < FAN; i++)
		node_drop(((void **)node)[i], height - 1);
	port_free(node, FAN * sizeof(void *));
}

/* May wait for I/O on the last reference's pages. */
void object_put(struct vm_object *object)
{
	struct shared *s = (struct shared *)object;
	unsigned left;

	port_lock(&vm_lock);
	left = --s->refs;
	port_unlock(&vm_lock);
	if (left)
		return;
	node_drop(s->root, s->height);
	port_lock(&vm_lock);
	if (s->prev)
		s->prev->next = s->next;
	else
		objects = s->next;
	if (s->next)
		s->next->prev = s->prev;
	port_unlock(&vm_lock);
	port_free(s, sizeof *s);
}

static size_t node_slots(void *node, unsigned height)
{
	size_t n = 0;

	if (!node)
		return 0;
	if (!height)
		return ((struct page *)node)->page_cache.slot != 0;
	for (unsigned i = 0; i < FAN; i++)
		n += node_slots(((void **)node)[i], height - 1);
	return n;
}

size_t objects_slots(void)
{
	size_t n = 0;

	for (struct shared *s = objects; s; s = s->next)
		n += node_slots(s->root, s->height);
	return n;
}

/* The first page from INDEX on, below NODE, which begins at BASE; *INDEX is its. */
static struct page *node_next(void *node, unsigned height, uint64_t base, uint64_t *index)
{
	uint64_t span;

	if (!node || (!height && base < *index))
		return NULL;
	if (!height) {
		*index = base;
		return node;
	}
	span = (uint64_t)1 << FAN_BITS * (height - 1);
	for (unsigned i = 0; i < FAN; i++, base += span) {
		struct page *page = NULL;

		if (base + span - 1 >= *index)
			page = node_next(((void **)node)[i], height - 1, base, index);
		if (page)
			return page;
	}
	return NULL;
}

static struct shared *shared_alive(struct shared *s)
{
	while (s && !s->refs)
		s = s->next;
	return s;
}

struct page *object_page_next(struct vm_object **object, uint64_t *index)
{
	struct shared *s = (struct shared *)*object;

	port_lock(&vm_lock);
	for (;;) {
		struct page *page = s ? node_next(s->root, s->height, 0, index) : NULL;
		struct shared *next;

		if (page)
			return page;
		next = shared_alive(s ? s->next : objects);
		if (next)
			next->refs++;
		port_unlock(&vm_lock);
		if (s)
			object_put(&s->object);
		*object = next ? &next->object : NULL;
		*index = 0;
		if (!next)
			return NULL;
		s = next;
		port_lock(&vm_lock);
	}
}
