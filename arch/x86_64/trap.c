/* Traps: descriptor tables of each CPU, and from the CPU's vectors to the kernel's trap_*. Double faults,
 * NMIs and machine checks run on a stack of their own and end in a panic. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"

#define SYSCALL_CLEARS 0x57700 /* AC RF NT IOPL DF IF TF */
#define IRQS_ON        0x200
#define OWN_STACK      (1ull << NMI | 1ull << DOUBLE_FAULT | 1ull << MACHINE_CHECK)

enum msr { STAR = 0xc0000081, LSTAR, SFMASK = 0xc0000084, KERNEL_GS_BASE = 0xc0000102 };
enum vector { NMI = 2, BREAKPOINT, DOUBLE_FAULT = 8, PROTECTION = 13, PAGE_FAULT, MACHINE_CHECK = 18 };
enum pf_error { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

_Static_assert(offsetof(struct intr_frame, vector) == F_VECTOR, "trap.S");
_Static_assert(offsetof(struct intr_frame, rip) == F_RIP && sizeof(struct intr_frame) == F_SIZE, "trap.S");
_Static_assert(offsetof(struct arch_cpu, tss) + 4 == CPU_RSP0, "trap.S");
_Static_assert(offsetof(struct arch_cpu, scratch) == CPU_SCRATCH, "trap.S");
_Static_assert(offsetof(struct arch_thread, user_sp) == THREAD_USER_SP, "switch.S");

/* clang-format off */
static const char *const names[VEC_DEVICE] = {
	"division error", "debug trap", "non-maskable interrupt", "breakpoint", "overflow", "bound exceeded",
	"undefined instruction", "no FPU", "double fault", "coprocessor overrun", "bad task segment",
	"segment not present", "stack segment fault", "general protection fault", "page fault", NULL,
	"floating-point error", "misaligned access", "machine check", "SIMD floating-point error",
};
/* clang-format on */

struct arch_cpu arch_cpus[BOOT_MAX_CPUS];
static uint64_t idt[VEC_COUNT][2] __attribute__((aligned(16)));

extern const char trap_stubs[], trap_user_iret[], trap_syscall_entry[], ucopy_refused[];
struct intr_frame *trap_entry(struct intr_frame *f);

static void wrmsr(enum msr msr, uint64_t v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

static void idt_fill(void)
{
	for (unsigned v = 0; v < VEC_COUNT; v++) {
		uint64_t to = (uint64_t)trap_stubs + 16 * v;

		idt[v][0] = (to & 0xffff) | SEL_KCODE << 16 | (OWN_STACK >> v & 1) << 32 | 0x8e0000000000 |
			    (v == BREAKPOINT ? 0x600000000000 : 0) | (to >> 16 & 0xffff) << 48;
		idt[v][1] = to >> 32;
	}
}

/* The code and data segments are boot.S's: they need not be loaded again. */
void trap_cpu_init(unsigned cpu)
{
	struct arch_cpu *c = &arch_cpus[cpu];
	struct __attribute__((packed)) {
		uint16_t limit;
		const void *base;
	} gdtr = {sizeof c->gdt - 1, c->gdt}, idtr = {sizeof idt - 1, idt};
	uint64_t tss = (uint64_t)&c->tss;

	if (cpu == 0)
		idt_fill();
	c->tss.ist[0] = (uint64_t)(c->ist_stack + sizeof c->ist_stack);
	c->tss.iomap = sizeof c->tss;
	memcpy(c->gdt, boot_gdt, SEL_TSS);
	c->gdt[SEL_TSS / 8] =
		(sizeof c->tss - 1) | (tss & 0xffffff) << 16 | 0x890000000000 | (tss >> 24 & 0xff) << 56;
	c->gdt[SEL_TSS / 8 + 1] = tss >> 32;
	__asm__ volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(gdtr), "m"(idtr), "r"(SEL_TSS));
	wrmsr(KERNEL_GS_BASE, 0);
	wrmsr(STAR, (uint64_t)(SEL_KDATA | 3) << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(LSTAR, (uint64_t)trap_syscall_entry);
	wrmsr(SFMASK, SYSCALL_CLEARS);
}

void arch_cpu_init(unsigned cpu)
{
	trap_cpu_init(cpu);
	mmu_cpu_init();
	irq_cpu_init(cpu);
}

static vaddr_t fault_address(void)
{
	vaddr_t va;
	__asm__ volatile("mov %%cr2, %0" : "=r"(va));
	return va;
}

static void page_fault(struct intr_frame *f, vaddr_t va)
{
	unsigned access = (f->error & PF_PRESENT ? FAULT_PRESENT : 0u) |
			  (f->error & PF_WRITE ? FAULT_WRITE : 0u) | (f->error & PF_FETCH ? FAULT_EXEC : 0u) |
			  (f->error & PF_USER ? FAULT_USER : 0u);

	if (f->error & PF_RESERVED)
		trap_error(f, "a page-table entry has a reserved bit set", va);
	else
		trap_fault(f, va, access);
}

/* A push below the stack faults, and so does the push of that fault: the address tells. The lower half of a
 * stack's slot is its guard. */
static bool stack_overflowed(const struct intr_frame *f, vaddr_t va)
{
	return f->vector == DOUBLE_FAULT && f->rsp >> 63 && (va ^ (f->rsp - 1)) < 32768 && !(va & 16384);
}

/* Where the CS that was interrupted does not tell whose GS base is in force: its sign does. */
static void gs_mend(void)
{
	__asm__ volatile("rdmsr; test %%edx, %%edx; js 1f; swapgs; 1:" : : "c"(MSR_GS_BASE) : "eax", "edx");
}

static void exception(struct intr_frame *f)
{
	const char *name = names[f->vector] ? names[f->vector] : "exception";

	if (OWN_STACK >> f->vector & 1) {
		gs_mend(); /* it can come between SWAPGS and the user, on either way */
		panic_at(f, "%s", stack_overflowed(f, fault_address()) ? "kernel stack overflow" : name);
	}
	if (f->vector == PROTECTION && (f->rip == (uint64_t)arch_peek || f->rip == (uint64_t)arch_poke))
		f->rip = (uint64_t)ucopy_refused; /* not canonical: that address is none at all */
	else
		trap_error(f, name, f->error);
}

/* The handler first, then EOI: until it has run, a device holds its line up. */
static void interrupt(unsigned vector)
{
	if (vector == VEC_SPURIOUS)
		return;
	if (vector == VEC_TIMER)
		trap_timer();
	else if (vector == VEC_IPI)
		trap_ipi();
	else
		trap_device(vector - VEC_DEVICE);
	lapic[LAPIC_EOI] = 0;
}

/* The return to user code by IRETQ met a value that the CPU refuses: that is the user's trap, and its frame
 * lies where IRETQ read it; only the registers were popped. */
static struct intr_frame *user_iret_failed(struct intr_frame *f)
{
	struct intr_frame now = *f, *user = (struct intr_frame *)(f->rsp - F_RIP);

	gs_mend();
	memcpy(user, &now, F_RIP);
	return user;
}

/* From trap.S; the frame to go on with. */
struct intr_frame *trap_entry(struct intr_frame *f)
{
	if (f->rip == (uint64_t)trap_user_iret && !arch_frame_user(f)) /* a user may jump there, too */
		f = user_iret_failed(f);
	if (f->vector == PAGE_FAULT)
		page_fault(f, fault_address());
	else if (f->vector == VEC_SYSCALL)
		trap_syscall(f);
	else if (f->vector >= VEC_DEVICE)
		interrupt((unsigned)f->vector);
	else
		exception(f);
	arch_irq_disable();
	trap_leave(f);
	/* SYSRET takes RIP from RCX, RFLAGS from R11, and faults in ring 0 unless RIP is canonical. */
	if (f->vector == VEC_SYSCALL && (f->rcx != f->rip || f->r11 != f->rflags || f->rip >> 47))
		f->vector = 0; /* IRETQ takes anything */
	return f;
}

/* ---- the registers of a trap ---- */

vaddr_t arch_frame_pc(const struct intr_frame *f) { return f->rip; }
void arch_frame_set_pc(struct intr_frame *f, vaddr_t pc) { f->rip = pc; }
vaddr_t arch_frame_sp(const struct intr_frame *f) { return f->rsp; }
vaddr_t arch_frame_fp(const struct intr_frame *f) { return f->rbp; }
bool arch_frame_user(const struct intr_frame *f) { return f->cs & 3; }
bool arch_frame_irqs(const struct intr_frame *f) { return f->rflags & IRQS_ON; }

vaddr_t arch_frame_link(const struct intr_frame *f)
{
	vaddr_t va;

	return f->rsp % 8 == 0 && arch_peek(f->rsp, &va) ? va : 0;
}

uint64_t arch_frame_call(const struct intr_frame *f, uint64_t arg[6])
{
	arg[0] = f->rdi, arg[1] = f->rsi, arg[2] = f->rdx, arg[3] = f->r10, arg[4] = f->r8, arg[5] = f->r9;
	return f->rax;
}
void arch_frame_set_result(struct intr_frame *f, int64_t result) { f->rax = (uint64_t)result; }
void arch_frame_set_sp(struct intr_frame *f, vaddr_t sp) { f->rsp = sp; }

void arch_frame_user_init(struct intr_frame *f, vaddr_t pc, vaddr_t sp, uint64_t arg0, uint64_t arg1)
{
	*f = (struct intr_frame){.rip = pc, .rsp = sp, .rdi = arg0, .rsi = arg1, .rflags = IRQS_ON | 2};
	f->cs = SEL_UCODE;
	f->ss = SEL_UDATA;
}

void arch_frame_print(const struct intr_frame *f, void (*print)(const char *fmt, ...))
{
	static const char name[][7] = {"r15",   "r14", "r13", "r12",    "rbp", "rbx", "r11", "r10",
				       "r9",    "r8",  "rax", "rcx",    "rdx", "rsi", "rdi", "vector",
				       "error", "rip", "cs",  "rflags", "rsp", "ss"};

	for (unsigned i = 0; i < sizeof name / sizeof name[0]; i++)
		print("%6s %016lx%s", name[i], (unsigned long)((const uint64_t *)f)[i],
		      i % 4 == 3 ? "\n" : "  ");
	print("   cr2 %016lx\n", (unsigned long)fault_address());
}

bool arch_frame_next(vaddr_t fp, vaddr_t *pc, vaddr_t *next)
{
	return fp && fp % 8 == 0 && arch_peek(fp, next) && arch_peek(fp + 8, pc);
}
