/* Pages that are promised: the first fault turns them into what they are to be, and fills their frame. */
#include "internal.h"

static void aux_drop(struct vm_aux *aux)
{
	if (aux && --aux->refs == 0 && aux->free)
		aux->free(aux);
}

static bool uninit_swap_in(struct page *page, void *kva) { return uninit_initialize(page, kva); }

static void uninit_destroy(struct page *page) { aux_drop(page->uninit.aux); }

const struct page_operations uninit_ops = {
	.swap_in = uninit_swap_in,
	.destroy = uninit_destroy,
	.type = VM_UNINIT,
};

void uninit_new(struct page *page, void *va, vm_initializer *init, enum vm_type type, void *aux)
{
	*page = (struct page){.operations = &uninit_ops, .va = va, .uninit = {init, aux, type}};
}

/* The BUSY owner calls this; KVA holds zeros. On failure the page is still what it was. */
bool uninit_initialize(struct page *page, void *kva)
{
	struct uninit_page was = page->uninit;

	anon_initializer(page, was.type, kva);
	if (was.init && !was.init(page, was.aux)) {
		__atomic_store_n(&page->operations, &uninit_ops, __ATOMIC_RELAXED);
		page->spt->anon--;
		page->uninit = was;
		return false;
	}
	aux_drop(was.aux);
	return true;
}

enum vm_type page_get_type(struct page *page)
{
	return VM_TYPE(page->operations->type == VM_UNINIT ? page->uninit.type : page->operations->type);
}
