/* Page tables and the TLB on the console: levels, entries, ranges.
 * Nothing is locked: the kernel half only grows, and an entry that changes meanwhile shows one way or the
 * other. */
#include "kernel/show.h"

#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

struct size size_text(uint64_t bytes)
{
	static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	uint64_t n = bytes, rest = 0;
	unsigned u = 0;
	struct size s;

	while (n >= 1024) {
		rest = n % 1024;
		n /= 1024;
		u++;
	}
	unsigned tenth = (unsigned)(rest * 10 / 1024);
	if (tenth)
		ksnprintf(s.text, sizeof s.text, "%u.%u %s", (unsigned)n, tenth, unit[u]);
	else
		ksnprintf(s.text, sizeof s.text, "%u %s", (unsigned)n, unit[u]);
	return s;
}

struct flags {
	char text[16];
};

static struct flags flags_text(unsigned flags)
{
	static const struct { unsigned flag; char c; } letters[] = {
		{PT_W, 'w'}, {PT_X, 'x'}, {PT_U, 'u'}, {PT_G, 'g'}, {PT_A, 'a'}, {PT_D, 'd'}};
	struct flags f;
	unsigned n = 0;

	f.text[n++] = 'r';
	for (unsigned i = 0; i < sizeof letters / sizeof letters[0]; i++)
		f.text[n++] = flags & letters[i].flag ? letters[i].c : '-';
	strlcpy(f.text + n, flags & PT_DEV ? " device" : "", sizeof f.text - n);
	return f;
}

/* The lower half's end; the upper half begins at its negative. */
static vaddr_t half(void)
{
	return pt_span(pt_levels() - 1) * PT_ENTRIES / 2;
}

static bool is_ram(const struct boot_info *boot, paddr_t pa)
{
	for (unsigned i = 0; i < boot->nram; i++)
		if (pa >= boot->ram[i].base && pa - boot->ram[i].base < boot->ram[i].len)
			return true;
	return false;
}

/* What the kernel has at VA. */
static const char *region(const struct boot_info *boot, vaddr_t va)
{
	extern const char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[],
		__data_end[], __image_end[];

	if (va < half())
		return "user";
	if (va >= (vaddr_t)__text_start && va < (vaddr_t)__text_end)
		return "kernel text";
	if (va >= (vaddr_t)__rodata_start && va < (vaddr_t)__rodata_end)
		return "kernel constants";
	if (va >= (vaddr_t)__data_start && va < (vaddr_t)__data_end)
		return "kernel data";
	if (va >= (vaddr_t)__data_end && va < (vaddr_t)__image_end)
		return "kernel symbols";
	if (kstack_window(va))
		return "kernel stacks";
	if (va >= KERNEL_BASE || va < mem_direct_base)
		return "nothing the kernel knows";
	return is_ram(boot, va - mem_direct_base) ? "RAM" : "devices";
}

/* ---- one address ---- */

static void show_entry(vaddr_t va, unsigned level, pte_t pte)
{
	kprintf("  level %u [%3u]  0x%016llx  ", level, pt_index(va, level), (unsigned long long)pte);
	switch (pte_kind(pte, level)) {
	case PTE_NONE:
		kprintf("none: nothing is mapped here\n");
		break;
	case PTE_TABLE:
		kprintf("table at 0x%llx\n", (unsigned long long)pte_pa(pte));
		break;
	case PTE_LEAF:
		kprintf("%s leaf at 0x%llx, %s\n", size_text(pt_span(level)).text,
			(unsigned long long)pte_pa(pte), flags_text(pte_flags(pte, level)).text);
		break;
	}
}

bool show_walk(struct pt *pt, const struct boot_info *boot, vaddr_t va)
{
	pte_t entry[PT_MAX_LEVELS];
	struct pt_leaf leaf;

	if (va >= half() && va < -half()) {
		kprintf("0x%llx lies between the halves of the address space: no table reaches it\n",
			(unsigned long long)va);
		return false;
	}
	kprintf("0x%llx (%s), from the root at 0x%llx:\n", (unsigned long long)va, region(boot, va),
		(unsigned long long)pt->root);
	unsigned n = pt_trace(pt, va, entry);
	for (unsigned i = 0; i < n; i++)
		show_entry(va, pt_levels() - 1 - i, entry[i]);
	if (pt_query(pt, va, &leaf))
		kprintf("  physical address 0x%llx\n", (unsigned long long)leaf.pa);
	return true;
}

/* ---- ranges ---- */

struct range {
	const struct boot_info *boot;
	vaddr_t va;
	uint64_t len, total; /* len 0: none yet */
	paddr_t pa;
	bool scattered; /* in physical memory */
	unsigned flags, level;
	const char *what;
};

static void range_print(const struct range *r)
{
	struct size len = size_text(r->len), leaf = size_text(pt_span(r->level));
	struct flags flags = flags_text(r->flags);
	char pa[24] = "scattered";

	if (!r->len)
		return;
	if (!r->scattered)
		ksnprintf(pa, sizeof pa, "0x%llx", (unsigned long long)r->pa);
	kprintf("  0x%016llx-0x%016llx  %9s by %-5s  %s  %-12s %s\n", (unsigned long long)r->va,
		(unsigned long long)(r->va + (r->len - 1)), len.text, leaf.text, flags.text, pa, r->what);
}

/* Ranges are told apart by what may be done there, not by what the hardware noted. */
static bool range_add(void *ctx, vaddr_t va, pte_t *slot, unsigned level)
{
	struct range *r = ctx;
	pte_t pte = *slot;
	unsigned flags = pte_flags(pte, level) & (PT_W | PT_X | PT_U | PT_G);
	const char *what = region(r->boot, va);
	bool joins = r->len && va == r->va + r->len && flags == r->flags && level == r->level &&
		     what == r->what;

	if (!joins) {
		range_print(r);
		*r = (struct range){r->boot, va, 0, r->total, pte_pa(pte), false, flags, level, what};
	}
	r->scattered |= pte_pa(pte) != r->pa + r->len;
	r->len += pt_span(level);
	r->total += pt_span(level);
	return true;
}

void show_maps(struct pt *pt, const struct boot_info *boot)
{
	struct range r = {.boot = boot};

	pt_for_each(pt, -half(), 0, range_add, &r);
	range_print(&r);
	kprintf("  %s mapped by %llu tables\n", size_text(r.total).text, (unsigned long long)pt->tables);
}

void show_tlb(void)
{
	unsigned long was = arch_irq_save();
	unsigned asid = pt_active_asid();

	arch_irq_restore(was);
	kprintf("  shootdowns            %llu\n", (unsigned long long)tlb_count_all);
	kprintf("  that asked other CPUs %llu\n", (unsigned long long)tlb_count_remote);
	if (asid_none())
		kprintf("  address-space tags    none: every switch flushes\n");
	else
		kprintf("  address-space tags    generation %llu, this CPU runs under %u\n",
			(unsigned long long)asid_generation(), asid);
}
