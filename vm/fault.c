/* Faults: from an address and an access to a leaf that allows it, or to an error.
 *
 * One walk finds the leaf and the page. What can be done at once is done under the region lock, shared; what
 * has to wait (memory, swap, a page or frame that is BUSY) lets go of it, waits, and begins anew: nothing found
 * before is believed after.
 * Locks: region lock shared, then vm_lock for the page and its frame. A PAGE_BUSY page is its setter's alone. */
#include "internal.h"

static unsigned leaf_access(unsigned access)
{
	return PT_U | (access & VM_WRITE ? PT_W : 0u) | (access & VM_EXEC ? PT_X : 0u);
}

unsigned fault_flags(const struct fault *f, bool write)
{
	return PT_U | PT_A | (write ? PT_W | PT_D : 0u) | (f->region->prot & VM_EXEC ? PT_X : 0u);
}

/* The leaf of a page that is the caller's (BUSY, or none yet) maps FRAME from now on, whatever it mapped before. */
static void leaf_put(const struct fault *f, const struct frame *frame, bool write)
{
	while (!pt_allow(f->slot, f->va, frame_pa(frame), fault_flags(f, write)))
		leaf_take(f->spt, f->slot, f->va);
}

/* Memory was short: let go of everything, make some, begin anew. */
int fault_short(struct fault *f)
{
	port_read_unlock(&f->spt->lock);
	return memory_make() ? FAULT_AGAIN : -VM_ENOMEM;
}

/* F->spt's region lock and vm_lock are held; PAGE or its frame is in somebody's hands: wait for that. */
int fault_wait(struct fault *f, struct page *page)
{
	port_read_unlock(&f->spt->lock);
	if (page->flags & PAGE_BUSY)
		page_wait(page);
	else
		frame_wait(page->frame);
	port_unlock(&vm_lock);
	return FAULT_AGAIN;
}

int fault_done(struct fault *f)
{
	port_read_unlock(&f->spt->lock);
	return 0;
}

/* Nothing there yet, and zeros are to be read: everybody's zero frame. vm_lock held, dropped: whoever puts a page
 * there does so before or after, and then takes this leaf out. */
static int fault_zero_read(struct fault *f)
{
	pt_allow(f->slot, f->va, frame_pa(vm_zero), fault_flags(f, false));
	port_unlock(&vm_lock);
	f->spt->minor++;
	return fault_done(f);
}

/* PAGE, which had no frame, has NEW, which was written to; its leaf is there. vm_lock held. */
static void page_enter(const struct fault *f, struct page *page, struct frame *new)
{
	new->state |= FRAME_FRESH | FRAME_DIRTY;
	chain_add(new, page);
	evict_enter(new, 0);
	vm_trace(VM_CLAIM, f->spt, f->va, frame_pa(new));
}

/* Give PAGE, which is BUSY by us and has no frame, the frame NEW with the leaf for it; both for a write. */
static void page_install(struct fault *f, struct page *page, struct frame *new)
{
	leaf_put(f, new, true);
	port_lock(&vm_lock);
	page_enter(f, page, new);
	page_busy_end(page);
	port_unlock(&vm_lock);
}

/* The first write to a page nobody promised anything about. vm_lock held, dropped. */
static int fault_zero_write(struct fault *f)
{
	struct frame *new = frame_get_locked(false);
	struct page *page;

	port_unlock(&vm_lock);
	page = new ? page_new(f->spt, f->va) : NULL;
	if (!page) {
		if (new)
			frame_give(new);
		return fault_short(f);
	}
	frame_zero(new);
	anon_initializer(page, VM_ANON, new->kva);
	page_begins(page, f->region);
	port_lock(&vm_lock);
	if (*f->entry) { /* another thread was faster */
		frame_put(new);
		port_unlock(&vm_lock);
		page_free(page);
		port_read_unlock(&f->spt->lock);
		return FAULT_AGAIN;
	}
	entry_set(f->entry, page);
	vm_counts.zero++;
	f->spt->minor++;
	if (pt_allow(f->slot, f->va, frame_pa(new), fault_flags(f, true))) {
		page_enter(f, page, new);
		port_unlock(&vm_lock);
	} else { /* the zero frame's leaf goes first */
		page->flags |= PAGE_BUSY;
		port_unlock(&vm_lock);
		page_install(f, page, new);
	}
	return fault_done(f);
}

/* The sole page of its frame is written: no copy. vm_lock held. */
static void page_reuse(struct page *page)
{
	uint32_t slot = page->anon.slot;

	if (slot && swap_count(slot) > 1) { /* others still need what it holds */
		if (*swap_cached(slot) == page->frame)
			*swap_cached(slot) = NULL;
		swap_put(slot);
		page->anon.slot = 0;
	}
	vm_counts.reused++;
}

/* Word by word: others may write to what a private mapping copies, through mappings of the file. */
static void words_copy(uint64_t *to, uint64_t *from)
{
#pragma GCC unroll 64
	for (size_t i = 0; i < PT_PAGE_SIZE / sizeof *to; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

/* PAGE shares its frame, with others or with the object it is a private mapping of, and is written. vm_lock held,
 * dropped. */
int fault_copy(struct fault *f, struct page *page)
{
	struct frame *old = page->frame, *new;
	uint32_t slot;

	page->flags |= PAGE_BUSY; /* holds OLD, too: no victim while one of its pages is BUSY */
	port_unlock(&vm_lock);
	new = frame_get(false);
	if (!new) {
		port_lock(&vm_lock);
		page_busy_end(page);
		port_unlock(&vm_lock);
		return fault_short(f);
	}
	words_copy(new->kva, old->kva);
	leaf_take(f->spt, f->slot, f->va);
	port_lock(&vm_lock);
	slot = page->operations == &anon_ops ? page->anon.slot : 0;
	chain_remove(page);
	if (slot)
		swap_put(slot);
	anon_initializer(page, VM_ANON, new->kva);
	vm_counts.copied++;
	port_unlock(&vm_lock);
	vm_trace(VM_COW_BREAK, f->spt, f->va, frame_pa(new));
	page_install(f, page, new);
	f->spt->minor++;
	return fault_done(f);
}

/* PAGE, which is anonymous, has its frame. vm_lock held, dropped. */
static int fault_resident(struct fault *f, struct page *page)
{
	bool write = f->access & VM_WRITE;

	if (write && page->frame->page->chain.next)
		return fault_copy(f, page);
	if (write)
		page_reuse(page);
	if (!pt_allow(f->slot, f->va, frame_pa(page->frame), fault_flags(f, write))) {
		/* It still maps the zero frame, from before spt_find_page() made the page. */
		page->flags |= PAGE_BUSY;
		port_unlock(&vm_lock);
		leaf_put(f, page->frame, write);
		port_lock(&vm_lock);
		page_busy_end(page);
	}
	port_unlock(&vm_lock);
	f->spt->minor++;
	return fault_done(f);
}

/* PAGE is in memory again and keeps its slot, to leave without I/O if nobody writes; but not when swap is full: then
 * others need the room to leave at all, if the area would take them. Nor when its area is being given up. vm_lock held. */
static void slot_keep(struct page *page)
{
	uint32_t slot = page->anon.slot;

	if (swap_count(slot) > 1 || (swap_aside(slot) && !swap_leaving(slot)) ||
	    (vm_counts.slots_used < vm_counts.slots && !swap_leaving(slot)))
		return;
	swap_drop(page->frame);
	page->frame->state |= FRAME_DIRTY;
}

/* SLOT, PAGE's, has a frame: that is PAGE's now, or will be when its contents are there. vm_lock held. */
static void cached_join(struct page *page, uint32_t slot)
{
	struct frame *frame = *swap_cached(slot);
	bool ahead = frame->state & FRAME_AHEAD;

	if (frame->state & FRAME_BUSY) {
		frame_wait(frame);
		return;
	}
	if (ahead)
		swap_ahead_used(frame);
	chain_add(frame, page);
	if (page_space(page))
		page->spt->swapped--;
	if (!ahead)
		return;
	frame->state |= FRAME_FRESH;
	evict_enter(frame, page->anon.shadow);
	slot_keep(page);
}

/* A frame for what is in SLOT (0: it is to be made), BUSY and known to the slot. No lock held. */
static int frame_begin(uint32_t slot, struct frame **frame)
{
	*frame = frame_get(false);
	if (!*frame) {
		vm_reclaim(frames_batch());
		/* When swap is full, what comes back frees a slot: that pays for the reserve. */
		*frame = frame_get(slot != 0);
	}
	if (!*frame)
		return vm_reclaim(1) ? FAULT_AGAIN : -VM_ENOMEM;
	if (!slot) {
		frame_zero(*frame);
		return 0;
	}
	port_lock(&vm_lock);
	if (*swap_cached(slot)) { /* a neighbour's reader was faster */
		frame_put(*frame);
		port_unlock(&vm_lock);
		return FAULT_AGAIN;
	}
	frame_busy_begin(*frame);
	*swap_cached(slot) = *frame;
	port_unlock(&vm_lock);
	return 0;
}

/* The BUSY owner of PAGE gives it FRAME, filled or not (OK). SPT had the fault, if any; SLOT is where it was. */
static void page_brought(struct supplemental_page_table *spt, struct page *page, struct frame *frame,
			 uint32_t slot, bool ok)
{
	uint32_t shadow = slot ? page->anon.shadow : 0;

	port_lock(&vm_lock);
	page->frame = NULL;
	if (slot)
		frame_busy_end(frame);
	if (slot && !ok)
		*swap_cached(slot) = NULL;
	if (ok) {
		frame->state |= FRAME_FRESH | (slot ? 0 : FRAME_DIRTY);
		chain_add(frame, page);
		evict_enter(frame, shadow);
	} else {
		frame_put(frame);
	}
	if (ok && slot) {
		if (page_space(page))
			page->spt->swapped--;
		if (spt)
			spt->major++;
		vm_counts.swap_in++;
		slot_keep(page);
		frames_freed_more();
	}
	vm_trace(slot ? VM_SWAP_IN : VM_CLAIM, spt, (vaddr_t)(uintptr_t)page->va,
		 slot ? slot : frame_pa(frame));
	page_busy_end(page);
	port_unlock(&vm_lock);
}

/* PAGE, BUSY by us, gets its frame, with what was promised, is in swap or is zeros. No lock held. */
static int bring(struct supplemental_page_table *spt, struct page *page, uint32_t slot)
{
	struct frame *frame;
	int err = frame_begin(slot, &frame);
	bool ok;

	if (err) {
		port_lock(&vm_lock);
		page_busy_end(page);
		port_unlock(&vm_lock);
		return err;
	}
	if (!slot) {
		port_lock(&vm_lock);
		page->frame =
			frame; /* where an initializer looks for it; on the frame's chain only when filled */
		port_unlock(&vm_lock);
	}
	ok = swap_in(page, frame->kva);
	page_brought(spt, page, frame, slot, ok);
	return ok ? FAULT_AGAIN : -VM_EIO;
}

/* PAGE was promised, or is in swap: bring it in. No lock is held meanwhile. vm_lock held, dropped. */
static int fault_bring(struct supplemental_page_table *spt, struct page *page)
{
	uint32_t slot = page->operations == &anon_ops ? page->anon.slot : 0;

	port_read_unlock(&spt->lock);
	if (slot && *swap_cached(slot)) { /* another sharer brought it in already, or is about to */
		cached_join(page, slot);
		port_unlock(&vm_lock);
		return FAULT_AGAIN;
	}
	page->flags |= PAGE_BUSY;
	port_unlock(&vm_lock);
	return bring(spt, page, slot);
}

int page_bring(struct supplemental_page_table *spt, struct page *page)
{
	int err = fault_bring(spt, page);

	return err == FAULT_AGAIN ? 0 : err;
}

int object_bring(struct supplemental_page_table *spt, struct vm_object *object, struct page *own)
{
	uint32_t slot = own->page_cache.slot;
	int err = FAULT_AGAIN;

	if (slot && *swap_cached(slot)) {
		cached_join(own, slot);
		port_unlock(&vm_lock);
	} else {
		own->flags |= PAGE_BUSY;
		port_unlock(&vm_lock);
		err = bring(spt, own, slot);
	}
	vm_object_put(object);
	return err;
}

int object_page_bring(struct vm_object *object, struct page *own)
{
	int err;

	object_ref_locked(object);
	err = object_bring(NULL, object, own);
	return err == FAULT_AGAIN ? 0 : err;
}

static int fault_once(struct fault *f)
{
	struct supplemental_page_table *spt = f->spt;
	vaddr_t va = f->va;
	struct page *page;

	port_read_lock(&spt->lock);
	f->region = region_find(spt, va);
	if (!f->region) {
		port_read_unlock(&spt->lock);
		return stack_grow(spt, va) ? FAULT_AGAIN : -VM_EFAULT;
	}
	if (!f->region->prot || f->access & ~(unsigned)f->region->prot & (VM_WRITE | VM_EXEC)) {
		port_read_unlock(&spt->lock);
		return -VM_EACCES;
	}
	f->slot = pt_slot(&spt->pt, va, true);
	if (!f->slot)
		return fault_short(f);
	if (pt_touch_slot(f->slot, 0, va, leaf_access(f->access)))
		return fault_done(f);
	f->entry = spt_entry(f->slot, true);
	if (!f->entry)
		return fault_short(f);
	port_lock(&vm_lock);
	page = *f->entry;
	if (f->region->object && (!page || page->operations == &file_ops))
		return fault_object(f, page);
	if (!page && !(f->access & VM_WRITE))
		return fault_zero_read(f);
	if (!page)
		return fault_zero_write(f);
	if (page->flags & PAGE_BUSY || (page->frame && page->frame->state & FRAME_BUSY))
		return fault_wait(f, page);
	return page->frame ? fault_resident(f, page) : fault_bring(spt, page);
}

/* Is there memory after all? */
static bool frame_there(void)
{
	struct frame *frame = frame_get(false);

	if (frame)
		frame_give(frame);
	return frame;
}

int vm_fault(struct supplemental_page_table *spt, vaddr_t va, unsigned access)
{
	struct fault f = {.spt = spt, .va = va & ~PT_PAGE_MASK, .access = access};
	bool dying, retried = false;
	uint64_t freed;
	int result;

	vm_trace(VM_FAULT, spt, va, access);
	vm_faults++;
	for (;;) {
		freed = frames_freed();
		dying = spt->dying;
		result = dying ? -VM_ENOMEM : fault_once(&f);
		if (result == -VM_ENOMEM && !dying && !retried && frame_there()) {
			result = FAULT_AGAIN; /* nobody ends because memory was short for a moment */
			retried = true;
		}
		if (result != FAULT_AGAIN && (result != -VM_ENOMEM || dying || !memory_out(spt, freed)))
			return result;
	}
}
