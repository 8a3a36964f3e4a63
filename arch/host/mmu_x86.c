/* The x86-64 MMU as Intel's manual (SDM volume 3, chapter 4) describes it: 4- and 5-level paging, its TLB and
 * paging-structure caches, and the instructions that forget. As set up here: PAE with NX, WP, PGE, SMEP, SMAP
 * with AC clear, no protection keys, 46 physical address bits, 2 MiB and 1 GiB pages.
 *
 * Where the manual leaves a choice the model takes the one that punishes:
 *  - nothing is ever evicted; a translation is taken from the lowest cached level (4.10.2, 4.10.3)
 *  - a write through a cached entry with D clear sets D by a locked operation in whatever present leaf it then
 *    finds, even when that meanwhile forbids writing
 * and where it promises something, keeps to it: entries that are not present are never cached; a page fault
 * drops what is cached for its address (4.10.4.1); A and D are never cleared by hardware, and set only with
 * the entry unchanged otherwise (4.8). */
#include "host.h"

#ifdef HOST_ISA_X86_64
#include "port_impl.h"
#include "vm/port.h"

enum {
	ENT_P = 0x001,
	ENT_RW = 0x002,
	ENT_US = 0x004,
	ENT_A = 0x020,
	ENT_D = 0x040,
	ENT_PS = 0x080,
	ENT_G = 0x100,
};
#define ENT_XD       0x8000000000000000ull
#define MAXPHYADDR   46
#define ADDRESS_BITS ((1ull << MAXPHYADDR) - 0x1000)
#define HIGH_BITS    (0x000ffffffffff000ull & ~ADDRESS_BITS) /* reserved: beyond MAXPHYADDR */
#define PAT_LARGE    0x1000ull                               /* bit 12 of a large leaf is not address */
#define CR3_NOFLUSH  (1ull << 63)
#define CR3_PCID     0xfffull

const struct host_config host_configs[] = {
	{"pml4", "[pml4]", 4, true, 0, 0},
	{"pml4-pcid", "[pml4 pcid]", 4, true, 12, 12},
	{"pml4-pcid2", "[pml4 pcid2]", 4, true, 12, 2},
	{"la57", "[la57]", 5, true, 0, 0},
	{"la57-pcid", "[la57 pcid]", 5, true, 12, 12},
	{"la57-pcid2", "[la57 pcid2]", 5, true, 12, 2},
	{0},
};

static uint64_t span_of(unsigned level) { return 0x1000ull << 9 * level; }

/* ---- translation ---- */

/* What the entries from the root down to here allow together: RW and US if all have it, XD if one has
 * (4.6). */
static uint64_t narrow(uint64_t rights, uint64_t entry)
{
	return (rights & entry & (ENT_RW | ENT_US)) | ((rights | entry) & ENT_XD);
}

static bool canonical(vaddr_t va)
{
	unsigned unused = 64 - (12 + 9 * host_config.levels);

	return (uint64_t)((int64_t)(va << unused) >> unused) == va;
}

static bool is_leaf(uint64_t entry, unsigned level) { return level == 0 || entry & ENT_PS; }

/* Bits that must be clear (tables 4-15 to 4-20): above MAXPHYADDR; PS where no leaf can be; a large leaf's
 * address bits below its size. */
static bool reserved_set(uint64_t entry, unsigned level)
{
	if (entry & HIGH_BITS || (entry & ENT_PS && level > 2))
		return true;
	return level && entry & ENT_PS && entry & ADDRESS_BITS & (span_of(level) - 1) & ~PAT_LARGE;
}

/* May the access be made under RIGHTS (4.6.1)? */
static bool allowed(uint64_t rights, unsigned how)
{
	if (how & MMU_USER ? !(rights & ENT_US) : rights & ENT_US)
		return false; /* a user's page is out of bounds for the kernel: SMAP with AC clear, SMEP */
	if (how & MMU_WRITE && !(rights & ENT_RW))
		return false; /* for the kernel, too: CR0.WP */
	return !(how & MMU_EXEC && rights & ENT_XD);
}

struct walk {
	struct host_cpu *cpu;
	vaddr_t va;
	unsigned how, level;
	paddr_t table;    /* to be looked into at LEVEL */
	uint64_t rights;
};

/* Where the walk begins: below the lowest cached entry for the address, else at the root. */
static void walk_begin(struct walk *w)
{
	w->level = host_config.levels - 1;
	w->table = w->cpu->root;
	w->rights = ENT_RW | ENT_US;
	for (unsigned level = 1; level < host_config.levels; level++) {
		struct htlb_entry *e = htlb_find(w->cpu, w->va, level);

		if (e && e->kind == HTLB_TABLE) {
			w->level = level - 1;
			w->table = e->pa;
			w->rights = e->bits;
			return;
		}
	}
}

static paddr_t entry_address(const struct walk *w)
{
	paddr_t pa = w->table + (w->va >> (12 + 9 * w->level) & 511) * 8;

	if (!mem_serial(w->table))
		host_complain("CPU %u, walking for %#llx, reads the freed table %#llx", w->cpu->id,
			      (unsigned long long)w->va, (unsigned long long)w->table);
	return pa;
}

static uint64_t entry_load(const struct walk *w)
{
	paddr_t at = entry_address(w);

	return mem_serial(at) ? mem_load(at) : 0;
}

static void keep_leaf(const struct walk *w, uint64_t entry)
{
	struct htlb_entry e = {
		.kind = HTLB_LEAF, .level = w->level, .va = w->va, .global = entry & ENT_G,
		.pa = entry & ADDRESS_BITS & ~(span_of(w->level) - 1),
		.bits = narrow(w->rights, entry) | (entry & ENT_D),
	};

	htlb_add(w->cpu, e);
}

static void keep_table(const struct walk *w, uint64_t entry)
{
	struct htlb_entry e = {
		.kind = HTLB_TABLE, .level = w->level, .va = w->va, .pa = entry & ADDRESS_BITS,
		.bits = narrow(w->rights, entry),
	};

	htlb_add(w->cpu, e);
}

/* From the walk's present place down to a leaf that allows the access, setting A on the way and D for a
 * write, caching all of it. */
static enum mmu_fault walk_down(struct walk *w)
{
	for (;;) {
		uint64_t entry, want;

		host_step();
		entry = entry_load(w);
		do {
			if (!(entry & ENT_P))
				return MMU_ABSENT;
			if (reserved_set(entry, w->level))
				return MMU_RESERVED;
			want = entry | ENT_A;
			if (is_leaf(entry, w->level)) {
				if (!allowed(narrow(w->rights, entry), w->how))
					return MMU_DENIED;
				want |= w->how & MMU_WRITE ? ENT_D : 0;
			}
			if (want != entry)
				host_step();
		} while (want != entry && !mem_swap(entry_address(w), &entry, want));
		if (is_leaf(entry, w->level)) {
			keep_leaf(w, want);
			return MMU_OK;
		}
		keep_table(w, entry);
		w->rights = narrow(w->rights, entry);
		w->table = entry & ADDRESS_BITS;
		w->level--;
	}
}

/* A write through LEAF, cached with D clear: D goes into the entry in memory. */
static enum mmu_fault write_first(struct walk *w, struct htlb_entry *leaf)
{
	unsigned level = leaf->level;
	paddr_t frame = leaf->pa;
	uint64_t entry;

	walk_begin(w);
	while (w->level > level) {
		entry = entry_load(w);
		if (!(entry & ENT_P) || is_leaf(entry, w->level))
			return MMU_ABSENT;
		w->table = entry & ADDRESS_BITS;
		w->level--;
	}
	host_step();
	entry = entry_load(w);
	do {
		if (!(entry & ENT_P) || !is_leaf(entry, level))
			return MMU_ABSENT;
	} while (!mem_swap(entry_address(w), &entry, entry | ENT_D));
	if ((entry & ADDRESS_BITS & ~(span_of(level) - 1)) != frame)
		host_complain("CPU %u writes to %#llx through a stale entry: the live leaf has another address now",
			      w->cpu->id, (unsigned long long)w->va);
	leaf = htlb_find(w->cpu, w->va, level);
	leaf->bits |= ENT_D;
	return MMU_OK;
}

static struct htlb_entry *leaf_find(struct host_cpu *cpu, vaddr_t va)
{
	for (unsigned level = 0; level <= 2; level++) {
		struct htlb_entry *e = htlb_find(cpu, va, level);

		if (e && e->kind == HTLB_LEAF)
			return e;
	}
	return NULL;
}

static enum mmu_fault translate(struct walk *w, paddr_t *pa)
{
	struct htlb_entry *leaf = leaf_find(w->cpu, w->va);
	enum mmu_fault fault;

	if (!leaf) {
		walk_begin(w);
		fault = walk_down(w);
		if (fault)
			return fault;
		leaf = leaf_find(w->cpu, w->va);
	} else if (!allowed(leaf->bits, w->how)) {
		return MMU_DENIED;
	} else if (w->how & MMU_WRITE && !(leaf->bits & ENT_D)) {
		fault = write_first(w, leaf);
		if (fault)
			return fault;
		leaf = leaf_find(w->cpu, w->va);
	}
	*pa = leaf->pa | (w->va & (span_of(leaf->level) - 1));
	return MMU_OK;
}

static bool for_address(const struct htlb_entry *e, vaddr_t va)
{
	return (va & ~(span_of(e->level) - 1)) == e->va;
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
	if (fault) {
		htlb_forget(cpu, cpu->tag, for_address, va);
		htlb_forget_global(cpu, for_address, va);
	}
	htlb_unlock(cpu);
	return fault;
}

/* ---- the instructions ---- */

static bool leaf_for_address(const struct htlb_entry *e, vaddr_t va)
{
	return e->kind == HTLB_LEAF && for_address(e, va);
}

static bool leaf_or_walk_cache(const struct htlb_entry *e, vaddr_t va)
{
	return e->kind == HTLB_TABLE || for_address(e, va);
}

/* INVLPG: the page under the present PCID and global, and all paging-structure caches of that PCID. */
static void invlpg(struct host_cpu *cpu, vaddr_t va)
{
	htlb_forget(cpu, cpu->tag, leaf_or_walk_cache, va);
	htlb_forget_global(cpu, leaf_for_address, va);
}

static void mov_to_cr3(struct host_cpu *cpu, uint64_t cr3)
{
	bool pcide = host_config.asid_bits != 0;

	cpu->root = cr3 & ADDRESS_BITS;
	cpu->space = mem_serial(cpu->root);
	cpu->tag = pcide ? cr3 & CR3_PCID : 0;
	if (!pcide || !(cr3 & CR3_NOFLUSH))
		htlb_forget(cpu, cpu->tag, NULL, 0);
	else
		htlb_resume(cpu);
}

/* A change of CR4.PGE: everything, in every PCID. */
static void toggle_pge(struct host_cpu *cpu) { htlb_forget_all(cpu, NULL, 0); }

/* ---- the verbs, by the instructions that arch/x86_64/mmu.c uses for them ---- */

unsigned arch_asid_bits(void) { return host_config.asid_bits; }

void arch_pt_activate(paddr_t root, unsigned asid, bool flush)
{
	htlb_lock(host_me);
	mov_to_cr3(host_me, root | asid | (flush || !host_config.asid_bits ? 0 : CR3_NOFLUSH));
	htlb_unlock(host_me);
}

void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how)
{
	(void)asid;
	htlb_lock(host_me);
	if (how == TLB_LEAVES) {
		for (; npages; npages--, va += 0x1000)
			invlpg(host_me, va);
	} else if (how == TLB_EVERYTHING) {
		toggle_pge(host_me);
	} else {
		mov_to_cr3(host_me, host_me->root | host_me->tag);
	}
	htlb_unlock(host_me);
}

void arch_pt_publish(vaddr_t va) { (void)va; }

void arch_icache_sync(void) { }

/* ---- does the TLB agree with the tables? ---- */

/* What a walk without caches finds for VA at LEVEL: the entry, and what those above allow; 0: nothing. */
static uint64_t look(struct host_cpu *cpu, vaddr_t va, unsigned level, uint64_t *rights)
{
	struct walk w = {.cpu = cpu, .va = va, .level = host_config.levels - 1, .table = cpu->root};
	uint64_t entry;

	*rights = ENT_RW | ENT_US;
	for (;; w.level--) {
		entry = entry_load(&w);
		if (!(entry & ENT_P))
			return 0;
		if (w.level == level)
			return entry;
		if (is_leaf(entry, w.level))
			return 0;
		*rights = narrow(*rights, entry);
		w.table = entry & ADDRESS_BITS;
	}
}

bool mmu_agrees(struct host_cpu *cpu, const struct htlb_entry *e)
{
	uint64_t rights, entry = look(cpu, e->va, e->level, &rights), more;

	if (!entry || is_leaf(entry, e->level) != (e->kind == HTLB_LEAF))
		return false;
	if ((entry & ADDRESS_BITS & (e->kind == HTLB_LEAF ? ~(span_of(e->level) - 1) : ~0ull)) != e->pa)
		return false;
	rights = narrow(rights, entry) | (e->kind == HTLB_LEAF ? entry & ENT_D : 0);
	more = e->bits & ~rights;
	return !(more & (ENT_RW | ENT_US)) && !(more & ENT_D && e->bits & ENT_RW) &&
	       !(rights & ENT_XD && !(e->bits & ENT_XD));
}

#endif
