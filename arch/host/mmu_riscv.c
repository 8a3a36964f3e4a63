/* The RISC-V MMU as the privileged specification (1.13, chapter Supervisor) describes it: Sv39, Sv48, Sv57,
 * its address-translation cache and SFENCE.VMA. As set up here: SUM and MXR clear, neither Svnapot nor Svpbmt
 * nor Svvptc; A and D are set by hardware (Svadu) or by fault (Svade), as the configuration says.
 *
 * The cache holds what a walk read, whatever it was: leaves that allow too little or lack A, pointers, and
 * entries that were not valid. Where the specification leaves a choice the model takes the one that punishes:
 *  - nothing is ever evicted, and the lowest cached entry is used; a fault drops nothing
 *  - a fence for an address orders leaf entries only: where an entry that was cached as not valid has become
 *    a pointer, the stale one stays until a fence for all addresses
 * and where it promises something, keeps to it: A and D are set in memory only, by compare and swap with the
 * entry that the translation used; when that has changed, the walk is done again from memory. */
#include "host.h"

#ifdef HOST_ISA_RISCV64
#include "port_impl.h"
#include "vm/port.h"

enum {
	ENT_V = 0x01,
	ENT_R = 0x02,
	ENT_W = 0x04,
	ENT_X = 0x08,
	ENT_U = 0x10,
	ENT_G = 0x20,
	ENT_A = 0x40,
	ENT_D = 0x80,
};
#define ENT_RESERVED 0xffc0000000000000ull /* N, PBMT and the bits kept for later */
#define ENT_PPN(e)   ((e) >> 10 & 0xfffffffffffull)

const struct host_config host_configs[] = {
	{"sv39-hw-asid0", "[sv39 hw asid0]", 3, true, 0, 0},
	{"sv39-hw-asid2", "[sv39 hw asid2]", 3, true, 2, 2},
	{"sv39-hw-asid16", "[sv39 hw asid16]", 3, true, 16, 16},
	{"sv39-fault-asid0", "[sv39 fault asid0]", 3, false, 0, 0},
	{"sv39-fault-asid2", "[sv39 fault asid2]", 3, false, 2, 2},
	{"sv39-fault-asid16", "[sv39 fault asid16]", 3, false, 16, 16},
	{"sv48-hw-asid0", "[sv48 hw asid0]", 4, true, 0, 0},
	{"sv48-hw-asid2", "[sv48 hw asid2]", 4, true, 2, 2},
	{"sv48-hw-asid16", "[sv48 hw asid16]", 4, true, 16, 16},
	{"sv48-fault-asid0", "[sv48 fault asid0]", 4, false, 0, 0},
	{"sv48-fault-asid2", "[sv48 fault asid2]", 4, false, 2, 2},
	{"sv48-fault-asid16", "[sv48 fault asid16]", 4, false, 16, 16},
	{"sv57-hw-asid0", "[sv57 hw asid0]", 5, true, 0, 0},
	{"sv57-hw-asid2", "[sv57 hw asid2]", 5, true, 2, 2},
	{"sv57-hw-asid16", "[sv57 hw asid16]", 5, true, 16, 16},
	{"sv57-fault-asid0", "[sv57 fault asid0]", 5, false, 0, 0},
	{"sv57-fault-asid2", "[sv57 fault asid2]", 5, false, 2, 2},
	{"sv57-fault-asid16", "[sv57 fault asid16]", 5, false, 16, 16},
	{0},
};

static uint64_t span_of(unsigned level) { return 0x1000ull << 9 * level; }
static paddr_t page_of(uint64_t entry) { return ENT_PPN(entry) << 12; }

static bool canonical(vaddr_t va)
{
	unsigned unused = 64 - (12 + 9 * host_config.levels);

	return (uint64_t)((int64_t)(va << unused) >> unused) == va;
}

static bool is_pointer(uint64_t entry)
{
	return (entry & (ENT_V | ENT_R | ENT_W | ENT_X | ENT_RESERVED)) == ENT_V;
}

/* ---- translation ---- */

/* What the algorithm says of ENTRY at LEVEL, but for A and D (steps 3 to 6); for a pointer MMU_OK. */
static enum mmu_fault judge(uint64_t entry, unsigned level, unsigned how)
{
	if (!(entry & ENT_V))
		return MMU_ABSENT;
	if ((!(entry & ENT_R) && entry & ENT_W) || entry & ENT_RESERVED)
		return MMU_RESERVED;
	if (!(entry & (ENT_R | ENT_X))) {
		if (entry & (ENT_A | ENT_D | ENT_U)) /* reserved in a pointer */
			return MMU_RESERVED;
		return level ? MMU_OK : MMU_ABSENT;
	}
	if (how & MMU_USER ? !(entry & ENT_U) : entry & ENT_U)
		return MMU_DENIED; /* SUM is clear; and never can the kernel execute a user's page */
	if (!(entry & (how & MMU_EXEC ? ENT_X : how & MMU_WRITE ? ENT_W : ENT_R)))
		return MMU_DENIED;
	return page_of(entry) & (span_of(level) - 1) ? MMU_RESERVED : MMU_OK; /* misaligned */
}

/* What an access must find set. */
static uint64_t marks(unsigned how) { return ENT_A | (how & MMU_WRITE ? ENT_D : 0); }

struct walk {
	struct host_cpu *cpu;
	vaddr_t va;
	unsigned how, level;
	paddr_t table;    /* to be looked into at LEVEL */
	bool global;      /* a pointer above has G */
};

static paddr_t entry_address(const struct walk *w)
{
	if (!mem_serial(w->table))
		host_complain("CPU %u, walking for %#llx, reads the freed table %#llx", w->cpu->id,
			      (unsigned long long)w->va, (unsigned long long)w->table);
	return w->table + (w->va >> (12 + 9 * w->level) & 511) * 8;
}

static uint64_t entry_load(const struct walk *w)
{
	paddr_t at = entry_address(w);

	return mem_serial(at) ? mem_load(at) : 0;
}

/* Begin at the root or, when a pointer is cached for the address at FLOOR or above, below the lowest such. */
static void walk_begin(struct walk *w, unsigned floor)
{
	w->level = host_config.levels - 1;
	w->table = w->cpu->root;
	w->global = false;
	for (unsigned level = floor; level < host_config.levels; level++) {
		struct htlb_entry *e = htlb_find(w->cpu, w->va, level);

		if (e && e->kind == HTLB_TABLE) {
			w->level = level - 1;
			w->table = e->pa;
			w->global = e->global;
			return;
		}
	}
}

/* What was read is kept; an entry that leads nowhere remembers where it was read. */
static void keep(const struct walk *w, paddr_t at, uint64_t entry)
{
	enum mmu_fault fault = judge(entry, w->level, w->how);
	struct htlb_entry e = {.level = w->level, .va = w->va, .bits = entry, .global = w->global};

	if (fault && fault != MMU_DENIED) {
		e.kind = HTLB_INVALID;
		e.pa = at;
	} else {
		e.kind = is_pointer(entry) ? HTLB_TABLE : HTLB_LEAF;
		e.pa = page_of(entry);
		e.global |= (entry & ENT_G) != 0;
	}
	htlb_add(w->cpu, e);
}

/* From the walk's present place down to a leaf that allows the access. */
static enum mmu_fault walk_down(struct walk *w)
{
	for (;;) {
		enum mmu_fault fault;
		uint64_t entry;
		paddr_t at;

		host_step();
		at = entry_address(w);
		entry = entry_load(w);
		keep(w, at, entry);
		fault = judge(entry, w->level, w->how);
		if (fault || !is_pointer(entry))
			return fault;
		w->global = w->global || entry & ENT_G;
		w->table = page_of(entry);
		w->level--;
	}
}

/* The lowest cached entry for VA that ends its walk; NULL: none. */
static struct htlb_entry *find_end(struct host_cpu *cpu, vaddr_t va)
{
	for (unsigned level = 0; level < host_config.levels; level++) {
		struct htlb_entry *e = htlb_find(cpu, va, level);

		if (e)
			return e->kind == HTLB_TABLE ? NULL : e;
	}
	return NULL;
}

/* Set A and D in memory where ENTRY, the leaf used, still stands (step 7). False: it does not. */
static bool mark(struct walk *w, const struct htlb_entry *leaf, uint64_t entry)
{
	unsigned level = leaf->level;
	paddr_t at;

	walk_begin(w, level + 1);
	while (w->level > level) {
		uint64_t pointer = entry_load(w);

		if (!is_pointer(pointer))
			return false;
		w->table = page_of(pointer);
		w->level--;
	}
	host_step();
	at = entry_address(w);
	return mem_serial(at) && mem_swap(at, &entry, entry | marks(w->how));
}

static enum mmu_fault translate(struct walk *w, paddr_t *pa)
{
	for (;;) {
		struct htlb_entry *end = find_end(w->cpu, w->va);
		enum mmu_fault fault;

		if (!end) {
			walk_begin(w, 1);
			fault = walk_down(w);
			if (fault)
				return fault;
			end = find_end(w->cpu, w->va);
		}
		fault = judge(end->bits, end->level, w->how);
		if (fault)
			return fault;
		if (marks(w->how) & ~end->bits) {
			bool marked;

			if (!host_config.hardware_ad)
				return MMU_AD;
			marked = mark(w, end, end->bits);
			end = find_end(w->cpu, w->va);
			if (!marked) {
				htlb_drop(w->cpu, end);
				continue;
			}
			end->bits |= marks(w->how);
		}
		*pa = end->pa | (w->va & (span_of(end->level) - 1));
		return MMU_OK;
	}
}

enum mmu_fault mmu_translate(struct host_cpu *cpu, vaddr_t va, unsigned how, paddr_t *pa)
{
	struct walk w = {.cpu = cpu, .va = va, .how = how};
	enum mmu_fault fault;

	if (!canonical(va))
		return MMU_ADDRESS;
	host_step();
	htlb_lock(cpu);
	fault = translate(&w, pa);
	htlb_unlock(cpu);
	return fault;
}

/* ---- the instructions ---- */

static unsigned tag_of(unsigned asid) { return asid & ((1u << host_config.asid_bits) - 1); }

/* A write to satp orders and forgets nothing. */
static void csrw_satp(struct host_cpu *cpu, paddr_t root, unsigned asid)
{
	cpu->root = root;
	cpu->space = mem_serial(root);
	cpu->tag = tag_of(asid);
}

/* Does a fence for VA drop this entry: is it one that ends VA's walk, as a leaf, or as a hole that has not
 * become a pointer? */
static bool leaf_for_address(const struct htlb_entry *e, vaddr_t va)
{
	if (e->kind == HTLB_TABLE || (va & ~(span_of(e->level) - 1)) != e->va)
		return false;
	if (e->kind == HTLB_LEAF)
		return true;
	return e->serial && mem_serial(e->pa) == e->serial && !(e->level && is_pointer(mem_load(e->pa)));
}

static void sfence_vma(struct host_cpu *cpu) { htlb_forget_all(cpu, NULL, 0); }

static void sfence_vma_asid(struct host_cpu *cpu, unsigned asid) { htlb_forget(cpu, tag_of(asid), NULL, 0); }

static void sfence_vma_va(struct host_cpu *cpu, vaddr_t va)
{
	if (canonical(va))
		htlb_forget_all(cpu, leaf_for_address, va);
}

static void sfence_vma_va_asid(struct host_cpu *cpu, vaddr_t va, unsigned asid)
{
	if (canonical(va))
		htlb_forget(cpu, tag_of(asid), leaf_for_address, va);
}

/* ---- the verbs, by the instructions that arch/riscv64/mmu.c uses for them ---- */

unsigned arch_asid_bits(void) { return host_config.asid_bits; }

void arch_pt_activate(paddr_t root, unsigned asid, bool flush)
{
	htlb_lock(host_me);
	if (flush)
		sfence_vma(host_me);
	csrw_satp(host_me, root, asid);
	if (flush)
		sfence_vma_asid(host_me, asid);
	else
		htlb_resume(host_me);
	htlb_unlock(host_me);
}

void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how)
{
	htlb_lock(host_me);
	if (how == TLB_EVERYTHING)
		sfence_vma(host_me);
	else if (how == TLB_SPACE)
		sfence_vma_asid(host_me, asid);
	else
		for (; npages; npages--, va += 0x1000)
			sfence_vma_va_asid(host_me, va, asid);
	htlb_unlock(host_me);
}

void arch_pt_publish(vaddr_t va)
{
	htlb_lock(host_me);
	sfence_vma_va(host_me, va);
	htlb_unlock(host_me);
}

void arch_icache_sync(void) { }

/* ---- does the TLB agree with the tables? ---- */

bool mmu_agrees(struct host_cpu *cpu, const struct htlb_entry *e)
{
	struct walk w = {.cpu = cpu, .va = e->va, .level = host_config.levels - 1, .table = cpu->root};
	uint64_t entry, more;

	if (e->kind == HTLB_INVALID)
		return true; /* stricter than anything */
	for (;; w.level--) {
		entry = entry_load(&w);
		if (w.level == e->level)
			break;
		if (!is_pointer(entry))
			return false;
		w.table = page_of(entry);
	}
	if (is_pointer(entry) != (e->kind == HTLB_TABLE) || !(entry & ENT_V) || page_of(entry) != e->pa)
		return false;
	more = e->bits & ~entry;
	return !(more & (ENT_R | ENT_W | ENT_X | ENT_U)) && !(more & ENT_D && e->bits & ENT_W);
}

#endif
