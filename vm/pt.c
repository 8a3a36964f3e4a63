/* The page-table walker: one for every ISA, over the encoding in the port's pte.h.
 *
 * Cases: making and freeing tables, mapping by 4 KiB or larger leaves, changing and taking out leaves,
 * mending the faults that only want A or D, and which table each CPU translates through.
 * Locks: none. Every entry changes by an atomic exchange, so a bit that hardware or another CPU sets
 * meanwhile is never lost, and two CPUs that make the same table agree on one. pt_prune() and pt_destroy()
 * free tables: their callers keep other walkers out of the range. */
#include "pt.h"

#include <stdatomic.h>

#include "entry.h"

#define TOP_HALF (PT_ENTRIES / 2) /* the root's entries from here on are the kernel's */

struct pt_geometry pt_geometry;
struct pt pt_kernel;
void (*pt_table_gone)(paddr_t pa);

static struct active { /* [C] touched by that CPU alone, interrupts off */
	struct pt *pt;
	unsigned asid;
} active[PORT_MAX_CPUS];
static _Atomic bool sealed; /* another table has copied the kernel half: its root entries are final */

void pt_setup(unsigned levels, unsigned leaf_max) { pt_geometry = (struct pt_geometry){levels, leaf_max}; }

int pt_init(struct pt *pt)
{
	*pt = (struct pt){.root = port_table_alloc(), .gen = 1, .tables = 1};
	if (!pt->root)
		return -VM_ENOMEM;
	if (pt != &pt_kernel) {
		pte_t *to = port_kva(pt->root), *from = port_kva(pt_kernel.root);

		sealed = true;
		for (unsigned i = TOP_HALF; i < PT_ENTRIES; i++)
			to[i] = entry_load(&from[i]);
	}
	return 0;
}

/* Put a new table where SLOT was NONE (its kind at LEVEL); what stands there then: ours, or what another CPU
 * put there first. 0: no memory. */
static pte_t table_make(struct pt *pt, pte_t *slot, unsigned level)
{
	paddr_t pa;
	pte_t was = 0, table;

	if (pt == &pt_kernel && level == pt_levels() - 1 && sealed)
		port_panic("the kernel half of the root is final: the window was not reserved");
	pa = port_table_alloc();
	if (!pa)
		return 0;
	table = pte_table(pa);
	if (!entry_change(slot, &was, table)) {
		port_table_free(pa);
		return was;
	}
	pt->tables++;
	return table;
}

pte_t *pt_walk(struct pt *pt, vaddr_t va, unsigned *level, bool make)
{
	pte_t *table = port_kva(pt->root);

	port_walk();
	for (unsigned l = pt_levels() - 1;; l--) {
		pte_t *slot = &table[pt_index(va, l)], pte;

		if (l == *level)
			return slot;
		pte = entry_load(slot);
		if (pte_kind(pte, l) == PTE_NONE && make) {
			pte = table_make(pt, slot, l);
			if (!pte)
				return NULL;
			arch_pt_publish(va, true);
		}
		if (pte_kind(pte, l) != PTE_TABLE) {
			*level = l;
			return slot;
		}
		table = port_kva(pte_pa(pte));
	}
}

static int leaf_map(struct pt *pt, vaddr_t va, paddr_t pa, unsigned level, unsigned flags)
{
	unsigned at = level;
	pte_t *slot = pt_walk(pt, va, &at, true), none = 0;

	if (!slot)
		return -VM_ENOMEM;
	if (at != level || !entry_change(slot, &none, pte_leaf(pa, level, flags)))
		return -VM_EEXIST;
	arch_pt_publish(va, false);
	return 0;
}

int pt_map(struct pt *pt, vaddr_t va, paddr_t pa, unsigned flags) { return leaf_map(pt, va, pa, 0, flags); }

int pt_map_range(struct pt *pt, vaddr_t va, paddr_t pa, uint64_t len, unsigned flags)
{
	uint64_t done = 0;
	int err = 0;

	while (done < len) {
		unsigned level = pt_leaf_max();

		while (level &&
		       (((va + done) | (pa + done)) & (pt_span(level) - 1) || len - done < pt_span(level)))
			level--;
		err = leaf_map(pt, va + done, pa + done, level, flags);
		if (err)
			break;
		done += pt_span(level);
	}
	if (err && done) {
		struct tlb_gather g;

		tlb_begin(&g, pt, NULL);
		pt_unmap(pt, va, va + done, &g, NULL, NULL);
		tlb_finish(&g);
	}
	return err;
}

int pt_reserve(struct pt *pt, vaddr_t lo, vaddr_t hi)
{
	uint64_t span = pt_span(pt_levels() - 1);
	vaddr_t base = lo & ~(span - 1);

	for (vaddr_t va = base; va - base <= hi - 1 - base; va += span) {
		unsigned below_root = pt_levels() - 2;

		if (!pt_walk(pt, va, &below_root, true))
			return -VM_ENOMEM;
	}
	return 0;
}

bool pt_query(struct pt *pt, vaddr_t va, struct pt_leaf *leaf)
{
	unsigned level = 0;
	pte_t pte = entry_load(pt_walk(pt, va, &level, false));

	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	*leaf = (struct pt_leaf){pte_pa(pte) | (va & (pt_span(level) - 1)), pte_flags(pte, level), level};
	return true;
}

unsigned pt_trace(struct pt *pt, vaddr_t va, pte_t entry[PT_MAX_LEVELS])
{
	unsigned n = 0;

	for (unsigned l = pt_levels(); l-- > 0;) {
		unsigned at = l;
		pte_t *slot = pt_walk(pt, va, &at, false);

		if (at != l)
			break;
		entry[n++] = entry_load(slot);
	}
	return n;
}

/* Visit the leaves below TABLE that touch [lo, last]; then, with DONE, each table that does, lowest first. Without
 * LEAF the lowest tables are not looked into. */
static bool table_each(paddr_t table, unsigned level, vaddr_t lo, vaddr_t last, pt_visit_fn *leaf,
		       pt_visit_fn *done, void *ctx)
{
	uint64_t span = pt_span(level);
	pte_t *entry = port_kva(table);
	size_t first = pt_index(lo, level), n = pt_index(last, level) - first;

	for (size_t i = 0; i <= n; i++) {
		pte_t *slot = &entry[first + i], pte = entry_load(slot);
		enum pte_kind kind = pte_kind(pte, level);
		vaddr_t va = (lo & ~(span - 1)) + i * span, end = va + (span - 1); /* what it spans */

		if (kind == PTE_TABLE && (level > 1 || leaf) &&
		    !table_each(pte_pa(pte), level - 1, i ? va : lo, i < n ? end : last, leaf, done, ctx))
			return false;
		if (kind == PTE_TABLE && done)
			done(ctx, va, slot, level);
		if (kind == PTE_LEAF && leaf && !leaf(ctx, va, slot, level))
			return false;
		i += pte ? 0 : entries_empty(slot, n - i);
	}
	return true;
}

bool pt_for_each(struct pt *pt, vaddr_t lo, vaddr_t hi, pt_visit_fn *visit, void *ctx)
{
	port_walk();
	return lo == hi || table_each(pt->root, pt_levels() - 1, lo, hi - 1, visit, NULL, ctx);
}

struct unmapping {
	vaddr_t lo, last;
	struct tlb_gather *g;
	pt_seen_fn *seen;
	void *ctx;
};

static bool leaf_unmap(void *arg, vaddr_t va, pte_t *slot, unsigned level)
{
	struct unmapping *u = arg;
	pte_t pte;

	if (va < u->lo || va + (pt_span(level) - 1) > u->last)
		port_panic("unmapping a part of the large leaf at %#llx", (unsigned long long)va);
	pte = entry_take(slot);
	if (pte_kind(pte, level) != PTE_LEAF)
		return true; /* another CPU took it first */
	tlb_note(u->g, va, pt_span(level));
	if (u->seen)
		u->seen(u->ctx, va, &(struct pt_leaf){pte_pa(pte), pte_flags(pte, level), level});
	return true;
}

void pt_unmap(struct pt *pt, vaddr_t lo, vaddr_t hi, struct tlb_gather *g, pt_seen_fn *seen, void *ctx)
{
	pt_for_each(pt, lo, hi, leaf_unmap, &(struct unmapping){lo, hi - 1, g, seen, ctx});
}

/* One way to change flags serves protect, harvest and clean. */
struct change {
	unsigned clear, set;
	unsigned unless; /* a leaf with one of these stays as it is */
	unsigned was;    /* out: which of CLEAR were set in any leaf */
	struct tlb_gather *g;
};

static bool leaf_change(void *arg, vaddr_t va, pte_t *slot, unsigned level)
{
	struct change *c = arg;
	pte_t pte = entry_load(slot);
	unsigned had, has;

	do {
		if (pte_kind(pte, level) != PTE_LEAF)
			return true;
		had = pte_flags(pte, level);
		has = had & c->unless ? had : (had & ~c->clear) | c->set;
	} while (had != has && !entry_change(slot, &pte, pte_leaf(pte_pa(pte), level, has)));
	c->was |= had & c->clear;
	if (had & ~has)
		tlb_note(c->g, va, pt_span(level));
	return true;
}

void pt_change(struct pt *pt, vaddr_t lo, vaddr_t hi, unsigned clear, unsigned set, struct tlb_gather *g)
{
	pt_for_each(pt, lo, hi, leaf_change, &(struct change){.clear = clear, .set = set, .g = g});
}

unsigned pt_harvest(struct pt *pt, vaddr_t va, unsigned bits, struct tlb_gather *g)
{
	struct change c = {.clear = bits, .g = g};
	unsigned level = 0;
	pte_t *slot = pt_walk(pt, va, &level, false);

	leaf_change(&c, va & ~(pt_span(level) - 1), slot, level);
	return c.was;
}

/* A CPU with a stale writable entry may set D as late as the flush: D is taken after it. A leaf that was
 * made writable again meanwhile keeps its D. */
bool pt_clean(struct pt *pt, vaddr_t lo, vaddr_t hi)
{
	struct tlb_gather g;
	struct change protect = {.clear = PT_W, .g = &g}, take = {.clear = PT_D, .unless = PT_W, .g = &g};

	tlb_begin(&g, pt, NULL);
	pt_for_each(pt, lo, hi, leaf_change, &protect);
	tlb_finish(&g);
	pt_for_each(pt, lo, hi, leaf_change, &take);
	return take.was;
}

/* This CPU forgets VA's old entry, which allowed less. */
static void forget_here(vaddr_t va, enum tlb_how how)
{
	unsigned long irq = port_irq_save();

	arch_tlb_flush(pt_active_asid(), va, 1, how);
	port_irq_restore(irq);
}

bool pt_touch_slot(pte_t *slot, unsigned level, vaddr_t va, unsigned access)
{
	pte_t pte = entry_load(slot);
	unsigned had, has;

	do {
		if (pte_kind(pte, level) != PTE_LEAF)
			return false;
		had = pte_flags(pte, level);
		if ((access & ~had & (PT_W | PT_X)) || (access ^ had) & PT_U)
			return false;
		has = had | PT_A | (access & PT_W ? PT_D : 0);
	} while (had != has && !entry_change(slot, &pte, pte_leaf(pte_pa(pte), level, has)));
	/* Nothing to change: what this CPU holds is stale, perhaps a hole above the leaf. */
	forget_here(va, had == has ? TLB_EVERYTHING : TLB_LEAVES);
	return true;
}

bool pt_allow(pte_t *slot, vaddr_t va, paddr_t pa, unsigned flags)
{
	pte_t pte = entry_load(slot), to;

	do {
		unsigned had = pte_kind(pte, 0) == PTE_LEAF ? pte_flags(pte, 0) : 0;

		if (had && pte_pa(pte) != pa)
			return false;
		to = pte_leaf(pa, 0, had | flags);
	} while (pte != to && !entry_change(slot, &pte, to));
	if (pte)
		forget_here(va, TLB_LEAVES);
	else
		arch_pt_publish(va, false);
	return true;
}

static bool table_unhook(void *arg, vaddr_t va, pte_t *slot, unsigned level)
{
	struct unmapping *u = arg;
	pte_t *entry = port_kva(pte_pa(entry_load(slot)));

	if (va < u->lo || va + (pt_span(level) - 1) > u->last)
		return true;
	for (unsigned i = 0; PORT_DEBUG && i < PT_ENTRIES; i++)
		if (entry_now(&entry[i]))
			port_panic("the table at %#llx is freed with %#llx in it", (unsigned long long)va,
				   (unsigned long long)entry[i]);
	u->g->pt->tables--;
	tlb_defer_table(u->g, pte_pa(entry_take(slot)));
	return true;
}

void pt_prune(struct pt *pt, vaddr_t floor, vaddr_t lo, vaddr_t hi, vaddr_t ceiling, struct tlb_gather *g)
{
	struct unmapping u = {floor, ceiling - 1, g, NULL, NULL};

	table_each(pt->root, pt_levels() - 1, lo, hi - 1, NULL, table_unhook, &u);
}

void pt_destroy(struct pt *pt)
{
	vaddr_t top = pt_span(pt_levels() - 1) * TOP_HALF;
	struct tlb_gather g;

	tlb_evict(pt);
	tlb_begin(&g, pt, NULL);
	pt_prune(pt, 0, 0, top, top, &g);
	tlb_finish(&g);
	port_table_free(pt->root);
	pt->root = 0;
}

/* Joining the CPU mask comes before reading the generation, and whoever changes entries raises the
 * generation before reading the mask: so either it interrupts us, or we see its number and flush. What is
 * left behind is left last. The order holds because all four are sequentially consistent. */
void pt_activate(struct pt *pt)
{
	unsigned me = port_cpu();
	struct active *a = &active[me];
	struct pt *old = a->pt;
	uint64_t bit = (uint64_t)1 << me, gen;
	bool all;

	if (pt == old)
		return;
	port_point();
	atomic_fetch_or(&pt->cpus, bit);
	if (!old) /* kernel mappings concern this CPU from now on, whatever it runs */
		atomic_fetch_or(&pt_kernel.cpus, bit);
	port_point();
	gen = atomic_fetch_add(&pt->gen, 0);
	a->asid = asid_get(pt, me, &all);
	a->pt = pt;
	arch_pt_activate(pt->root, a->asid, all || asid_none() || pt->seen[me] != gen);
	/* After the switch: until then the old space could still be cached under its old tag. */
	if (all || !old)
		arch_tlb_flush(a->asid, 0, 0, TLB_EVERYTHING);
	pt->seen[me] = gen;
	port_point();
	if (old && old != &pt_kernel)
		atomic_fetch_and(&old->cpus, ~bit);
}

struct pt *pt_active(void) { return active[port_cpu()].pt; }

unsigned pt_active_asid(void) { return active[port_cpu()].asid; }
