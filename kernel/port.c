/* The rest of what vm/port.h asks for, on top of palloc, spinlocks and the port. */
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"
#include "vm/port.h"

paddr_t port_table_alloc(void)
{
	void *page = palloc_get_page(PAL_ZERO);

	return page ? vtop(page) : 0;
}

void port_table_free(paddr_t pa) { palloc_free_page(ptov(pa)); }

void port_lock(struct port_lock *lock) SYNC_UNCHECKED { spin_lock(&lock->spin); }
void port_unlock(struct port_lock *lock) SYNC_UNCHECKED { spin_unlock(&lock->spin); }

void port_tlb_ipi(uint64_t mask) { arch_ipi(mask); }
void port_relax(void) { arch_relax(); }

/* With interrupts on this CPU answers while it waits; a spinlock would keep them off. */
bool port_may_wait(void) { return arch_irq_enabled(); }

void port_panic(const char *fmt, ...)
{
	char sentence[200];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	panic("%s", sentence);
}
