/* The table of device interrupts. An entry is written once, under the table's flag, and its function last:
 * irq_dispatch() needs no lock. */
#include "kernel/dev/irq.h"

#include "arch/arch.h"
#include "kernel/lib/lib.h"

struct irq_entry {
	irq_fn *fn;     /* stored after arg, with release */
	void *arg;
	unsigned taken; /* [A] 0 or 1 */
	unsigned told;  /* [A] 1: a stray one was printed */
};
static struct irq_entry table[IRQ_MAX];
static uint64_t stray; /* [A] */

int irq_register(unsigned irq, irq_fn *fn, void *arg)
{
	if (irq >= IRQ_MAX)
		return -VM_EINVAL;
	struct irq_entry *e = &table[irq];
	if (__atomic_exchange_n(&e->taken, 1, __ATOMIC_ACQ_REL))
		return -VM_EEXIST;
	e->arg = arg;
	__atomic_store_n(&e->fn, fn, __ATOMIC_RELEASE);
	arch_irq_unmask(irq);
	return 0;
}

void irq_dispatch(unsigned irq)
{
	static struct irq_entry outside;
	struct irq_entry *e = irq < IRQ_MAX ? &table[irq] : &outside;
	irq_fn *fn = __atomic_load_n(&e->fn, __ATOMIC_ACQUIRE);

	if (fn) {
		fn(e->arg);
		return;
	}
	__atomic_fetch_add(&stray, 1, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(&e->told, 1, __ATOMIC_RELAXED))
		kprintf("irq: line %u was raised and nobody handles it\n", irq);
}

uint64_t irq_stray_count(void)
{
	return __atomic_load_n(&stray, __ATOMIC_RELAXED);
}
