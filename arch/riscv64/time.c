/* Time: the counter that all harts share, and the firmware's timer for each. */
#include "arch/arch.h"
#include "kernel/lib/fdt.h"

#define SBI_TIME    0x54494d45
#define NS_PER_S    1000000000ull
#define DEFAULT_HZ  10000000u

static uint32_t hz = DEFAULT_HZ;

void arch_time_init(const void *fdt)
{
	uint32_t said;

	if (fdt_u32(fdt, fdt_path(fdt, "/cpus"), "timebase-frequency", 0, &said) && said)
		hz = said;
}

/* v * to / from without overflow, as both rates are below 2^32. */
static uint64_t scale(uint64_t v, uint64_t to, uint64_t from) { return v / from * to + v % from * to / from; }

uint64_t arch_time_ns(void) { return scale(time_read(), NS_PER_S, hz); }

void arch_timer_arm(uint64_t ns)
{
	sbi_call(SBI_TIME, 0, time_read() + scale(ns, hz, NS_PER_S), 0, 0);
	sie_set(SIE_TIMER);
}
