/* What the layer did last, of each CPU, for whoever has to find out what went wrong. */
#ifndef VM_TRACE_H
#define VM_TRACE_H
#include "types.h"

struct supplemental_page_table;

enum vm_event {
	VM_NO_EVENT,
	VM_FAULT,         /* space, address, access */
	VM_CLAIM,         /* space, address, frame: a page got a frame of its own */
	VM_EVICT,         /* -, frame, slot: nothing had to be written */
	VM_SWAP_OUT,      /* -, frame, slot */
	VM_SWAP_IN,       /* space, address, slot */
	VM_COW_BREAK,     /* space, address, new frame */
	VM_SHOOTDOWN,     /* -, first address, CPUs */
	VM_OUT_OF_MEMORY, /* the space that is to end, -, pages it holds */
	VM_EVENTS
};

extern bool vm_tracing; /* events are kept; on from the start where PORT_DEBUG is 1 */
extern bool vm_telling; /* and each is said at once by port_log() */
/* Keep an event. Any context; nothing is locked. */
void vm_trace_add(enum vm_event event, const struct supplemental_page_table *spt, uint64_t at, uint64_t what);
static inline void vm_trace(enum vm_event event, const struct supplemental_page_table *spt, uint64_t at,
			    uint64_t what)
{
	if (__builtin_expect(vm_tracing, 1))
		vm_trace_add(event, spt, at, what);
}
/* Say the last N events of all CPUs, the oldest first. Others may go on adding: a line that changes meanwhile is
 * left out. */
void vm_trace_last(unsigned n, void (*say)(const char *fmt, ...));

#endif
