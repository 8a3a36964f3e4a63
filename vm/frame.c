/* Frames: which pages map each, whose contents are on their way, when memory is low.
 *
 * A frame is vm/'s from frame_get() to frame_put(). In between the pages that map it hang on its chain; when
 * the last one leaves, the frame goes back. FRAME_BUSY says that its contents move: the chain may then grow
 * (fork) but nobody leaves it, and only who set BUSY clears it.
 * Locks: vm_lock; waiting drops it, and the caller looks again at everything. */
#include "internal.h"

struct port_lock vm_lock = PORT_LOCK_OUTER("vm");
struct vm_stats vm_counts;
_Atomic uint64_t vm_faults;
struct frame *vm_zero;

static struct frame *frames; /* fixed */
static paddr_t frames_base;  /* fixed */
static size_t frames_n;      /* fixed: entries in FRAMES */
/* Free frames: up to RESERVE for page-out alone, at LOW it begins, at HIGH it ends. Fixed. */
static size_t reserve, low, high;

/* By plain stores, many a round: on any machine about one instruction a word. Volatile, or it becomes a call again. */
void frame_zero(struct frame *frame)
{
	volatile uint64_t *word = frame->kva;

#pragma GCC unroll 64
	for (size_t i = 0; i < PT_PAGE_SIZE / sizeof *word; i++)
		word[i] = 0;
}

int frame_setup(paddr_t lo, paddr_t hi, size_t limit)
{
	frames_base = lo;
	frames_n = (size_t)((hi - lo) >> PT_PAGE_SHIFT);
	frames = port_alloc(frames_n * sizeof *frames);
	if (!frames)
		return -VM_ENOMEM;
	vm_counts = (struct vm_stats){.frames = limit};
	vm_faults = 0;
	reserve = low = high = 0;
	vm_zero = frame_get(true);
	if (!vm_zero) {
		port_free(frames, frames_n * sizeof *frames);
		return -VM_ENOMEM;
	}
	frame_zero(vm_zero);
	vm_zero->pins = 1;
	reserve = limit / 64 + 1;
	low = limit / 16 + reserve;
	high = limit / 8 + reserve + 1;
	return 0;
}

void frame_shutdown(void)
{
	port_lock(&vm_lock);
	vm_zero->pins = 0;
	frame_put(vm_zero);
	port_unlock(&vm_lock);
	vm_zero = NULL;
	port_free(frames, frames_n * sizeof *frames);
}

struct frame *frame_of(paddr_t pa) { return &frames[(pa - frames_base) >> PT_PAGE_SHIFT]; }

paddr_t frame_pa(const struct frame *frame)
{
	return frames_base + ((paddr_t)(frame - frames) << PT_PAGE_SHIFT);
}

size_t frames_wanted(void)
{
	size_t left;

	port_lock(&vm_lock);
	left = vm_counts.frames - vm_counts.frames_used;
	port_unlock(&vm_lock);
	return left < high ? high - left : 0;
}

size_t frames_batch(void)
{
	size_t n = high - reserve;

	return n < swap_cluster ? n : swap_cluster;
}

/* A frame, if more than KEEP are free. [V] */
static struct frame *frame_take(size_t keep)
{
	struct frame *frame;
	paddr_t pa = 0;

	if (vm_counts.frames_used + keep < vm_counts.frames)
		pa = port_page_alloc();
	if (!pa)
		return NULL;
	vm_counts.frames_used++;
	frame = frame_of(pa);
	*frame = (struct frame){.kva = port_kva(pa)};
	return frame;
}

struct frame *frame_get_locked(bool deep)
{
	struct frame *frame = frame_take(deep ? 0 : reserve);

	if (vm_counts.frames - vm_counts.frames_used <= low)
		port_pageout_wake();
	return frame;
}

struct frame *frame_get(bool deep)
{
	struct frame *frame;

	port_lock(&vm_lock);
	frame = frame_get_locked(deep);
	port_unlock(&vm_lock);
	return frame;
}

struct frame *frame_spare(void) { return frame_take(low); }

/* ---- is there hope? ---- */

static _Atomic uint64_t freed; /* [V] to write; read by who has no lock, too */
static size_t moving;          /* [V] frames that are BUSY */
static bool waited;            /* [V] somebody sleeps until one of these changes */

static void tell(void)
{
	if (waited)
		port_wake(&waited);
	waited = false;
}

uint64_t frames_freed(void) { return freed; }

void frames_freed_more(void)
{
	freed++;
	tell();
}

void frames_wait_more(void)
{
	waited = true;
	port_sleep(&waited, &vm_lock);
}

bool frames_wait(uint64_t was)
{
	while (freed == was && moving)
		frames_wait_more();
	return freed == was;
}

/* ---- giving back ---- */

void frame_put(struct frame *frame)
{
	if (PORT_DEBUG &&
	    (frame->page || frame->pins || frame->state & (FRAME_BUSY | FRAME_LISTED | FRAME_AHEAD)))
		port_panic("a frame in use is freed: %#llx", (unsigned long long)frame_pa(frame));
	frame->kva = NULL;
	vm_counts.frames_used--;
	port_page_free(frame_pa(frame));
	frames_freed_more();
}

void frame_give(struct frame *frame)
{
	port_lock(&vm_lock);
	frame_put(frame);
	port_unlock(&vm_lock);
}

struct supplemental_page_table *page_space(const struct page *page)
{
	return page->operations->type == VM_PAGE_CACHE ? NULL : page->spt;
}

void chain_add(struct frame *frame, struct page *page)
{
	struct page *after =
		frame->page && !page_space(frame->page) ? frame->page : NULL; /* that one stays first */

	page->chain = (struct page_chain){.next = after ? after->chain.next : frame->page, .prev = after};
	if (page->chain.next)
		page->chain.next->chain.prev = page;
	if (after)
		after->chain.next = page;
	else
		frame->page = page;
	page->frame = frame;
	if (page_space(page))
		page->spt->resident++;
}

void chain_remove(struct page *page)
{
	struct frame *frame = page->frame;

	if (page->chain.prev)
		page->chain.prev->chain.next = page->chain.next;
	else
		frame->page = page->chain.next;
	if (page->chain.next)
		page->chain.next->chain.prev = page->chain.prev;
	page->frame = NULL;
	if (page_space(page))
		page->spt->resident--;
	if (frame->page || frame->state & FRAME_BUSY)
		return;
	if (page->operations != &file_ops && page->anon.slot && *swap_cached(page->anon.slot) == frame)
		*swap_cached(page->anon.slot) = NULL;
	evict_remove(frame);
	if (!frame->pins) /* else who has it pinned gives it back */
		frame_put(frame);
}

void frame_busy_begin(struct frame *frame)
{
	frame->state |= FRAME_BUSY;
	moving++;
}

void frame_busy_end(struct frame *frame)
{
	moving--;
	tell();
	if (frame->state & FRAME_WANTED)
		port_wake(frame);
	frame->state &= (uint16_t) ~(FRAME_BUSY | FRAME_WANTED);
}

void page_busy_end(struct page *page)
{
	if (page->flags & PAGE_WANTED)
		port_wake(page);
	page->flags &= ~(uint32_t)(PAGE_BUSY | PAGE_WANTED);
}

void frame_wait(struct frame *frame)
{
	frame->state |= FRAME_WANTED;
	port_sleep(frame, &vm_lock);
}

void page_wait(struct page *page)
{
	page->flags |= PAGE_WANTED;
	port_sleep(page, &vm_lock);
}

/* For vm_check(): the frames in use are those that chains account for; RESIDENT pages in all. */
void frames_check(size_t (*chain)(const struct frame *), size_t resident)
{
	size_t used = 0, on_chains = 0;

	for (size_t i = 0; i < frames_n; i++) {
		if (!frames[i].kva)
			continue;
		used++;
		if (&frames[i] == vm_zero)
			continue;
		on_chains += chain(&frames[i]);
		if (!frames[i].page && !(frames[i].state & FRAME_AHEAD))
			port_panic("vm_check: frame %#llx is in use and no page has it",
				   (unsigned long long)frame_pa(&frames[i]));
	}
	if (used != vm_counts.frames_used || on_chains != resident)
		port_panic("vm_check: %zu frames in use, %zu counted; %zu pages on chains, %zu resident",
			   used, vm_counts.frames_used, on_chains, resident);
}
