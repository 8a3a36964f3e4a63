/* Where the console's 16550 is: first where QEMU's machine has it, then where the device tree says. */
#include "arch/arch.h"
#include "kernel/lib/fdt.h"
#include "kernel/mem/mem.h"

static paddr_t base = 0x10000000;
static unsigned shift, irq = 10;

static volatile uint8_t *reg(unsigned n)
{
	return (volatile uint8_t *)(arch_direct_base() + base + (n << shift));
}

void arch_console_init(const void *fdt)
{
	int node = fdt_compatible(fdt, -1, "ns16550a");
	uint64_t at, len;

	if (node >= 0 && fdt_reg(fdt, node, 0, &at, &len)) {
		base = at;
		fdt_u32(fdt, node, "reg-shift", 0, &shift);
		fdt_u32(fdt, node, "interrupts", 0, &irq);
	}
	mmio_map(base, PT_PAGE_SIZE);
	power_init(fdt); /* a panic needs both, from here on */
}

uint8_t arch_uart_read(unsigned n) { return *reg(n); }
void arch_uart_write(unsigned n, uint8_t value) { *reg(n) = value; }
unsigned arch_uart_irq(void) { return irq; }
