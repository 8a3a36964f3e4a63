/* The MMU verbs of vm/port.h, and the choice between Sv39, Sv48 and Sv57.
 *
 * sfence.vma is a fence first: it orders this hart's earlier stores to tables before its later walks, and
 * drops what was cached. With an ASID it does neither for global mappings; with an address only for the
 * entry that ends that address' walk. Other harts are reached by interrupt (vm/tlb.c). */
#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "vm/pt.h"
#include "vm/port.h"

#define SATP_MODE_SHIFT 60 /* 8, 9, 10: three, four, five levels */
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK  0xffffull

static pte_t boot_root4[PT_ENTRIES] __attribute__((aligned(4096)));
static pte_t boot_root5[PT_ENTRIES] __attribute__((aligned(4096)));

static uint64_t satp_read(void)
{
	uint64_t satp;

	__asm__ volatile("csrr %0, satp" : "=r"(satp));
	return satp;
}

static void satp_write(uint64_t satp) { __asm__ volatile("csrw satp, %0" : : "r"(satp) : "memory"); }

static void fence_everything(void) { __asm__ volatile("sfence.vma" : : : "memory"); }
static void fence_space(uint64_t asid) { __asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory"); }

static uint64_t satp_value(unsigned levels, paddr_t root, unsigned asid)
{
	return (uint64_t)(levels + 5) << SATP_MODE_SHIFT | (uint64_t)asid << SATP_ASID_SHIFT |
	       root >> PT_PAGE_SHIFT;
}

/* Before: the new table may have been written by this hart, and the very next fetch walks it. After: under an
 * ASID that both tables have, walks of the old one went on until the switch. Without FLUSH this hart has run
 * in the table before, and what it caught then still holds. */
void arch_pt_activate(paddr_t root, unsigned asid, bool flush)
{
	if (flush)
		fence_everything();
	satp_write(satp_value(pt_levels(), root, asid));
	if (flush)
		fence_space(asid);
}

/* The field keeps as many of the ones as it has bits. */
unsigned arch_asid_bits(void)
{
	unsigned long irq = arch_irq_save();
	uint64_t satp = satp_read(), kept;
	unsigned bits = 0;

	satp_write(satp | SATP_ASID_MASK << SATP_ASID_SHIFT);
	kept = satp_read() >> SATP_ASID_SHIFT & SATP_ASID_MASK;
	satp_write(satp);
	fence_everything();
	arch_irq_restore(irq);
	while (kept >> bits & 1)
		bits++;
	return bits;
}

void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how)
{
	if (how == TLB_EVERYTHING)
		fence_everything();
	else if (how == TLB_SPACE)
		fence_space(asid);
	else
		for (size_t i = 0; i < npages; i++, va += PT_PAGE_SIZE)
			__asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"((uint64_t)asid) : "memory");
}

void arch_pt_publish(vaddr_t va) { __asm__ volatile("sfence.vma %0, x0" : : "r"(va) : "memory"); }

void arch_icache_sync(void) { __asm__ volatile("fence.i" : : : "memory"); }

/* Go on by the boot table of that many levels. A mode that the hart has not got leaves satp as it was. */
static bool boot_mode(unsigned levels, const pte_t *root)
{
	uint64_t satp = satp_value(levels, (vaddr_t)root - IMAGE_OFFSET, 0);

	fence_everything();
	satp_write(satp);
	fence_everything();
	return satp_read() == satp;
}

void arch_mmu_probe(void)
{
	unsigned levels = 3;

	boot_root4[0] = boot_root4[256] = boot_root4[511] = pte_table((vaddr_t)boot_table - IMAGE_OFFSET);
	boot_root5[0] = boot_root5[511] = pte_table((vaddr_t)boot_root4 - IMAGE_OFFSET);
	if (boot_levels == 5 && boot_mode(5, boot_root5))
		levels = 5;
	else if (boot_levels != 3 && boot_mode(4, boot_root4))
		levels = 4;
	pt_setup(levels, levels - 1);
}

vaddr_t arch_direct_base(void) { return pt_levels() > 3 ? 0xffff800000000000 : 0xffffffc000000000; }

const char *arch_features(void)
{
	static char line[40];

	ksnprintf(line, sizeof line, "SUM NX ASID%u", arch_asid_bits());
	return line;
}
