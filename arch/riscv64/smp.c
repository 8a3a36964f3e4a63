/* Other harts: starting them, and interrupting them, by the firmware. */
#include "arch/arch.h"

#include <stdatomic.h>

#define SBI_HSM       0x48534d
#define SBI_HSM_START 0
#define SBI_IPI       0x735049
#define SBI_IPI_SEND  0
#define SBI_ALREADY   (-6)

/* What a hart that comes to _start finds there, once HART is its id; in .data, for .bss may not be cleared
 * yet. One at a time: the caller of arch_cpu_start() waits for each. */
struct start {
	uint64_t satp;
	struct arch_thread *thread;
	void *stack_top;
	uint64_t cpu;
	_Atomic uint64_t hart;
} boot_start = {.hart = ~(uint64_t)0};
_Static_assert(offsetof(struct start, stack_top) == 16 && offsetof(struct start, hart) == 32, "boot.S");

void _start(void);

/* The new hart translates as this one does: the caller runs in the kernel's own table. One that runs already
 * waits at _start, or will. */
int arch_cpu_start(unsigned cpu, uint32_t hwid, struct arch_thread *idle, void *stack_top)
{
	long err;

	idle->cpu = cpu;
	boot_hart[cpu] = hwid;
	boot_start = (struct start){.thread = idle, .stack_top = stack_top, .cpu = cpu, .hart = ~(uint64_t)0};
	__asm__ volatile("csrr %0, satp" : "=r"(boot_start.satp));
	fence_all();
	atomic_store_explicit(&boot_start.hart, hwid, memory_order_release);
	err = sbi_call(SBI_HSM, SBI_HSM_START, hwid, (vaddr_t)_start - IMAGE_OFFSET, 0);
	return err == SBI_ALREADY ? 0 : (int)err;
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
