/* Interrupt controllers: each CPU's local APIC, and the one IOAPIC, whose pins the device tree numbers. All
 * lines are level-triggered and go to CPU 0: microvm's devices hold theirs up until they are served. */
#include "arch/arch.h"
#include "kernel/mem/mem.h"

#define LAPIC_PA  0xfee00000
#define IOAPIC_PA 0xfec00000
#define SVR_ON    0x100
#define LINT_NMI  0x400
#define ICR_BUSY  0x1000

volatile uint32_t *lapic;
static volatile uint32_t *ioapic;

void lapic_send(uint32_t apic_id, uint32_t what)
{
	while (lapic[LAPIC_ICR] & ICR_BUSY)
		arch_relax();
	lapic[LAPIC_TO] = apic_id << 24;
	lapic[LAPIC_ICR] = what;
}

void arch_ipi(uint64_t mask)
{
	unsigned long was = arch_irq_save();

	for (; mask; mask &= mask - 1)
		lapic_send(arch_cpus[__builtin_ctzll(mask)].apic_id, VEC_IPI);
	arch_irq_restore(was);
}

void irq_cpu_init(unsigned cpu)
{
	if (!lapic)
		lapic = mmio_map(LAPIC_PA, PT_PAGE_SIZE);
	arch_cpus[cpu].apic_id = lapic[LAPIC_ID] >> 24;
	lapic[LAPIC_SVR] = SVR_ON | VEC_SPURIOUS;
	lapic[LAPIC_LINT0] = LAPIC_MASKED;
	lapic[LAPIC_LINT1] = LINT_NMI; /* QEMU's monitor can ask a guest that hangs where it is */
	lapic[LAPIC_DIVIDE] = 0xb;     /* by 1 */
	lapic[LAPIC_TIMER] = VEC_TIMER;
}

/* Its registers are reached through a window: number first, then contents. */
static void pin_set(unsigned pin, uint32_t entry)
{
	ioapic[0] = 0x11 + 2 * pin;
	ioapic[4] = arch_cpus[0].apic_id << 24;
	ioapic[0] = 0x10 + 2 * pin;
	ioapic[4] = entry;
}

void arch_irq_init(const void *fdt)
{
	(void)fdt;
	outb(0x21, 0xff); /* the old controllers, should there be any: all masked */
	outb(0xa1, 0xff);
	ioapic = mmio_map(IOAPIC_PA, PT_PAGE_SIZE);
	for (unsigned pin = 0; pin < IRQ_PINS; pin++)
		pin_set(pin, LAPIC_MASKED);
}

void arch_irq_unmask(unsigned irq)
{
	if (irq < IRQ_PINS)
		pin_set(irq, 0x8000 /* level */ | (VEC_DEVICE + irq));
}
