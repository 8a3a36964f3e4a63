/* What swap.c and swapoff.c share: the areas. */
#ifndef VM_SWAP_H
#define VM_SWAP_H
#include "internal.h"

#define SWAP_AREAS 8
#define SLOT_BITS  28 /* of a slot's number: its place in the area; above them the area's number + 1 */
#define SLOT_MASK  (((uint32_t)1 << SLOT_BITS) - 1)
#define SLOT_BAD   UINT16_MAX /* as a count: the device does not take it */
#define SLOT_NONE  UINT32_MAX
#define FAILURES   16 /* writes in a row, after which an area is set aside */

/* slotmap.c: those that are free. */
struct slotmap {
	uint64_t *word;
	size_t words, at[SLOT_BITS / 6 + 1]; /* where each level begins */
	uint32_t n[SLOT_BITS / 6 + 1];       /* words of each */
	unsigned levels;
};
bool slotmap_init(struct slotmap *map, uint32_t n); /* N slots, all free. False: no memory */
void slotmap_destroy(struct slotmap *map);
void slotmap_put(struct slotmap *map, uint32_t at);
void slotmap_take(struct slotmap *map, uint32_t at);
uint32_t slotmap_next(const struct slotmap *map, uint32_t at); /* the first from AT on; SLOT_NONE: none */

struct swap_area {                /* [V] */
	struct vm_object *object; /* NULL: there is none. Steady while one of its slots is referred to */
	uint32_t n, used, bad;    /* slots: all, referred to, BAD */
	uint32_t next;            /* where the search goes on */
	bool leaving;             /* being given up: nothing new, and not in vm_counts */
	bool aside;               /* the device failed: the same, until it is swapped on again */
	unsigned failed;          /* writes since the last one that did not */
	struct slotmap free;
	uint16_t *count;      /* references of each slot */
	struct frame **frame; /* that equals it, or will when its I/O is done */
};
extern struct swap_area swap_areas[SWAP_AREAS];

/* Its slots are in vm_counts. */
static inline bool swap_area_counts(const struct swap_area *a) { return !a->leaving && !a->aside; }
void swap_area_count(const struct swap_area *a, bool in); /* [V] they are now, or not any more */
struct swap_area *swap_area_of(uint32_t slot);
struct swap_area *swap_area_find(const struct vm_object *object); /* [V] NULL: none */
void swap_area_free(struct swap_area *a);                         /* its memory; it is no area any more */

#endif
