/* Which slots of a swap area are free: a bit for each, and above 64 words of bits one word that says which of them are
 * not empty, and so on up to a single word. So the next free slot is found with two looks a level at most, however few
 * there are, and neighbours are still given out in their order.
 * Locks: the caller's (vm_lock). */
#include "swap.h"

/* Level 0 has a bit for each of N slots. Words that its parts take, and where each part begins. */
static size_t layout(struct slotmap *map, uint32_t n)
{
	size_t words = 0;

	map->levels = 0;
	do {
		n = (n + 63) / 64;
		map->at[map->levels++] = words;
		map->n[map->levels - 1] = n;
		words += n;
	} while (n > 1);
	return words;
}

bool slotmap_init(struct slotmap *map, uint32_t n)
{
	map->words = layout(map, n);
	map->word = port_alloc(map->words * sizeof *map->word);
	if (!map->word)
		return false;
	for (uint32_t i = 0; i < n; i++)
		slotmap_put(map, i);
	return true;
}

void slotmap_destroy(struct slotmap *map)
{
	if (map->word)
		port_free(map->word, map->words * sizeof *map->word);
	map->word = NULL;
}

static uint64_t *word(const struct slotmap *map, unsigned level, uint32_t i)
{
	return &map->word[map->at[level] + i];
}

/* The lowest bit of BITS, which are not 0; without the compiler's, which is a call into its library on some machines. */
static uint32_t lowest(uint64_t bits)
{
	uint32_t n = 0;

	for (unsigned half = 32; half; half /= 2) {
		if (bits & (((uint64_t)1 << half) - 1))
			continue;
		bits >>= half;
		n += half;
	}
	return n;
}

void slotmap_put(struct slotmap *map, uint32_t at)
{
	for (unsigned level = 0; level < map->levels; level++, at /= 64)
		*word(map, level, at / 64) |= (uint64_t)1 << at % 64;
}

void slotmap_take(struct slotmap *map, uint32_t at)
{
	for (unsigned level = 0; level < map->levels; level++, at /= 64) {
		*word(map, level, at / 64) &= ~((uint64_t)1 << at % 64);
		if (*word(map, level, at / 64))
			break;
	}
}

uint32_t slotmap_next(const struct slotmap *map, uint32_t at)
{
	unsigned level = 0;

	for (; level < map->levels && at / 64 < map->n[level]; level++) {
		uint64_t bits = *word(map, level, at / 64) >> at % 64;

		vm_counts.slot_looks++;
		if (bits) {
			at += lowest(bits);
			break;
		}
		at = at / 64 + 1;
	}
	if (level == map->levels || at / 64 >= map->n[level])
		return SLOT_NONE;
	while (level--) {
		vm_counts.slot_looks++;
		at = at * 64 + lowest(*word(map, level, at));
	}
	return at;
}
