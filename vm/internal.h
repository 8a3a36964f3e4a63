/* What the files of vm/ offer one another, beyond vm.h. VM_LOCK guards frames, chains, slots, page flags and
 * the policy's lists; it is never held across a wait, I/O or an access that may fault. */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H
#include "vm.h"

extern struct port_lock vm_lock;
extern struct vm_stats vm_counts; /* [V] */

/* frame.c */
extern struct frame *vm_zero; /* mapped, read-only, wherever zeros are read */
int frame_setup(paddr_t lo, paddr_t hi, size_t limit);
void frame_shutdown(void);
struct frame *frame_of(paddr_t pa);
paddr_t frame_pa(const struct frame *frame);
/* A frame that nobody knows; NULL when only the reserve is left (DEEP: not even that). Never sleeps. */
struct frame *frame_get(bool deep);
void frame_put(struct frame *frame); /* [V] no chain, not BUSY, no pins: back to the embedder */
/* The space whose leaf maps PAGE; NULL: it is an object's own page. */
struct supplemental_page_table *page_space(const struct page *page);
void chain_add(struct frame *frame, struct page *page); /* [V] */
void chain_remove(struct page *page);                   /* [V] the frame goes back with its last page */
void frame_busy_end(struct frame *frame);               /* [V] */
void page_busy_end(struct page *page);                  /* [V] */
void frame_wait(struct frame *frame);                   /* [V] dropped and taken again: look again */
void page_wait(struct page *page);                      /* [V] the same */
bool frames_low(void);
void frames_check(size_t (*chain)(const struct frame *), size_t resident);

/* spt.c */
extern struct supplemental_page_table *vm_spaces; /* [V] */
struct page **spt_entry(pte_t *slot, bool make);
struct page *page_new(struct supplemental_page_table *spt, vaddr_t va);
/* PAGE's place is in region R. */
static inline void page_begins(struct page *page, const struct region *r)
{
	page->flags |= r->flags & VM_LOCKED ? PAGE_LOCKED : 0u;
}
void page_free(struct page *page);
size_t spt_slots(struct supplemental_page_table *spt);
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
uint32_t swap_alloc(void);                 /* [V] a slot with one reference, 0: none free */
bool swap_ref(uint32_t slot);              /* [V] false: its count is full */
void swap_put(uint32_t slot);              /* [V] */
unsigned swap_count(uint32_t slot);        /* [V] */
struct frame **swap_cached(uint32_t slot); /* [V] the frame that equals it or will, or NULL there */
int swap_transfer(uint32_t slot, void *kva, bool out);
void swap_shutdown(void);
void swap_check(void);

/* evict.c */
struct evict_ops {
	const char *name;
	void (*init)(void);
	void (*enter)(struct frame *frame, uint32_t shadow); /* [V] resident now */
	struct frame *(*victim)(uint32_t *shadow);           /* [V] taken off its list; NULL: none */
	void (*keep)(struct frame *frame);                   /* [V] that victim cannot go now */
	void (*remove)(struct frame *frame);                 /* [V] freed */
};
extern const struct evict_ops evict_clock;
/* The leaves of all of FRAME's mappings, which is BUSY by us, go; or lose W and then D. True: one was dirty. Waits. */
bool rmap_unmap_all(struct frame *frame);
bool rmap_clean(struct frame *frame);
/* FRAME is ours (BUSY) and off the lists, to go by frame_leave(); false: it cannot go now. [V] */
bool frame_claim(struct frame *frame);
/* A frame that is ours goes: its contents are saved where they are not yet. SHADOW: the policy's memory of it. */
bool frame_leave(struct frame *frame, uint32_t shadow);
bool evict_accessed(struct frame *frame); /* [V] for policies: test and clear A in every mapping */
void evict_enter(struct frame *frame, uint32_t shadow); /* [V] */
void evict_remove(struct frame *frame);                 /* [V] */
int evict_setup(const char *policy);

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
int cache_bring(struct vm_object *object, uint64_t index, unsigned n);
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
/* The regions of all of [lo, hi) lose the flags CLEAR and get SET. -VM_ENOMEM, also for a hole. [R] exclusively */
int regions_mark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned clear, unsigned set);
void tables_trim(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* [R] exclusively */
void region_free(struct region *r);
bool stack_grow(struct supplemental_page_table *spt, vaddr_t va);

/* advise.c */
int range_populate(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);

/* fault.c */
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
