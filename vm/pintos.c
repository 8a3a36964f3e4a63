/* The names that Pintos students know, over the functions that name the space. */
#include "internal.h"

void supplemental_page_table_init(struct supplemental_page_table *spt)
{
	if (spt_init(spt))
		port_panic("no memory for an address space: use spt_init() where that may happen");
}

bool supplemental_page_table_copy(struct supplemental_page_table *dst, struct supplemental_page_table *src)
{
	return spt_copy(dst, src) == 0;
}

void supplemental_page_table_kill(struct supplemental_page_table *spt) { spt_kill(spt); }

/* Where VA's page is or, with MAKE, would be; the region lock is held. */
static struct page **entry_at(struct supplemental_page_table *spt, vaddr_t va, bool make)
{
	pte_t *slot = pt_slot(&spt->pt, va, make);

	return slot ? spt_entry(slot, make) : NULL;
}

/* A page that its region promises comes into being here. */
struct page *spt_find_page(struct supplemental_page_table *spt, void *va)
{
	vaddr_t at = (vaddr_t)(uintptr_t)va & ~PT_PAGE_MASK;
	struct page **entry, *page = NULL, *fresh;
	const struct region *region;

	port_read_lock(&spt->lock);
	region = region_find(spt, at);
	if (region) {
		entry = entry_at(spt, at, true);
		page = entry ? __atomic_load_n(entry, __ATOMIC_ACQUIRE) : NULL;
		fresh = entry && !page ? page_new(spt, at) : NULL;
		if (fresh) {
			if (region->object)
				file_backed_initializer(fresh, VM_FILE, NULL);
			page_begins(fresh, region);
			port_lock(&vm_lock);
			page = *entry;
			if (!page)
				entry_set(entry, page = fresh);
			port_unlock(&vm_lock);
			if (page != fresh)
				page_free(fresh);
		}
	}
	port_read_unlock(&spt->lock);
	return page;
}

/* PAGE takes the place that ENTRY, its own, has for it; what was read there as zeros comes by a fault again.
 * The region lock is held exclusively. */
static int page_place(struct supplemental_page_table *spt, struct page **entry, struct page *page)
{
	vaddr_t va = (vaddr_t)(uintptr_t)page->va;
	struct tlb_gather g;

	if (*entry)
		return -VM_EEXIST;
	tlb_begin(&g, &spt->pt, NULL);
	leaves_unmap(spt, va, va + PT_PAGE_SIZE, &g);
	tlb_finish(&g);
	page_begins(page, region_find(spt, va));
	port_lock(&vm_lock);
	*entry = page;
	port_unlock(&vm_lock);
	return 0;
}

bool spt_insert_page(struct supplemental_page_table *spt, struct page *page)
{
	vaddr_t va = (vaddr_t)(uintptr_t)page->va;
	const struct region *region;
	struct page **entry;
	bool inserted;

	port_write_lock(&spt->lock);
	region = region_find(spt, va);
	entry = region && !region->object ? entry_at(spt, va, true) : NULL;
	inserted = entry && page_place(spt, entry, page) == 0;
	port_write_unlock(&spt->lock);
	return inserted;
}

void spt_remove_page(struct supplemental_page_table *spt, struct page *page)
{
	vm_unmap(spt, (vaddr_t)(uintptr_t)page->va, PT_PAGE_SIZE);
}

void vm_dealloc_page(struct page *page)
{
	destroy(page);
	page_free(page);
}

/* VA's page is to be PAGE; where no region covers it, one of a page begins. */
static int page_promise(struct supplemental_page_table *spt, vaddr_t va, unsigned prot, struct page *page)
{
	const struct region *region = region_find(spt, va);
	struct page **entry;
	vaddr_t where;
	int err = 0;

	if (region && region->object)
		return -VM_EEXIST;
	entry = entry_at(spt, va, true);
	if (!entry)
		err = -VM_ENOMEM;
	else if (!region)
		err = region_map(spt, va, PT_PAGE_SIZE, prot, VM_NOREPLACE, NULL, 0, &where);
	if (err && !region)
		tables_trim(spt, va, va + PT_PAGE_SIZE);
	return err ? err : page_place(spt, entry, page);
}

int vm_promise(struct supplemental_page_table *spt, enum vm_type type, vaddr_t va, bool writable,
	       vm_initializer *init, void *aux)
{
	struct page *page;
	int err;

	va &= ~PT_PAGE_MASK;
	if (VM_TYPE(type) != VM_ANON || range_bad(va, PT_PAGE_SIZE) || !va)
		return -VM_EINVAL;
	page = page_new(spt, va);
	if (!page)
		return -VM_ENOMEM;
	page->uninit = (struct uninit_page){init, aux, type};
	page->flags = writable ? PAGE_WRITABLE : 0;
	port_write_lock(&spt->lock);
	err = page_promise(spt, va, VM_READ | (writable ? VM_WRITE : 0), page);
	port_write_unlock(&spt->lock);
	if (err)
		page_free(page); /* AUX is still the caller's */
	return err;
}

bool vm_alloc_page_with_initializer(enum vm_type type, void *upage, bool writable, vm_initializer *init,
				    void *aux)
{
	return vm_promise(port_spt(), type, (vaddr_t)(uintptr_t)upage, writable, init, aux) == 0;
}

bool vm_claim_page(void *va) { return vm_fault(port_spt(), (vaddr_t)(uintptr_t)va, VM_READ) == 0; }
