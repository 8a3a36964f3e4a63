/* The kernel's own mappings: pt_kernel, which every other table shares.
 *
 * All RAM appears at mem_direct_base by the largest leaves that fit, never executable; the image where it is
 * linked, by sections: text RX, constants R, data RW. The same text and constants are read-only in the
 * direct map, too, so that they have no writable alias. Everything here is global and has A and D set, so
 * that no trap is ever needed to set them. Kernel stacks have a window in the middle between the direct map's
 * base and the end of the address space. Lock: LOCK guards the stacks' slots and the early notes; page tables
 * need none, but whoever maps something new tells the other CPUs before it uses it. */
#include "arch/arch.h"
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"
#include "vm/pt.h"

#define KERNEL_PAGE (PT_G | PT_A | PT_D)
#define DEVICES_END 0x100000000ull /* devices lie below: mmio_map() can add them at any time */
#define STACK_SLOTS 8192
#define STACK_CACHE 16
#define EARLY_MAX   8

extern const char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[], __data_end[],
	__image_end[];

struct idle_stack {
	struct idle_stack *next;
};

vaddr_t mem_direct_base;

static struct spinlock lock = SPINLOCK_INIT("kmap", RANK_KMAP);
static bool ready;                            /* pt_kernel is in force */
static struct { paddr_t pa; size_t len; } early[EARLY_MAX];
static unsigned nearly;
static uint64_t slot_used[STACK_SLOTS / 64];  /* [lock] */
static struct idle_stack *cache;              /* [lock] mapped stacks that nobody uses */
static unsigned ncached;                      /* [lock] */

/* ---- the table ---- */

static void map_or_panic(vaddr_t va, paddr_t pa, uint64_t len, unsigned flags)
{
	int err = pt_map_range(&pt_kernel, va, pa, len, flags | KERNEL_PAGE);

	if (err)
		panic("the kernel's table: mapping %#llx bytes at %#llx failed: %d", (unsigned long long)len,
		      (unsigned long long)va, err);
}

static void map_direct(paddr_t lo, paddr_t hi, unsigned flags)
{
	if (lo < hi)
		map_or_panic(mem_direct_base + lo, lo, hi - lo, flags);
}

static paddr_t image_pa(const char *symbol) { return (uintptr_t)symbol - IMAGE_OFFSET; }

static paddr_t min_pa(paddr_t a, paddr_t b) { return a < b ? a : b; }
static paddr_t max_pa(paddr_t a, paddr_t b) { return a > b ? a : b; }

/* RAM in [lo, hi): writable but for what the image must not have changed. */
static void map_ram(paddr_t lo, paddr_t hi)
{
	const struct { paddr_t lo, hi; } constant[2] = {
		{image_pa(__text_start), image_pa(__rodata_end)},
		{image_pa(__data_end), image_pa(__image_end)},
	};

	for (unsigned i = 0; i < 2; i++) {
		paddr_t from = max_pa(lo, constant[i].lo), to = min_pa(hi, constant[i].hi);

		if (from >= to)
			continue;
		map_direct(lo, from, PT_W);
		map_direct(from, to, 0);
		lo = to;
	}
	map_direct(lo, hi, PT_W);
}

/* By 4 KiB leaves, whatever the alignment. */
static void map_image(const char *from, const char *to, unsigned flags)
{
	for (; from < to; from += PT_PAGE_SIZE)
		map_or_panic((uintptr_t)from, image_pa(from), PT_PAGE_SIZE, flags);
}

static vaddr_t stacks_base(void) { return mem_direct_base + (0 - mem_direct_base) / 2; }

vaddr_t kmap_spare(void) { return stacks_base() + (uint64_t)STACK_SLOTS * KSTACK_SLOT; }

void kmap_init(const struct boot_info *info)
{
	unsigned long irq = arch_irq_save();

	if (pt_init(&pt_kernel))
		panic("no memory for the kernel's page table");
	for (unsigned i = 0; i < info->nram; i++)
		map_ram(info->ram[i].base, info->ram[i].base + info->ram[i].len);
	map_image(__text_start, __text_end, PT_X);
	map_image(__rodata_start, __rodata_end, 0);
	map_image(__data_start, __data_end, PT_W);
	map_image(__data_end, __image_end, 0); /* the symbol table */
	if (pt_reserve(&pt_kernel, mem_direct_base, mem_direct_base + DEVICES_END) ||
	    pt_reserve(&pt_kernel, stacks_base(), kmap_spare() + KMAP_SPARE) ||
	    !pt_slot(&pt_kernel, kmap_spare(), true))
		panic("no memory for the kernel's page table");
	ready = true;
	for (unsigned i = 0; i < nearly; i++)
		mmio_map(early[i].pa, early[i].len);
	asid_setup(16);
	pt_activate(&pt_kernel);
	arch_irq_restore(irq);
}

/* CPUs that run see what was mapped. Before there are others nobody needs to be told. */
static void announce(void)
{
	if (cpu_count > 1 || arch_irq_enabled())
		tlb_sync_kernel();
}

void *mmio_map(paddr_t pa, size_t len)
{
	paddr_t end = (pa + len + PT_PAGE_MASK) & ~PT_PAGE_MASK;

	if (!ready) {
		ASSERT(nearly < EARLY_MAX);
		early[nearly].pa = pa;
		early[nearly++].len = len;
		return ptov(pa);
	}
	for (paddr_t at = pa & ~PT_PAGE_MASK; at < end; at += PT_PAGE_SIZE)
		if (pt_map(&pt_kernel, mem_direct_base + at, at, PT_W | PT_DEV | KERNEL_PAGE) == -VM_ENOMEM)
			panic("no memory to map the device at %#llx", (unsigned long long)pa);
	announce();
	return ptov(pa);
}

/* ---- kernel stacks ---- */

bool kstack_window(vaddr_t va)
{
	return va >= stacks_base() && va < kmap_spare();
}

static vaddr_t slot_stack(unsigned slot) { return stacks_base() + (uint64_t)slot * KSTACK_SLOT + KSTACK_SLOT - KSTACK_SIZE; }

/* A stack from the cache, or the lowest free slot's. */
static void *slot_take(bool *mapped)
{
	struct idle_stack *stack;
	unsigned slot = 0;

	spin_lock(&lock);
	stack = cache;
	*mapped = stack != NULL;
	if (stack) {
		cache = stack->next;
		ncached--;
	} else {
		while (slot < STACK_SLOTS && slot_used[slot / 64] >> slot % 64 & 1)
			slot++;
		if (slot < STACK_SLOTS) {
			slot_used[slot / 64] |= (uint64_t)1 << slot % 64;
			stack = (struct idle_stack *)(uintptr_t)slot_stack(slot);
		}
	}
	spin_unlock(&lock);
	return stack;
}

static void frame_release(paddr_t pa) { palloc_free_page(ptov(pa)); }

static void frame_seen(void *ctx, vaddr_t va, const struct pt_leaf *old)
{
	(void)va;
	tlb_defer(ctx, old->pa);
}

/* Unmap what is mapped of STACK, and its slot is free. */
static void stack_unmap(void *stack)
{
	vaddr_t va = (uintptr_t)stack;
	unsigned slot = (unsigned)((va - stacks_base()) / KSTACK_SLOT);
	struct tlb_gather g;

	tlb_begin(&g, &pt_kernel, frame_release);
	pt_unmap(&pt_kernel, va, va + KSTACK_SIZE, &g, frame_seen, &g);
	tlb_finish(&g);
	spin_lock(&lock);
	slot_used[slot / 64] &= ~((uint64_t)1 << slot % 64);
	spin_unlock(&lock);
}

static bool stack_map(void *stack)
{
	for (size_t at = 0; at < KSTACK_SIZE; at += PT_PAGE_SIZE) {
		void *page = palloc_get_page(0);

		if (!page || pt_map(&pt_kernel, (uintptr_t)stack + at, vtop(page), PT_W | KERNEL_PAGE)) {
			palloc_free_page(page);
			return false;
		}
	}
	announce();
	return true;
}

void *kstack_alloc(void)
{
	bool mapped;
	void *stack = slot_take(&mapped);

	if (stack && !mapped && !stack_map(stack)) {
		stack_unmap(stack);
		return NULL;
	}
	return stack;
}

void kstack_free(void *stack)
{
	struct idle_stack *s = stack;
	bool keep;

	if (!stack)
		return;
	spin_lock(&lock);
	keep = ncached < STACK_CACHE;
	if (keep) {
		s->next = cache;
		cache = s;
		ncached++;
	}
	spin_unlock(&lock);
	if (!keep)
		stack_unmap(stack);
}

void kstack_drain(void)
{
	bool mapped;
	void *stack;

	for (;;) {
		spin_lock(&lock);
		mapped = cache != NULL;
		spin_unlock(&lock);
		if (!mapped)
			return;
		stack = slot_take(&mapped);
		if (stack)
			stack_unmap(stack);
	}
}
