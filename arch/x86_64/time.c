/* Time. The clock is the TSC, which all CPUs share; the tick is the local APIC's timer in its one-shot mode.
 * microvm has neither PIT nor HPET nor ACPI timer, but its local APIC counts nanoseconds under TCG and under
 * KVM: the TSC's rate is measured against that. (A machine whose APIC timer runs at another rate needs
 * another reference here.) Under -icount both count instructions, and the measured rate is exactly 1. */
#include "arch/arch.h"

#define MEASURE_NS 2000000

static uint64_t tsc_base, ns_per_tick; /* the latter in 32.32 fixed point; 0: not known yet */

static uint64_t tsc(void)
{
	__asm__ volatile("lfence" : : : "memory"); /* not before what comes before */
	return __builtin_ia32_rdtsc();
}

/* What is left on the APIC's timer, and the TSC at the same moment: of some readings the quickest. */
static uint32_t both_clocks(uint64_t *at)
{
	uint64_t best = ~0ull;
	uint32_t left = *at = 0;

	for (unsigned i = 0; i < 16; i++) {
		uint64_t before = tsc();
		uint32_t now = lapic[LAPIC_NOW];
		uint64_t took = tsc() - before;

		if (took < best) {
			best = took;
			left = now;
			*at = before + took / 2;
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
	lapic[LAPIC_TIMER] = LAPIC_MASKED | VEC_TIMER;
	lapic[LAPIC_COUNT] = ~0u;
	first = both_clocks(&from);
	do
		now = both_clocks(&to);
	while (first - now < MEASURE_NS);
	lapic[LAPIC_COUNT] = 0;
	lapic[LAPIC_TIMER] = VEC_TIMER;
	ns_per_tick = ((uint64_t)(first - now) << 32) / (to - from);
	tsc_base = to;
	arch_irq_restore(was);
}

uint64_t arch_time_ns(void) { return (uint64_t)((unsigned __int128)(tsc() - tsc_base) * ns_per_tick >> 32); }

void arch_timer_arm(uint64_t ns) { lapic[LAPIC_COUNT] = ns > ~0u ? ~0u : ns ? (uint32_t)ns : 1; }
