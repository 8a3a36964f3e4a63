/* What the files of vm/ offer one another, beyond vm.h. VM_LOCK guards frames, chains, slots, page flags and
 * the policy's lists; it is never held across a wait, I/O or an access that may fault. */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H
#include "trace.h"
#include "vm.h"

extern struct port_lock vm_lock;
extern struct vm_stats vm_counts; /* [V] but for the faults */
extern _Atomic uint64_t vm_faults;

/* frame.c */
extern struct frame *vm_zero; /* mapped, read-only, wherever zeros are read */
int frame_setup(paddr_t lo, paddr_t hi, size_t limit);
void frame_shutdown(void);
struct frame *frame_of(paddr_t pa);
paddr_t frame_pa(const struct frame *frame);
/* A frame that nobody knows; NULL when only the reserve is left (DEEP: not even that). Never sleeps. */
struct frame *frame_get(bool deep);
struct frame *frame_get_locked(bool deep); /* [V] */
void frame_zero(struct frame *frame);
void frame_give(struct frame *frame);
void frame_put(struct frame *frame); /* [V] no chain, not BUSY, no pins: back to the embedder */
/* The space whose leaf maps PAGE; NULL: it is an object's own page. */
struct supplemental_page_table *page_space(const struct page *page);
void chain_add(struct frame *frame, struct page *page); /* [V] */
void chain_remove(struct page *page);                   /* [V] the frame goes back with its last page */
void frame_busy_begin(struct frame *frame);             /* [V] */
void frame_busy_end(struct frame *frame);               /* [V] */
void page_busy_end(struct page *page);                  /* [V] */
void frame_wait(struct frame *frame);                   /* [V] dropped and taken again: look again */
void page_wait(struct page *page);                      /* [V] the same */
/* How often memory came free, or something that can be evicted; the same: nothing did. [V] */
uint64_t frames_freed(void);
void frames_freed_more(void); /* [V] a space that was to end did, or will not */
/* Wait until no frame's contents are on their way, or frames_freed() is not FREED any more. True: it still is. [V],
 * dropped and taken again. */
bool frames_wait(uint64_t freed);
void frames_wait_more(void); /* [V], the same: until any of that changes */
/* One that would not even begin page-out; NULL: none. [V] */
struct frame *frame_spare(void);
size_t frames_wanted(void); /* how many page-out is to free: none while enough are */
size_t frames_batch(void);  /* how many whoever is short of memory frees at once */
void frames_check(size_t (*chain)(const struct frame *), size_t resident);

/* spt.c */
extern struct supplemental_page_table *vm_spaces; /* [V] */
struct page **spt_entry(pte_t *slot, bool make);
/* [V] ENTRY is PAGE's from now on. Atomic: whoever walks by with the region lock for reading may look. */
static inline void entry_set(struct page **entry, struct page *page)
{
	__atomic_store_n(entry, page, __ATOMIC_RELEASE);
}
struct page *page_new(struct supplemental_page_table *spt, vaddr_t va);
/* PAGE's place is in region R. */
static inline void page_begins(struct page *page, const struct region *r)
{
	page->flags |= r->flags & VM_LOCKED ? PAGE_LOCKED : 0u;
}
void page_free(struct page *page);
size_t spt_slots(struct supplemental_page_table *spt);
/* Of each place in [lo, hi) with a leaf or, at *ENTRY, a page. False: no further. */
typedef bool spt_visit_fn(void *ctx, vaddr_t va, pte_t *slot, struct page **entry);
bool spt_each(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, spt_visit_fn *visit, void *ctx);
/* Take the leaves in [lo, hi) out; what their last writer left (D) stays known with the frame. */
void leaves_unmap(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, struct tlb_gather *g);
/* The same for VA alone, at its entry, and no CPU has it any more. */
void leaf_take(struct supplemental_page_table *spt, pte_t *slot, vaddr_t va);
void spt_clear(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* [R] exclusively */

/* uninit.c, anon.c */
void uninit_new(struct page *page, void *va, vm_initializer *init, enum vm_type type, void *aux);
bool uninit_initialize(struct page *page, void *kva);
bool anon_initializer(struct page *page, enum vm_type type, void *kva);
extern const struct page_operations uninit_ops, anon_ops;

/* swap.c */
/* [V] A slot with one reference, behind AFTER (0: anywhere) if that can be; 0: none free. */
uint32_t swap_alloc(uint32_t after);
bool swap_ref(uint32_t slot);              /* [V] false: its count is full */
void swap_put(uint32_t slot);              /* [V] */
unsigned swap_count(uint32_t slot);        /* [V] */
struct frame **swap_cached(uint32_t slot); /* [V] the frame that equals it or will, or NULL there */
bool swap_leaving(uint32_t slot);          /* [V] its area is being given up: nothing is to stay there */
bool swap_aside(uint32_t slot);            /* [V] its area takes nothing more, and what is there may stay */
void swap_bad(uint32_t slot);              /* [V] free, and the device does not take it: never used again */
bool swap_share(struct frame *frame, uint32_t slot); /* [V] all pages of FRAME refer to SLOT from now on */
void swap_drop(struct frame *frame);                 /* [V] and to none any more */
/* SLOT's contents to KVA; neighbours are read along with it, when memory is free, and wait as AHEAD. */
int swap_read(uint32_t slot, void *kva);
int swap_write(uint32_t slot, void *const kva[], unsigned n); /* N slots from SLOT on */
void swap_ahead_used(struct frame *frame);                    /* [V] a page takes it now */
size_t swap_ahead_drop(size_t want);                          /* give back frames that wait; how many */
void swap_shutdown(void);
void swap_check(void);

/* evict.c */
struct evict_ops {
	const char *name;
	/* FRAMES: a first guess at how many will be resident. LOOK: has it been used since the last look? It tests and
	 * clears A in every mapping; only victim() may call it, for what it clears is flushed when those that go
	 * together are chosen. */
	void (*init)(size_t frames, bool (*look)(struct frame *frame));
	void (*enter)(struct frame *frame, uint32_t shadow); /* [V] resident now */
	struct frame *(*victim)(uint32_t *shadow);           /* [V] taken off its list; NULL: none */
	void (*keep)(struct frame *frame);                   /* [V] that victim cannot go now */
	void (*remove)(struct frame *frame);                 /* [V] freed */
};
extern const struct evict_ops evict_hotcold, evict_clock;
/* The leaves of all of FRAME's mappings, which is BUSY by us, go; or lose W and then D. True: one was dirty. Waits. */
bool rmap_unmap_all(struct frame *frame);
bool rmap_clean(struct frame *frame);
/* FRAME is ours (BUSY) and off the lists, to go by frames_evict(); false: it cannot go now. [V] */
bool frame_claim(struct frame *frame);
/* N frames that are ours, SWAP_CLUSTER_MAX at most, go: what is in them is saved where it is not yet, or they stay. */
void frames_evict(struct frame *const frame[], unsigned n);
void evict_enter(struct frame *frame, uint32_t shadow); /* [V] */
void evict_remove(struct frame *frame);                 /* [V] */
int evict_setup(const char *policy, size_t frames);     /* FRAMES: a guess at how many will be resident */

/* object.c */
extern const struct page_operations cache_ops; /* an object's own pages: in swap */
struct vm_object *object_new(void);            /* of shared anonymous memory, with one reference */
static inline uint64_t page_index(const struct page *own) { return (uintptr_t)own->va >> PT_PAGE_SHIFT; }
struct page *object_look(struct vm_object *object, uint64_t index); /* [V] NULL: not touched yet */
struct page *object_page(struct vm_object *object, uint64_t index); /* [V] NULL: no memory */
/* The first page, or dirty page, in [lo, last]. [V] */
struct page *object_next(struct vm_object *object, uint64_t lo, uint64_t last, bool dirty);
void page_dirty(struct page *own);    /* [V] */
void page_clean(struct page *own);    /* [V] */
void object_forget(struct page *own); /* [V] OWN has no frame: it is gone from its object, and free */
/* Another object with dirty pages, with a reference; the one to AFTER (NULL: begin) is given up. */
struct vm_object *objects_next_dirty(struct vm_object *after);
size_t objects_slots(void); /* for vm_check(): how many slots their pages hold */
struct vm_object *objects_all(void);
/* R, of SPT, maps its object from now on; and not any more. The reference is the caller's. */
void object_link(struct region *r, struct supplemental_page_table *spt);
void object_unlink(struct region *r);
void object_share(
	struct vm_object *object); /* each space that maps it gets its share of its pages as shared. [V] */
void object_ref_locked(struct vm_object *object); /* [V] */
/* The next page of shared anonymous memory from (*OBJECT, *INDEX) on, with vm_lock held and a reference to its object,
 * which the last call (NULL) or the caller gives back. */
struct page *object_page_next(struct vm_object **object, uint64_t *index);

/* pagecache.c */
#define BRING_MOST 16 /* pages read in one request */
extern const struct page_operations
	filecache_ops; /* an object's own pages: in what its owner reads and writes */
uint64_t object_pages(const struct vm_object *object); /* how many pages it reaches into */
void tail_zero(const struct vm_object *object, uint64_t index, void *kva); /* [V] */
bool end_zero(struct vm_object *object);                                   /* [V] */
/* OWN, or its frame, or a page that maps it is in somebody's hands. [V] cache_wait(): look everything up again */
bool cache_busy(const struct page *own);
void cache_wait(struct page *own);
/* Bring the pages from INDEX on that are not in memory, up to N; the caller has a reference and no lock. 0: look
 * again; -VM_EIO, -VM_ENOMEM: the first cannot be had. */
int cache_bring(struct vm_object *object, uint64_t index, unsigned n, bool past_end);
/* INDEX's page in memory, past the end, too, its frame BUSY by us. */
int cache_hold(struct vm_object *object, uint64_t index, struct page **own);
int page_make_writable(struct page *own);
unsigned ahead_want(struct vm_readahead *ahead, uint64_t index, bool eager); /* [V] pages to bring at once */

/* file.c */
extern const struct page_operations file_ops;
bool file_backed_initializer(struct page *page, enum vm_type type, void *kva);

/* remap.c */
int pages_move(struct supplemental_page_table *spt, vaddr_t from, vaddr_t to, uint64_t len); /* [R] */

/* mmap.c */
bool range_bad(vaddr_t addr, uint64_t len); /* not aligned, empty, or not inside */
/* vm_map() of a range that is aligned, not empty and inside. [R] exclusively */
int region_map(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot, unsigned flags,
	       struct vm_object *object, uint64_t index, vaddr_t *where);
uint64_t page_round(uint64_t len);
#define REGION_OBJECT (1u << 16) /* in what regions_flags() tells: one has an object */
unsigned regions_flags(const struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* of any in it */
bool regions_cover(const struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* without a hole */
/* The regions of all of [lo, hi) lose the flags CLEAR and get SET; they are apart until regions_merge(). -VM_ENOMEM,
 * also for a hole. [R] exclusively */
int regions_mark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned clear, unsigned set);
/* What there is of regions in [lo, hi) loses the flags CLEAR. That needs no memory while they are apart. */
void regions_unmark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned clear);
void regions_merge(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* [R] exclusively */
void tables_trim(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi);   /* [R] exclusively */
void region_free(struct region *r);
bool stack_grow(struct supplemental_page_table *spt, vaddr_t va);

/* oom.c */
/* SPT's fault found neither memory nor anything to evict, since frames_freed() was FREED. True: it is worth trying
 * again, for memory came free or whoever holds the most is to end. False: that is SPT, or the embedder can end nobody
 * that holds more. */
bool memory_out(struct supplemental_page_table *spt, uint64_t freed);

/* advise.c */
int range_populate(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);
/* The same of regions that are VM_LOCKED. -VM_EAGAIN: there is no memory for all of it;
 * -VM_ENOMEM: it allows nothing, or a part was unmapped meanwhile. */
int range_lock_in(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);

/* fault.c */
/* PAGE is in swap: bring it to memory, or wait for who does. Its space's region lock is held, for reading, and
 * vm_lock; both dropped. 0: look again; or an error. */
int page_bring(struct supplemental_page_table *spt, struct page *page);
/* The same, of a page of shared anonymous memory; vm_lock only. */
int object_page_bring(struct vm_object *object, struct page *own);
/* SPT's fault (NULL: nobody's) wants OWN's frame. vm_lock held, dropped. Takes the caller's reference to OBJECT. */
int object_bring(struct supplemental_page_table *spt, struct vm_object *object, struct page *own);
enum { FAULT_AGAIN = 1 };
struct fault {
	struct supplemental_page_table *spt;
	struct region *region;
	vaddr_t va;
	unsigned access;
	pte_t *slot;
	struct page **entry;
	bool waited; /* for write-back, once */
};
unsigned fault_flags(const struct fault *f, bool write);
/* These let go of the region lock: done; no memory, begin anew; PAGE is BUSY ([V] held, dropped), begin anew. */
int fault_done(struct fault *f);
int fault_short(struct fault *f);
int fault_wait(struct fault *f, struct page *page);
int fault_copy(struct fault *f, struct page *page);
int fault_object(struct fault *f, struct page *page); /* file.c */
bool memory_make(void);                               /* a frame more is free; no lock is held */

#endif
