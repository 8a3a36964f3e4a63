/* The MMU's verbs: which table this CPU walks, and what its TLB forgets. With CR4.PCIDE a tag's translations
 * survive a switch when CR3's bit 63 says so; without it (TCG has none) each load of CR3 forgets all but the
 * global ones. Nothing remembers an entry that was not present. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "vm/pt.h"

#define CR3_KEEP  (1ull << 63)
#define CR4_PGE   (1ull << 7)
#define CR4_PCIDE (1ull << 17)
#define CR4_SMAP  (1ull << 21)
#define NOP3      "\x0f\x1f\x00"

enum { EAX, EBX, ECX, EDX };
/* What is switched on, or only used, where CPUID has it. */
static const struct {
	const char *name;
	uint32_t leaf;
	uint8_t reg, bit;
	uint64_t cr4;
} optional[] = {
	{" SMEP", 7, EBX, 7, 1ull << 20},
	{" SMAP", 7, EBX, 20, CR4_SMAP},
	{" UMIP", 7, ECX, 2, 1ull << 11},
	{" PGE", 1, EDX, 13, CR4_PGE},
	{" PCID", 1, ECX, 17, CR4_PCIDE},
	{" LA57", 7, ECX, 16, 0}, /* boot.S */
	{" 1GiB", 0x80000001, EDX, 26, 0},
};
static char features[64] = "NX WP";

const char *arch_features(void) { return features; }

static bool cpu_has(uint32_t leaf, unsigned reg, unsigned bit)
{
	uint32_t r[4], sub = 0, base = leaf & 0x80000000;

	__asm__("cpuid" : "=a"(r[EAX]), "=b"(r[EBX]), "=c"(r[ECX]), "=d"(r[EDX]) : "a"(base), "c"(sub));
	if (r[EAX] < leaf)
		return false;
	__asm__("cpuid" : "=a"(r[EAX]), "=b"(r[EBX]), "=c"(r[ECX]), "=d"(r[EDX]) : "a"(leaf), "c"(sub));
	return r[reg] >> bit & 1;
}

static uint64_t cr4_read(void)
{
	uint64_t cr4;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4) : : "memory");
	return cr4;
}
static void cr4_write(uint64_t cr4) { __asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory"); }
static void cr3_write(uint64_t cr3) { __asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory"); }

void mmu_cpu_init(void)
{
	uint64_t cr4 = cr4_read();

	for (unsigned i = 0; i < sizeof optional / sizeof optional[0]; i++)
		if (cpu_has(optional[i].leaf, optional[i].reg, optional[i].bit))
			cr4 |= optional[i].cr4;
	cr4_write(cr4);
}

void arch_mmu_probe(void)
{
	extern char *const __smap_start[], *const __smap_end[];

	if (!cpu_has(0x80000001, EDX, 20))
		panic("this CPU cannot forbid execution (NX)");
	for (unsigned i = 0; i < sizeof optional / sizeof optional[0]; i++)
		if (cpu_has(optional[i].leaf, optional[i].reg, optional[i].bit))
			strlcpy(features + strlen(features), optional[i].name, sizeof features - strlen(features));
	mmu_cpu_init();
	if (!(cr4_read() & CR4_SMAP)) /* the text is still writable */
		for (char *const *site = __smap_start; site < __smap_end; site++)
			memcpy(*site, NOP3, 3);
	pt_setup(cr4_read() & CR4_LA57 ? 5 : 4, cpu_has(0x80000001, EDX, 26) ? 2 : 1);
}

vaddr_t arch_direct_base(void) { return DIRECT_BASE; }

unsigned arch_asid_bits(void) { return cr4_read() & CR4_PCIDE ? 12 : 0; }

void arch_pt_activate(paddr_t root, unsigned asid, bool flush)
{
	cr3_write(root | asid | (flush || !arch_asid_bits() ? 0 : CR3_KEEP));
}

void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how)
{
	uint64_t cr3, cr4 = cr4_read();

	(void)asid;
	if (how == TLB_LEAVES) {
		for (; npages; npages--, va += PT_PAGE_SIZE)
			__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
	} else if (how == TLB_EVERYTHING && (cr4 & CR4_PGE)) {
		cr4_write(cr4 & ~CR4_PGE);
		cr4_write(cr4);
	} else {
		__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
		cr3_write(cr3);
	}
}

void arch_pt_publish(vaddr_t va) { (void)va; }

/* Caches are coherent; a serializing instruction drops what was fetched before the write. */
void arch_icache_sync(void) { __asm__ volatile("mov %0, %%cr2" : : "r"(0ul) : "memory"); }
