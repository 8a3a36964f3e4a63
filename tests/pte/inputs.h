/* What the laws of pte.h are tried on: every level, every set of flags, a spread of aligned addresses. */
#ifndef TESTS_PTE_INPUTS_H
#define TESTS_PTE_INPUTS_H
#include "tests/test.h"
#include "vm/port.h"

/* Bits of a physical address that an entry of this ISA can hold. */
#if defined X86_P
#define PA_BITS 52
#elif defined RV_V
#define PA_BITS 56
#else
#error "tests/pte: a new ISA: say how wide its physical addresses are"
#endif

struct pte_input {
	unsigned level, flags;
	paddr_t pa; /* aligned to the level's span (a table's: to a page) */
};
typedef void pte_law(const struct pte_input *in);

/* LAW for every leaf there can be (all levels, all 128 flag sets); for every table (levels 1 and up, flags
 * 0). They stop at the first input for which a check fails, and print it. */
void pte_each_leaf(pte_law *law);
void pte_each_table(pte_law *law);

/* Address bits that a leaf at LEVEL may set. */
static inline paddr_t pa_mask(unsigned level)
{
	return (((paddr_t)1 << PA_BITS) - 1) & ~(((paddr_t)1 << (12 + 9 * level)) - 1);
}

/* An entry and what the manual says it means. */
struct pte_golden {
	pte_t pte;
	paddr_t pa;
	unsigned level, flags;
};
void pte_golden_leaf(const struct pte_golden *g);  /* both ways: encode gives it, decode reads it */
void pte_golden_table(const struct pte_golden *g); /* the same at every level from 1; no level, no flags */

#endif
