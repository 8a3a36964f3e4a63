/* Search in a table of ascending addresses. */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H
#include <stdint.h>

/* The last entry that is <= PC, -1 when there is none. */
static inline int64_t symbol_index(const uint64_t *addr, uint64_t count, uint64_t pc)
{
	uint64_t lo = 0, hi = count; /* addr[lo - 1] <= pc < addr[hi] */

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		if (addr[mid] <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (int64_t)lo - 1;
}

#endif
