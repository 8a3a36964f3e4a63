/* The strict TLB: what an ISA allows to be cached is cached, and stays until software says otherwise.
 *
 * Entries are kept by tag (global ones apart) and found by level and address; there is no capacity. Each
 * remembers which allocation it led to and which root it was walked from, so that what a kernel must never
 * do is seen when it does it: freeing memory that a CPU can still reach, using a tag again for another table,
 * coming back to a table whose pages went away meanwhile.
 * Locks: in the threaded build a TLB's lock; otherwise only one thread runs at a time. Held by the caller of
 * everything here but htlb_init, htlb_lock and htlb_freeing. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define TAGS (1u << 16)

void htlb_init(struct htlb *tlb)
{
	pthread_mutex_init(&tlb->lock, NULL);
	tlb->tag = calloc(TAGS, sizeof *tlb->tag);
	if (!tlb->tag)
		host_fatal("no memory for a TLB");
}

void htlb_lock(struct host_cpu *cpu)
{
#ifdef HOST_THREADS
	pthread_mutex_lock(&cpu->tlb.lock);
#else
	(void)cpu;
#endif
}

void htlb_unlock(struct host_cpu *cpu)
{
#ifdef HOST_THREADS
	pthread_mutex_unlock(&cpu->tlb.lock);
#else
	(void)cpu;
#endif
}

/* ---- one set ---- */

static uint64_t span(unsigned level) { return PT_PAGE_SIZE << (PT_IDX_BITS * level); }

static int bucket_of(const struct htlb_set *set, vaddr_t va, unsigned level)
{
	uint64_t key = va / span(level) * 8 + level;

	return (int)(key * 0x9e3779b97f4a7c15ull >> 33) & (set->nbuckets - 1);
}

static void chain(struct htlb_set *set, int i)
{
	int *head = &set->bucket[bucket_of(set, set->entry[i].va, set->entry[i].level)];

	set->entry[i].next = *head;
	*head = i;
}

static void grow(struct htlb_set *set)
{
	int cap = set->cap ? set->cap * 2 : 4;

	set->entry = realloc(set->entry, (size_t)cap * sizeof *set->entry);
	set->bucket = realloc(set->bucket, (size_t)cap * sizeof *set->bucket);
	if (!set->entry || !set->bucket)
		host_fatal("no memory for TLB entries");
	set->cap = set->nbuckets = cap;
	memset(set->bucket, 0xff, (size_t)cap * sizeof *set->bucket);
	for (int i = 0; i < set->n; i++)
		chain(set, i);
}

static struct htlb_entry *set_find(struct htlb_set *set, vaddr_t va, unsigned level)
{
	vaddr_t base = va & ~(span(level) - 1);

	if (!set || !set->n)
		return NULL;
	for (int i = set->bucket[bucket_of(set, va, level)]; i >= 0; i = set->entry[i].next) {
		if (set->entry[i].level == level && set->entry[i].va == base)
			return &set->entry[i];
	}
	return NULL;
}

/* The last entry takes the place of the one that goes, so a set has no holes. */
static void set_drop(struct htlb_set *set, int i)
{
	int last = --set->n;

	for (int *link = &set->bucket[bucket_of(set, set->entry[i].va, set->entry[i].level)];;
	     link = &set->entry[*link].next) {
		if (*link == i) {
			*link = set->entry[i].next;
			break;
		}
	}
	if (i == last)
		return;
	for (int *link = &set->bucket[bucket_of(set, set->entry[last].va, set->entry[last].level)];;
	     link = &set->entry[*link].next) {
		if (*link == last) {
			*link = i;
			break;
		}
	}
	set->entry[i] = set->entry[last];
}

static void set_forget(struct htlb_set *set, htlb_which *which, vaddr_t va)
{
	if (!set)
		return;
	for (int i = set->n; i-- > 0;) {
		if (!which || which(&set->entry[i], va))
			set_drop(set, i);
	}
}

/* ---- a CPU's TLB ---- */

struct htlb_entry *htlb_find(struct host_cpu *cpu, vaddr_t va, unsigned level)
{
	struct htlb_entry *e = set_find(cpu->tlb.tag[cpu->tag], va, level);

	if (!e)
		e = set_find(&cpu->tlb.global, va, level);
	if (e && e->kind != HTLB_INVALID && mem_is_ram(e->pa) && mem_serial(e->pa) != e->serial)
		host_complain("CPU %u translates %#llx by a stale entry: what it leads to, %#llx, was freed since",
			      cpu->id, (unsigned long long)va, (unsigned long long)e->pa);
	return e;
}

void htlb_add(struct host_cpu *cpu, struct htlb_entry entry)
{
	struct htlb_set **tag = &cpu->tlb.tag[cpu->tag], *set = &cpu->tlb.global;

	if (!entry.global) {
		if (!*tag)
			*tag = calloc(1, sizeof **tag);
		set = *tag;
		if (!set)
			host_fatal("no memory for a TLB");
		if (cpu->tag >= cpu->tlb.tags)
			cpu->tlb.tags = cpu->tag + 1;
	}
	entry.va &= ~(span(entry.level) - 1);
	entry.serial = mem_serial(entry.pa);
	entry.space = cpu->space;
	if (set->n == set->cap)
		grow(set);
	set->entry[set->n] = entry;
	chain(set, set->n++);
}

void htlb_drop(struct host_cpu *cpu, struct htlb_entry *e)
{
	struct htlb_set *set = e->global ? &cpu->tlb.global : cpu->tlb.tag[cpu->tag];

	set_drop(set, (int)(e - set->entry));
}

void htlb_forget(struct host_cpu *cpu, unsigned tag, htlb_which *which, vaddr_t va)
{
	set_forget(cpu->tlb.tag[tag], which, va);
}

void htlb_forget_global(struct host_cpu *cpu, htlb_which *which, vaddr_t va)
{
	set_forget(&cpu->tlb.global, which, va);
}

void htlb_forget_all(struct host_cpu *cpu, htlb_which *which, vaddr_t va)
{
	for (unsigned tag = 0; tag < cpu->tlb.tags; tag++)
		set_forget(cpu->tlb.tag[tag], which, va);
	set_forget(&cpu->tlb.global, which, va);
}

size_t htlb_count(struct host_cpu *cpu, unsigned tag)
{
	return cpu->tlb.tag[tag] ? (size_t)cpu->tlb.tag[tag]->n : 0;
}

/* ---- what must never be ---- */

/* The entry of SET that leads into [PA, PA + SIZE); NULL: none. */
static const struct htlb_entry *set_reaches(const struct htlb_set *set, paddr_t pa, uint64_t size)
{
	for (int i = 0; set && i < set->n; i++) {
		const struct htlb_entry *e = &set->entry[i];
		uint64_t reach = e->kind == HTLB_LEAF ? span(e->level) : PT_PAGE_SIZE;

		if (e->kind != HTLB_INVALID && e->pa < pa + size && pa < e->pa + reach)
			return e;
	}
	return NULL;
}

static void cpu_reaches(struct host_cpu *cpu, paddr_t pa, uint64_t size)
{
	const struct htlb_entry *e;

	if (cpu->space && cpu->root >= pa && cpu->root < pa + size)
		host_complain("%#llx is freed while CPU %u translates through it as its root",
			      (unsigned long long)pa, cpu->id);
	e = set_reaches(cpu->tlb.tag[cpu->tag], pa, size);
	if (!e)
		e = set_reaches(&cpu->tlb.global, pa, size);
	if (!e)
		return;
	if (e->kind == HTLB_LEAF)
		host_complain("%#llx is freed while CPU %u still reaches it, at %#llx: a frame is unhooked, then "
			      "flushed everywhere, then freed", (unsigned long long)pa, cpu->id,
			      (unsigned long long)e->va);
	else
		host_complain("the table %#llx is freed while CPU %u still walks through it, for %#llx: freeing "
			      "tables needs a flush that covers walk caches", (unsigned long long)pa, cpu->id,
			      (unsigned long long)e->va);
}

void htlb_freeing(paddr_t pa, uint64_t size)
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		htlb_lock(&host_cpu[i]);
		cpu_reaches(&host_cpu[i], pa, size);
		htlb_unlock(&host_cpu[i]);
	}
}

static bool set_stale(struct host_cpu *cpu, const struct htlb_set *set)
{
	for (int i = 0; set && i < set->n; i++) {
		const struct htlb_entry *e = &set->entry[i];

		if (e->kind == HTLB_INVALID)
			continue;
		if (!e->global && e->space != cpu->space) {
			host_complain("CPU %u uses tag %u for another table without flushing it: %#llx is cached "
				      "from the one before", cpu->id, cpu->tag, (unsigned long long)e->va);
			return true;
		}
		if (mem_is_ram(e->pa) && mem_serial(e->pa) != e->serial) {
			host_complain("CPU %u comes back to tag %u without flushing it: its entry for %#llx leads "
				      "to %#llx, which was freed meanwhile", cpu->id, cpu->tag,
				      (unsigned long long)e->va, (unsigned long long)e->pa);
			return true;
		}
	}
	return false;
}

void htlb_resume(struct host_cpu *cpu)
{
	if (!set_stale(cpu, cpu->tlb.tag[cpu->tag]))
		set_stale(cpu, &cpu->tlb.global);
}

static void set_check(struct host_cpu *cpu, const struct htlb_set *set)
{
	for (int i = 0; set && i < set->n; i++) {
		if (!mmu_agrees(cpu, &set->entry[i])) {
			host_complain("CPU %u still has more for %#llx than its tables allow: a flush was forgotten",
				      cpu->id, (unsigned long long)set->entry[i].va);
			return;
		}
	}
}

void htlb_check(void)
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		struct host_cpu *cpu = &host_cpu[i];

		htlb_lock(cpu);
		if (cpu->space && mem_serial(cpu->root) == cpu->space) {
			set_check(cpu, cpu->tlb.tag[cpu->tag]);
			set_check(cpu, &cpu->tlb.global);
		}
		htlb_unlock(cpu);
	}
}
