/* What the files of vm/ offer one another, beyond vm.h. VM_LOCK guards frames, chains, slots, page flags and
 * the policy's lists; it is never held across a wait, I/O or an access that may fault. */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H
#include "trace.h"
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
void page_free(struct page *page);
size_t spt_slots(struct supplemental_page_table *spt);
typedef bool spt_visit_fn(void *ctx, vaddr_t va, pte_t *slot, struct page **entry);
bool spt_each(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, spt_visit_fn *visit, void *ctx);
/* Take the leaves in [lo, hi) out; what their last writer left (D) stays known with the frame. */
void leaves_unmap(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, struct tlb_gather *g);
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
	void (*init)(void);
	void (*enter)(struct frame *frame, uint32_t shadow); /* [V] resident now */
	struct frame *(*victim)(uint32_t *shadow);           /* [V] taken off its list; NULL: none */
	void (*keep)(struct frame *frame);                   /* [V] that victim cannot go now */
	void (*remove)(struct frame *frame);                 /* [V] freed */
};
extern const struct evict_ops evict_clock;
bool evict_accessed(struct frame *frame); /* [V] for policies: test and clear A in every mapping */
void evict_enter(struct frame *frame, uint32_t shadow); /* [V] */
void evict_remove(struct frame *frame);                 /* [V] */
int evict_setup(const char *policy);

/* object.c */
extern const struct page_operations cache_ops, file_ops;
struct vm_object *object_new(void); /* with one reference */
void object_ref(struct vm_object *object);
void object_ref_locked(struct vm_object *object); /* [V] */
void object_put(struct vm_object *object);
size_t objects_slots(void); /* for vm_check(): how many slots their pages hold */
struct page *object_page(struct vm_object *object, uint64_t index); /* [V] NULL: no memory */
/* The next page from (*OBJECT, *INDEX) on, with vm_lock held and a reference to its object, which the last call
 * (NULL) or the caller gives back. */
struct page *object_page_next(struct vm_object **object, uint64_t *index);

/* remap.c */
int pages_move(struct supplemental_page_table *spt, vaddr_t from, vaddr_t to, uint64_t len); /* [R] */

/* mmap.c */
bool range_bad(vaddr_t addr, uint64_t len); /* not aligned, empty, or not inside */
/* vm_map() of a range that is aligned, not empty and inside. [R] exclusively */
int region_map(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot, unsigned flags,
	       struct vm_object *object, uint64_t index, vaddr_t *where);
void tables_trim(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi); /* [R] exclusively */
void region_free(struct region *r);
bool stack_grow(struct supplemental_page_table *spt, vaddr_t va);

/* evict.c */
/* SPT's fault found neither memory nor anything to evict, since frames_freed() was FREED. True: it is worth trying
 * again. Else whoever holds the most is to end, or, where the embedder cannot do that, SPT is told. */
bool memory_out(struct supplemental_page_table *spt, uint64_t freed);

/* fault.c */
/* PAGE is in swap: bring it to memory, or wait for who does. Its space's region lock is held, for reading, and
 * vm_lock; both dropped. 0: look again; or an error. */
int page_bring(struct supplemental_page_table *spt, struct page *page);
int object_page_bring(struct vm_object *object,
		      struct page *own); /* the same, of an object's page; vm_lock only */
void leaf_replace(struct supplemental_page_table *spt, vaddr_t va, paddr_t pa, unsigned flags);

#endif
