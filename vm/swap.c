/* Swap: slots that are counted, given out in runs so that neighbours stay neighbours.
 *
 * A slot holds a page's contents for every page that refers to it. While a frame equals the slot, or will when
 * its I/O is done, the slot knows the frame, so that all sharers come back to one.
 * Locks: vm_lock for counts and cached frames; none across a transfer, which the BUSY frame covers. */
#include "internal.h"

#define AREAS 4

struct area {
	struct vm_object *object;
	uint32_t first, n;    /* slots [first, first + n) */
	uint16_t *count;      /* [V] */
	struct frame **frame; /* [V] */
	uint32_t next;        /* [V] where the search goes on */
};

static struct area areas[AREAS]; /* added once, by vm_swapon */
static unsigned nareas;
unsigned swap_count_max = UINT16_MAX;

static struct area *area_of(uint32_t slot)
{
	for (unsigned i = 0; i < nareas; i++) {
		if (slot - areas[i].first < areas[i].n)
			return &areas[i];
	}
	port_panic("there is no swap slot %u", slot);
}

int vm_swapon(struct vm_object *object, uint32_t npages)
{
	struct area a = {.object = object, .first = 1, .n = npages};

	if (nareas == AREAS || !npages)
		return -VM_EINVAL;
	if (nareas)
		a.first = areas[nareas - 1].first + areas[nareas - 1].n;
	a.count = port_alloc(npages * sizeof *a.count);
	a.frame = port_alloc(npages * sizeof *a.frame);
	if (!a.count || !a.frame) {
		if (a.count)
			port_free(a.count, npages * sizeof *a.count);
		if (a.frame)
			port_free(a.frame, npages * sizeof *a.frame);
		return -VM_ENOMEM;
	}
	port_lock(&vm_lock);
	areas[nareas++] = a;
	vm_counts.slots += npages;
	port_unlock(&vm_lock);
	return 0;
}

void swap_shutdown(void)
{
	for (unsigned i = 0; i < nareas; i++) {
		port_free(areas[i].count, areas[i].n * sizeof *areas[i].count);
		port_free(areas[i].frame, areas[i].n * sizeof *areas[i].frame);
	}
	nareas = 0;
}

uint32_t swap_alloc(void)
{
	for (unsigned i = 0; i < nareas; i++) {
		struct area *a = &areas[i];

		for (uint32_t looked = 0; looked < a->n; looked++) {
			uint32_t at = a->next;

			a->next = at + 1 == a->n ? 0 : at + 1;
			if (!a->count[at]) {
				a->count[at] = 1;
				vm_counts.slots_used++;
				return a->first + at;
			}
		}
	}
	return 0;
}

bool swap_ref(uint32_t slot)
{
	struct area *a = area_of(slot);

	if (a->count[slot - a->first] == swap_count_max)
		return false;
	a->count[slot - a->first]++;
	return true;
}

void swap_put(uint32_t slot)
{
	struct area *a = area_of(slot);

	if (PORT_DEBUG && !a->count[slot - a->first])
		port_panic("swap slot %u is freed twice", slot);
	if (--a->count[slot - a->first])
		return;
	a->frame[slot - a->first] = NULL;
	vm_counts.slots_used--;
}

unsigned swap_count(uint32_t slot)
{
	struct area *a = area_of(slot);

	return a->count[slot - a->first];
}

struct frame **swap_cached(uint32_t slot)
{
	struct area *a = area_of(slot);

	return &a->frame[slot - a->first];
}

int swap_transfer(uint32_t slot, void *kva, bool out)
{
	struct area *a = area_of(slot);
	struct vm_object *object = a->object;

	return (out ? object->ops->write : object->ops->read)(object, slot - a->first, &kva, 1);
}

/* For vm_check(): the references counted are those that pages hold, slot by slot. */
void swap_check(void)
{
	size_t used = 0, held = 0;

	for (struct supplemental_page_table *spt = vm_spaces; spt; spt = spt->next)
		held += spt_slots(spt);
	held += objects_slots();
	for (unsigned i = 0; i < nareas; i++) {
		for (uint32_t at = 0; at < areas[i].n; at++) {
			used += areas[i].count[at] != 0;
			held -= areas[i].count[at];
			if (!areas[i].count[at] && areas[i].frame[at])
				port_panic("vm_check: the free slot %u knows a frame", areas[i].first + at);
		}
	}
	if (used != vm_counts.slots_used || held)
		port_panic("vm_check: %zu slots in use, %zu counted; references off by %lld", used,
			   vm_counts.slots_used, (long long)held);
}
