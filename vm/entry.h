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
