/* Pages that map an object: faults on them. What they show is the object's own page; a private mapping turns into
 * anonymous memory when it is written to.
 * Locks: as fault.c. */
#include "internal.h"

unsigned vm_around = 16;

const struct page_operations file_ops = {.type = VM_FILE};

bool file_backed_initializer(struct page *page, enum vm_type type, void *kva)
{
	(void)type, (void)kva;
	page->operations = &file_ops;
	page->file = (struct file_page){.chain = {NULL, NULL}};
	return true;
}

/* OWN is not in memory. vm_lock and the region lock are held, dropped. */
static int fault_absent(struct fault *f, struct vm_object *object, struct page *own)
{
	uint64_t index = page_index(own);
	unsigned n = 1;
	int err;

	object_ref_locked(object); /* the region may be gone before we are done */
	if (object->ops && !(f->region->flags & VM_RANDOM))
		n = ahead_want(&f->region->ahead, index, f->region->flags & VM_SEQUENTIAL);
	port_read_unlock(&f->spt->lock);
	if (!object->ops)
		return object_bring(f->spt, object, own);
	port_unlock(&vm_lock);
	err = cache_bring(object, index, n, false);
	vm_object_put(object);
	f->spt->major += !err;
	return err ? err : FAULT_AGAIN;
}

/* The first write through a shared mapping since OWN was last clean. vm_lock and the region lock are held, dropped. */
static int fault_make_writable(struct fault *f, struct page *own)
{
	struct vm_object *object = own->object;
	struct frame *frame = own->frame;
	bool much = vm_counts.dirty > vm_counts.frames / 4 && !f->waited;
	int err;

	if (!much)
		frame_busy_begin(frame);
	port_unlock(&vm_lock);
	vm_object_ref(object);
	port_read_unlock(&f->spt->lock);
	if (much) {
		f->waited = true;
		vm_dirty_wait();
		vm_object_put(object);
		return FAULT_AGAIN;
	}
	err = page_make_writable(own);
	port_lock(&vm_lock);
	if (!err)
		page_dirty(own);
	frame_busy_end(frame);
	port_unlock(&vm_lock);
	vm_object_put(object);
	return err ? err : FAULT_AGAIN;
}

/* Map, without A, what is in memory around F's page. vm_lock held. */
static void fault_around(struct fault *f, struct vm_object *object, uint64_t index)
{
	vaddr_t va = f->va & ~(vm_around * PT_PAGE_SIZE - 1), end = va + vm_around * PT_PAGE_SIZE;

	if (va < f->region->start)
		va = f->region->start;
	if (end > f->region->end)
		end = f->region->end;
	for (; va < end; va += PT_PAGE_SIZE) {
		ptrdiff_t off = (ptrdiff_t)(va >> PT_PAGE_SHIFT) - (ptrdiff_t)(f->va >> PT_PAGE_SHIFT);
		struct page *own = object_look(object, index + (uint64_t)off), *page = f->entry[off];

		if (!own || !own->frame || cache_busy(own) || (page && page->frame) ||
		    (page && page->operations != &file_ops))
			continue;
		if (!page) {
			page = page_new(f->spt, va);
			if (!page)
				return;
			file_backed_initializer(page, VM_FILE, NULL);
			page_begins(page, f->region);
			entry_set(&f->entry[off], page);
		}
		chain_add(own->frame, page);
		pt_allow(f->slot + off, va, frame_pa(own->frame), fault_flags(f, false) & ~(unsigned)PT_A);
	}
}

/* PAGE, the mapping's (NULL: none yet), and the object's own page meet. vm_lock held, dropped. */
int fault_object(struct fault *f, struct page *page)
{
	uint64_t index = f->region->index + ((f->va - f->region->start) >> PT_PAGE_SHIFT);
	struct vm_object *object = f->region->object;
	bool write = f->access & VM_WRITE, shared = f->region->flags & VM_SHARED;
	struct page *own;

	if (index >= object_pages(object)) {
		port_unlock(&vm_lock);
		port_read_unlock(&f->spt->lock);
		return -VM_EBUS;
	}
	own = object_page(object, index);
	if (!page && own) {
		page = page_new(f->spt, f->va);
		if (page) {
			file_backed_initializer(page, VM_FILE, NULL);
			page_begins(page, f->region);
			entry_set(f->entry, page);
		}
	}
	if (!page || !own) {
		port_unlock(&vm_lock);
		return fault_short(f);
	}
	if (page->flags & PAGE_BUSY)
		return fault_wait(f, page);
	if (own->flags & PAGE_BUSY || (own->frame && own->frame->state & FRAME_BUSY))
		return fault_wait(f, own);
	if (!own->frame)
		return fault_absent(f, object, own);
	if (write && shared && object->ops && !(own->flags & PAGE_DIRTY))
		return fault_make_writable(f, own);
	if (!page->frame)
		chain_add(own->frame, page);
	if (write && !shared)
		return fault_copy(f, page);
	pt_allow(f->slot, f->va, frame_pa(own->frame), fault_flags(f, write));
	if (object->ops && !write && !(f->region->flags & VM_RANDOM))
		fault_around(f, object, index);
	port_unlock(&vm_lock);
	f->spt->minor++;
	return fault_done(f);
}
