/* Device interrupts: the PLIC. All of them go to CPU 0. LOCK guards the bits of the lines that are open. */
#include "arch/arch.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define PLIC_PRIORITY    0x0        /* a word for each line */
#define PLIC_ENABLE      0x2000     /* a bit for each line, 0x80 bytes a context */
#define PLIC_THRESHOLD   0x200000   /* 0x1000 bytes a context */
#define PLIC_CLAIM       0x200004
#define SUPERVISOR_EXTERNAL 9

static volatile uint32_t *plic; /* NULL: there is none */
static unsigned lines, context; /* context: supervisor mode of CPU 0 */
static uint32_t lock;

static volatile uint32_t *reg(uint32_t offset) { return plic + offset / 4; }

/* The PLIC tells contexts by the phandles of the harts' own interrupt controllers. */
static bool hart_has_phandle(const void *fdt, uint32_t hart, uint32_t wanted)
{
	uint64_t id, none;
	uint32_t phandle;

	for (int cpu = -1; (cpu = fdt_device_type(fdt, cpu, "cpu")) >= 0;)
		for (int intc = fdt_child(fdt, cpu); intc >= 0; intc = fdt_sibling(fdt, intc))
			if (fdt_u32(fdt, intc, "phandle", 0, &phandle) && phandle == wanted)
				return fdt_reg(fdt, cpu, 0, &id, &none) && id == hart;
	return false;
}

void arch_irq_init(const void *fdt)
{
	int node = fdt_compatible(fdt, -1, "sifive,plic-1.0.0");
	uint64_t base, len;
	uint32_t phandle, cause;
	bool found = false;

	if (node < 0)
		node = fdt_compatible(fdt, -1, "riscv,plic0");
	if (node < 0 || !fdt_reg(fdt, node, 0, &base, &len) || !fdt_u32(fdt, node, "riscv,ndev", 0, &lines))
		return;
	for (unsigned i = 0; !found && fdt_u32(fdt, node, "interrupts-extended", 2 * i, &phandle) &&
			     fdt_u32(fdt, node, "interrupts-extended", 2 * i + 1, &cause); i++) {
		context = i;
		found = cause == SUPERVISOR_EXTERNAL && hart_has_phandle(fdt, boot_hart[0], phandle);
	}
	if (!found)
		return;
	plic = mmio_map(base, PLIC_ENABLE + 0x80 * (context + 1));
	mmio_map(base + PLIC_THRESHOLD + 0x1000 * (paddr_t)context, PT_PAGE_SIZE);
	for (unsigned i = 0; i <= lines / 32; i++)
		*reg(PLIC_ENABLE + 0x80 * context + 4 * i) = 0;
	*reg(PLIC_THRESHOLD + 0x1000 * context) = 0;
}

void arch_irq_unmask(unsigned irq)
{
	unsigned long was = arch_irq_save();

	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		arch_relax();
	if (plic && irq && irq <= lines) {
		*reg(PLIC_PRIORITY + 4 * irq) = 1;
		*reg(PLIC_ENABLE + 0x80 * context + irq / 32 * 4) |= 1u << irq % 32;
	}
	fence_all();
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	arch_irq_restore(was);
}

void irq_serve(void)
{
	uint32_t irq;

	while ((irq = *reg(PLIC_CLAIM + 0x1000 * context)) != 0) {
		fence_all(); /* what the device wrote to memory is there */
		trap_device(irq);
		fence_all(); /* what it was told comes before its line is open again */
		*reg(PLIC_CLAIM + 0x1000 * context) = irq;
	}
}
