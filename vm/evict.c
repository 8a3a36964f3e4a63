/* Reclaim: choose frames, take them from everybody who maps them, save what is not saved yet, free them.
 *
 * The policy chooses under vm_lock, a few at a time, and sees accessed bits only; the flushes its looks ask for are done
 * when the lock is dropped, before it is asked anew. From then on a frame is FRAME_BUSY: its chain may grow by fork, but
 * nobody leaves it or touches its contents until frame_busy_end(). Those that leave together are flushed together, one
 * request to the other CPUs for each space.
 * Locks: vm_lock; none across flushes and I/O. Nothing here allocates memory. */
#include "internal.h"

#define PASSED_OVER    32 /* frames that cannot go, in one choice; then others get the lock */
#define SPACES_AT_ONCE 8  /* whose TLBs are flushed together */
#define WRITES_FAIL    8  /* in one reclaim; then it only takes what need not be written */

struct reclaim {
	size_t left;     /* frames that it will yet consider */
	unsigned failed; /* writes */
};

static const struct evict_ops *const policies[] = {&evict_hotcold, &evict_clock};
static const struct evict_ops *policy;
static bool choosing;                          /* [V] by one at a time */
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
	bool fresh = frame->state & FRAME_FRESH, used = frame->state & FRAME_USED;

	vm_counts.looks++;
	frame->state &= (uint16_t) ~(FRAME_FRESH | FRAME_USED);
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
	bool file = frame->page->operations == &filecache_ops, slot = file || frame->page->anon.slot;

	if (frame->state & FRAME_BUSY || frame->pins)
		return false;
	if (!slot && vm_counts.slots_used == vm_counts.slots)
		return false;
	if (r->failed == WRITES_FAIL && (!slot || (!file && frame->state & FRAME_DIRTY)))
		return false;
	for (const struct page *page = frame->page; page; page = page->chain.next) {
		if (page->flags & (PAGE_BUSY | PAGE_LOCKED | PAGE_DIRTY)) /* dirty: write-back's alone */
			return false;
	}
	return true;
}

/* A frame on its way out, BUSY. */
struct leaving {
	struct frame *frame;
	struct page *page; /* one of its chain, whose swap_out() stands for all */
	uint32_t slot, shadow;
	bool save, ok; /* it has to be written; it may go */
};

/* [V] The policy's choice, off its lists, BUSY; NULL: it has none, and R is at its end, or too many were PASSED over
 * that cannot go. */
static struct frame *vm_get_victim(struct reclaim *r, unsigned *passed, uint32_t *shadow)
{
	for (; r->left && *passed < PASSED_OVER; ++*passed, r->left--) {
		struct frame *frame = policy->victim(shadow);

		if (!frame) {
			r->left = 0;
			break;
		}
		if (evictable(frame, r)) {
			frame->state &= (uint16_t)~FRAME_LISTED;
			frame_busy_begin(frame);
			leaving++;
			r->left--;
			return frame;
		}
		policy->keep(frame);
	}
	return NULL;
}

/* Up to N frames to go, into L; how many. None: none of those looked at can. */
static unsigned victims_choose(struct reclaim *r, struct leaving *l, unsigned n)
{
	unsigned chosen = 0, passed = 0;

	port_lock(&vm_lock);
	while (choosing)
		port_sleep(&choosing, &vm_lock);
	choosing = true;
	for (; chosen < n; chosen++) {
		l[chosen] = (struct leaving){.frame = NULL};
		l[chosen].frame = vm_get_victim(r, &passed, &l[chosen].shadow);
		if (!l[chosen].frame)
			break;
	}
	port_unlock(&vm_lock);
	looks_flush();
	return chosen;
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

/* What TLBs are to forget, of a few spaces at once: a frame that leaves is several processes', and several leave. */
struct forgetting {
	unsigned n;
	struct {
		struct pt *pt;
		vaddr_t lo, hi;
	} of[SPACES_AT_ONCE];
};

static void forget_now(struct forgetting *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		struct tlb_gather g;

		tlb_begin(&g, f->of[i].pt, NULL);
		tlb_note(&g, f->of[i].lo, f->of[i].hi - f->of[i].lo + PT_PAGE_SIZE);
		tlb_finish(&g);
	}
	f->n = 0;
}

static void forget_later(struct forgetting *f, struct pt *pt, vaddr_t va)
{
	unsigned i = 0;

	while (i < f->n && f->of[i].pt != pt)
		i++;
	if (i == SPACES_AT_ONCE) {
		forget_now(f);
		i = 0;
	}
	if (i == f->n) {
		f->n++;
		f->of[i].pt = pt;
		f->of[i].lo = f->of[i].hi = va;
	}
	if (va < f->of[i].lo)
		f->of[i].lo = va;
	if (va > f->of[i].hi)
		f->of[i].hi = va;
}

/* FRAME's leaves go, its chain stays; TLBs have them until F is done. True if one was dirty. */
static bool frame_unmap(struct frame *frame, struct forgetting *f)
{
	bool dirty = false;

	for (struct page *page = NULL; (page = chain_next(frame, page));) {
		vaddr_t va = (vaddr_t)(uintptr_t)page->va;
		struct tlb_gather g;

		if (!page_space(page))
			continue;
		tlb_begin(&g, &page->spt->pt, NULL);
		pt_unmap(&page->spt->pt, va, va + PT_PAGE_SIZE, &g, leaf_dirty, &dirty);
		forget_later(f, g.pt, va); /* also when we took none: who did may not have flushed yet */
	}
	return dirty;
}

bool rmap_unmap_all(struct frame *frame)
{
	struct forgetting f = {.n = 0};
	bool dirty = frame_unmap(frame, &f);

	forget_now(&f);
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

	leaving--;
	port_wake(&leaving);
	frame_busy_end(frame);
	if (!l->ok) {
		frame->state |= FRAME_DIRTY | FRAME_LISTED;
		if (l->slot && frame->page->anon.slot == l->slot) { /* the device does not take it */
			swap_drop(frame);
			swap_bad(l->slot);
		}
		policy->keep(frame);
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

/* The N frames of L, claimed, go together; *GONE of them did. */
static void frames_leave(struct leaving *l, unsigned n, struct reclaim *r, size_t *gone)
{
	struct forgetting f = {.n = 0};
	uint32_t after = 0;

	for (unsigned i = 0; i < n; i++)
		l[i].save = frame_unmap(l[i].frame, &f);
	forget_now(&f);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < n; i++) {
		slot_assign(&l[i], after);
		after = l[i].ok && l[i].save ? l[i].slot : after;
	}
	port_unlock(&vm_lock);
	frames_write(l, n);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < n; i++) {
		r->failed += l[i].save && !l[i].ok && r->failed < WRITES_FAIL;
		*gone += l[i].ok;
		frame_settle(&l[i]);
	}
	port_unlock(&vm_lock);
}

/* Up to N frames go, together; *GONE of them did. How many were chosen. */
static unsigned vm_evict_frames(struct reclaim *r, unsigned n, size_t *gone)
{
	struct leaving l[SWAP_CLUSTER_MAX];
	unsigned chosen = victims_choose(r, l, n);

	frames_leave(l, chosen, r, gone);
	return chosen;
}

bool frame_claim(struct frame *frame)
{
	struct reclaim r = {.failed = 0};

	if (!(frame->state & FRAME_LISTED) || !evictable(frame, &r))
		return false;
	evict_remove(frame);
	frame_busy_begin(frame);
	leaving++;
	return true;
}

void frames_evict(struct frame *const frame[], unsigned n)
{
	struct leaving l[SWAP_CLUSTER_MAX];
	struct reclaim r = {.failed = 0};
	size_t gone = 0;

	for (unsigned i = 0; i < n; i++)
		l[i] = (struct leaving){.frame = frame[i]};
	frames_leave(l, n, &r, &gone);
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
	size_t freed = swap_ahead_drop(want);

	while (freed < want) {
		size_t n = want - freed < swap_cluster ? want - freed : swap_cluster;

		if (vm_evict_frames(&r, (unsigned)n, &freed) || r.left)
			continue;
		if (freed || !others_wait())
			break;
		if (reclaim_begin(&r) != before)
			return 1;
	}
	return freed;
}

void vm_pageout(void)
{
	size_t want;

	while ((want = frames_wanted()) && vm_reclaim(want < swap_cluster ? want : swap_cluster))
		;
}

void vm_stats(struct vm_stats *stats)
{
	port_lock(&vm_lock);
	*stats = vm_counts;
	stats->faults = vm_faults;
	port_unlock(&vm_lock);
}
