/* Anonymous pages: zeros at first, in swap while they are not resident. */
#include "internal.h"

static bool anon_swap_in(struct page *page, void *kva) { return swap_read(page->anon.slot, kva) == 0; }

/* For the head of the chain, every page of which is detached and holds the same slot. */
static bool anon_swap_out(struct page *page)
{
	return swap_write(page->anon.slot, &page->frame->kva, 1) == 0;
}

static void anon_destroy(struct page *page)
{
	if (!page->anon.slot)
		return;
	port_lock(&vm_lock);
	swap_put(page->anon.slot);
	port_unlock(&vm_lock);
}

const struct page_operations anon_ops = {
	.swap_in = anon_swap_in,
	.swap_out = anon_swap_out,
	.destroy = anon_destroy,
	.type = VM_ANON,
};

bool anon_initializer(struct page *page, enum vm_type type, void *kva)
{
	(void)type, (void)kva;
	__atomic_store_n(&page->operations, &anon_ops, __ATOMIC_RELAXED); /* see page_copy() */
	page->anon = (struct anon_page){.slot = 0};
	page->spt->anon++;
	return true;
}
