/* What the firmware's device tree says about the machine: memory, harts, command line. Runs on the boot
 * table, which maps all low physical memory at the address of the Sv39 direct map. */
#include "arch/arch.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"

#define FDT_MAX 65536

uint32_t boot_hart[BOOT_MAX_CPUS];
unsigned boot_levels;
static char fdt_copy[FDT_MAX] __attribute__((aligned(8)));

/* [base, base + len), its whole pages only, into the ascending list. What does not fit in is not used. */
static void ram_add(struct boot_info *info, uint64_t base, uint64_t len)
{
	uint64_t lo = (base + PT_PAGE_MASK) & ~PT_PAGE_MASK, hi = (base + len) & ~PT_PAGE_MASK;
	unsigned i = info->nram;

	if (lo >= hi || base + len < base || i == BOOT_MAX_RAM)
		return;
	for (; i > 0 && info->ram[i - 1].base > lo; i--)
		info->ram[i] = info->ram[i - 1];
	info->ram[i].base = lo;
	info->ram[i].len = hi - lo;
	info->nram++;
}

static uint64_t clamp(uint64_t v, uint64_t lo, uint64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

/* Take [base, base + len) out: what each piece has before and behind it stays. */
static void ram_reserve(struct boot_info *info, uint64_t base, uint64_t len)
{
	struct boot_info old = *info;

	info->nram = 0;
	for (unsigned i = 0; i < old.nram; i++) {
		uint64_t lo = old.ram[i].base, hi = lo + old.ram[i].len;
		uint64_t from = clamp(base, lo, hi), to = base + len < base ? hi : clamp(base + len, lo, hi);

		ram_add(info, lo, from - lo);
		ram_add(info, to, hi - to);
	}
}

static void ram_find(const void *fdt, struct boot_info *info)
{
	uint64_t base, len;
	int node;

	for (node = -1; (node = fdt_device_type(fdt, node, "memory")) >= 0;)
		for (unsigned i = 0; fdt_reg(fdt, node, i, &base, &len); i++)
			ram_add(info, base, len);
	for (unsigned i = 0; fdt_reserved(fdt, i, &base, &len); i++)
		ram_reserve(info, base, len);
	node = fdt_child(fdt, fdt_path(fdt, "/reserved-memory"));
	for (; node >= 0; node = fdt_sibling(fdt, node))
		for (unsigned i = 0; fdt_reg(fdt, node, i, &base, &len); i++)
			ram_reserve(info, base, len);
}

static bool hart_usable(const void *fdt, int node)
{
	const char *status = fdt_prop(fdt, node, "status", NULL);
	const char *mmu = fdt_prop(fdt, node, "mmu-type", NULL);

	return mmu && strncmp(mmu, "riscv,sv", 8) == 0 && (!status || strncmp(status, "ok", 2) == 0);
}

/* The hart that booted first; the ids may have gaps. */
static void harts_find(const void *fdt, struct boot_info *info, uint32_t boot)
{
	uint64_t id, none;

	info->cpu_hwid[info->ncpus++] = boot_hart[0] = boot;
	for (int node = -1; (node = fdt_device_type(fdt, node, "cpu")) >= 0;)
		if (fdt_reg(fdt, node, 0, &id, &none) && id != boot && hart_usable(fdt, node) &&
		    info->ncpus < BOOT_MAX_CPUS)
			info->cpu_hwid[info->ncpus++] = (uint32_t)id;
}

void arch_boot_info(unsigned long hart, unsigned long tree, struct boot_info *info)
{
	const void *fdt = (const void *)(arch_direct_base() + tree);
	const char *args, *pt;
	uint32_t len = 0;

	memset(info, 0, sizeof *info);
	if (fdt_size(fdt) == 0 || fdt_size(fdt) > sizeof fdt_copy)
		panic("the firmware's device tree has %u bytes, of %u possible", fdt_size(fdt), FDT_MAX);
	memcpy(fdt_copy, fdt, fdt_size(fdt));
	info->fdt = fdt_copy;
	args = fdt_prop(fdt_copy, fdt_path(fdt_copy, "/chosen"), "bootargs", &len);
	if (args)
		memcpy(info->cmdline, args, len < sizeof info->cmdline ? len : sizeof info->cmdline - 1);
	pt = strstr(info->cmdline, "pt=sv");
	if (pt && (pt == info->cmdline || pt[-1] == ' '))
		boot_levels = pt[5] == '3' ? 3 : pt[5] == '4' ? 4 : pt[5] == '5' ? 5 : 0;
	ram_find(fdt_copy, info);
	fdt_initrd(fdt_copy, &info->initrd, &info->initrd_len);
	harts_find(fdt_copy, info, (uint32_t)hart);
}
