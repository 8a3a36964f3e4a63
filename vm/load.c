/* A program's pages: segments of a file, zeros behind them, a stack; and mmap as Pintos students know it.
 * A segment is one private mapping of the file; only the page that mixes bytes of the file and zeros is a promise. */
#include "internal.h"

struct segment_end {
	struct vm_aux head;
	struct vm_object *file; /* with a reference */
	uint64_t index;
	uint64_t bytes; /* of that page; the rest is zeros */
};

static void segment_free(void *aux)
{
	struct segment_end *end = aux;

	vm_object_put(end->file);
	port_free(end, sizeof *end);
}

bool lazy_load_segment(struct page *page, void *aux)
{
	struct segment_end *end = aux;
	void *kva;

	if (vm_cache_get(end->file, end->index, false, &kva))
		return false;
	__builtin_memcpy(page->frame->kva, kva, end->bytes);
	vm_cache_put(end->file, kva);
	return true;
}

/* VA's page begins with the first BYTES of FILE's page INDEX. */
static int segment_end(struct supplemental_page_table *spt, struct vm_object *file, uint64_t index,
		       vaddr_t va, uint64_t bytes)
{
	struct segment_end *end = port_alloc(sizeof *end);
	int err;

	if (!end)
		return -VM_ENOMEM;
	*end = (struct segment_end){{1, segment_free}, file, index, bytes};
	vm_object_ref(file);
	err = vm_promise(spt, VM_ANON, va, false, lazy_load_segment, end);
	if (err)
		segment_free(end);
	return err;
}

int vm_load_segment(struct supplemental_page_table *spt, struct vm_object *file, uint64_t offset, vaddr_t va,
		    uint64_t read_bytes, uint64_t zero_bytes, unsigned prot)
{
	uint64_t len = read_bytes + zero_bytes, pages = read_bytes & ~PT_PAGE_MASK, rest = read_bytes - pages;
	vaddr_t where;
	int err;

	if (len < read_bytes || len & PT_PAGE_MASK || offset & PT_PAGE_MASK || offset + read_bytes < offset ||
	    range_bad(va, len) || !va)
		return -VM_EINVAL;
	err = vm_map(spt, va, len, prot, VM_NOREPLACE | VM_WHOLE, NULL, 0, &where);
	if (err)
		return err;
	if (pages)
		err = vm_map(spt, va, pages, prot, VM_FIXED | VM_WHOLE, file, offset >> PT_PAGE_SHIFT,
			     &where);
	if (!err && rest)
		err = segment_end(spt, file, (offset + pages) >> PT_PAGE_SHIFT, va + pages, rest);
	if (err)
		vm_unmap(spt, va, len); /* of whole regions: needs no memory */
	return err;
}

int vm_load_stack(struct supplemental_page_table *spt, vaddr_t top, uint64_t limit)
{
	vaddr_t where;

	spt->stack_limit = limit;
	return vm_map(spt, top - PT_PAGE_SIZE, PT_PAGE_SIZE, VM_READ | VM_WRITE, VM_STACK | VM_NOREPLACE,
		      NULL, 0, &where);
}

bool load_segment(struct vm_object *file, int64_t ofs, uint8_t *upage, uint32_t read_bytes,
		  uint32_t zero_bytes, bool writable)
{
	return vm_load_segment(port_spt(), file, (uint64_t)ofs, (vaddr_t)(uintptr_t)upage, read_bytes,
			       zero_bytes, VM_READ | (writable ? VM_WRITE : VM_EXEC)) == 0;
}

void *do_mmap(void *addr, size_t length, int writable, struct vm_object *file, int64_t offset)
{
	vaddr_t va = (vaddr_t)(uintptr_t)addr, where;

	if (!file || !file->size || offset < 0 || offset & (int64_t)PT_PAGE_MASK)
		return NULL;
	if (vm_map(port_spt(), va, length, VM_READ | (writable ? VM_WRITE : 0),
		   VM_SHARED | VM_NOREPLACE | VM_WHOLE, file, (uint64_t)offset >> PT_PAGE_SHIFT, &where))
		return NULL;
	return addr;
}

/* The whole mapping that begins at ADDR; where none begins nothing happens. What was written is the file's already. */
void do_munmap(void *addr)
{
	struct supplemental_page_table *spt = port_spt();
	vaddr_t va = (vaddr_t)(uintptr_t)addr;
	const struct region *r;
	uint64_t len = 0;

	port_read_lock(&spt->lock);
	r = region_find(spt, va);
	if (r && r->start == va && r->flags & VM_WHOLE)
		len = r->end - va;
	port_read_unlock(&spt->lock);
	if (len)
		vm_unmap(spt, va, len);
}
