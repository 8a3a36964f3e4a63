/* Interrupt controllers: each CPU's local APIC, and the one IOAPIC, whose pins the device tree numbers. All
 * lines are level-triggered and go to CPU 0: microvm's devices hold theirs up until they are served. */
#include "arch/arch.h"
#include "kernel/mem/mem.h"

#define LAPIC_PA  0xfee00000
#define IOAPIC_PA 0xfec00000
#define SVR_ON    0x100
#define LINT_NMI  0x400
#define ICR_BUSY  0x1000

static volatile uint32_t *lapic, *ioapic; /* fixed by CPU 0 */

uint32_t lapic_read(enum lapic_reg reg) { return lapic[reg / 4]; }
void lapic_write(enum lapic_reg reg, uint32_t v) { lapic[reg / 4] = v; }

void lapic_send(uint32_t apic_id, uint32_t what)
{
	while (lapic_read(LAPIC_ICR) & ICR_BUSY)
		arch_relax();
	lapic_write(LAPIC_ICR_TO, apic_id << 24);
	lapic_write(LAPIC_ICR, what);
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
	arch_cpus[cpu].apic_id = lapic_read(LAPIC_ID) >> 24;
	lapic_write(LAPIC_SVR, SVR_ON | VEC_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LINT0, LAPIC_MASKED);
	lapic_write(LAPIC_LINT1, LINT_NMI); /* QEMU's monitor can ask a guest that hangs where it is */
	lapic_write(LAPIC_DIVIDE, 0xb);     /* by 1 */
	lapic_write(LAPIC_TIMER, VEC_TIMER);
}

static void ioapic_write(uint32_t reg, uint32_t v)
{
	ioapic[0] = reg;
	ioapic[4] = v;
}

static void pin_set(unsigned pin, uint32_t entry)
{
	ioapic_write(0x11 + 2 * pin, arch_cpus[0].apic_id << 24);
	ioapic_write(0x10 + 2 * pin, entry);
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
