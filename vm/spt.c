/* The supplemental page table: an ordered list of regions, and pages that hang beside their PTEs.
 *
 * Each lowest page table has a companion, an array that holds for every entry the struct page that belongs to
 * it, so one walk finds both. A page comes into being when something first looks at it; until then its region
 * says all there is to know.
 * Locks: the region lock, shared, keeps tables and companions in place; an entry of a companion is set under
 * vm_lock. Whoever removes pages holds the region lock exclusively. */
#include "entry.h"
#include "internal.h"

struct supplemental_page_table *vm_spaces;
static uint32_t spaces_made; /* [V] */

static void companion_free(paddr_t table)
{
	struct frame *frame = frame_of(table);

	if (frame->entries)
		port_free(frame->entries, PT_ENTRIES * sizeof(struct page *));
	frame->entries = NULL;
}

int vm_setup(paddr_t lo, paddr_t hi, size_t limit, const char *policy)
{
	int err = frame_setup(lo, hi, limit);

	if (err)
		return err;
	pt_table_gone = companion_free;
	err = evict_setup(policy, limit);
	if (err)
		vm_shutdown();
	return err;
}

void vm_shutdown(void)
{
	pt_table_gone = NULL;
	swap_shutdown();
	frame_shutdown();
}

struct page **spt_entry(pte_t *slot, bool make)
{
	uintptr_t table = (uintptr_t)slot & ~(uintptr_t)PT_PAGE_MASK;
	struct frame *frame = frame_of(port_pa((void *)table));
	size_t index = ((uintptr_t)slot & PT_PAGE_MASK) / sizeof *slot;
	/* It is there for good once it is there: other threads' faults need not wait for one another to see it. */
	struct page **entries = __atomic_load_n(&frame->entries, __ATOMIC_ACQUIRE), **fresh = NULL;

	if (!entries && make) {
		fresh = port_alloc(PT_ENTRIES * sizeof *fresh);
		if (!fresh)
			return NULL;
	}
	if (fresh) {
		port_lock(&vm_lock);
		entries = frame->entries;
		if (!entries) {
			entries = fresh;
			__atomic_store_n(&frame->entries, fresh, __ATOMIC_RELEASE);
		}
		port_unlock(&vm_lock);
		if (entries != fresh)
			port_free(fresh, PT_ENTRIES * sizeof *fresh);
	}
	return entries ? &entries[index] : NULL;
}

struct page *page_new(struct supplemental_page_table *spt, vaddr_t va)
{
	struct page *page = port_alloc(sizeof *page);

	if (page) {
		uninit_new(page, (void *)(uintptr_t)va, NULL, VM_ANON, NULL);
		page->spt = spt;
		spt->npages++;
	}
	return page;
}

void page_free(struct page *page)
{
	page->spt->npages--;
	page->spt->anon -= page->operations == &anon_ops;
	port_free(page, sizeof *page);
}

/* ---- walking pages and leaves together ---- */

bool spt_each(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, spt_visit_fn *visit, void *ctx)
{
	for (vaddr_t va = lo; va < hi;) {
		unsigned level = 0;
		pte_t *slot = pt_walk(&spt->pt, va, &level, false);
		struct page **entry;
		vaddr_t end;

		if (level) { /* nothing below: on by what that entry spans */
			va = (va | (pt_span(level) - 1)) + 1;
			continue;
		}
		end = (va | (pt_span(1) - 1)) + 1;
		entry = spt_entry(slot, false); /* every fault that comes that far makes it before a leaf */
		for (; entry && va < end && va < hi; va += PT_PAGE_SIZE, slot++, entry++) {
			if ((entry_load(slot) || __atomic_load_n(entry, __ATOMIC_ACQUIRE)) &&
			    !visit(ctx, va, slot, entry))
				return false;
		}
		va = end;
	}
	return true;
}

/* ---- taking pages away ---- */

static void leaf_gone(void *ctx, vaddr_t va, const struct pt_leaf *old)
{
	(void)ctx, (void)va;
	if (old->flags & PT_D)
		frame_of(old->pa)->state |= FRAME_DIRTY;
}

/* Whoever evicts such a frame looks at its state after taking out its leaves: a D that we took must be there by
 * then, so leaf and state change under one hold of the lock. */
void leaves_unmap(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, struct tlb_gather *g)
{
	for (vaddr_t va = lo, end; va < hi; va = end) {
		unsigned level = 0;

		pt_walk(&spt->pt, va, &level, false);
		end = (va | (pt_span(level ? level : 1) - 1)) + 1; /* of a hole, or of a lowest table */
		if (end > hi)
			end = hi;
		if (level)
			continue;
		port_lock(&vm_lock);
		pt_unmap(&spt->pt, va, end, g, leaf_gone, NULL);
		port_unlock(&vm_lock);
	}
}

void leaf_take(struct supplemental_page_table *spt, pte_t *slot, vaddr_t va)
{
	struct tlb_gather g;
	pte_t pte;

	tlb_begin(&g, &spt->pt, NULL);
	port_lock(&vm_lock);
	pte = entry_take(slot);
	if (pte_kind(pte, 0) == PTE_LEAF) {
		tlb_note(&g, va, PT_PAGE_SIZE);
		leaf_gone(NULL, va, &(struct pt_leaf){pte_pa(pte), pte_flags(pte, 0), 0});
	}
	port_unlock(&vm_lock);
	tlb_finish(&g);
}

static bool page_clear(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct page *page = *entry; /* the leaves are gone, so there is one */

	(void)ctx, (void)va, (void)slot;
	port_lock(&vm_lock);
	while (page->flags & PAGE_BUSY || (page->frame && page->frame->state & FRAME_BUSY)) {
		if (page->flags & PAGE_BUSY)
			page_wait(page);
		else
			frame_wait(page->frame);
	}
	if (page->frame)
		chain_remove(page);
	else if (page->operations == &anon_ops)
		page->spt->swapped--;
	*entry = NULL;
	port_unlock(&vm_lock);
	destroy(page);
	page_free(page);
	return true;
}

void spt_clear(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	struct tlb_gather g;

	tlb_begin(&g, &spt->pt, NULL);
	leaves_unmap(spt, lo, hi, &g);
	tlb_finish(&g);
	spt_each(spt, lo, hi, page_clear, NULL);
}

/* ---- spaces ---- */

int spt_init(struct supplemental_page_table *spt)
{
	int err;

	*spt = (struct supplemental_page_table){.stack_limit = 8u << 20};
	err = pt_init(&spt->pt);
	if (err)
		return err;
	port_rwlock_init(&spt->lock);
	port_lock(&vm_lock);
	spt->id = ++spaces_made;
	spt->next = vm_spaces;
	if (vm_spaces)
		vm_spaces->prev = spt;
	vm_spaces = spt;
	port_unlock(&vm_lock);
	return 0;
}

void spt_kill(struct supplemental_page_table *spt)
{
	port_write_lock(&spt->lock);
	for (unsigned i = 0; i < spt->nregions; i++) {
		spt_clear(spt, spt->region[i]->start, spt->region[i]->end);
		region_free(spt->region[i]);
	}
	if (spt->room)
		port_free(spt->region, spt->room * sizeof *spt->region);
	spt->region = NULL;
	spt->nregions = spt->room = 0;
	port_write_unlock(&spt->lock);
	port_lock(&vm_lock);
	while (spt->looked_at || spt->swept)
		port_sleep(spt->looked_at ? (void *)&spt->looked_at : &spt->swept, &vm_lock);
	if (spt->prev)
		spt->prev->next = spt->next;
	else
		vm_spaces = spt->next;
	if (spt->next)
		spt->next->prev = spt->prev;
	if (spt->dying)
		frames_freed_more();
	port_unlock(&vm_lock);
	pt_destroy(&spt->pt);
}

/* ---- fork ---- */

struct copying {
	struct supplemental_page_table *to;
	struct tlb_gather g; /* of the parent's leaves that lost W */
	const pte_t *table;  /* of the parent's lowest ones the last that was looked at ... */
	pte_t *to_table;     /* ... and what the child has for it */
	struct page **to_pages;
};

/* Where the child has what SLOT and its page are for the parent: one walk a table. False: no memory. */
static bool place_find(struct copying *c, const pte_t *slot, vaddr_t va)
{
	const pte_t *table = (const pte_t *)((uintptr_t)slot & ~(uintptr_t)PT_PAGE_MASK);
	size_t index = (size_t)(slot - table);
	struct page **pages;
	pte_t *to;

	if (table == c->table)
		return true;
	to = pt_slot(&c->to->pt, va, true);
	pages = to ? spt_entry(to, true) : NULL;
	if (!pages)
		return false;
	c->table = table;
	c->to_table = to - index;
	c->to_pages = pages - index;
	return true;
}

/* The leaf in SLOT loses W. Its flags before; ~0: there is none. */
static unsigned leaf_protect(pte_t *slot, vaddr_t va, struct tlb_gather *g)
{
	pte_t pte = entry_load(slot);
	unsigned had;

	do {
		if (pte_kind(pte, 0) != PTE_LEAF)
			return ~0u;
		had = pte_flags(pte, 0);
	} while (had & PT_W && !entry_change(slot, &pte, pte_leaf(pte_pa(pte), 0, had & ~(unsigned)PT_W)));
	if (had & PT_W)
		tlb_note(g, va, PT_PAGE_SIZE);
	return had;
}

/* The child's page for one of the parent's, which is neither BUSY nor shared with an object. FRAME (may be
 * NULL) and slot are shared; nothing is mapped yet. vm_lock held. False: the slot's count is full. */
static bool page_share(struct page *child, struct page *page)
{
	if (page->operations == &uninit_ops) {
		struct vm_aux *aux = page->uninit.aux;

		child->uninit = page->uninit;
		child->flags = page->flags & PAGE_WRITABLE;
		if (aux)
			aux->refs++;
		return true;
	}
	if (page->anon.slot && !swap_ref(page->anon.slot))
		return false;
	child->operations = page->operations;
	child->spt->anon += page->operations == &anon_ops;
	child->anon = (struct anon_page){.slot = page->anon.slot, .shadow = page->anon.shadow};
	if (page->frame)
		chain_add(page->frame, child);
	else
		child->spt->swapped++;
	return true;
}

static bool page_copy(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct copying *c = ctx;
	struct page *page = *entry, *child;
	size_t index = ((uintptr_t)slot & PT_PAGE_MASK) / sizeof *slot;
	unsigned flags;
	bool shared;

	/* Zeros, or an object's: the child will find them by itself. What is not an object's never becomes one's, so
	 * this may be read while a fault keeps a promise. */
	if (!page || __atomic_load_n(&page->operations, __ATOMIC_RELAXED) == &file_ops)
		return true;
	child = place_find(c, slot, va) ? page_new(c->to, va) : NULL;
	if (!child)
		return false;
	port_lock(&vm_lock);
	while (page->flags & PAGE_BUSY)
		page_wait(page);
	shared = page_share(child, page);
	if (shared)
		c->to_pages[index] = child;
	/* A frame whose contents leave just now may have leaves yet, or had them until now and nothing was flushed: the
	 * parent shall not write by one. Whoever ends that finds the child, which needs none, too. */
	flags = shared && page->frame ? leaf_protect(slot, va, &c->g) : ~0u;
	if (shared && page->frame && page->frame->state & FRAME_BUSY)
		tlb_note(&c->g, va, PT_PAGE_SIZE);
	if (flags != ~0u && !(page->frame->state & FRAME_BUSY))
		pt_allow(&c->to_table[index], va, frame_pa(page->frame), flags & ~(unsigned)(PT_W | PT_D));
	port_unlock(&vm_lock);
	if (!shared)
		page_free(child);
	return shared;
}

static int regions_copy(struct supplemental_page_table *dst, const struct supplemental_page_table *src)
{
	if (!src->nregions)
		return 0;
	dst->region = port_alloc(src->room * sizeof *dst->region);
	if (!dst->region)
		return -VM_ENOMEM;
	dst->room = src->room;
	for (; dst->nregions < src->nregions; dst->nregions++) {
		struct region *r = port_alloc(sizeof *r);

		if (!r)
			return -VM_ENOMEM;
		*r = *src->region[dst->nregions];
		r->flags &= (uint16_t)~VM_LOCKED;
		if (r->object)
			vm_object_ref(r->object);
		object_link(r, dst);
		dst->region[dst->nregions] = r;
	}
	return 0;
}

/* DST is fresh. On failure it is as after spt_init; SRC's writable leaves come back by faults. */
int spt_copy(struct supplemental_page_table *dst, struct supplemental_page_table *src)
{
	struct copying c = {.to = dst};
	int err;

	port_write_lock(&src->lock);
	port_write_lock(&dst->lock);
	tlb_begin(&c.g, &src->pt, NULL);
	err = regions_copy(dst, src);
	for (unsigned i = 0; !err && i < src->nregions; i++) {
		if (!spt_each(src, src->region[i]->start, src->region[i]->end, page_copy, &c))
			err = -VM_ENOMEM;
	}
	tlb_finish(&c.g);
	if (err) {
		for (unsigned i = 0; i < dst->nregions; i++) {
			spt_clear(dst, dst->region[i]->start, dst->region[i]->end);
			region_free(dst->region[i]);
		}
		if (dst->room)
			port_free(dst->region, dst->room * sizeof *dst->region);
		dst->region = NULL;
		dst->nregions = dst->room = 0;
	} else {
		dst->hint = src->hint;
		dst->mapped = src->mapped;
		dst->stack_limit = src->stack_limit;
	}
	port_write_unlock(&dst->lock);
	port_write_unlock(&src->lock);
	return err;
}

/* Does another mapping show it, too? [V] */
static bool frame_shared(const struct frame *frame)
{
	unsigned mappings = 0;

	for (const struct page *page = frame->page; page && mappings < 2; page = page->chain.next)
		mappings += page->operations->type != VM_PAGE_CACHE;
	return mappings > 1;
}

static bool page_count(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct vm_use *c = ctx;
	struct page *page = entry ? __atomic_load_n(entry, __ATOMIC_ACQUIRE) : NULL;
	struct frame *frame;
	bool shared, dirty;

	(void)va;
	if (!page)
		return true;
	port_lock(&vm_lock);
	frame = page->frame;
	shared = frame && frame_shared(frame);
	dirty = frame && (pte_flags(entry_load(slot), 0) & PT_D || frame->state & FRAME_DIRTY);
	c->resident += frame != NULL;
	c->swapped += !frame && page->operations == &anon_ops && page->anon.slot;
	port_unlock(&vm_lock);
	c->shared += shared;
	c->dirty += dirty;
	c->shared_dirty += shared && dirty;
	return true;
}

struct vm_use vm_use(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	struct vm_use c = {0, 0, 0, 0, 0};

	spt_each(spt, lo, hi, page_count, &c);
	return c;
}

static bool slot_count(void *n, vaddr_t va, pte_t *slot, struct page **entry)
{
	(void)va, (void)slot;
	if (*entry && (*entry)->operations == &anon_ops && (*entry)->anon.slot)
		(*(size_t *)n)++;
	return true;
}

/* For vm_check(): how many references to slots the pages of SPT hold. */
size_t spt_slots(struct supplemental_page_table *spt)
{
	size_t n = 0;

	for (unsigned i = 0; i < spt->nregions; i++)
		spt_each(spt, spt->region[i]->start, spt->region[i]->end, slot_count, &n);
	return n;
}
