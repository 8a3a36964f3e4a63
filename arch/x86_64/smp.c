/* Starting the other CPUs, one at a time: INIT, one start-up IPI, and a mailbox in boot.S. */
#include "arch/arch.h"
#include "vm/pt.h"

#define ICR_INIT    0x4500
#define ICR_STARTUP (0x4600 | AP_PAGE >> PT_PAGE_SHIFT)
#define PATIENCE_NS 10000000000ull

int arch_cpu_start(unsigned cpu, uint32_t hwid, struct arch_thread *idle, void *stack_top)
{
	unsigned long was = arch_irq_save();
	uint64_t end = arch_time_ns() + PATIENCE_NS;

	arch_cpus[cpu].current = (struct thread *)idle;
	boot_cpu.root = pt_kernel.root;
	boot_cpu.gs = (uint64_t)&arch_cpus[cpu];
	boot_cpu.entry = (uint64_t)smp_entry;
	boot_cpu.arg = cpu;
	boot_cpu.stack = (uint64_t)stack_top;
	lapic_send(hwid, ICR_INIT);
	lapic_send(hwid, ICR_STARTUP);
	arch_irq_restore(was);
	while (boot_cpu.stack)
		if (arch_time_ns() > end)
			return -VM_EINVAL;
	return 0;
}
