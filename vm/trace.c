/* The event ring: fixed-size records, a ring for each CPU, one order over all.
 *
 * A record is claimed by an addition and belongs to whoever claimed it; its number is written last, so that a
 * reader can tell whether it is whole. A thread that is moved to another CPU in between costs nothing but the place.
 * Locks: none, in any direction; everything is read and written atomically, field by field. */
#include "trace.h"

#include <stdatomic.h>

#include "port.h"
#include "vm.h"

#define RING 256 /* events of each CPU that are remembered */

struct record {
	_Atomic uint64_t number; /* from 1, over all CPUs; 0: none, or being written */
	_Atomic uint64_t at, what;
	_Atomic uint32_t space, event;
};

static struct ring {
	_Atomic unsigned n;
	struct record record[RING];
} rings[PORT_MAX_CPUS];
static _Atomic uint64_t last;

bool vm_tracing = PORT_DEBUG;
bool vm_telling;

static const struct {
	const char *name, *at, *what;
} kind[VM_EVENTS] = {
	[VM_NO_EVENT] = {"nothing", "", ""},
	[VM_FAULT] = {"fault", "at", "access"},
	[VM_CLAIM] = {"claim", "at", "frame"},
	[VM_EVICT] = {"evict", "frame", "slot"},
	[VM_SWAP_OUT] = {"swap out", "frame", "slot"},
	[VM_SWAP_IN] = {"swap in", "at", "slot"},
	[VM_COW_BREAK] = {"cow break", "at", "frame"},
	[VM_SHOOTDOWN] = {"shootdown", "at", "CPUs"},
	[VM_OUT_OF_MEMORY] = {"out of memory", "-", "pages"},
};

static void line(void (*say)(const char *fmt, ...), unsigned cpu, uint64_t number, uint32_t event,
		 uint32_t space, uint64_t at, uint64_t what)
{
	say("vm %llu CPU %u: %-13s space %u, %s %#llx, %s %#llx\n", (unsigned long long)number, cpu,
	    kind[event].name, space, kind[event].at, (unsigned long long)at, kind[event].what,
	    (unsigned long long)what);
}

void vm_trace_add(enum vm_event event, const struct supplemental_page_table *spt, uint64_t at, uint64_t what)
{
	unsigned cpu = port_cpu();
	uint32_t space = spt ? spt->id : 0;
	struct ring *ring = &rings[cpu];
	struct record *r = &ring->record[atomic_fetch_add_explicit(&ring->n, 1, memory_order_relaxed) % RING];
	uint64_t number = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;

	atomic_store_explicit(&r->number, 0, memory_order_relaxed);
	atomic_store_explicit(&r->event, event, memory_order_release);
	atomic_store_explicit(&r->space, space, memory_order_release);
	atomic_store_explicit(&r->at, at, memory_order_release);
	atomic_store_explicit(&r->what, what, memory_order_release);
	atomic_store_explicit(&r->number, number, memory_order_release);
	if (vm_telling)
		line(port_log, cpu, number, event, space, at, what);
}

/* Say number NUMBER of ring CPU, if it is there and whole. */
static bool say_one(struct record *r, unsigned cpu, uint64_t number, void (*say)(const char *fmt, ...))
{
	uint32_t event = atomic_load_explicit(&r->event, memory_order_acquire);
	uint32_t space = atomic_load_explicit(&r->space, memory_order_acquire);
	uint64_t at = atomic_load_explicit(&r->at, memory_order_acquire);
	uint64_t what = atomic_load_explicit(&r->what, memory_order_acquire);

	if (atomic_load_explicit(&r->number, memory_order_acquire) != number || event >= VM_EVENTS)
		return false;
	line(say, cpu, number, event, space, at, what);
	return true;
}

void vm_trace_last(unsigned n, void (*say)(const char *fmt, ...))
{
	uint64_t end = atomic_load_explicit(&last, memory_order_acquire);

	for (uint64_t number = end > n ? end - n + 1 : 1; number <= end; number++) {
		bool said = false;

		for (unsigned cpu = 0; cpu < PORT_MAX_CPUS && !said; cpu++) {
			for (unsigned i = 0; i < RING && !said; i++) {
				struct record *r = &rings[cpu].record[i];

				if (atomic_load_explicit(&r->number, memory_order_acquire) == number)
					said = say_one(r, cpu, number, say);
			}
		}
	}
}
