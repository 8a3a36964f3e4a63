/* Giving up a swap area: all that is in it comes back to memory, or moves on to other areas, while everybody goes on.
 *
 * The area takes in nothing more from the first moment, and what leaves memory meanwhile leaves its slot, too. Each
 * pass over all spaces and objects brings in what it finds in the area; a frame gives its slot up once all that
 * refer to it are on the frame's chain, so that sharers stay sharers. Fork and moves may hide a page from a pass:
 * there are as many as it takes until nothing refers to the area.
 * Locks: a space's region lock, for reading, while its pages are looked at, then vm_lock; after either was dropped
 * a page is found again by its address. A space that is looked at stays (swept), an object by a reference. */
#include "swap.h"

static unsigned holders(const struct frame *frame)
{
	unsigned n = 0;

	for (const struct page *page = frame->page; page; page = page->chain.next)
		n += page->operations != &file_ops;
	return n;
}

/* FRAME is not BUSY and its pages refer to a slot that is to be free. [V] */
static void slot_leave(struct frame *frame)
{
	if (swap_count(frame->page->anon.slot) > holders(frame))
		return; /* the others will come to this frame yet */
	swap_drop(frame);
	frame->state |= FRAME_DIRTY;
}

/* ---- what spaces hold ---- */

struct finding {
	const struct swap_area *area;
	struct page *page;
	vaddr_t va;
};

static bool is_in(const struct page *page, const struct swap_area *a)
{
	return page->operations == &anon_ops && page->anon.slot && swap_area_of(page->anon.slot) == a;
}

/* True: not that one. Else vm_lock stays held. */
static bool look(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct finding *f = ctx;

	(void)slot;
	port_lock(&vm_lock);
	if (*entry && is_in(*entry, f->area)) {
		f->page = *entry;
		f->va = va;
		return false;
	}
	port_unlock(&vm_lock);
	return true;
}

/* The first page of SPT from VA on that is in AREA. True: both locks are held still. */
static bool find(struct supplemental_page_table *spt, vaddr_t va, struct finding *f)
{
	port_read_lock(&spt->lock);
	for (unsigned i = 0; i < spt->nregions; i++) {
		const struct region *r = spt->region[i];

		if (r->end > va && !spt_each(spt, r->start > va ? r->start : va, r->end, look, f))
			return true;
	}
	port_read_unlock(&spt->lock);
	return false;
}

/* What was found is brought in, or gives up its slot. Both locks held, dropped. *NEXT: where to look next. */
static int found(struct supplemental_page_table *spt, const struct finding *f, vaddr_t *next)
{
	struct page *page = f->page;

	*next = f->va;
	if (page->flags & PAGE_BUSY || (page->frame && page->frame->state & FRAME_BUSY)) {
		port_read_unlock(&spt->lock);
		if (page->flags & PAGE_BUSY)
			page_wait(page);
		else
			frame_wait(page->frame);
		port_unlock(&vm_lock);
		return 0;
	}
	if (!page->frame)
		return page_bring(spt, page);
	slot_leave(page->frame);
	port_unlock(&vm_lock);
	port_read_unlock(&spt->lock);
	*next += PT_PAGE_SIZE;
	return 0;
}

static int space_leave(struct supplemental_page_table *spt, const struct swap_area *a)
{
	struct finding f = {.area = a};
	vaddr_t next = 0;
	int err = 0;

	while (!err && find(spt, next, &f))
		err = found(spt, &f, &next);
	return err;
}

static void space_release(struct supplemental_page_table *spt)
{
	if (--spt->swept == 0)
		port_wake(&spt->swept);
}

static int spaces_leave(const struct swap_area *a)
{
	struct supplemental_page_table *spt, *next;
	int err = 0;

	port_lock(&vm_lock);
	spt = vm_spaces;
	if (spt)
		spt->swept++;
	port_unlock(&vm_lock);
	while (spt) {
		if (!err)
			err = space_leave(spt, a);
		port_lock(&vm_lock);
		next = err ? NULL : spt->next;
		if (next)
			next->swept++;
		space_release(spt);
		port_unlock(&vm_lock);
		spt = next;
	}
	return err;
}

/* ---- what objects hold ---- */

static int objects_leave(const struct swap_area *a)
{
	struct vm_object *object = NULL;
	uint64_t index = 0;
	struct page *own;
	int err = 0;

	while (!err && (own = object_page_next(&object, &index))) { /* vm_lock is held */
		uint32_t slot = own->page_cache.slot;

		if (!slot || swap_area_of(slot) != a) {
			index++;
			port_unlock(&vm_lock);
		} else if (own->flags & PAGE_BUSY) {
			page_wait(own);
			port_unlock(&vm_lock);
		} else if (own->frame && own->frame->state & FRAME_BUSY) {
			frame_wait(own->frame);
			port_unlock(&vm_lock);
		} else if (own->frame) {
			slot_leave(own->frame);
			index++;
			port_unlock(&vm_lock);
		} else {
			err = object_page_bring(object, own);
		}
	}
	if (err)
		vm_object_put(object);
	return err;
}

/* ---- the whole ---- */

static struct swap_area *leave_begin(const struct vm_object *object)
{
	struct swap_area *a;

	port_lock(&vm_lock);
	a = object ? swap_area_find(object) : NULL;
	if (a && a->leaving)
		a = NULL;
	if (a) {
		if (swap_area_counts(a))
			swap_area_count(a, false);
		a->leaving = true;
	}
	port_unlock(&vm_lock);
	return a;
}

static void leave_undo(struct swap_area *a)
{
	port_lock(&vm_lock);
	a->leaving = false;
	if (swap_area_counts(a))
		swap_area_count(a, true);
	port_unlock(&vm_lock);
}

/* True: nothing refers to A, and it is gone. */
static bool leave_end(struct swap_area *a)
{
	struct swap_area was;

	port_lock(&vm_lock);
	was = *a;
	if (!was.used) {
		*a = (struct swap_area){.object = NULL};
		vm_counts.slots_bad -= was.bad;
		vm_counts.slots_aside -= was.aside ? was.n : 0;
	}
	port_unlock(&vm_lock);
	if (was.used)
		return false;
	swap_area_free(&was);
	return true;
}

int vm_swapoff(struct vm_object *object)
{
	struct swap_area *a = leave_begin(object);
	int err = 0;

	if (!a)
		return -VM_EINVAL;
	while (!err && !leave_end(a)) {
		err = spaces_leave(a);
		if (!err)
			err = objects_leave(a);
		port_relax(); /* what is left is in somebody's hands */
	}
	if (err)
		leave_undo(a);
	return err;
}
