/* Small objects, cut from pages; big ones are whole pages.
 *
 * A slab is one page: a header, then objects of one size. No object is page-aligned, which tells it from a
 * big allocation. A bit an object says that it is allocated; the free ones are chained by their numbers. Full
 * slabs are on no list. A slab that became empty is kept if it is the only one of its class, or given back.
 * Debug builds fill what is freed and look at it when it is given out again.
 * Locks: one a class, for its list and its slabs. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sync/spinlock.h"

#define SLAB_MAGIC 0x736c6162u
#define SLAB_END   0xffffu
#define NO_OBJECT  0xd5 /* what freed objects are filled with */
#define NEW_OBJECT 0xa7

struct slab {                        /* [K] the class's lock  [I] fixed */
	struct slab *prev, *next;    /* [K] others of the class with room */
	uint32_t magic;              /* [I] */
	uint16_t class;              /* [I] */
	uint16_t room;               /* [K] objects not allocated */
	uint16_t first;              /* [K] the first of them */
	uint64_t allocated[4];       /* [K] a bit an object */
};
#define SLAB_HEADER 64
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "the header's place");

#define CLASSES 13
static const uint16_t class_size[CLASSES] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 800, 1344, 2016};
#define SMALL_MAX 2016
_Static_assert((PT_PAGE_SIZE - SLAB_HEADER) / 16 <= 4 * 64, "a bit an object");

static struct class {
	struct spinlock lock;
	struct slab *first;  /* with room */
	unsigned empty;      /* slabs without an object: 0 or 1 */
} classes[CLASSES] = {[0 ... CLASSES - 1] = {.lock = SPINLOCK_INIT("kmalloc", RANK_KMALLOC)}};
static _Atomic size_t objects;

static unsigned per_slab(unsigned class) { return (unsigned)(PT_PAGE_SIZE - SLAB_HEADER) / class_size[class]; }

static unsigned char *object_at(struct slab *slab, unsigned i)
{
	return (unsigned char *)slab + SLAB_HEADER + (size_t)i * class_size[slab->class];
}

static uint16_t *object_link(struct slab *slab, unsigned i) { return (uint16_t *)(void *)object_at(slab, i); }

static void list_add(struct class *c, struct slab *slab)
{
	slab->prev = NULL;
	slab->next = c->first;
	if (c->first)
		c->first->prev = slab;
	c->first = slab;
}

static void list_remove(struct class *c, struct slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		c->first = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

static struct slab *slab_make(unsigned class)
{
	struct slab *slab = palloc_get_page(0);
	unsigned n = per_slab(class);

	if (!slab)
		return NULL;
	*slab = (struct slab){.magic = SLAB_MAGIC, .class = (uint16_t)class, .room = (uint16_t)n};
	if (KERNEL_DEBUG)
		memset((char *)slab + SLAB_HEADER, NO_OBJECT, PT_PAGE_SIZE - SLAB_HEADER);
	for (unsigned i = 0; i < n; i++)
		*object_link(slab, i) = (uint16_t)(i + 1 < n ? i + 1 : SLAB_END);
	return slab;
}

static void fill_check(const unsigned char *object, size_t size)
{
	for (size_t i = sizeof(uint16_t); i < size; i++)
		if (object[i] != NO_OBJECT)
			panic("kmalloc: free object %p of %zu bytes was written: %#x at offset %zu",
			      (const void *)object, size, object[i], i);
}

static void *slab_take(struct class *c, struct slab *slab)
{
	unsigned i = slab->first;
	unsigned char *object = object_at(slab, i);

	c->empty -= slab->room == per_slab(slab->class);
	if (KERNEL_DEBUG)
		fill_check(object, class_size[slab->class]);
	slab->first = *object_link(slab, i);
	slab->allocated[i / 64] |= (uint64_t)1 << i % 64;
	if (--slab->room == 0)
		list_remove(c, slab);
	if (KERNEL_DEBUG)
		memset(object, NEW_OBJECT, class_size[slab->class]);
	return object;
}

static void *small_alloc(unsigned class)
{
	struct class *c = &classes[class];
	void *object;

	spin_lock(&c->lock);
	if (!c->first) {
		struct slab *slab = slab_make(class);

		if (!slab) {
			spin_unlock(&c->lock);
			return NULL;
		}
		list_add(c, slab);
		c->empty++;
	}
	object = slab_take(c, c->first);
	spin_unlock(&c->lock);
	return object;
}

static bool is_big(const void *object) { return ((uintptr_t)object & PT_PAGE_MASK) == 0; }

void *kmalloc(size_t size)
{
	void *object;
	unsigned class = 0;

	if (size > SMALL_MAX) {
		size_t pages = size / PT_PAGE_SIZE + (size % PT_PAGE_SIZE != 0);

		object = palloc_get_multiple(0, pages);
	} else {
		while (class_size[class] < size)
			class++;
		object = small_alloc(class);
	}
	if (object)
		objects++;
	return object;
}

void *kcalloc(size_t count, size_t size)
{
	void *object;

	if (size && count > SIZE_MAX / size)
		return NULL;
	object = kmalloc(count * size);
	if (object)
		memset(object, 0, count * size);
	return object;
}

/* The slab that OBJECT, which must be allocated, lies in, and its number there. */
static struct slab *slab_of(const void *object, unsigned *number)
{
	struct slab *slab = (struct slab *)((uintptr_t)object & ~PT_PAGE_MASK);
	size_t offset = ((uintptr_t)object & PT_PAGE_MASK) - SLAB_HEADER, i;

	if (slab->magic != SLAB_MAGIC || slab->class >= CLASSES)
		panic("kmalloc: %p is no object of ours", object);
	i = offset / class_size[slab->class];
	if (offset % class_size[slab->class] || i >= per_slab(slab->class))
		panic("kmalloc: %p is no object of ours but lies inside of one", object);
	*number = (unsigned)i;
	return slab;
}

static void slab_give(struct class *c, struct slab *slab, unsigned i)
{
	uint64_t bit = (uint64_t)1 << i % 64;

	if (!(slab->allocated[i / 64] & bit))
		panic("kmalloc: object %p is freed twice", (void *)object_at(slab, i));
	slab->allocated[i / 64] &= ~bit;
	if (KERNEL_DEBUG)
		memset(object_at(slab, i), NO_OBJECT, class_size[slab->class]);
	*object_link(slab, i) = slab->first;
	slab->first = (uint16_t)i;
	if (slab->room++ == 0)
		list_add(c, slab);
	if (slab->room == per_slab(slab->class) && c->empty++) {
		list_remove(c, slab);
		c->empty--;
		slab->magic = 0;
		palloc_free_page(slab);
	}
}

void kfree(void *object)
{
	struct class *c;
	struct slab *slab;
	unsigned i;

	if (!object)
		return;
	if (is_big(object)) {
		palloc_free_multiple(object, kmalloc_usable(object) / PT_PAGE_SIZE);
	} else {
		slab = slab_of(object, &i);
		c = &classes[slab->class];
		spin_lock(&c->lock);
		slab_give(c, slab, i); /* the slab may be gone now */
		spin_unlock(&c->lock);
	}
	objects--;
}

size_t kmalloc_usable(const void *object)
{
	unsigned i;
	size_t pages;

	if (!is_big(object))
		return class_size[slab_of(object, &i)->class];
	pages = palloc_count(object);
	if (!pages)
		panic("kmalloc: %p is not allocated (freed twice?)", object);
	return pages * PT_PAGE_SIZE;
}

void *krealloc(void *old, size_t size)
{
	size_t usable = old ? kmalloc_usable(old) : 0;
	void *object;

	if (old && size <= usable && size > usable / 2)
		return old;
	object = kmalloc(size);
	if (object && old) {
		memcpy(object, old, size < usable ? size : usable);
		kfree(old);
	}
	return object;
}

size_t kmalloc_objects(void) { return objects; }

void kmalloc_drain(void)
{
	for (unsigned class = 0; class < CLASSES; class++) {
		struct class *c = &classes[class];

		spin_lock(&c->lock);
		for (struct slab *slab = c->first, *next; slab; slab = next) {
			next = slab->next;
			if (slab->room != per_slab(class))
				continue;
			list_remove(c, slab);
			c->empty--;
			slab->magic = 0;
			palloc_free_page(slab);
		}
		spin_unlock(&c->lock);
	}
}
