/* The kernel's memory: frames, small objects, kernel stacks, device registers, and where it all is mapped. */
#ifndef KERNEL_MEM_H
#define KERNEL_MEM_H
#include <stdbool.h>
#include <stddef.h>

#include "kernel/config.h"
#include "vm/types.h"

struct boot_info;

/* ---- where RAM is seen ---- */

extern vaddr_t mem_direct_base; /* physical address 0 in the direct map */

static inline void *ptov(paddr_t pa) { return (void *)(uintptr_t)(mem_direct_base + pa); }
/* KVA is in the direct map (frames and kmalloc's objects are; the image and kernel stacks are not). */
static inline paddr_t vtop(const void *kva) { return (vaddr_t)(uintptr_t)kva - mem_direct_base; }

/* ---- vmport.c ---- */

/* The replacement policy that the command line asks for (evict=), for vm_setup(); NULL: it does not. Panics, naming
 * those that there are, when none is called that. */
const char *vm_policy_asked(void);

/* ---- palloc.c: frames. Any context but inside a lock of rank PALLOC or later ---- */

enum palloc_flags {
	PAL_ASSERT = 1, /* panic when there is none */
	PAL_ZERO = 2,
	PAL_USER = 4, /* counts against the limit for user memory; the memory is the same */
};

/* All RAM of INFO that the kernel itself does not sit in becomes free. On the early tables. */
void palloc_init(const struct boot_info *info);
/* What was kept from being given out in [LO, HI), RAM that the boot archive lay in, can be given out from now on. */
void palloc_release(paddr_t lo, paddr_t hi);
/* One page, or COUNT contiguous ones; NULL: there is none. */
void *palloc_get_page(enum palloc_flags flags);
void *palloc_get_multiple(enum palloc_flags flags, size_t count);
/* The same, at a physical address that is a multiple of ALIGN pages (a power of two). */
void *palloc_get_aligned(enum palloc_flags flags, size_t count, size_t align);
/* PAGE and COUNT as they were allocated. */
void palloc_free_page(void *page);
void palloc_free_multiple(void *pages, size_t count);
/* How many pages the allocation that begins at PAGE has; 0: none begins there. */
size_t palloc_count(const void *page);

void palloc_range(paddr_t *lo, paddr_t *hi); /* all pages lie in [*lo, *hi) */
size_t palloc_total(void);                   /* pages that can be allocated at all */
size_t palloc_used(void);
size_t palloc_user_used(void);
size_t palloc_user_limit(void);
void palloc_set_user_limit(size_t pages);

/* ---- kmalloc.c: objects of any size, aligned to 16 bytes. Any context but inside a lock of rank KMALLOC
 * or later ---- */

void *kmalloc(size_t size); /* NULL: no memory. Size 0 gives an object, too. */
void *kcalloc(size_t count, size_t size);
/* Grow or shrink, contents kept; on failure (NULL) OLD stays as it is. OLD may be NULL. */
void *krealloc(void *old, size_t size);
void kfree(void *object); /* NULL is fine */
size_t kmalloc_usable(const void *object);
size_t kmalloc_objects(void); /* that exist */
void kmalloc_drain(void);     /* give back the pages that are kept for speed */

/* ---- fail.c: for tests ---- */

/* The calling thread's Nth allocation from now on fails (0: none does); how many were left to the last one ordered. */
uint64_t alloc_fail(uint64_t n);
#define ALLOC_SEVERAL UINT64_MAX /* for N: each one of several pages does */
bool alloc_fails_now(size_t pages);
/* Asked by each allocation of so many pages: does it? */
static inline bool alloc_fails(size_t pages) { return KERNEL_DEBUG && alloc_fails_now(pages); }

/* ---- kmap.c: the kernel's own mappings ---- */

#define KSTACK_SIZE 16384
#define KSTACK_SLOT 32768 /* a stack fills the upper half of its slot; the lower half is the guard */

/* Build pt_kernel and run on it. After palloc_init(). */
void kmap_init(const struct boot_info *info);
/* Lowest byte of KSTACK_SIZE bytes, or NULL. Both may sleep once threads run; freeing NULL is fine. */
void *kstack_alloc(void);
void kstack_free(void *stack);
void kstack_drain(void); /* unmap and free the stacks that are kept for speed */
/* Any address in the window of kernel stacks, mapped or not? */
bool kstack_window(vaddr_t va);
/* KMAP_SPARE bytes of kernel address space where nothing is mapped, for tests; its tables exist already. */
#define KMAP_SPARE 0x100000
vaddr_t kmap_spare(void);
/* Device registers at PA, mapped uncached: at their place in the direct map, as long as the kernel runs.
 * Before kmap_init() the early tables serve, and the range is noted. Panics when it cannot be done. */
void *mmio_map(paddr_t pa, size_t len);

#endif
