/* Address-space tags (ASID, PCID), given out by rounds.
 *
 * Within a round a tag is given once, so nothing is flushed to reuse it. When the tags run out a new round
 * begins: every table gets a new tag when it is next activated, and every CPU forgets everything before it
 * uses its first tag of the round. A CPU that goes on in an old round's space is not disturbed: tags mean
 * something only within one CPU's TLB, and it flushes before it enters anything of the new round.
 * Tag 0 is the kernel's own. Locks: LOCK guards NEXT and the step to a new round. */
#include "pt.h"

#define ROUND_SHIFT 16

static struct port_lock lock = PORT_LOCK_INIT("asid");
static unsigned bits;
static unsigned next = 1;                   /* first tag not given in this round [lock] */
static _Atomic uint64_t round_now = 1;
static uint64_t cpu_round[PORT_MAX_CPUS];   /* the round each CPU's TLB belongs to [that CPU] */

void asid_setup(unsigned limit)
{
	bits = arch_asid_bits() < limit ? arch_asid_bits() : limit;
	next = 1;
	round_now = round_now + 1;
}

bool asid_none(void) { return bits == 0; }

uint64_t asid_generation(void) { return round_now; }

unsigned asid_get(struct pt *pt, unsigned cpu, bool *flush_all)
{
	uint64_t tag;

	*flush_all = false;
	if (bits == 0 || pt == &pt_kernel)
		return 0;
	port_point();
	tag = pt->asid;
	if (tag >> ROUND_SHIFT != round_now) {
		port_lock(&lock);
		tag = pt->asid;
		if (tag >> ROUND_SHIFT != round_now) {
			if (next >> bits) {
				next = 1;
				round_now = round_now + 1;
			}
			tag = round_now << ROUND_SHIFT | next++;
			pt->asid = tag;
		}
		port_unlock(&lock);
	}
	if (cpu_round[cpu] != tag >> ROUND_SHIFT) {
		cpu_round[cpu] = tag >> ROUND_SHIFT;
		*flush_all = true;
	}
	return (unsigned)(tag & ((1u << ROUND_SHIFT) - 1));
}
