/* Swap: slots that are counted, given out in runs so that neighbours stay neighbours.
 *
 * A slot holds a page's contents for every page that refers to it. While a frame equals the slot, or will when
 * its I/O is done, the slot knows the frame, so that all sharers come back to one. Frames that were read along
 * with a neighbour wait there for somebody to ask (FRAME_AHEAD) and are the first to go when memory is short.
 * A slot that cannot be written is not used again, and an area whose device does not take anything is set aside: what
 * is there can still be read, and nothing more is written. Both get another chance when the area is swapped on again,
 * after it was given up or as it is. An area that is given up (swapoff.c) takes in nothing more.
 * Locks: vm_lock for counts and cached frames; none across a transfer, which a reference to the slot covers. */
#include "swap.h"

struct swap_area swap_areas[SWAP_AREAS];
unsigned swap_cluster = SWAP_CLUSTER_MAX;
uint16_t swap_count_max = SWAP_COUNT_MAX;

static unsigned turn;                           /* [V] the area that is asked first */
static struct evict_node waiting = {.list = 0}; /* [V] FRAME_AHEAD, the oldest first */

struct swap_area *swap_area_of(uint32_t slot) { return &swap_areas[(slot >> SLOT_BITS) - 1]; }

static uint32_t at_of(uint32_t slot) { return slot & SLOT_MASK; }

static uint32_t slot_of(const struct swap_area *a, uint32_t at)
{
	return (uint32_t)(a - swap_areas + 1) << SLOT_BITS | at;
}

/* ---- areas ---- */

static struct swap_area *area_free(void)
{
	for (unsigned i = 0; i < SWAP_AREAS; i++) {
		if (!swap_areas[i].object)
			return &swap_areas[i];
	}
	return NULL;
}

void swap_area_count(const struct swap_area *a, bool in)
{
	size_t sign = in ? 1 : (size_t)-1;

	vm_counts.slots += sign * (a->n - a->bad);
	vm_counts.slots_used += sign * a->used;
}

/* What failed before may be good now. False: nothing did. [V] */
static bool area_retry(struct swap_area *a)
{
	if (a->leaving || (!a->aside && !a->bad))
		return false;
	if (swap_area_counts(a))
		swap_area_count(a, false);
	vm_counts.slots_aside -= a->aside ? a->n : 0;
	vm_counts.slots_bad -= a->bad;
	for (uint32_t at = 0; a->bad; at++) {
		if (a->count[at] != SLOT_BAD)
			continue;
		a->count[at] = 0;
		slotmap_put(&a->free, at);
		a->bad--;
	}
	a->aside = false;
	a->failed = 0;
	swap_area_count(a, true);
	return true;
}

int vm_swapon(struct vm_object *object, uint32_t npages)
{
	struct swap_area a = {.object = object, .n = npages}, *to;
	bool again;

	if (!npages || npages > SLOT_MASK)
		return -VM_EINVAL;
	port_lock(&vm_lock);
	to = swap_area_find(object);
	again = to && to->n == npages && area_retry(to);
	port_unlock(&vm_lock);
	if (again)
		return 0;
	a.count = port_alloc(npages * sizeof *a.count);
	a.frame = port_alloc(npages * sizeof *a.frame);
	if (!a.count || !a.frame || !slotmap_init(&a.free, npages)) {
		swap_area_free(&a);
		return -VM_ENOMEM;
	}
	port_lock(&vm_lock);
	to = swap_area_find(object) ? NULL : area_free();
	if (to) {
		*to = a;
		vm_counts.slots += npages;
	}
	port_unlock(&vm_lock);
	if (!to)
		swap_area_free(&a);
	return to ? 0 : -VM_EINVAL;
}

struct swap_area *swap_area_find(const struct vm_object *object)
{
	for (unsigned i = 0; i < SWAP_AREAS; i++) {
		if (swap_areas[i].object == object)
			return &swap_areas[i];
	}
	return NULL;
}

bool vm_swap_area(const struct vm_object *object, size_t *slots, size_t *used)
{
	const struct swap_area *a;

	port_lock(&vm_lock);
	a = swap_area_find(object);
	*slots = a ? a->n - a->bad : 0;
	*used = a ? a->used : 0;
	port_unlock(&vm_lock);
	return a;
}

void swap_area_free(struct swap_area *a)
{
	if (a->count)
		port_free(a->count, a->n * sizeof *a->count);
	if (a->frame)
		port_free(a->frame, a->n * sizeof *a->frame);
	slotmap_destroy(&a->free);
	*a = (struct swap_area){.object = NULL};
}

void swap_shutdown(void)
{
	for (unsigned i = 0; i < SWAP_AREAS; i++)
		swap_area_free(&swap_areas[i]);
	turn = 0;
}

/* ---- slots ---- */

static uint32_t slot_take(struct swap_area *a, uint32_t at)
{
	slotmap_take(&a->free, at);
	a->count[at] = 1;
	a->next = at + 1 == a->n ? 0 : at + 1;
	a->used++;
	vm_counts.slots_used++;
	return slot_of(a, at);
}

static bool has_room(const struct swap_area *a)
{
	return a->object && swap_area_counts(a) && a->used + a->bad < a->n;
}

uint32_t swap_alloc(uint32_t after)
{
	struct swap_area *a = after ? swap_area_of(after) : NULL;

	if (a && has_room(a) && at_of(after) + 1 < a->n && !a->count[at_of(after) + 1])
		return slot_take(a, at_of(after) + 1);
	for (unsigned i = 0; i < SWAP_AREAS; i++) {
		uint32_t at;

		a = &swap_areas[turn++ % SWAP_AREAS];
		if (!has_room(a))
			continue;
		at = slotmap_next(&a->free, a->next);
		return slot_take(a, at == SLOT_NONE ? slotmap_next(&a->free, 0) : at);
	}
	return 0;
}

bool swap_ref(uint32_t slot)
{
	uint16_t *count = &swap_area_of(slot)->count[at_of(slot)];

	if (*count >= swap_count_max)
		return false;
	++*count;
	return true;
}

static void ahead_unlink(struct frame *frame)
{
	frame->node.prev->next = frame->node.next;
	frame->node.next->prev = frame->node.prev;
	frame->state &= (uint16_t)~FRAME_AHEAD;
}

void swap_put(uint32_t slot)
{
	struct swap_area *a = swap_area_of(slot);
	struct frame *frame = a->frame[at_of(slot)];

	if (PORT_DEBUG && (!a->count[at_of(slot)] || a->count[at_of(slot)] == SLOT_BAD))
		port_panic("swap slot %#x is freed twice", slot);
	if (--a->count[at_of(slot)])
		return;
	a->frame[at_of(slot)] = NULL;
	a->used--;
	slotmap_put(&a->free, at_of(slot));
	vm_counts.slots_used -= swap_area_counts(a);
	if (frame && frame->state & FRAME_AHEAD) { /* nobody will ask for it any more */
		ahead_unlink(frame);
		frame_put(frame);
	}
}

unsigned swap_count(uint32_t slot) { return swap_area_of(slot)->count[at_of(slot)]; }
bool swap_leaving(uint32_t slot) { return swap_area_of(slot)->leaving; }
bool swap_aside(uint32_t slot) { return swap_area_of(slot)->aside; }
struct frame **swap_cached(uint32_t slot) { return &swap_area_of(slot)->frame[at_of(slot)]; }

void swap_bad(uint32_t slot)
{
	struct swap_area *a = swap_area_of(slot);

	if (a->count[at_of(slot)])
		return;
	slotmap_take(&a->free, at_of(slot));
	a->count[at_of(slot)] = SLOT_BAD;
	a->bad++;
	vm_counts.slots -= swap_area_counts(a);
	vm_counts.slots_bad++;
}

void swap_drop(struct frame *frame)
{
	uint32_t slot = frame->page->anon.slot;

	if (*swap_cached(slot) == frame)
		*swap_cached(slot) = NULL;
	for (struct page *page = frame->page; page; page = page->chain.next) {
		if (page->operations == &file_ops || page->anon.slot != slot)
			continue;
		page->anon.slot = 0;
		swap_put(slot);
	}
}

bool swap_share(struct frame *frame, uint32_t slot)
{
	frame->page->anon.slot =
		slot; /* an object's own page is the first, and the only one that has a slot */
	*swap_cached(slot) = frame;
	for (struct page *page = frame->page->chain.next; page; page = page->chain.next) {
		if (page->operations == &file_ops)
			continue;
		if (!swap_ref(slot)) {
			swap_drop(frame);
			return false;
		}
		page->anon.slot = slot;
	}
	return true;
}

/* ---- transfers ---- */

/* One request: N slots from FIRST on, of which the one at MINE goes where it is wanted and the others wait. */
struct reading {
	struct swap_area *area;
	uint32_t first;
	unsigned n;
	struct frame *frame[SWAP_CLUSTER_MAX]; /* NULL: not ahead */
	void *kva[SWAP_CLUSTER_MAX];
};

/* Have AT read along, as number I of the request. Our reference keeps the slot from being used for anything else
 * meanwhile. [V] */
static bool ahead_begin(struct reading *r, uint32_t at, unsigned i)
{
	struct swap_area *a = r->area;
	struct frame *frame;

	if (at >= a->n || !a->count[at] || a->count[at] >= swap_count_max || a->frame[at])
		return false;
	frame = frame_spare();
	if (!frame)
		return false;
	a->count[at]++;
	a->frame[at] = frame;
	frame->slot = slot_of(a, at);
	frame_busy_begin(frame);
	r->frame[i] = frame;
	r->kva[i] = frame->kva;
	return true;
}

/* The neighbours of SLOT that are worth reading: those that left with it, behind it first. */
static void ahead_gather(struct reading *r, uint32_t slot, void *kva)
{
	uint32_t at = at_of(slot), group = at / swap_cluster * swap_cluster;
	unsigned lo = at - group, hi = lo;

	*r = (struct reading){.area = swap_area_of(slot)};
	r->kva[lo] = kva;
	port_lock(&vm_lock);
	while (hi + 1 < swap_cluster && ahead_begin(r, group + hi + 1, hi + 1))
		hi++;
	while (lo && ahead_begin(r, group + lo - 1, lo - 1))
		lo--;
	port_unlock(&vm_lock);
	r->first = group + lo;
	r->n = hi + 1 - lo;
	__builtin_memmove(r->kva, r->kva + lo, r->n * sizeof *r->kva);
	__builtin_memmove(r->frame, r->frame + lo, r->n * sizeof *r->frame);
}

static void ahead_end(struct frame *frame, bool ok)
{
	uint32_t slot = frame->slot;

	frame_busy_end(frame);
	if (ok && swap_count(slot) > 1) {
		if (!waiting.next)
			waiting.next = waiting.prev = &waiting;
		frame->state |= FRAME_AHEAD;
		frame->node.prev = waiting.prev;
		frame->node.next = &waiting;
		waiting.prev->next = &frame->node;
		waiting.prev = &frame->node;
		vm_counts.ahead++;
	} else {
		*swap_cached(slot) = NULL;
		frame_put(frame);
	}
	swap_put(slot);
}

int swap_read(uint32_t slot, void *kva)
{
	struct vm_object *object = swap_area_of(slot)->object;
	struct reading r;
	int err;

	ahead_gather(&r, slot, kva);
	err = object->ops->read(object, r.first, r.kva, r.n);
	port_lock(&vm_lock);
	for (unsigned i = 0; i < r.n; i++) {
		if (r.frame[i])
			ahead_end(r.frame[i], !err);
	}
	port_unlock(&vm_lock);
	if (err && r.n > 1) /* it may have been a neighbour's */
		err = object->ops->read(object, at_of(slot), &kva, 1);
	return err;
}

/* A write to A ended, with ERR: is it to be set aside? */
static void written(struct swap_area *a, int err)
{
	bool aside = false;

	port_lock(&vm_lock);
	a->failed = err ? a->failed + 1 : 0;
	if (a->failed >= FAILURES && !a->aside) {
		aside = true;
		if (swap_area_counts(a))
			swap_area_count(a, false);
		a->aside = true;
		vm_counts.slots_aside += a->n;
	}
	port_unlock(&vm_lock);
	if (aside)
		port_log("swap: %u writes in a row failed: an area of %u pages takes nothing any more\n",
			 FAILURES, a->n);
}

int swap_write(uint32_t slot, void *const kva[], unsigned n)
{
	struct swap_area *a = swap_area_of(slot);
	int err = a->object->ops->write(a->object, at_of(slot), kva, n);

	written(a, err);
	return err;
}

void swap_ahead_used(struct frame *frame)
{
	ahead_unlink(frame);
	vm_counts.ahead_used++;
}

size_t swap_ahead_drop(size_t want)
{
	size_t n = 0;

	port_lock(&vm_lock);
	for (; n < want && waiting.next && waiting.next != &waiting; n++) {
		struct frame *frame = (struct frame *)((char *)waiting.next - offsetof(struct frame, node));

		ahead_unlink(frame);
		*swap_cached(frame->slot) = NULL;
		frame_put(frame);
	}
	port_unlock(&vm_lock);
	return n;
}

/* ---- for vm_check() ---- */

static void area_check(const struct swap_area *a, size_t *used, size_t *held)
{
	uint32_t here = 0, bad = 0;

	for (uint32_t at = 0; at < a->n; at++) {
		const struct frame *frame = a->frame[at];

		if (a->count[at] == SLOT_BAD) {
			bad++;
			continue;
		}
		here += a->count[at] != 0;
		if ((slotmap_next(&a->free, at) == at) != !a->count[at])
			port_panic("vm_check: the slot %#x is free and not in the map, or is and is not",
				   slot_of(a, at));
		*held -= a->count[at];
		if (!a->count[at] && frame)
			port_panic("vm_check: the free slot %#x knows a frame", slot_of(a, at));
		if (frame && !frame->page && (!(frame->state & FRAME_AHEAD) || frame->slot != slot_of(a, at)))
			port_panic("vm_check: slot %#x knows a frame that nobody has", slot_of(a, at));
	}
	if (here != a->used || bad != a->bad || a->leaving)
		port_panic("vm_check: an area has %u slots in use, %u bad, and counts %u, %u", here, bad,
			   a->used, a->bad);
	*used += a->aside ? 0 : here;
}

/* The references counted are those that pages hold, slot by slot. */
void swap_check(void)
{
	size_t used = 0, held = 0;

	for (struct supplemental_page_table *spt = vm_spaces; spt; spt = spt->next)
		held += spt_slots(spt);
	held += objects_slots();
	for (unsigned i = 0; i < SWAP_AREAS; i++)
		area_check(&swap_areas[i], &used, &held);
	if (used != vm_counts.slots_used || held)
		port_panic("vm_check: %zu slots in use, %zu counted; references off by %lld", used,
			   vm_counts.slots_used, (long long)held);
}
