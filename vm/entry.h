/* A live page-table entry is read and changed through these only: atomically, and each a point at which another
 * CPU may come first. */
#ifndef VM_ENTRY_H
#define VM_ENTRY_H
#include <stdatomic.h>

#include "port.h"

static inline pte_t entry_load(pte_t *slot)
{
	port_point();
	return atomic_load_explicit((_Atomic pte_t *)slot, memory_order_acquire);
}

/* How many of the N entries behind SLOT can be passed over at once: most of most tables are empty. */
static inline size_t entries_empty(pte_t *slot, size_t n)
{
	_Atomic pte_t *entry = (_Atomic pte_t *)slot + 1;
	size_t i = 0;

	while (i + 4 <= n && !(atomic_load_explicit(&entry[i], memory_order_relaxed) |
			       atomic_load_explicit(&entry[i + 1], memory_order_relaxed) |
			       atomic_load_explicit(&entry[i + 2], memory_order_relaxed) |
			       atomic_load_explicit(&entry[i + 3], memory_order_relaxed)))
		i += 4;
	return i;
}

/* Of a table that nobody else has: no point. */
static inline pte_t entry_now(pte_t *slot)
{
	return atomic_load_explicit((_Atomic pte_t *)slot, memory_order_relaxed);
}

static inline pte_t entry_take(pte_t *slot)
{
	port_point();
	return atomic_exchange((_Atomic pte_t *)slot, 0);
}

static inline bool entry_change(pte_t *slot, pte_t *was, pte_t to)
{
	port_point();
	return atomic_compare_exchange_strong((_Atomic pte_t *)slot, was, to);
}

#endif
