/* vm_check(): every invariant of the layer, at a moment when nothing is under way. A violation is a panic that
 * says which one, of what. Costs time by what exists; takes no lock, for there is nobody to exclude. */
#include "internal.h"

#define MUST(e, ...) ((e) ? (void)0 : port_panic("vm_check: " __VA_ARGS__))
#define LL(x)        ((unsigned long long)(x))

struct tally {
	struct supplemental_page_table *spt;
	const struct region *region;
	size_t pages, resident, swapped, leaves;
};

static size_t chain_length(const struct frame *frame)
{
	size_t n = 0;

	for (const struct page *p = frame->page, *prev = NULL; p; prev = p, p = p->chain.next, n++) {
		MUST(p->frame == frame, "a page on a frame's chain names another frame (page %p)", p->va);
		MUST(p->chain.prev == prev, "a chain's links disagree (page %p)", p->va);
		if (!page_space(p)) {
			MUST(!prev, "an object's page is not first on its chain (page %p)", p->va);
			n--;
		}
	}
	return n;
}

static void check_slot(const struct page *page)
{
	uint32_t slot = page->operations == &anon_ops ? page->anon.slot : 0;
	struct frame *cached;

	if (!slot)
		return;
	MUST(swap_count(slot) > 0, "page %p refers to the free slot %u", page->va, slot);
	cached = *swap_cached(slot);
	MUST(!cached || cached->page || cached->state & FRAME_AHEAD,
	     "slot %#x knows a frame that no page has", slot);
	MUST(!page->frame || cached == page->frame, "page %p has a frame that its slot %#x does not know",
	     page->va, slot);
	for (const struct page *p = page->frame ? page->frame->page : NULL; p; p = p->chain.next)
		MUST(p->anon.slot == slot, "pages that share a frame hold slots %u and %u", slot,
		     p->anon.slot);
}

/* A leaf of a page that maps an object. */
static void check_file_leaf(const struct tally *t, vaddr_t va, unsigned flags, const struct frame *frame)
{
	const struct page *own = frame->page;

	MUST(t->region->object && own->object == t->region->object, "%#llx maps another object's page",
	     LL(va));
	MUST(page_index(own) == t->region->index + ((va - t->region->start) >> PT_PAGE_SHIFT),
	     "%#llx maps page %llu of its object", LL(va), LL(page_index(own)));
	MUST(page_index(own) < object_pages(own->object), "%#llx is mapped past the end of its object",
	     LL(va));
	MUST(!(flags & PT_W) || t->region->flags & VM_SHARED, "%#llx is private and writes to its object",
	     LL(va));
	MUST(!(flags & (PT_W | PT_D)) || !own->object->ops || own->flags & PAGE_DIRTY,
	     "%#llx is writable or dirty, its object's page is clean", LL(va));
}

static void check_leaf(struct tally *t, vaddr_t va, pte_t pte, const struct page *page)
{
	unsigned flags = pte_flags(pte, 0);
	struct frame *frame = frame_of(pte_pa(pte));

	t->leaves++;
	MUST(flags & PT_U && !(flags & PT_G), "leaf %#llx of %#llx is not a user's", LL(pte), LL(va));
	MUST((flags & (PT_W | PT_X)) != (PT_W | PT_X), "%#llx is writable and executable", LL(va));
	MUST(!(flags & PT_W) || t->region->prot & VM_WRITE, "%#llx is writable, its region is not", LL(va));
	MUST(!(flags & PT_X) || t->region->prot & VM_EXEC, "%#llx is executable, its region is not", LL(va));
	MUST(t->region->prot, "%#llx is mapped in a region without access", LL(va));
	if (frame == vm_zero) {
		MUST(!(flags & PT_W), "the zero frame is writable at %#llx", LL(va));
		MUST(!page || !page->frame, "%#llx maps the zero frame and has another", LL(va));
		return;
	}
	MUST(page && page->frame == frame, "%#llx maps a frame that its page does not have", LL(va));
	if (page->operations == &file_ops)
		check_file_leaf(t, va, flags, frame);
	if (flags & PT_W && page->operations == &anon_ops) {
		MUST(!frame->page->chain.next, "%#llx is writable and shared", LL(va));
		MUST(!page->anon.slot || swap_count(page->anon.slot) == 1,
		     "%#llx is writable, its slot shared", LL(va));
	}
}

static bool check_page(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct tally *t = ctx;
	struct page *page = *entry;

	if (pte_kind(*slot, 0) == PTE_LEAF)
		check_leaf(t, va, *slot, page);
	if (!page)
		return true;
	t->pages++;
	MUST(page->spt == t->spt && (vaddr_t)(uintptr_t)page->va == va, "the page of %#llx is another's",
	     LL(va));
	MUST(!(page->flags & PAGE_BUSY), "%#llx is BUSY and nothing is under way", LL(va));
	if (page->operations == &uninit_ops) {
		MUST(!page->frame, "%#llx is not initialized and has a frame", LL(va));
		return true;
	}
	check_slot(page);
	if (page->frame) {
		t->resident++;
		MUST(!(page->frame->state & FRAME_BUSY), "the frame of %#llx is BUSY", LL(va));
		MUST(page->frame->state & FRAME_LISTED, "the frame of %#llx is not on the policy's lists",
		     LL(va));
	} else if (page->operations == &anon_ops) {
		t->swapped++;
		MUST(page->anon.slot, "%#llx has neither frame nor slot", LL(va));
	}
	return true;
}

static void check_space(struct supplemental_page_table *spt, struct tally *sum)
{
	struct tally t = {.spt = spt};
	uint64_t mapped = 0;
	vaddr_t end = 0;

	for (unsigned i = 0; i < spt->nregions; i++) {
		const struct region *r = spt->region[i];

		MUST(r->start >= end && r->start < r->end, "regions overlap or are empty at %#llx",
		     LL(r->start));
		MUST(!((r->start | r->end) & PT_PAGE_MASK), "a region is not aligned at %#llx", LL(r->start));
		MUST(!r->object || r->object->ops || r->spt == spt, "a region does not know its space");
		end = r->end;
		mapped += r->end - r->start;
		t.region = r;
		spt_each(spt, r->start, r->end, check_page, &t);
	}
	MUST(mapped == spt->mapped, "a space counts %llu bytes mapped and has %llu", LL(spt->mapped),
	     LL(mapped));
	MUST(t.pages == spt->npages, "a space counts %llu pages and has %llu", LL(spt->npages), LL(t.pages));
	MUST(t.resident == spt->resident, "a space counts %llu resident, has %llu", LL(spt->resident),
	     LL(t.resident));
	MUST(t.swapped == spt->swapped, "a space counts %llu swapped, has %llu", LL(spt->swapped),
	     LL(t.swapped));
	sum->pages += t.pages;
	sum->resident += t.resident;
	sum->swapped += t.swapped;
}

static size_t check_object(struct vm_object *object)
{
	struct page *own = object_next(object, 0, UINT64_MAX >> PT_PAGE_SHIFT, false);
	size_t dirty = 0, n = 0;

	MUST(object->refs, "an object without references lives on");
	for (const struct region *r = object->regions; r; r = r->next)
		MUST(r->object == object && (!r->next || r->next->prev == r),
		     "an object's regions are others'");
	for (; own; own = object_next(object, page_index(own) + 1, UINT64_MAX >> PT_PAGE_SHIFT, false)) {
		uint64_t keep = object->size - (page_index(own) << PT_PAGE_SHIFT), index = page_index(own);

		n++;
		MUST(own->object == object, "an object has another's page %llu", LL(index));
		MUST(!(own->flags & PAGE_BUSY), "page %llu of an object is BUSY", LL(index));
		MUST(!own->frame || (own->frame->page == own && !own->frame->pins &&
				     !(own->frame->state & FRAME_BUSY)),
		     "page %llu of an object is not first on its chain, or held", LL(index));
		MUST(!(own->flags & PAGE_DIRTY) || (own->frame && object_next(object, index, index, true)),
		     "the dirty page %llu of an object is not in memory, or cannot be found", LL(index));
		dirty += (own->flags & PAGE_DIRTY) != 0;
		if (!object->ops)
			continue;
		MUST(index < object_pages(object), "page %llu of an object lies past its end", LL(index));
		for (; own->frame && !(own->flags & PAGE_DIRTY) && keep < PT_PAGE_SIZE; keep++)
			MUST(!((char *)own->frame->kva)[keep], "past its end an object is not zero");
	}
	MUST(n == object->pages, "an object counts %llu pages and has %llu", LL(object->pages), LL(n));
	return dirty;
}

static void check_objects(void)
{
	size_t dirty = 0;

	for (struct vm_object *object = objects_all(); object; object = object->next)
		dirty += check_object(object);
	MUST(dirty == vm_counts.dirty, "%llu pages are dirty, %llu counted", LL(dirty), LL(vm_counts.dirty));
}

void vm_check(void)
{
	struct tally sum = {.spt = NULL};

	for (struct supplemental_page_table *spt = vm_spaces; spt; spt = spt->next)
		check_space(spt, &sum);
	check_objects();
	frames_check(chain_length, sum.resident);
	for (size_t i = 0; i < PT_PAGE_SIZE / sizeof(uint64_t); i++)
		MUST(((uint64_t *)vm_zero->kva)[i] == 0, "the zero frame was written to");
	swap_check();
}
