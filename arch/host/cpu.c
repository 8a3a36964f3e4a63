/* Simulated CPUs: interrupts, spinlocks, and with them all that vm/port.h asks of an embedder beyond the MMU.
 *
 * The only interrupt is the request to run tlb_serve(). A CPU takes it at its next point with interrupts on;
 * one as which no thread runs is idle with interrupts on, and whoever waits takes it in its stead. */
#include "host.h"
#include "vm/pt.h"
#include "vm/trace.h"

#include <stdarg.h>
#include <stdio.h>

struct host_cpu host_cpu[HOST_CPUS];
_Thread_local struct host_cpu *host_me;

void cpu_init(void)
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		host_cpu[i].id = i;
		host_cpu[i].irq_on = true;
		htlb_init(&host_cpu[i].tlb);
	}
	host_cpu[0].busy = true;
	host_me = &host_cpu[0];
}

unsigned host_cpu_number(void) { return host_me->id; }

const char *mmu_fault_name(enum mmu_fault fault)
{
	static const char *const name[] = {
		[MMU_OK] = "none",
		[MMU_ABSENT] = "no valid entry",
		[MMU_DENIED] = "not allowed",
		[MMU_RESERVED] = "reserved bits",
		[MMU_ADDRESS] = "no such address",
		[MMU_AD] = "A or D clear",
	};

	return name[fault];
}

/* ---- interrupts ---- */

unsigned long host_irq_save(void)
{
	bool was = host_me->irq_on;

	host_me->irq_on = false;
	return was;
}

void host_irq_restore(unsigned long was)
{
	if (was && host_me->locks)
		host_fatal("CPU %u turns interrupts on while it holds a spinlock", host_me->id);
	host_me->irq_on = was;
	cpu_interrupt();
}

void cpu_interrupt_taken(void)
{
	struct host_cpu *cpu = host_me;

	while (cpu->irq_on && cpu->ipi && atomic_exchange(&cpu->ipi, false)) {
		cpu->irq_on = false;
		tlb_serve();
		cpu->irq_on = true;
		host_progress();
	}
}

void cpu_interrupt_idle(struct host_cpu *cpu)
{
	struct host_cpu *me = host_me;

	if (cpu->busy || !cpu->ipi)
		return;
	cpu->busy = true;
	host_me = cpu;
	cpu_interrupt();
	host_me = me;
	cpu->busy = false;
}

/* ---- what vm/ asks for ---- */

paddr_t port_table_alloc(void) { return mem_alloc_for(__builtin_return_address(0)); }

void port_table_free(paddr_t pa) { mem_free(pa); }

void port_lock(struct port_lock *lock)
{
	unsigned long irq = host_irq_save();
	unsigned free = 0, me = host_me->id + 1;

	host_step();
	if (lock->holder == me)
		host_fatal("CPU %u waits for the lock '%s', which it holds itself", host_me->id, lock->name);
	while (!atomic_compare_exchange_strong(&lock->holder, &free, me)) {
		host_wait(lock->name, false);
		free = 0;
	}
	lock->irq = irq;
	host_me->locks++;
}

void port_unlock(struct port_lock *lock)
{
	unsigned long irq = lock->irq;

	if (lock->holder != host_me->id + 1)
		host_fatal("CPU %u gives up the lock '%s', which it does not hold", host_me->id, lock->name);
	host_me->locks--;
	lock->holder = 0;
	host_progress();
	host_irq_restore(irq);
}

void port_tlb_ipi(uint64_t mask)
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		if (!(mask >> i & 1))
			continue;
		if (i == host_me->id)
			host_fatal("CPU %u interrupts itself", i);
		host_cpu[i].ipi = true;
		race_wake(&host_cpu[i]);
	}
	if (mask >> HOST_CPUS)
		host_fatal("an interrupt for a CPU that does not exist: %#llx", (unsigned long long)mask);
}

void port_relax(void)
{
	if (!port_may_wait())
		host_fatal("CPU %u waits for others with interrupts off or a spinlock held", host_me->id);
	host_wait("other CPUs", true);
}

bool port_may_wait(void) { return host_me->irq_on && !host_me->locks; }

_Noreturn void port_panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	vm_trace_last(12, port_log);
	host_fatal("panic on CPU %u: %s", host_me ? host_me->id : 0, text);
}
