/* Reclaim: choose a frame, take it from everybody who maps it, save what is not saved yet, free it.
 *
 * The policy chooses under vm_lock and sees accessed bits only; the flushes its looks ask for are done when the
 * lock is dropped, before it looks again. From then on the frame is FRAME_BUSY: its chain may grow by fork, but
 * nobody leaves it or touches its contents until frame_busy_end().
 * Locks: vm_lock; none across flushes and I/O. Nothing here allocates memory. */
#include "internal.h"

#define LOOK_SPACES 4 /* spaces whose accessed bits one choice may clear */

static const struct evict_ops *policy;
static struct looks { /* [V] of the choice under way */
	struct tlb_gather g[LOOK_SPACES];
	struct supplemental_page_table *spt[LOOK_SPACES];
	unsigned n;
} * looks;
static bool choosing; /* [V] LOOKS is in use: one choice at a time */

int evict_setup(const char *name)
{
	static const struct evict_ops *const all[] = {&evict_clock};

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (!name || !__builtin_strcmp(name, all[i]->name)) {
			policy = all[i];
			policy->init();
			return 0;
		}
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

/* Where the flush for a cleared A of SPT is collected; NULL: no room left in this choice. */
static struct tlb_gather *look_gather(struct supplemental_page_table *spt)
{
	for (unsigned i = 0; i < looks->n; i++) {
		if (looks->spt[i] == spt)
			return &looks->g[i];
	}
	if (looks->n == LOOK_SPACES)
		return NULL;
	tlb_begin(&looks->g[looks->n], &spt->pt, NULL);
	looks->spt[looks->n] = spt;
	spt->looked_at++;
	return &looks->g[looks->n++];
}

bool evict_accessed(struct frame *frame)
{
	bool fresh = frame->state & FRAME_FRESH, accessed = frame->state & FRAME_USED;

	vm_counts.looks++;
	frame->state &= (uint16_t) ~(FRAME_FRESH | FRAME_USED);
	for (struct page *page = frame->page; page; page = page->chain.next) {
		struct tlb_gather *g;

		if (!page_space(page))
			continue;
		g = look_gather(page->spt);
		if (!g)
			return true;
		accessed |= pt_harvest(&page->spt->pt, (vaddr_t)(uintptr_t)page->va, PT_A, g);
	}
	return accessed && !fresh;
}

static bool evictable(const struct frame *frame)
{
	if (frame->state & FRAME_BUSY || frame->pins)
		return false;
	for (const struct page *page = frame->page; page; page = page->chain.next) {
		if (page->flags & (PAGE_BUSY | PAGE_LOCKED | PAGE_DIRTY)) /* dirty: write-back's alone */
			return false;
	}
	return true;
}

/* The frame to go, BUSY; NULL: none can. Flushes what the choice looked at. */
static struct frame *victim_choose(uint32_t *shadow)
{
	struct looks mine;
	struct frame *frame = NULL;

	mine.n = 0;
	port_lock(&vm_lock);
	while (choosing)
		port_sleep(&choosing, &vm_lock);
	choosing = true;
	looks = &mine;
	for (size_t tries = vm_counts.frames_used * 2 + 2; tries; tries--) {
		frame = policy->victim(shadow);
		if (!frame || evictable(frame))
			break;
		policy->keep(frame);
		frame = NULL;
	}
	if (frame)
		frame->state = (uint16_t)((frame->state | FRAME_BUSY) & ~FRAME_LISTED);
	port_unlock(&vm_lock);
	for (unsigned i = 0; i < mine.n; i++)
		tlb_finish(&mine.g[i]);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < mine.n; i++) {
		if (--mine.spt[i]->looked_at == 0)
			port_wake(&mine.spt[i]->looked_at);
	}
	choosing = false;
	port_wake(&choosing);
	port_unlock(&vm_lock);
	return frame;
}

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

/* The chain stays. */
bool rmap_unmap_all(struct frame *frame)
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

bool rmap_clean(struct frame *frame)
{
	bool dirty = false;

	for (struct page *page = NULL; (page = chain_next(frame, page));) {
		vaddr_t va = (vaddr_t)(uintptr_t)page->va;

		if (page_space(page))
			dirty |= pt_clean(&page->spt->pt, va, va + PT_PAGE_SIZE);
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
static bool frame_settle(struct frame *frame, uint32_t shadow, bool ok)
{
	port_lock(&vm_lock);
	frame_busy_end(frame);
	if (!ok) {
		frame->state |= FRAME_DIRTY;
		evict_enter(frame, 0);
		port_unlock(&vm_lock);
		return false;
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
	port_unlock(&vm_lock);
	return true;
}

bool frame_claim(struct frame *frame)
{
	if (!evictable(frame) || !(frame->state & FRAME_LISTED))
		return false;
	evict_remove(frame);
	frame->state |= FRAME_BUSY;
	return true;
}

bool frame_leave(struct frame *frame, uint32_t shadow)
{
	struct page *page;
	bool ok, save;

	save = rmap_unmap_all(frame);
	port_lock(&vm_lock);
	page = frame->page;
	if (page->operations == &filecache_ops) { /* as its object has it */
		save = false;
		ok = true;
	} else {
		save |= frame->state & FRAME_DIRTY || !page->anon.slot;
		ok = slot_assign(frame);
	}
	port_unlock(&vm_lock);
	if (ok && save)
		ok = swap_out(page);
	port_lock(&vm_lock);
	vm_counts.swap_out += ok && save;
	vm_counts.clean_out += ok && !save;
	port_unlock(&vm_lock);
	return frame_settle(frame, shadow, ok);
}

/* True: one frame more is free. */
static bool vm_evict_frame(void)
{
	uint32_t shadow = 0;
	struct frame *frame = victim_choose(&shadow);

	return frame && frame_leave(frame, shadow);
}

size_t vm_reclaim(size_t want)
{
	size_t freed = 0;

	for (unsigned failures = 0; freed < want && failures < 8;) {
		if (vm_evict_frame())
			freed++;
		else
			failures++;
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
