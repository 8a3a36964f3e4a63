/* Page replacement without a machine: references to pages by number, policies of vm/ that choose among them as
 * they choose among frames, and two that no kernel can have, to compare with: OPT, which knows the future, and
 * LRU, which sees every reference. All counts are whole numbers and the same on every machine. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H
#include "vm/internal.h"

enum {
	SIM_PAGES = 1024, /* page numbers are below */
	SIM_REFS = __STDC_HOSTED__ ? 1 << 19 : 1 << 15,
};

enum sim_op { SIM_READ, SIM_WRITE, SIM_FREE }; /* FREE: its contents are not needed any more */
struct sim_ref {
	uint16_t page;
	uint16_t op;
};

/* ---- trace.c ---- */

/* One kind of program. Makes its references to at most N pages, a power of two from 64 to 1024, as sim_trace. */
struct sim_kind {
	const char *name;
	void (*make)(unsigned n);
};
extern const struct sim_kind sim_kinds[]; /* ends with a NULL name */
extern const struct sim_kind sim_moves[]; /* the same; of these N is how many pages memory has, at most 128 */

extern struct sim_ref sim_trace[SIM_REFS];
extern unsigned sim_refs;
/* Memory that nobody has written costs nothing to read, so the first reference to a page is made a write. */
void sim_make(const struct sim_kind *kind, unsigned n);
const struct sim_kind *sim_kind(const char *name);
/* One more reference; of several in a row to one page only the first counts, and whether any was a write. */
void sim_note(unsigned page, enum sim_op op);

/* ---- sim.c: the trace with N frames ---- */

struct sim_count {
	uint64_t faults; /* references to pages without a frame, the first ones too */
	uint64_t reads,
		writes; /* pages that come back, or whose first reference reads; dirty ones that leave */
	uint64_t looks; /* at accessed bits */
	unsigned most;  /* of them in one choice */
};
struct sim_count sim_opt(unsigned n);
struct sim_count sim_lru(unsigned n);
/* GUESS: what the policy is told of N beforehand. */
struct sim_count sim_policy(const struct evict_ops *policy, unsigned n, unsigned guess);

#endif
