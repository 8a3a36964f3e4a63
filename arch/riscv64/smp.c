/* Other harts: starting them, and interrupting them, by the firmware. */
#include "arch/arch.h"

#define SBI_HSM       0x48534d
#define SBI_HSM_START 0
#define SBI_IPI       0x735049
#define SBI_IPI_SEND  0

/* What boot_secondary finds, at a physical address. */
static struct start {
	uint64_t satp;
	struct arch_thread *thread;
	void *stack_top;
	uint64_t cpu;
} starts[BOOT_MAX_CPUS];
_Static_assert(offsetof(struct start, stack_top) == 16 && offsetof(struct start, cpu) == 24, "boot.S");

void boot_secondary(void);

/* The new hart translates as this one does: the caller runs in the kernel's own table. */
int arch_cpu_start(unsigned cpu, uint32_t hwid, struct arch_thread *idle, void *stack_top)
{
	struct start *s = &starts[cpu];

	*s = (struct start){.thread = idle, .stack_top = stack_top, .cpu = cpu};
	__asm__ volatile("csrr %0, satp" : "=r"(s->satp));
	idle->cpu = cpu;
	boot_hart[cpu] = hwid;
	fence_all();
	return (int)sbi_call(SBI_HSM, SBI_HSM_START, hwid, (vaddr_t)boot_secondary - IMAGE_OFFSET,
			     (vaddr_t)s - IMAGE_OFFSET);
}

/* The firmware takes 64 hart ids at a time, from a base on: ids may lie far apart. What was stored before,
 * page tables above all, is seen by whoever is interrupted. */
void arch_ipi(uint64_t mask)
{
	fence_all();
	while (mask) {
		uint64_t harts = 0, rest = 0, base = ~(uint64_t)0;

		for (unsigned cpu = 0; cpu < BOOT_MAX_CPUS; cpu++)
			if (mask >> cpu & 1 && boot_hart[cpu] < base)
				base = boot_hart[cpu];
		for (unsigned cpu = 0; cpu < BOOT_MAX_CPUS; cpu++) {
			if (!(mask >> cpu & 1))
				continue;
			if (boot_hart[cpu] - base < 64)
				harts |= (uint64_t)1 << (boot_hart[cpu] - base);
			else
				rest |= (uint64_t)1 << cpu;
		}
		sbi_call(SBI_IPI, SBI_IPI_SEND, harts, base, 0);
		mask = rest;
	}
}
