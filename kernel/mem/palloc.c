/* Frames: one free list over all RAM.
 *
 * A byte a page says what it is. A page that was never given out stays untouched (FRESH): it is found by a
 * cursor, so that booting does not cost time for memory that nobody asks for. A page that came back (FREE)
 * is on a list through the pages themselves; debug builds poison the rest of it and look at the poison when
 * it leaves. One page costs O(1); several contiguous ones are searched for from the lowest address on.
 * PAL_USER is only a count with a limit. Lock: LOCK guards everything here. */
#include "arch/arch.h"
#include "kernel/config.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sync/spinlock.h"

enum page_state {
	PAGE_RESERVED, /* not RAM, or the kernel's for good */
	PAGE_FRESH,    /* free, never given out since boot */
	PAGE_FREE,     /* free, on the list */
	PAGE_USED,     /* the first page of an allocation */
	PAGE_MORE,     /* a further one of the same */
	PAGE_STATE = 7,
	PAGE_USER = 8, /* or-ed in: counts against the limit */
};

struct free_page {
	struct free_page *prev, *next;
};
#define POISON      0xdeadfeeddeadfeedull
#define POISON_FROM (sizeof(struct free_page) / 8)
#define LOW_MEMORY  0x100000 /* left alone: firmware and the first steps of other CPUs live there on a PC */

static struct spinlock lock = SPINLOCK_INIT("palloc", RANK_PALLOC);
static uint8_t *state; /* by page number - first_page */
static size_t first_page, npages;
static size_t fresh;  /* no FRESH page lies below this index */
static size_t lowest; /* no free page at all lies below this one */
static struct free_page *list;
static size_t total, used, user_used, user_limit;

static void *page_kva(size_t index) { return ptov((paddr_t)(first_page + index) << PT_PAGE_SHIFT); }

static size_t page_index(const void *kva)
{
	size_t index = (size_t)(vtop(kva) >> PT_PAGE_SHIFT) - first_page;

	if (((uintptr_t)kva & PT_PAGE_MASK) || index >= npages)
		panic("palloc: %p is no page of RAM", kva);
	return index;
}

static bool is_free(size_t index) { return state[index] == PAGE_FRESH || state[index] == PAGE_FREE; }

static void list_remove(struct free_page *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		list = p->next;
	if (p->next)
		p->next->prev = p->prev;
}

static void poison(void *page)
{
	uint64_t *word = page;

	for (size_t i = POISON_FROM; i < PT_PAGE_SIZE / 8; i++)
		word[i] = POISON;
}

static void poison_check(const void *page)
{
	const uint64_t *word = page;

	for (size_t i = POISON_FROM; i < PT_PAGE_SIZE / 8; i++)
		if (word[i] != POISON)
			panic("palloc: free page %p was written: %#llx at offset %zu", page,
			      (unsigned long long)word[i], i * 8);
}

/* The pages from INDEX on, all free, become one allocation. */
static inline void *take(size_t index, size_t count, unsigned user)
{
	for (size_t i = index; i < index + count; i++) {
		if (state[i] == PAGE_FREE) {
			list_remove(page_kva(i));
			if (KERNEL_DEBUG)
				poison_check(page_kva(i));
		}
		state[i] = (uint8_t)((i == index ? PAGE_USED : PAGE_MORE) | user);
	}
	used += count;
	user_used += user ? count : 0;
	return page_kva(index);
}

static size_t find_one(void)
{
	if (list)
		return page_index(list);
	while (fresh < npages && state[fresh] != PAGE_FRESH)
		fresh++;
	return fresh;
}

/* First fit. NPAGES: there is none. */
static size_t find_many(size_t count, size_t align)
{
	size_t index, run = 0;

	while (lowest < npages && !is_free(lowest))
		lowest++;
	index = lowest;
	while (index + (count - run) <= npages) {
		if (run == 0 && ((first_page + index) & (align - 1))) {
			index++;
			continue;
		}
		run = is_free(index) ? run + 1 : 0;
		index++;
		if (run == count)
			return index - count;
	}
	return npages;
}

/* Inlined, so that there is one of these for a single page, which is what most ask for. */
static inline __attribute__((always_inline)) void *get(enum palloc_flags flags, size_t count, size_t align)
{
	unsigned user = flags & PAL_USER ? PAGE_USER : 0;
	size_t index;
	void *pages = NULL;

	ASSERT(align && (align & (align - 1)) == 0);
	if (count == 0 || (!(flags & PAL_ASSERT) && alloc_fails(count)))
		return NULL;
	spin_lock(&lock);
	if (count <= total - used && (!user || (user_used < user_limit && count <= user_limit - user_used))) {
		index = count == 1 && align == 1 ? find_one() : find_many(count, align);
		if (index < npages)
			pages = take(index, count, user);
	}
	spin_unlock(&lock);
	if (!pages && flags & PAL_ASSERT)
		panic("palloc: no memory for %zu pages; %zu of %zu are in use", count, used, total);
	if (pages && flags & PAL_ZERO)
		memset(pages, 0, count * PT_PAGE_SIZE);
	return pages;
}

void *palloc_get_aligned(enum palloc_flags flags, size_t count, size_t align)
{
	return get(flags, count, align);
}

void *palloc_get_multiple(enum palloc_flags flags, size_t count)
{
	return palloc_get_aligned(flags, count, 1);
}

void *palloc_get_page(enum palloc_flags flags) { return get(flags, 1, 1); }

static size_t count_at(size_t index)
{
	size_t n = 1;

	if ((state[index] & PAGE_STATE) != PAGE_USED)
		return 0;
	while (index + n < npages && (state[index + n] & PAGE_STATE) == PAGE_MORE)
		n++;
	return n;
}

size_t palloc_count(const void *page)
{
	size_t n;

	spin_lock(&lock);
	n = count_at(page_index(page));
	spin_unlock(&lock);
	return n;
}

/* COUNT pages at PAGES are one allocation; where they stand. */
static size_t freeable(const void *pages, size_t count) SYNC_REQUIRES(lock)
{
	size_t index = page_index(pages), is = count_at(index);

	if (is != count)
		panic("palloc: %zu pages at %p are freed, but %zu are allocated there (0: freed already?)",
		      count, pages, is);
	return index;
}

void palloc_free_multiple(void *pages, size_t count)
{
	size_t index;

	if (!pages || !count)
		return;
	if (KERNEL_DEBUG) {
		spin_lock(&lock);
		freeable(pages, count);
		spin_unlock(&lock);
		for (size_t i = 0; i < count; i++) /* they are still ours: the lock need not be held for it */
			poison((char *)pages + i * PT_PAGE_SIZE);
	}
	spin_lock(&lock);
	index = freeable(pages, count);
	used -= count;
	user_used -= state[index] & PAGE_USER ? count : 0;
	lowest = index < lowest ? index : lowest;
	for (size_t i = index + count; i-- > index;) {
		struct free_page *p = page_kva(i);

		state[i] = PAGE_FREE;
		*p = (struct free_page){NULL, list};
		if (list)
			list->prev = p;
		list = p;
	}
	spin_unlock(&lock);
}

void palloc_free_page(void *page) { palloc_free_multiple(page, 1); }

void palloc_range(paddr_t *lo, paddr_t *hi)
{
	*lo = (paddr_t)first_page << PT_PAGE_SHIFT;
	*hi = *lo + ((paddr_t)npages << PT_PAGE_SHIFT);
}

size_t palloc_total(void) { return total; }
size_t palloc_used(void) { return used; }
size_t palloc_user_used(void) { return user_used; }
size_t palloc_user_limit(void) { return user_limit; }
void palloc_set_user_limit(size_t pages) { user_limit = pages; }

/* ---- boot ---- */

/* The kernel image and the device tree's copy. */
static void reserve(paddr_t lo, paddr_t hi)
{
	size_t from = (size_t)(lo >> PT_PAGE_SHIFT), to = (size_t)((hi + PT_PAGE_MASK) >> PT_PAGE_SHIFT);

	for (size_t page = from; page < to; page++)
		if (page >= first_page && page - first_page < npages)
			state[page - first_page] = PAGE_RESERVED;
}

void palloc_release(paddr_t lo, paddr_t hi)
{
	spin_lock(&lock);
	for (size_t page = (size_t)((lo + PT_PAGE_MASK) >> PT_PAGE_SHIFT); page < hi >> PT_PAGE_SHIFT;
	     page++) {
		size_t index = page - first_page;

		if (page < first_page || index >= npages || state[index] != PAGE_RESERVED)
			continue;
		state[index] = PAGE_FRESH;
		total++;
		user_limit++;
		fresh = index < fresh ? index : fresh;
		lowest = index < lowest ? index : lowest;
	}
	spin_unlock(&lock);
}

struct range {
	paddr_t lo, hi;
};

static struct range image_range(void)
{
	extern const char __text_start[], __image_end[];

	return (struct range){(uintptr_t)__text_start - IMAGE_OFFSET, (uintptr_t)__image_end - IMAGE_OFFSET};
}

static struct range fdt_range(const struct boot_info *info)
{
	paddr_t pa = vtop(info->fdt);

	if (!info->fdt || (uintptr_t)info->fdt >= IMAGE_OFFSET) /* none, or a part of the image */
		return (struct range){0, 0};
	return (struct range){pa, pa + fdt_size(info->fdt)};
}

/* A place for LEN bytes in RAM that the early tables reach, outside the ranges. */
static paddr_t place_for(const struct boot_info *info, size_t len, struct range a, struct range b,
			 struct range c)
{
	for (unsigned i = 0; i < info->nram; i++) {
		paddr_t lo = info->ram[i].base, hi = lo + info->ram[i].len;

		if (lo < LOW_MEMORY)
			lo = LOW_MEMORY;
		for (int again = 0; again < 3; again++) { /* each range may push us into another */
			if (lo < a.hi && a.lo < lo + len)
				lo = (a.hi + PT_PAGE_MASK) & ~PT_PAGE_MASK;
			if (lo < b.hi && b.lo < lo + len)
				lo = (b.hi + PT_PAGE_MASK) & ~PT_PAGE_MASK;
			if (lo < c.hi && c.lo < lo + len)
				lo = (c.hi + PT_PAGE_MASK) & ~PT_PAGE_MASK;
		}
		if (lo + len <= hi)
			return lo;
	}
	panic("no room for %zu bytes that describe memory", len);
}

void palloc_init(const struct boot_info *info)
{
	struct range image = image_range(), fdt = fdt_range(info);
	struct range initrd = {info->initrd, info->initrd + info->initrd_len};
	paddr_t table;

	ASSERT(info->nram);
	first_page = (size_t)(info->ram[0].base >> PT_PAGE_SHIFT);
	npages = (size_t)((info->ram[info->nram - 1].base + info->ram[info->nram - 1].len) >> PT_PAGE_SHIFT) -
		 first_page;
	table = place_for(info, npages, image, fdt, initrd);
	state = ptov(table);
	memset(state, PAGE_RESERVED, npages);
	for (unsigned i = 0; i < info->nram; i++)
		for (uint64_t at = 0; at < info->ram[i].len; at += PT_PAGE_SIZE)
			if (info->ram[i].base + at >= LOW_MEMORY)
				state[((info->ram[i].base + at) >> PT_PAGE_SHIFT) - first_page] = PAGE_FRESH;
	reserve(image.lo, image.hi);
	reserve(fdt.lo, fdt.hi);
	reserve(initrd.lo, initrd.hi);
	reserve(table, table + npages);
	for (size_t i = 0; i < npages; i++)
		total += state[i] == PAGE_FRESH;
	user_limit = total;
}
