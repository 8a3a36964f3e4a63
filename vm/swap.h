/* What swap.c and swapoff.c share: the areas. */
#ifndef VM_SWAP_H
#define VM_SWAP_H
#include "internal.h"

#define SWAP_AREAS 8
#define SLOT_BITS  28 /* of a slot's number: its place in the area; above them the area's number + 1 */
#define SLOT_MASK  (((uint32_t)1 << SLOT_BITS) - 1)
#define SLOT_BAD   UINT16_MAX /* as a count: the device does not take it */

struct swap_area {                /* [V] */
	struct vm_object *object; /* NULL: there is none. Steady while one of its slots is referred to */
	uint32_t n, used, bad;    /* slots: all, referred to, BAD */
	uint32_t next;            /* where the search goes on */
	bool leaving;             /* being given up: nothing new, and not in vm_counts */
	uint16_t *count;          /* references of each slot */
	struct frame **frame;     /* that equals it, or will when its I/O is done */
};
extern struct swap_area swap_areas[SWAP_AREAS];

struct swap_area *swap_area_of(uint32_t slot);
struct swap_area *swap_area_find(const struct vm_object *object); /* [V] NULL: none */
void swap_area_free(struct swap_area *a);                         /* its memory; it is no area any more */

#endif
