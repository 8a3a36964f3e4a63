/* mremap: a range grows, shrinks or moves with all its pages. Nothing is copied: the pages change hands, and
 * their leaves come back by faults.
 * Locks: the region lock, exclusively. All memory is got before anything changes. */
#include "internal.h"

struct moving {
	struct supplemental_page_table *spt;
	uint64_t by; /* what is added to each address, modulo 2^64 */
};

/* Make the place where the page of VA will be noted. */
static bool place_make(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct moving *m = ctx;
	pte_t *to;

	(void)slot;
	if (!*entry)
		return true;
	to = pt_slot(&m->spt->pt, va + m->by, true);
	return to && spt_entry(to, true);
}

static bool page_move(void *ctx, vaddr_t va, pte_t *slot, struct page **entry)
{
	struct moving *m = ctx;
	struct page *page = *entry; /* the leaves are gone, so there is one */

	(void)slot;
	port_lock(&vm_lock);
	while (page->flags & PAGE_BUSY || (page->frame && page->frame->state & FRAME_BUSY)) {
		if (page->flags & PAGE_BUSY)
			page_wait(page);
		else
			frame_wait(page->frame);
	}
	page->va = (void *)(uintptr_t)(va + m->by);
	*spt_entry(pt_slot(&m->spt->pt, va + m->by, false), false) = page;
	*entry = NULL;
	port_unlock(&vm_lock);
	return true;
}

int pages_move(struct supplemental_page_table *spt, vaddr_t from, vaddr_t to, uint64_t len)
{
	struct moving m = {spt, to - from};
	struct tlb_gather g;

	if (!spt_each(spt, from, from + len, place_make, &m))
		return -VM_ENOMEM;
	tlb_begin(&g, &spt->pt, NULL);
	leaves_unmap(spt, from, from + len, &g);
	tlb_finish(&g);
	spt_each(spt, from, from + len, page_move, &m);
	return 0;
}
