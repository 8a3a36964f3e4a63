/* Time. The clock is the TSC, which all CPUs share; the tick is the local APIC's timer in its one-shot mode.
 * microvm has neither PIT nor HPET nor ACPI timer, but its local APIC counts nanoseconds under TCG and under
 * KVM: the TSC's rate is measured against that. (A machine whose APIC timer runs at another rate needs
 * another reference here.) Under -icount both count instructions, and the measured rate is exactly 1. */
#include "arch/arch.h"

#define MEASURE_NS 2000000

static uint64_t tsc_base, ns_per_tick; /* the second as a 32.32 fixed-point number; 0 until it is known */

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* What is left on the APIC's timer, and the TSC at the same moment: of some readings the quickest. */
static uint32_t sample(uint64_t *at)
{
	uint64_t best = ~0ull;
	uint32_t left = 0;

	for (unsigned i = 0; i < 16; i++) {
		uint64_t before = tsc();
		uint32_t now = lapic_read(LAPIC_NOW);
		uint64_t took = tsc() - before;

		if (took < best) {
			best = took;
			*at = before + took / 2;
			left = now;
		}
	}
	return left;
}

void arch_time_init(const void *fdt)
{
	unsigned long was = arch_irq_save();
	uint64_t from, to;
	uint32_t first, now;

	(void)fdt;
	lapic_write(LAPIC_TIMER, LAPIC_MASKED | VEC_TIMER);
	lapic_write(LAPIC_COUNT, ~0u);
	first = sample(&from);
	do
		now = sample(&to);
	while (first - now < MEASURE_NS);
	lapic_write(LAPIC_COUNT, 0);
	lapic_write(LAPIC_TIMER, VEC_TIMER);
	ns_per_tick = ((uint64_t)(first - now) << 32) / (to - from);
	tsc_base = to;
	arch_irq_restore(was);
}

uint64_t arch_time_ns(void) { return (uint64_t)((unsigned __int128)(tsc() - tsc_base) * ns_per_tick >> 32); }

void arch_timer_arm(uint64_t ns) { lapic_write(LAPIC_COUNT, ns > ~0u ? ~0u : ns ? (uint32_t)ns : 1); }
