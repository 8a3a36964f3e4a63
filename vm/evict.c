/* Reclaim: choose frames, take them from everybody who maps them, save what is not saved yet, free them. What leaves
 * together gets neighbouring slots and is written in one request.
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
	if (frame) {
		frame->state &= (uint16_t)~FRAME_LISTED;
		frame_busy_begin(frame);
	}
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

/* A frame on its way out, BUSY. */
struct leaving {
	struct frame *frame;
	struct page *page; /* one of its chain, whose swap_out() stands for all */
	uint32_t slot, shadow;
	bool save, ok; /* it has to be written; it may go */
};

/* All pages of L's frame get a slot to share: the one that holds their contents already, or a new one, behind
 * AFTER. [V] */
static void slot_assign(struct leaving *l, uint32_t after)
{
	struct frame *frame = l->frame;

	l->page = frame->page;
	l->ok = true;
	if (l->page->operations == &filecache_ops) { /* clean: as its object has it */
		l->save = false;
		return;
	}
	l->slot = l->page->anon.slot;
	l->save |= frame->state & FRAME_DIRTY || !l->slot || swap_leaving(l->slot);
	if (!l->save)
		return;
	if (l->slot)
		swap_drop(frame); /* so that there is one to be had */
	l->slot = swap_alloc(after);
	l->ok = l->slot && swap_share(frame, l->slot);
}

/* N frames with slots one behind the other: in one request, or, where that fails, one by one. */
static void run_write(struct leaving *l, unsigned n)
{
	void *kva[SWAP_CLUSTER_MAX];

	for (unsigned i = 0; i < n; i++)
		kva[i] = l[i].frame->kva;
	if (n > 1 && swap_write(l->slot, kva, n) == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		l[i].ok = swap_out(l[i].page);
}

static void frames_write(struct leaving *l, unsigned n)
{
	for (unsigned i = 0, run; i < n; i += run) {
		run = 1;
		if (!l[i].ok || !l[i].save)
			continue;
		while (i + run < n && l[i + run].ok && l[i + run].save && l[i + run].slot == l[i].slot + run)
			run++;
		run_write(&l[i], run);
	}
}

/* L's contents are safe, and it goes; or they are not, and it stays. [V] */
static void frame_settle(struct leaving *l)
{
	struct frame *frame = l->frame;

	frame_busy_end(frame);
	if (!l->ok) {
		frame->state |= FRAME_DIRTY;
		if (l->slot && frame->page->anon.slot == l->slot) { /* the device does not take it */
			swap_drop(frame);
			swap_bad(l->slot);
		}
		evict_enter(frame, 0);
		return;
	}
	while (frame->page) {
		struct page *last = frame->page;

		/* Mappings of an object first: the object's own page ends the frame. */
		if (!page_space(last) && last->chain.next)
			last = last->chain.next;
		if (last->operations != &file_ops)
			last->anon.shadow = l->shadow;
		if (last->operations == &anon_ops)
			last->spt->swapped++;
		chain_remove(last);
	}
	vm_trace(l->save ? VM_SWAP_OUT : VM_EVICT, NULL, frame_pa(frame), l->slot);
	vm_counts.evicted++;
	vm_counts.swap_out += l->save;
	vm_counts.clean_out += !l->save;
}

/* Up to N frames go, together; how many did. */
static unsigned vm_evict_frames(unsigned n)
{
	struct leaving l[SWAP_CLUSTER_MAX];
	unsigned chosen = 0, gone = 0;
	uint32_t after = 0;

	for (; chosen < n; chosen++) {
		l[chosen] = (struct leaving){.frame = NULL};
		l[chosen].frame = victim_choose(&l[chosen].shadow);
		if (!l[chosen].frame)
			break;
	}
	for (unsigned i = 0; i < chosen; i++)
		l[i].save = rmap_unmap_all(l[i].frame);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < chosen; i++) {
		slot_assign(&l[i], after);
		after = l[i].ok && l[i].save ? l[i].slot : after;
	}
	port_unlock(&vm_lock);
	frames_write(l, chosen);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < chosen; i++) {
		frame_settle(&l[i]);
		gone += l[i].ok;
	}
	port_unlock(&vm_lock);
	return gone;
}

/* Free WANT frames, and give up after so many choices in a row of frames that could not go. */
static size_t reclaim(size_t want, size_t patience)
{
	size_t freed = swap_ahead_drop(want);

	for (size_t failures = 0; freed < want && failures < patience;) {
		size_t n = want - freed < swap_cluster ? want - freed : swap_cluster;
		unsigned gone = vm_evict_frames(failures ? 1 : (unsigned)n);

		freed += gone;
		failures = gone ? 0 : failures + 1;
	}
	return freed;
}

size_t vm_reclaim(size_t want) { return reclaim(want, 8); }

void vm_pageout(void)
{
	size_t want;

	while ((want = frames_wanted()) && vm_reclaim(want < swap_cluster ? want : swap_cluster))
		;
}

/* ---- when there is nothing to reclaim ---- */

/* The space that holds the most anonymous memory; SPT, if none holds more than it does. NULL: one is to end already,
 * and SPT is another. [V] */
static struct supplemental_page_table *largest(struct supplemental_page_table *spt)
{
	struct supplemental_page_table *most = spt;

	for (struct supplemental_page_table *s = vm_spaces; s; s = s->next) {
		if (s->dying && !spt->dying)
			return NULL;
		if (s->anon > most->anon)
			most = s;
	}
	return most;
}

/* The embedder could not end VICTIM, which may be gone by now. */
static void spared(const struct supplemental_page_table *victim)
{
	port_lock(&vm_lock);
	for (struct supplemental_page_table *s = vm_spaces; s; s = s->next) {
		if (s == victim && s->dying) {
			s->dying = false;
			frames_freed_more();
		}
	}
	port_unlock(&vm_lock);
}

bool memory_out(struct supplemental_page_table *spt, uint64_t freed)
{
	struct supplemental_page_table *victim;
	size_t frames, held;

	port_lock(&vm_lock);
	frames = vm_counts.frames_used;
	port_unlock(&vm_lock);
	if (reclaim(1, frames)) /* whatever can go, somewhere */
		return true;
	port_lock(&vm_lock);
	while (frames_wait(freed) && !(victim = largest(spt)))
		frames_wait_more();
	if (frames_freed() != freed || spt->dying) {
		bool again = !spt->dying;

		port_unlock(&vm_lock);
		return again;
	}
	victim->dying = true;
	held = victim->anon;
	port_unlock(&vm_lock);
	vm_trace(VM_OUT_OF_MEMORY, victim, 0, held);
	if (port_oom(victim, held))
		return victim != spt;
	spared(victim);
	return false;
}

void vm_stats(struct vm_stats *stats)
{
	port_lock(&vm_lock);
	*stats = vm_counts;
	port_unlock(&vm_lock);
}
