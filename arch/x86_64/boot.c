/* What the PVH loader and QEMU's fw_cfg device tell: RAM, command line, number of CPUs, device tree. Runs
 * once, on the static tables, which reach the first 4 GiB. Everything is copied out. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"

#define START_MAGIC 0x336ec578

struct start_info {
	uint32_t magic, version, flags, nmodules;
	uint64_t modules, cmdline, rsdp, memmap;
	uint32_t memmap_entries;
};
struct module { /* where it pleases the loader */
	uint64_t addr, size, cmdline, reserved;
} __attribute__((packed));
struct memmap_entry {
	uint64_t addr, size;
	uint32_t type, reserved;
};
#define MEMMAP_RAM 1

enum fw_cfg { FW_SELECT = 0x510, FW_DATA = 0x511, FW_SIGNATURE = 0, FW_CPUS = 5, FW_FILES = 0x19 };

static uint32_t fdt_copy[2048]; /* a full machine takes a quarter of it */

static const void *early(paddr_t pa)
{
	if (pa >> 32)
		panic("boot: the loader's data at %#lx lies above 4 GiB", (unsigned long)pa);
	return (const void *)(DIRECT_BASE + pa);
}

/* Insert [BASE, END) in its place, as whole pages. */
static void add_ram(struct boot_info *info, paddr_t base, paddr_t end)
{
	unsigned i = info->nram;

	base = ((base < LOW_END ? LOW_END : base) + PT_PAGE_MASK) & ~PT_PAGE_MASK;
	end &= ~PT_PAGE_MASK;
	if (base >= end || i == BOOT_MAX_RAM)
		return;
	for (; i && info->ram[i - 1].base > base; i--)
		info->ram[i] = info->ram[i - 1];
	info->ram[i].base = base;
	info->ram[i].len = end - base;
	info->nram++;
}

static void fw_select(uint16_t key) { __asm__ volatile("outw %0, %w1" : : "a"(key), "d"(FW_SELECT)); }

static void fw_read(void *buf, size_t n)
{
	__asm__ volatile("rep insb" : "+D"(buf), "+c"(n) : "d"(FW_DATA) : "memory");
}

/* The size of that file, and it is selected; 0: there is none. */
static uint32_t fw_file(const char *name)
{
	uint32_t left, file[16]; /* size; key, in the first 16 bits; name; all big-endian */

	fw_select(FW_FILES);
	fw_read(&left, sizeof left);
	for (left = __builtin_bswap32(left); left; left--) {
		fw_read(file, sizeof file);
		if (strncmp((const char *)(file + 2), name, sizeof file - 8) == 0) {
			fw_select(__builtin_bswap16((uint16_t)file[1]));
			return __builtin_bswap32(file[0]);
		}
	}
	return 0;
}

/* The tree comes in a mostly empty file: only what its header says is used is read. */
static const void *fw_fdt(void)
{
	uint32_t *h = fdt_copy, size = fw_file("etc/fdt"), used, end;

	if (size < 40)
		return NULL;
	fw_read(h, 40);
	used = __builtin_bswap32(h[2]) + __builtin_bswap32(h[9]); /* structure */
	end = __builtin_bswap32(h[3]) + __builtin_bswap32(h[8]);  /* strings */
	used = used > end ? used : end;
	if (used < 40 || used > size || used > sizeof fdt_copy)
		return NULL;
	fw_read(h + 10, used - 40);
	h[1] = __builtin_bswap32(used);
	return h;
}

void arch_boot_info(unsigned long arg0, unsigned long arg1, struct boot_info *info)
{
	const struct start_info *start = early(arg0);
	const struct memmap_entry *e;
	char signature[4];
	uint16_t ncpus;

	(void)arg1;
	trap_cpu_init(0);
	if (start->magic != START_MAGIC || start->version < 1)
		panic("boot: not started by a PVH loader that tells the memory map");
	memset(info, 0, sizeof *info);
	e = early(start->memmap);
	for (unsigned i = 0; i < start->memmap_entries; i++)
		if (e[i].type == MEMMAP_RAM)
			add_ram(info, e[i].addr, e[i].addr + e[i].size);
	if (start->nmodules) {
		const struct module *archive = early(start->modules);

		info->initrd = archive->addr;
		info->initrd_len = archive->size;
	}
	if (start->cmdline)
		strlcpy(info->cmdline, early(start->cmdline), sizeof info->cmdline);
	memcpy((char *)DIRECT_BASE + AP_PAGE, boot_ap_begin, (size_t)(boot_ap_end - boot_ap_begin));

	info->ncpus = 1;
	fw_select(FW_SIGNATURE);
	fw_read(signature, sizeof signature);
	if (memcmp(signature, "QEMU", sizeof signature) == 0) {
		fw_select(FW_CPUS);
		fw_read(&ncpus, sizeof ncpus);
		info->ncpus = ncpus < BOOT_MAX_CPUS ? ncpus : BOOT_MAX_CPUS;
		info->fdt = fw_fdt();
	}
	for (unsigned i = 0; i < info->ncpus; i++)
		info->cpu_hwid[i] = i;
}
