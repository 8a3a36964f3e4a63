/* The N-th allocation or transfer of a workload fails, for every N until one run comes through without reaching
 * it. Once and for good; after each failure nothing is half-built, and what failed succeeds when tried again. */
#ifndef TESTS_FAULT_NTH_H
#define TESTS_FAULT_NTH_H
#include "tests/vm/ramfile.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

struct world {
	struct vmtest t;
	struct supplemental_page_table a, b, c;
	bool has_a, has_b, has_c;
	struct ramfile file;
	bool has_file;
	unsigned file_nth; /* what fails of it, when it is made */
	bool file_on;
	vaddr_t va, other;
};

/* A step does all it says and returns 0 or, with an error, can be done again. */
typedef int step_fn(struct world *w);

struct workload {
	size_t frames;
	uint32_t slots;
	step_fn *const *step;         /* ends with NULL */
	void (*end)(struct world *w); /* what the steps left; NULL: nothing */
	bool file;                    /* steps make one: its operations fail, too */
};
void fail_every(const struct workload *load);

/* Write FROM + i, or see it, in N pages from VA on. */
int write_pages(struct supplemental_page_table *s, vaddr_t va, unsigned n, uint64_t from);
int see_pages(struct supplemental_page_table *s, vaddr_t va, unsigned n, uint64_t from);
/* Steps that many workloads have: space A; its child B. */
int make_a(struct world *w);
int fork_b(struct world *w);
int make_file(struct world *w); /* of 20 pages and a bit, with room for 24 */

#endif
