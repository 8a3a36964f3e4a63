/* Page tables: one generic walker over a port's pte.h, the TLB shootdown gather, address-space tags.
 *
 * Locks: none inside (but the ASID allocator's). Entries change by atomic exchange only, so any number of
 * CPUs may map, touch and query one table at once. Two things need the caller to exclude others:
 * pt_prune() and pt_destroy() free tables, so nobody else may walk that range meanwhile.
 *
 * The rules behind it, each with the test that holds it: docs/vm-contract.md. */
#ifndef VM_PT_H
#define VM_PT_H
#include "port.h"

struct pt {                           /* [C] the CPU itself  [A] atomic  [I] fixed by pt_init */
	paddr_t root;                 /* [I] */
	_Atomic uint64_t cpus;        /* [A] CPUs that translate through this table now */
	_Atomic uint64_t gen;         /* [A] counts shootdowns; a CPU that was away compares on activation */
	_Atomic uint64_t asid;        /* [A] ASID generation << 16 | ASID; 0 = none yet */
	_Atomic uint64_t tables;      /* [A] table pages in it, the root included, shared kernel ones not */
	uint64_t seen[PORT_MAX_CPUS]; /* [C] the gen up to which that CPU's TLB is known clean */
};

/* The kernel's own table: its upper half is part of every other table. */
extern struct pt pt_kernel;

struct pt_leaf {
	paddr_t pa;     /* of the very byte asked for */
	unsigned flags; /* PT_* */
	unsigned level;
};

/* What is unhooked is collected here, flushed everywhere once, and only then freed. */
#define TLB_GATHER_MAX 64
extern unsigned tlb_gather_max; /* <= TLB_GATHER_MAX; tests set 1 */
struct tlb_gather {
	struct pt *pt;
	vaddr_t lo, last; /* the leaves that lost something, first to last byte; lo > last: none */
	bool tables;      /* a table was unhooked: walk caches hold it */
	unsigned n;
	void (*release)(paddr_t pa);  /* frees a deferred frame */
	paddr_t page[TLB_GATHER_MAX]; /* bit 0: a table, goes back by port_table_free */
};

/* Before the first table. */
void pt_setup(unsigned levels, unsigned leaf_max);
/* An empty table. For all but pt_kernel the kernel half is the kernel's. 0 or -VM_ENOMEM. */
int pt_init(struct pt *pt);
/* No leaf of the user half is left and no thread will activate it again. CPUs that linger on it are sent
 * to pt_kernel; then its tables are freed. Waits for other CPUs. */
void pt_destroy(struct pt *pt);

/* Map one page, or a range by the largest leaves that fit. The range must be unmapped: a live leaf is
 * never overwritten. 0, -VM_ENOMEM or -VM_EEXIST; pt_map_range maps all or nothing (undoing waits for
 * other CPUs). */
int pt_map(struct pt *pt, vaddr_t va, paddr_t pa, unsigned flags);
int pt_map_range(struct pt *pt, vaddr_t va, paddr_t pa, uint64_t len, unsigned flags);
/* Bring into being the tables that the root's entries for [lo, hi) point to, leaves none. */
int pt_reserve(struct pt *pt, vaddr_t lo, vaddr_t hi);
/* The entry that decides VA's translation at *LEVEL or, when a leaf or a hole ends the walk sooner, above;
 * *LEVEL becomes its level. With MAKE holes are filled with tables: NULL when memory ends. */
pte_t *pt_walk(struct pt *pt, vaddr_t va, unsigned *level, bool make);
/* The level-0 entry for VA; with MAKE the tables above it are made; NULL: none, or no memory. */
static inline pte_t *pt_slot(struct pt *pt, vaddr_t va, bool make)
{
	unsigned level = 0;
	pte_t *slot = pt_walk(pt, va, &level, make);

	return slot && level == 0 ? slot : NULL;
}
/* Told of every table that tlb_finish() is about to free; NULL: nobody asks. */
extern void (*pt_table_gone)(paddr_t pa);

bool pt_query(struct pt *pt, vaddr_t va, struct pt_leaf *leaf);
/* The raw entries from the root down to VA's leaf or first hole; how many. For eyes and debuggers. */
unsigned pt_trace(struct pt *pt, vaddr_t va, pte_t entry[PT_MAX_LEVELS]);

/* Take out every leaf in [lo, hi); SEEN, if any, is told each old one (A and D as the hardware left them).
 * No frame may be freed before tlb_finish(g). */
typedef void pt_seen_fn(void *ctx, vaddr_t va, const struct pt_leaf *old);
void pt_unmap(struct pt *pt, vaddr_t lo, vaddr_t hi, struct tlb_gather *g, pt_seen_fn *seen, void *ctx);
/* Every leaf in [lo, hi) loses the flags CLEAR and gets SET. Less is in force after tlb_finish(g). */
void pt_change(struct pt *pt, vaddr_t lo, vaddr_t hi, unsigned clear, unsigned set, struct tlb_gather *g);
/* Every leaf in [lo, hi) now allows exactly PROT (PT_W, PT_X); A and D stay. Less is in force after
 * tlb_finish(g); more at once here, and elsewhere after at most one fault that pt_touch() mends. */
static inline void pt_protect(struct pt *pt, vaddr_t lo, vaddr_t hi, unsigned prot, struct tlb_gather *g)
{
	pt_change(pt, lo, hi, PT_W | PT_X, prot, g);
}
/* Test and clear PT_A and/or PT_D (BITS) of VA's leaf; what was set. D: no write-out before tlb_finish(g). */
unsigned pt_harvest(struct pt *pt, vaddr_t va, unsigned bits, struct tlb_gather *g);
/* Write-protect [lo, hi), flush everywhere, and only then take D: true if any leaf was dirty. Waits. */
bool pt_clean(struct pt *pt, vaddr_t lo, vaddr_t hi);
/* As pt_touch, for an entry that was walked to already. */
bool pt_touch_slot(pte_t *slot, unsigned level, vaddr_t va, unsigned access);
/* First step of every fault: ACCESS (PT_W, PT_X, PT_U as far as they apply) at VA. True if the leaf allows
 * it: then A (and D for a write) are set, this CPU's stale entry is gone, and the access can be retried. */
static inline bool pt_touch(struct pt *pt, vaddr_t va, unsigned access)
{
	unsigned level = 0;
	pte_t *slot = pt_walk(pt, va, &level, false);

	return pt_touch_slot(slot, level, va, access);
}
/* The leaf at SLOT, for VA, allows FLAGS too, on this CPU at once; where there was none it maps PA. False: it
 * maps something else. */
bool pt_allow(pte_t *slot, vaddr_t va, paddr_t pa, unsigned flags);
/* Take away from every leaf in [lo, hi) what PROT (PT_W, PT_X) does not allow. In force after tlb_finish(g). */
static inline void pt_restrict(struct pt *pt, vaddr_t lo, vaddr_t hi, unsigned prot, struct tlb_gather *g)
{
	pt_change(pt, lo, hi, ~prot & (PT_W | PT_X), 0, g);
}

/* This CPU translates through PT from now on. Interrupts off. */
void pt_activate(struct pt *pt);
/* The table this CPU translates through (NULL before the first activation), and the tag it runs under.
 * Interrupts off. */
struct pt *pt_active(void);
unsigned pt_active_asid(void);

/* Visit each leaf in [lo, hi) in order; holes are skipped by the size of their level. Stops at false. */
typedef bool pt_visit_fn(void *ctx, vaddr_t va, pte_t *slot, unsigned level);
bool pt_for_each(struct pt *pt, vaddr_t lo, vaddr_t hi, pt_visit_fn *visit, void *ctx);
/* Free each table on the way to [lo, hi) that spans nothing outside [floor, ceiling), which holds no leaf. Not empty,
 * both. The caller keeps walkers out of the outer range and finishes G. */
void pt_prune(struct pt *pt, vaddr_t floor, vaddr_t lo, vaddr_t hi, vaddr_t ceiling, struct tlb_gather *g);

/* ---- tlb.c ---- */

void tlb_begin(struct tlb_gather *g, struct pt *pt, void (*release)(paddr_t));
/* PA is unhooked: release it after the flush. May flush early when full, so: no spinlock held. */
void tlb_defer(struct tlb_gather *g, paddr_t pa);
void tlb_defer_table(struct tlb_gather *g, paddr_t pa);
void tlb_note(struct tlb_gather *g, vaddr_t va, uint64_t size); /* a leaf there lost something */
/* Unhooked is unhooked on every CPU, deferred pages are released; the gather can be used again.
 * Waits for other CPUs: interrupts on, no spinlock held. */
void tlb_finish(struct tlb_gather *g);
/* The IPI: do what other CPUs asked of this one. Interrupts off. */
void tlb_serve(void);
/* New kernel mappings: make every CPU see them. Waits as tlb_finish. */
void tlb_sync_kernel(void);

/* Make CPU leave PT, which is about to be destroyed, for pt_kernel, wherever it lingers. Waits. */
void tlb_evict(struct pt *pt);
/* Flushes since boot, and those of them that concerned other CPUs. */
extern _Atomic uint64_t tlb_count_all, tlb_count_remote;

/* ---- asid.c ---- */

/* Start over with tags of BITS bits, at most what the machine has. Before the first activation (tests:
 * also later, with no table active but pt_kernel and all TLBs flushed). */
void asid_setup(unsigned bits);
/* PT's tag for CPU, which activates it next. *FLUSH_ALL: a new round of tags began since CPU last asked;
 * nothing its TLB holds may be used once the tag is in force. Interrupts off. */
unsigned asid_get(struct pt *pt, unsigned cpu, bool *flush_all);
bool asid_none(void);           /* no tags: each activation flushes */
uint64_t asid_generation(void); /* rounds begun, from 1 */

#endif
