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
	/* FRAMES: a first guess at how many will be resident. LOOK: has it been used since the last look? It tests and
	 * clears A in every mapping; only victim() may call it, for what it clears is flushed after each choice. */
	void (*init)(size_t frames, bool (*look)(struct frame *frame));
	void (*enter)(struct frame *frame, uint32_t shadow); /* [V] resident now */
	struct frame *(*victim)(uint32_t *shadow);           /* [V] taken off its list; NULL: none */
	void (*keep)(struct frame *frame);                   /* [V] that victim cannot go now */
	void (*remove)(struct frame *frame);                 /* [V] freed */
};
extern const struct evict_ops evict_hotcold, evict_clock;
void evict_enter(struct frame *frame, uint32_t shadow); /* [V] */
void evict_remove(struct frame *frame);                 /* [V] */
int evict_setup(const char *policy, size_t frames);     /* FRAMES: a guess at how many will be resident */

/* object.c */
extern const struct page_operations cache_ops, file_ops;
struct vm_object *object_new(void); /* with one reference */
void object_ref(struct vm_object *object);
void object_put(struct vm_object *object);
size_t objects_slots(void); /* for vm_check(): how many slots their pages hold */
struct page *object_page(struct vm_object *object, uint64_t index); /* [V] NULL: no memory */

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

#endif
