/* What a program may say of its memory beyond mapping it: madvise, mincore, mlock, msync, MAP_POPULATE.
 * Locks: the region lock, exclusively where regions or pages change; none across I/O, and what was found before is
 * looked up again after. */
#include "internal.h"

/* [*lo, *hi) by addr and len; false with *ERR: there is nothing to do. */
static bool range_of(vaddr_t addr, uint64_t len, vaddr_t *hi, int *err)
{
	uint64_t whole = page_round(len);

	*hi = addr + whole;
	*err = addr & PT_PAGE_MASK || (len && !whole) ? -VM_EINVAL : 0;
	if (*err || !len)
		return false;
	*err = range_bad(addr, whole) ? -VM_ENOMEM : 0;
	return !*err;
}

/* ---- one region after another, without the lock in between ---- */

struct piece {
	vaddr_t lo, hi;
	unsigned prot, flags;
	struct vm_object *object; /* with a reference; NULL: none */
	uint64_t index;           /* at LO */
};

/* What is mapped at AT, up to HI; false: nothing. */
static bool piece_find(struct supplemental_page_table *spt, vaddr_t at, vaddr_t hi, struct piece *p)
{
	const struct region *r;

	port_read_lock(&spt->lock);
	r = region_find(spt, at);
	if (r) {
		*p = (struct piece){at, r->end < hi ? r->end : hi, r->prot, r->flags, r->object, 0};
		p->index = r->index + ((at - r->start) >> PT_PAGE_SHIFT);
		if (p->object)
			vm_object_ref(p->object);
	}
	port_read_unlock(&spt->lock);
	return r;
}

static void piece_put(const struct piece *p)
{
	if (p->object)
		vm_object_put(p->object);
}

static bool whole(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	bool is;

	port_read_lock(&spt->lock);
	is = regions_cover(spt, lo, hi);
	port_read_unlock(&spt->lock);
	return is;
}

/* ---- bringing in ---- */

/* Fault [addr, addr + len) in: as a write would where that makes a private page. The first error. */
int range_populate(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	struct piece p;
	int err = 0;

	for (vaddr_t at = addr; !err && at < addr + len; at = p.hi) {
		if (!piece_find(spt, at, addr + len, &p))
			return -VM_EFAULT; /* unmapped meanwhile */
		for (vaddr_t va = at; !err && va < p.hi; va += PT_PAGE_SIZE)
			err = vm_fault(spt, va,
				       (p.flags & VM_SHARED) || !(p.prot & VM_WRITE) ? VM_READ : VM_WRITE);
		piece_put(&p);
	}
	return err;
}

static void will_need(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	struct piece p;

	for (vaddr_t at = lo; at < hi && piece_find(spt, at, hi, &p); at = p.hi) {
		uint64_t end = p.index + ((p.hi - p.lo) >> PT_PAGE_SHIFT);

		if (p.object && end > object_pages(p.object))
			end = object_pages(p.object);
		for (uint64_t i = p.index; p.object && p.object->ops && i < end && !frames_wanted(); i++) {
			unsigned n = end - i < BRING_MOST ? (unsigned)(end - i) : BRING_MOST;

			if (cache_bring(p.object, i, n, false))
				break;
		}
		piece_put(&p);
	}
}

/* ---- out of memory ---- */

int vm_sync_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	struct piece p;
	vaddr_t hi;
	int err;

	if (!range_of(addr, len, &hi, &err))
		return err;
	if (!whole(spt, addr, hi))
		return -VM_ENOMEM;
	for (vaddr_t at = addr; at < hi && piece_find(spt, at, hi, &p); at = p.hi) {
		uint64_t n = (p.hi - p.lo) >> PT_PAGE_SHIFT;
		int failed = 0;

		if (p.object && p.object->ops && p.flags & VM_SHARED)
			failed = vm_object_sync(p.object, p.index << PT_PAGE_SHIFT,
						(p.index + n) << PT_PAGE_SHIFT);
		err = err ? err : failed;
		piece_put(&p);
	}
	return err;
}

struct leaving {
	struct frame *frame[SWAP_CLUSTER_MAX];
	unsigned n;
	vaddr_t next; /* where to go on */
};

static bool page_leaves(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct leaving *l = ctx;
	struct page *page = *entry;

	(void)slot;
	if (!page)
		return true;
	port_lock(&vm_lock);
	if (page->frame && frame_claim(page->frame))
		l->frame[l->n++] = page->frame;
	port_unlock(&vm_lock);
	l->next = va + PT_PAGE_SIZE;
	return l->n < swap_cluster;
}

static void page_out(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	struct leaving l = {.next = lo};
	bool more = true;

	vm_sync_range(spt, lo, hi - lo);
	while (more) {
		l.n = 0;
		port_read_lock(&spt->lock);
		more = !spt_each(spt, l.next, hi, page_leaves, &l);
		port_read_unlock(&spt->lock);
		frames_evict(l.frame, l.n);
	}
}

/* ---- madvise ---- */

/* The pages of [lo, hi) are as if never touched. */
static int forget(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned not_for)
{
	int err = 0;

	port_write_lock(&spt->lock);
	if (!regions_cover(spt, lo, hi))
		err = -VM_ENOMEM;
	else if (regions_flags(spt, lo, hi) & not_for)
		err = -VM_EINVAL;
	else
		spt_clear(spt, lo, hi);
	port_write_unlock(&spt->lock);
	return err;
}

static int mark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned flag)
{
	int err;

	port_write_lock(&spt->lock);
	err = regions_mark(spt, lo, hi, VM_RANDOM | VM_SEQUENTIAL, flag);
	regions_merge(spt, lo, hi);
	port_write_unlock(&spt->lock);
	return err;
}

int vm_advise(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, enum vm_advice advice)
{
	vaddr_t hi;
	int err;

	if (!range_of(addr, len, &hi, &err))
		return err;
	switch (advice) {
	case VM_ADVISE_NORMAL: return mark(spt, addr, hi, 0);
	case VM_ADVISE_RANDOM: return mark(spt, addr, hi, VM_RANDOM);
	case VM_ADVISE_SEQUENTIAL: return mark(spt, addr, hi, VM_SEQUENTIAL);
	case VM_ADVISE_DONTNEED: return forget(spt, addr, hi, VM_LOCKED);
	case VM_ADVISE_FREE: return forget(spt, addr, hi, VM_LOCKED | VM_SHARED | REGION_OBJECT);
	case VM_ADVISE_WILLNEED:
	case VM_ADVISE_PAGEOUT: break;
	default: return -VM_EINVAL;
	}
	if (!whole(spt, addr, hi))
		return -VM_ENOMEM;
	if (advice == VM_ADVISE_WILLNEED)
		will_need(spt, addr, hi);
	else
		page_out(spt, addr, hi);
	return 0;
}

/* ---- mincore ---- */

/* Is VA's page, in region R, in memory? The region lock is held. */
static bool in_core(struct supplemental_page_table *spt, const struct region *r, vaddr_t va)
{
	pte_t *slot = pt_slot(&spt->pt, va, false);
	struct page **entry = slot ? spt_entry(slot, false) : NULL, *page;
	bool is;

	port_lock(&vm_lock);
	page = entry ? *entry : NULL;
	if (r->object && (!page || page->operations == &file_ops))
		page = object_look(r->object, r->index + ((va - r->start) >> PT_PAGE_SHIFT));
	is = page && page->frame;
	port_unlock(&vm_lock);
	return is;
}

int vm_mincore(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, uint8_t *vec)
{
	vaddr_t hi;
	int err;

	if (!range_of(addr, len, &hi, &err))
		return err;
	port_read_lock(&spt->lock);
	err = regions_cover(spt, addr, hi) ? 0 : -VM_ENOMEM;
	for (vaddr_t va = addr; !err && va < hi; va += PT_PAGE_SIZE)
		*vec++ = in_core(spt, region_find(spt, va), va);
	port_read_unlock(&spt->lock);
	return err;
}

/* ---- mlock ---- */

static bool page_lock(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct page *page = *entry;

	(void)va, (void)slot;
	if (!page)
		return true;
	port_lock(&vm_lock);
	page->flags = (page->flags & ~(uint32_t)PAGE_LOCKED) | (*(bool *)ctx ? PAGE_LOCKED : 0u);
	port_unlock(&vm_lock);
	return true;
}

static void pages_lock(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, bool on)
{
	spt_each(spt, lo, hi, page_lock, &on);
}

int range_lock_in(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	int err = range_populate(spt, addr, len);

	if (err == -VM_ENOMEM)
		return -VM_EAGAIN;
	return err == -VM_EACCES || err == -VM_EFAULT ? -VM_ENOMEM : err;
}

/* Locked first and then brought in: what has come stays. None is locked where that fails: there is no memory for all of
 * it, or a part was unmapped meanwhile. */
int vm_lock_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	vaddr_t hi;
	int err;

	if (!range_of(addr, len, &hi, &err))
		return err;
	port_write_lock(&spt->lock);
	err = regions_mark(spt, addr, hi, VM_LOCKED, VM_LOCKED);
	if (!err)
		pages_lock(spt, addr, hi, true);
	port_write_unlock(&spt->lock);
	if (err)
		return err;
	err = range_lock_in(spt, addr, hi - addr);
	port_write_lock(&spt->lock);
	if (err) {
		regions_unmark(spt, addr, hi, VM_LOCKED);
		pages_lock(spt, addr, hi, false);
	}
	regions_merge(spt, addr, hi);
	port_write_unlock(&spt->lock);
	return err;
}

int vm_unlock_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	vaddr_t hi;
	int err;

	if (!range_of(addr, len, &hi, &err))
		return err;
	port_write_lock(&spt->lock);
	err = regions_mark(spt, addr, hi, VM_LOCKED, 0);
	if (!err)
		pages_lock(spt, addr, hi, false);
	regions_merge(spt, addr, hi);
	port_write_unlock(&spt->lock);
	return err;
}
