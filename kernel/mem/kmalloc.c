/* Small objects, cut from pages; big ones are whole pages.
 *
 * A slab is one page: a header, then objects of one size; the slabs of a size that have room are a bin. No
 * object is page-aligned, which tells it from a big allocation. A bit an object says that it is allocated;
 * the free ones are chained by their numbers. Full slabs are on no list. A slab that became empty is kept if
 * it is the only such in its bin, or given back. Debug builds fill what is freed and look at it when it is
 * given out again.
 * Locks: one a bin, for its list and its slabs. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sync/spinlock.h"

#define SLAB_MAGIC 0x736c6162u
#define SLAB_END   0xffffu
#define NO_OBJECT  0xd5 /* what freed objects are filled with */
#define NEW_OBJECT 0xa7

struct slab {                     /* [K] the bin's lock  [I] fixed */
	struct slab *prev, *next; /* [K] others of the bin with room */
	uint32_t magic;           /* [I] */
	uint16_t bin, size;       /* [I] and that bin's: at hand, as TOTAL, since every call needs them */
	uint16_t total;           /* [I] objects */
	uint16_t room;            /* [K] of these not allocated */
	uint16_t first;           /* [K] the first of them */
	uint64_t allocated[4];    /* [K] a bit an object */
};
#define SLAB_HEADER 64
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "the header's place");

#define BINS 13
static const uint16_t bin_size[BINS] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 800, 1344, 2016};
#define SMALL_MAX 2016
/* The smallest bin that does, by the size in sixteenths, rounded up. */
static const uint8_t bin_for[SMALL_MAX / 16 + 1] = {
	[0 ... 1] = 0,    [2] = 1,          [3] = 2,           [4] = 3,         [5 ... 6] = 4,
	[7 ... 8] = 5,    [9 ... 12] = 6,   [13 ... 16] = 7,   [17 ... 24] = 8, [25 ... 32] = 9,
	[33 ... 50] = 10, [51 ... 84] = 11, [85 ... 126] = 12,
};
_Static_assert((PT_PAGE_SIZE - SLAB_HEADER) / 16 <= 4 * 64, "a bit an object");

static struct bin {
	struct spinlock lock;
	struct slab *first; /* with room */
	unsigned empty;     /* slabs without an object: 0 or 1 */
} bins[BINS] = {[0 ... BINS - 1] = {.lock = SPINLOCK_INIT("kmalloc", RANK_KMALLOC)}};
static _Atomic size_t objects;

static unsigned char *object_at(struct slab *slab, unsigned i)
{
	return (unsigned char *)slab + SLAB_HEADER + i * slab->size;
}

static uint16_t *object_link(struct slab *slab, unsigned i) { return (uint16_t *)(void *)object_at(slab, i); }

static void list_add(struct bin *b, struct slab *slab)
{
	slab->prev = NULL;
	slab->next = b->first;
	if (b->first)
		b->first->prev = slab;
	b->first = slab;
}

static void list_remove(struct bin *b, struct slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		b->first = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

static struct slab *slab_make(unsigned bin)
{
	struct slab *slab = palloc_get_page(0);
	unsigned n = (unsigned)(PT_PAGE_SIZE - SLAB_HEADER) / bin_size[bin];

	if (!slab)
		return NULL;
	*slab = (struct slab){
		.magic = SLAB_MAGIC,
		.bin = (uint16_t)bin,
		.size = bin_size[bin],
		.total = (uint16_t)n,
		.room = (uint16_t)n,
	};
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

static void *slab_take(struct bin *b, struct slab *slab)
{
	unsigned i = slab->first;
	unsigned char *object = object_at(slab, i);

	b->empty -= slab->room == slab->total;
	if (KERNEL_DEBUG)
		fill_check(object, slab->size);
	slab->first = *object_link(slab, i);
	slab->allocated[i / 64] |= (uint64_t)1 << i % 64;
	if (--slab->room == 0)
		list_remove(b, slab);
	if (KERNEL_DEBUG)
		memset(object, NEW_OBJECT, slab->size);
	return object;
}

static void *small_alloc(unsigned bin)
{
	struct bin *b = &bins[bin];
	void *object;

	spin_lock(&b->lock);
	if (!b->first) {
		struct slab *slab = slab_make(bin);

		if (!slab) {
			spin_unlock(&b->lock);
			return NULL;
		}
		list_add(b, slab);
		b->empty++;
	}
	object = slab_take(b, b->first);
	spin_unlock(&b->lock);
	return object;
}

static bool is_big(const void *object) { return ((uintptr_t)object & PT_PAGE_MASK) == 0; }

void *kmalloc(size_t size)
{
	void *object;

	if (size > SMALL_MAX) {
		size_t pages = size / PT_PAGE_SIZE + (size % PT_PAGE_SIZE != 0);

		object = palloc_get_multiple(0, pages);
	} else {
		object = alloc_fails(1) ? NULL : small_alloc(bin_for[(size + 15) / 16]);
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

	if (slab->magic != SLAB_MAGIC || slab->bin >= BINS)
		panic("kmalloc: %p is no object of ours", object);
	i = offset / slab->size;
	if (offset % slab->size || i >= slab->total)
		panic("kmalloc: %p is no object of ours but lies inside of one", object);
	*number = (unsigned)i;
	return slab;
}

static void slab_give(struct bin *b, struct slab *slab, unsigned i)
{
	uint64_t bit = (uint64_t)1 << i % 64;

	if (!(slab->allocated[i / 64] & bit))
		panic("kmalloc: object %p is freed twice", (void *)object_at(slab, i));
	slab->allocated[i / 64] &= ~bit;
	if (KERNEL_DEBUG)
		memset(object_at(slab, i), NO_OBJECT, slab->size);
	*object_link(slab, i) = slab->first;
	slab->first = (uint16_t)i;
	if (slab->room++ == 0)
		list_add(b, slab);
	if (slab->room == slab->total && b->empty++) {
		list_remove(b, slab);
		b->empty--;
		slab->magic = 0;
		palloc_free_page(slab);
	}
}

void kfree(void *object)
{
	struct bin *b;
	struct slab *slab;
	unsigned i;

	if (!object)
		return;
	if (is_big(object)) {
		palloc_free_multiple(object, kmalloc_usable(object) / PT_PAGE_SIZE);
	} else {
		slab = slab_of(object, &i);
		b = &bins[slab->bin];
		spin_lock(&b->lock);
		slab_give(b, slab, i); /* the slab may be gone now */
		spin_unlock(&b->lock);
	}
	objects--;
}

size_t kmalloc_usable(const void *object)
{
	unsigned i;
	size_t pages;

	if (!is_big(object))
		return slab_of(object, &i)->size;
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
	for (unsigned bin = 0; bin < BINS; bin++) {
		struct bin *b = &bins[bin];

		spin_lock(&b->lock);
		for (struct slab *slab = b->first, *next; slab; slab = next) {
			next = slab->next;
			if (slab->room != slab->total)
				continue;
			list_remove(b, slab);
			b->empty--;
			slab->magic = 0;
			palloc_free_page(slab);
		}
		spin_unlock(&b->lock);
	}
}
