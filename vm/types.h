/* The words that vm/, a port and an embedder share: addresses, entries, leaf flags, errors.
 * Pure declarations; a port's pte.h is written in these terms and includes nothing itself. */
#ifndef VM_TYPES_H
#define VM_TYPES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t vaddr_t;
typedef uint64_t paddr_t;
typedef uint64_t pte_t;

#define PT_PAGE_SHIFT 12
#define PT_IDX_BITS   9
#define PT_MAX_LEVELS 5 /* storage bound */
#define PT_ENTRIES    (1u << PT_IDX_BITS)
#define PT_PAGE_SIZE  ((uint64_t)1 << PT_PAGE_SHIFT)
#define PT_PAGE_MASK  (PT_PAGE_SIZE - 1)

/* What a leaf allows and what the hardware noted in it. There is no read flag: present means readable.
 * PT_DEV (uncached) is advisory: an ISA that says it elsewhere drops it. */
enum pt_flag {
	PT_W = 1u << 0,
	PT_X = 1u << 1,
	PT_U = 1u << 2,
	PT_G = 1u << 3,
	PT_A = 1u << 4,
	PT_D = 1u << 5,
	PT_DEV = 1u << 6,
};
#define PT_ALL_FLAGS 0x7fu

enum pte_kind { PTE_NONE, PTE_TABLE, PTE_LEAF };

/* How many levels the machine walks, and the highest that may hold a leaf (0 = 4 KiB only).
 * Set once, by pt_setup(), before the first walk; level 0 is the 4 KiB leaf, levels - 1 the root. */
struct pt_geometry {
	unsigned levels, leaf_max;
};
extern struct pt_geometry pt_geometry;

static inline unsigned pt_levels(void) { return pt_geometry.levels; }
static inline unsigned pt_leaf_max(void) { return pt_geometry.leaf_max; }

/* Bytes that one entry at LEVEL spans. */
static inline uint64_t pt_span(unsigned level) { return PT_PAGE_SIZE << (PT_IDX_BITS * level); }

/* Which entry of a table at LEVEL translates VA. */
static inline unsigned pt_index(vaddr_t va, unsigned level)
{
	return (unsigned)(va >> (PT_PAGE_SHIFT + PT_IDX_BITS * level)) & (PT_ENTRIES - 1);
}

/* Errors are returned negative; the numbers are Linux's, on every machine. EBUS is no error of Linux's: an access
 * beyond the end of what is mapped there, which is SIGBUS to whoever made it. */
enum vm_error {
	VM_EIO = 5,
	VM_EAGAIN = 11,
	VM_ENOMEM = 12,
	VM_EFAULT = 14,
	VM_EACCES = 13,
	VM_EEXIST = 17,
	VM_EINVAL = 22,
	VM_ENOSPC = 28,
	VM_EBUS = 4096
};

#endif
