/* Tests of the model itself, against tables made by hand: no code of vm/ takes part. */
#ifndef HOST_SELFTEST_H
#define HOST_SELFTEST_H
#include "host.h"
#include "tests/test.h"

#define HAND_VA   0x40201000ull /* indices 1, 1, 1 at the three lowest levels */
#define HAND_LEAF 4             /* pages to map */

struct hand {
	paddr_t table[PT_MAX_LEVELS];  /* by level; each one's entry for HAND_VA leads to the next lower */
	paddr_t frame[HAND_LEAF];
	paddr_t root;                  /* what the CPU had before */
	unsigned tag;
};

/* CPU 0 works in hand-made tables, under tag 1 where there are tags. */
void hand_begin(struct hand *h);
/* Back to where it was; frees what H still names. */
void hand_end(struct hand *h);
/* The entry for VA in the table of LEVEL. */
uint64_t *hand_entry(const struct hand *h, unsigned level, vaddr_t va);
/* One access by CPU 0; where it led. */
enum mmu_fault hand_try(vaddr_t va, unsigned how);
extern paddr_t hand_pa;
/* The ISA's way to say it: a pointer to a table, a user's leaf that allows all, with A and D. */
uint64_t hand_pointer(paddr_t pa);
uint64_t hand_leaf(paddr_t pa, unsigned level);

#endif
