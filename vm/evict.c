/* Reclaim: choose a frame, take it from everybody who maps it, save what is not saved yet, free it.
 *
 * The policy chooses under vm_lock and sees accessed bits only; the flushes its looks ask for are done when the
 * lock is dropped, before it looks again. From then on the frame is FRAME_BUSY: its chain may grow by fork, but
 * nobody leaves it or touches its contents until frame_busy_end().
 * Locks: vm_lock; none across flushes and I/O. Nothing here allocates memory. */
#include "internal.h"

#define PASSED_OVER 32 /* frames that cannot go, in one choice; then others get the lock */
#define WRITES_FAIL 8  /* in one reclaim; then it only takes what need not be written */

struct reclaim {
	size_t left;     /* frames that it will yet consider */
	unsigned failed; /* writes */
};

static const struct evict_ops *const policies[] = {&evict_hotcold, &evict_clock};
static const struct evict_ops *policy;
static bool choosing;                          /* [V] one choice at a time */
static struct supplemental_page_table *looked; /* [V] in which it cleared an A that TLBs may still have */
static unsigned leaving;                       /* [V] frames that evictions under way have in hand */

const char *vm_policy(unsigned n)
{
	return n < sizeof policies / sizeof policies[0] ? policies[n]->name : NULL;
}

static bool accessed(struct frame *frame);

int evict_setup(const char *name, size_t frames)
{
	for (unsigned i = 0; vm_policy(i); i++) {
		if (name && __builtin_strcmp(name, vm_policy(i)) != 0)
			continue;
		policy = policies[i];
		policy->init(frames, accessed);
		return 0;
	}
	return -VM_EINVAL;
}

void evict_enter(struct frame *frame, uint32_t shadow)
{
	frame->state |= FRAME_LISTED;
	policy->enter(frame, shadow);
}

void evict_remove(struct frame *frame)
{
	if (frame->state & FRAME_LISTED)
		policy->remove(frame);
	frame->state &= (uint16_t)~FRAME_LISTED;
}

/* ---- looks ---- */

/* VA's A in SPT was cleared: to be flushed before the next choice. */
static void look_note(struct supplemental_page_table *spt, vaddr_t va)
{
	if (!spt->looked_at) {
		spt->looked_at = true;
		spt->look_next = looked;
		spt->look_lo = spt->look_hi = va;
		looked = spt;
	}
	if (va < spt->look_lo)
		spt->look_lo = va;
	if (va > spt->look_hi)
		spt->look_hi = va;
}

/* What policies call. Asks every mapping, for each has a bit of its own. */
static bool accessed(struct frame *frame)
{
	bool fresh = frame->state & FRAME_FRESH, used = false;

	vm_counts.looks++;
	frame->state &= (uint16_t)~FRAME_FRESH;
	for (struct page *page = frame->page; page; page = page->chain.next) {
		vaddr_t va = (vaddr_t)(uintptr_t)page->va;
		struct tlb_gather g;

		if (!page_space(page))
			continue;
		tlb_begin(&g, &page->spt->pt, NULL);
		if (pt_harvest(&page->spt->pt, va, PT_A, &g)) {
			look_note(page->spt, va);
			used = true;
		}
	}
	return used && !fresh;
}

/* The end of a choice: TLBs forget what it cleared, so that the next one sees who uses it again. */
static void looks_flush(void)
{
	struct supplemental_page_table *spt;

	for (spt = looked; spt; spt = spt->look_next) {
		struct tlb_gather g;

		tlb_begin(&g, &spt->pt, NULL);
		tlb_note(&g, spt->look_lo, spt->look_hi - spt->look_lo + PT_PAGE_SIZE);
		tlb_finish(&g);
	}
	port_lock(&vm_lock);
	for (; looked; looked = spt) {
		spt = looked->look_next;
		looked->looked_at = false;
		port_wake(&looked->looked_at);
	}
	choosing = false;
	port_wake(&choosing);
	port_unlock(&vm_lock);
}

/* ---- the choice ---- */

/* Would evicting FRAME now succeed, as far as can be told? */
static bool evictable(const struct frame *frame, const struct reclaim *r)
{
	bool slot = frame->page->anon.slot;

	if (frame->state & FRAME_BUSY || frame->pins)
		return false;
	if (!slot && vm_counts.slots_used == vm_counts.slots)
		return false;
	if (r->failed == WRITES_FAIL && (!slot || frame->state & FRAME_DIRTY))
		return false;
	for (const struct page *page = frame->page; page; page = page->chain.next) {
		if (page->flags & PAGE_BUSY)
			return false;
	}
	return true;
}

/* [V] The policy's choice, off its lists; NULL: it has none, and R is at its end, or none of those passed over can
 * go. */
static struct frame *choose(struct reclaim *r, uint32_t *shadow)
{
	for (unsigned passed = 0; r->left && passed < PASSED_OVER; passed++, r->left--) {
		struct frame *frame = policy->victim(shadow);

		if (!frame) {
			r->left = 0;
			break;
		}
		if (evictable(frame, r))
			return frame;
		policy->keep(frame);
	}
	return NULL;
}

/* The frame to go, BUSY; NULL: none of those looked at can. */
static struct frame *vm_get_victim(struct reclaim *r, uint32_t *shadow)
{
	struct frame *frame;

	port_lock(&vm_lock);
	while (choosing)
		port_sleep(&choosing, &vm_lock);
	choosing = true;
	frame = choose(r, shadow);
	if (frame) {
		frame->state = (uint16_t)((frame->state | FRAME_BUSY) & ~FRAME_LISTED);
		leaving++;
		r->left--;
	}
	port_unlock(&vm_lock);
	looks_flush();
	return frame;
}

/* ---- the eviction ---- */

static void leaf_dirty(void *dirty, vaddr_t va, const struct pt_leaf *old)
{
	(void)va;
	*(bool *)dirty |= (old->flags & PT_D) != 0;
}

/* The page after PAGE on FRAME's chain, or its first. Fork may put others before it meanwhile. */
static struct page *chain_next(struct frame *frame, struct page *page)
{
	port_lock(&vm_lock);
	page = page ? page->chain.next : frame->page;
	port_unlock(&vm_lock);
	return page;
}

/* No CPU reaches FRAME through any leaf any more; true: one of them was dirty. The chain stays. */
static bool rmap_unmap_all(struct frame *frame)
{
	bool dirty = false;

	for (struct page *page = NULL; (page = chain_next(frame, page));) {
		vaddr_t va = (vaddr_t)(uintptr_t)page->va;
		struct tlb_gather g;

		if (!page_space(page))
			continue;
		tlb_begin(&g, &page->spt->pt, NULL);
		pt_unmap(&page->spt->pt, va, va + PT_PAGE_SIZE, &g, leaf_dirty, &dirty);
		tlb_note(&g, va, PT_PAGE_SIZE); /* whoever took the leaf before us may not have flushed yet */
		tlb_finish(&g);
	}
	return dirty;
}

/* Every page of FRAME's chain gets a slot to share: the one that is there, or a new one. */
static bool slot_assign(struct frame *frame)
{
	uint32_t slot = frame->page->anon.slot;

	if (slot)
		return true;
	slot = swap_alloc();
	if (!slot)
		return false;
	frame->page->anon.slot = slot;
	if (!page_space(frame->page)) /* an object's: the slot is its own, mappings have none */
		return true;
	*swap_cached(slot) = frame;
	for (struct page *page = frame->page; page; page = page->chain.next) {
		if (page != frame->page && !swap_ref(slot))
			port_panic("more pages share a frame than a slot can count");
		page->anon.slot = slot;
	}
	return true;
}

/* FRAME is BUSY and detached: its contents are safe (OK), and it goes; or they are not, and it stays. */
static void frame_settle(struct frame *frame, uint32_t shadow, bool ok)
{
	leaving--;
	port_wake(&leaving);
	frame_busy_end(frame);
	if (!ok) {
		frame->state |= FRAME_DIRTY | FRAME_LISTED;
		policy->keep(frame);
		return;
	}
	while (frame->page) {
		struct page *last = frame->page;

		/* Mappings of an object first: the object's own page ends the frame. */
		if (!page_space(last) && last->chain.next)
			last = last->chain.next;
		if (last->operations != &file_ops)
			last->anon.shadow = shadow;
		if (last->operations == &anon_ops)
			last->spt->swapped++;
		chain_remove(last);
	}
	vm_counts.evicted++;
}

/* FRAME, which is BUSY by us, leaves memory: true, or it cannot. */
static bool vm_evict_frame(struct frame *frame, struct reclaim *r, uint32_t shadow)
{
	bool ok, save = rmap_unmap_all(frame), write;
	struct page *page;

	port_lock(&vm_lock);
	page = frame->page;
	save |= frame->state & FRAME_DIRTY || !page->anon.slot;
	ok = !(save && r->failed == WRITES_FAIL) && slot_assign(frame);
	port_unlock(&vm_lock);
	write = ok && save;
	if (write)
		ok = swap_out(page);
	port_lock(&vm_lock);
	r->failed += write && !ok;
	vm_counts.swap_out += ok && write;
	vm_counts.clean_out += ok && !write;
	frame_settle(frame, shadow, ok);
	port_unlock(&vm_lock);
	return ok;
}

/* Nothing can be chosen; but if others are evicting, wait until one of them is done: true, look again. */
static bool others_wait(void)
{
	bool any;

	port_lock(&vm_lock);
	any = leaving;
	if (any)
		port_sleep(&leaving, &vm_lock);
	port_unlock(&vm_lock);
	return any;
}

/* All frames are to be considered, twice, for the first look at one may say only that it was used. How many were
 * evicted until now. */
static uint64_t reclaim_begin(struct reclaim *r)
{
	uint64_t evicted;

	port_lock(&vm_lock);
	r->left = vm_counts.frames_used * 2;
	evicted = vm_counts.evicted;
	port_unlock(&vm_lock);
	return evicted;
}

size_t vm_reclaim(size_t want)
{
	struct reclaim r = {.failed = 0};
	uint64_t before = reclaim_begin(&r);
	size_t freed = 0;

	while (freed < want) {
		uint32_t shadow = 0;
		struct frame *frame = vm_get_victim(&r, &shadow);

		if (frame) {
			freed += vm_evict_frame(frame, &r, shadow);
		} else if (!r.left) {
			if (freed || !others_wait())
				break;
			if (reclaim_begin(&r) != before)
				return 1;
		}
	}
	return freed;
}

void vm_pageout(void)
{
	while (frames_low() && vm_reclaim(16))
		;
}

void vm_stats(struct vm_stats *stats)
{
	port_lock(&vm_lock);
	*stats = vm_counts;
	port_unlock(&vm_lock);
}
