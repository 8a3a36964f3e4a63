/* TLB shootdown: what was unhooked is forgotten by every CPU before it is freed.
 *
 * A request lives on the asker's stack and is linked into the inbox of each CPU that runs the space; only
 * an empty inbox costs an interrupt. The asker waits with interrupts on, serving others meanwhile, so two
 * CPUs that ask each other cannot lock up. A CPU that ran the space before but does not now is left alone:
 * it compares generations when it activates the space again (pt_activate).
 * Locks: none; inboxes are lock-free stacks. A request must not be touched after its last acknowledgment. */
#include "pt.h"
#include "trace.h"

#include <stdatomic.h>

#define TLB_FEW_PAGES 32 /* beyond that, forgetting the whole space is cheaper */

struct tlb_request {
	struct pt *pt;
	bool leave; /* do not flush: stop translating through the space */
	enum tlb_how how;
	vaddr_t va;
	size_t npages;
	uint64_t gen;             /* the space's generation that this flush makes true */
	_Atomic uint64_t waiting; /* CPUs that have not done it yet */
	struct tlb_link {
		struct tlb_request *request;
		struct tlb_link *next;
	} link[PORT_MAX_CPUS];
};

unsigned tlb_gather_max = TLB_GATHER_MAX;
static _Atomic(struct tlb_link *) inbox[PORT_MAX_CPUS];
_Atomic uint64_t tlb_count_all, tlb_count_remote;

/* Do REQUEST on this CPU, ME. Interrupts off. */
static void request_do(const struct tlb_request *r, unsigned me)
{
	struct pt *now = pt_active();

	if (r->leave) {
		if (now == r->pt)
			pt_activate(&pt_kernel);
	} else if (r->pt == &pt_kernel) {
		arch_tlb_flush(pt_active_asid(), r->va, r->npages, TLB_EVERYTHING);
	} else if (now == r->pt) {
		arch_tlb_flush(pt_active_asid(), r->va, r->npages, r->how);
		if (r->pt->seen[me] < r->gen)
			r->pt->seen[me] = r->gen;
	} else {
		/* We left after we were asked, and may have noted a later generation: flush on return. */
		r->pt->seen[me] = 0;
	}
}

/* True if nobody had asked that CPU since it last looked: it must be interrupted. */
static bool inbox_push(unsigned cpu, struct tlb_link *link)
{
	struct tlb_link *first = inbox[cpu];

	do {
		port_point();
		link->next = first;
	} while (!atomic_compare_exchange_weak(&inbox[cpu], &first, link));
	return !first;
}

void tlb_serve(void)
{
	unsigned me = port_cpu();
	struct tlb_link *link = atomic_exchange(&inbox[me], NULL);

	while (link) {
		struct tlb_link *next = link->next; /* the request is gone once it is acknowledged */
		struct tlb_request *r = link->request;

		request_do(r, me);
		port_point();
		atomic_fetch_and(&r->waiting, ~((uint64_t)1 << me));
		link = next;
	}
}

/* Have REQUEST done on every CPU in the space's mask. */
static void request_ask(struct tlb_request *r)
{
	unsigned long irq;
	uint64_t mask, others, interrupt = 0;
	unsigned me;

	if (!port_may_wait())
		port_panic(
			"a TLB shootdown waits for other CPUs: interrupts must be on and no spinlock held");
	irq = port_irq_save();
	me = port_cpu();
	port_point();
	r->gen = atomic_fetch_add(&r->pt->gen, 1) + 1;
	port_point();
	mask = atomic_fetch_or(&r->pt->cpus, 0);
	others = mask & ~((uint64_t)1 << me);
	r->waiting = others;
	for (unsigned cpu = 0; cpu < PORT_MAX_CPUS; cpu++) {
		if (!(others >> cpu & 1))
			continue;
		r->link[cpu].request = r;
		if (inbox_push(cpu, &r->link[cpu]))
			interrupt |= (uint64_t)1 << cpu;
	}
	if (interrupt)
		port_tlb_ipi(interrupt);
	if (mask != others)
		request_do(r, me);
	port_irq_restore(irq);
	tlb_count_all++;
	if (others)
		vm_trace(VM_SHOOTDOWN, NULL, r->va, others);
	tlb_count_remote += others != 0;
	while (r->waiting)
		port_relax();
}

void tlb_begin(struct tlb_gather *g, struct pt *pt, void (*release)(paddr_t))
{
	g->pt = pt;
	g->lo = ~(vaddr_t)0;
	g->last = 0;
	g->tables = false;
	g->n = 0;
	g->release = release;
}

void tlb_note(struct tlb_gather *g, vaddr_t va, uint64_t size)
{
	if (va < g->lo)
		g->lo = va;
	if (va + (size - 1) > g->last)
		g->last = va + (size - 1);
}

void tlb_defer(struct tlb_gather *g, paddr_t pa)
{
	if (g->n == tlb_gather_max)
		tlb_finish(g);
	g->page[g->n++] = pa;
}

void tlb_defer_table(struct tlb_gather *g, paddr_t pa)
{
	g->tables = true;
	tlb_defer(g, pa | 1);
}

void tlb_finish(struct tlb_gather *g)
{
	if (g->lo <= g->last || g->tables) {
		struct tlb_request r = {.pt = g->pt, .how = TLB_SPACE};

		if (!g->tables && (g->last - g->lo) >> PT_PAGE_SHIFT < TLB_FEW_PAGES) {
			r.how = TLB_LEAVES;
			r.va = g->lo;
			r.npages = (size_t)((g->last - g->lo) >> PT_PAGE_SHIFT) + 1;
		}
		request_ask(&r);
	}
	for (unsigned i = 0; i < g->n; i++) {
		if (pt_table_gone && g->page[i] & 1)
			pt_table_gone(g->page[i] & ~(paddr_t)1);
		(g->page[i] & 1 ? port_table_free : g->release)(g->page[i] & ~(paddr_t)1);
	}
	tlb_begin(g, g->pt, g->release);
}

void tlb_sync_kernel(void) { request_ask(&(struct tlb_request){.pt = &pt_kernel}); }

void tlb_evict(struct pt *pt) { request_ask(&(struct tlb_request){.pt = pt, .leave = true}); }
