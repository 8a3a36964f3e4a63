/* Traps: descriptor tables of each CPU, and from the CPU's vectors to the kernel's trap_*. Double faults, NMIs
 * and machine checks run on a stack of their own and end in a panic. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"

#define SYSCALL_CLEARS 0x57700 /* AC RF NT IOPL DF IF TF */
#define IRQS_ON        0x200
#define FLAG_ALWAYS    0x2

enum vector { NMI = 2, BREAKPOINT = 3, DOUBLE_FAULT = 8, PROTECTION = 13, PAGE_FAULT = 14, MACHINE_CHECK = 18 };
enum pf_error { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

_Static_assert(offsetof(struct intr_frame, r11) == F_R11 && offsetof(struct intr_frame, rcx) == F_RCX &&
	       offsetof(struct intr_frame, rip) == F_RIP && offsetof(struct intr_frame, cs) == F_CS &&
	       offsetof(struct intr_frame, rflags) == F_RFLAGS && offsetof(struct intr_frame, rsp) == F_RSP &&
	       sizeof(struct intr_frame) == F_SIZE && offsetof(struct arch_thread, sp) == THREAD_SP &&
	       offsetof(struct arch_thread, user_sp) == THREAD_USER_SP, "arch_impl.h tells assembly otherwise");
_Static_assert(offsetof(struct arch_cpu, current) == CPU_CURRENT && offsetof(struct arch_cpu, tss) + 4 == CPU_RSP0 &&
	       offsetof(struct arch_cpu, scratch) == CPU_SCRATCH, "arch_impl.h tells assembly otherwise");

static const char *const names[VEC_DEVICE] = {
	"division error", "debug trap", "non-maskable interrupt", "breakpoint", "overflow", "bound exceeded",
	"undefined instruction", "no FPU", "double fault", "coprocessor overrun", "bad task segment",
	"segment not present", "stack segment fault", "general protection fault", "page fault", "exception 15",
	"floating-point error", "misaligned access", "machine check", "SIMD floating-point error",
	"virtualization exception", "control protection fault",
};

struct arch_cpu arch_cpus[BOOT_MAX_CPUS];
static uint64_t idt[VEC_COUNT][2] __attribute__((aligned(16)));

extern const char trap_stubs[], trap_user_iret[], trap_syscall_entry[], ucopy_refused[];
struct intr_frame *trap_entry(struct intr_frame *f);

static void descriptors_load(const void *table, uint16_t size, bool interrupts)
{
	struct __attribute__((packed)) { uint16_t limit; const void *base; } d = {(uint16_t)(size - 1), table};

	if (interrupts)
		__asm__ volatile("lidt %0" : : "m"(d));
	else
		__asm__ volatile("lgdt %0" : : "m"(d));
}

static void idt_fill(void)
{
	for (unsigned v = 0; v < VEC_COUNT; v++) {
		uint64_t to = (uint64_t)trap_stubs + 16 * v;
		bool own_stack = v == NMI || v == DOUBLE_FAULT || v == MACHINE_CHECK;

		idt[v][0] = (to & 0xffff) | SEL_KCODE << 16 | (uint64_t)own_stack << 32 | 0x8e0000000000 |
			    (v == BREAKPOINT ? 0x600000000000 : 0) | (to >> 16 & 0xffff) << 48;
		idt[v][1] = to >> 32;
	}
}

/* The code and data segments equal boot.S's: nothing has to be loaded again. */
void trap_cpu_init(unsigned cpu)
{
	struct arch_cpu *c = &arch_cpus[cpu];
	uint64_t tss = (uint64_t)&c->tss;

	if (cpu == 0)
		idt_fill();
	c->tss.ist[0] = (uint64_t)(c->ist_stack + sizeof c->ist_stack);
	c->tss.iomap = sizeof c->tss;
	c->gdt[SEL_KCODE / 8] = 0x00af9b000000ffff;
	c->gdt[SEL_KDATA / 8] = 0x00cf93000000ffff;
	c->gdt[SEL_UDATA / 8] = 0x00cff3000000ffff;
	c->gdt[SEL_UCODE / 8] = 0x00affb000000ffff;
	c->gdt[SEL_TSS / 8] = (sizeof c->tss - 1) | (tss & 0xffffff) << 16 | 0x890000000000 | (tss >> 24 & 0xff) << 56;
	c->gdt[SEL_TSS / 8 + 1] = tss >> 32;
	descriptors_load(c->gdt, sizeof c->gdt, false);
	descriptors_load(idt, sizeof idt, true);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_STAR, (uint64_t)(SEL_KDATA | 3) << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(MSR_LSTAR, (uint64_t)trap_syscall_entry);
	wrmsr(MSR_SFMASK, SYSCALL_CLEARS);
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
	if (f->error & PF_RESERVED)
		trap_error(f, "a page-table entry has a reserved bit set", va);
	else
		trap_fault(f, va, (f->error & PF_PRESENT ? FAULT_PRESENT : 0u) | (f->error & PF_WRITE ? FAULT_WRITE : 0u) |
			   (f->error & PF_FETCH ? FAULT_EXEC : 0u) | (f->error & PF_USER ? FAULT_USER : 0u));
}

/* A push below the stack faults, and so does the push of that fault: the address tells. The lower half of a
 * stack's slot is its guard. */
static _Noreturn void double_fault(struct intr_frame *f, vaddr_t va)
{
	if (f->rsp >> 63 && (va ^ (f->rsp - 1)) < 32768 && !(va & 16384))
		panic_at(f, "kernel stack overflow");
	panic_at(f, "double fault");
}

/* The return to user code by IRETQ met a value that the CPU refuses: that is the user's trap, and its frame
 * lies where IRETQ read it; only the registers were popped. */
static struct intr_frame *user_iret_failed(struct intr_frame *f)
{
	struct intr_frame now = *f, *user = (struct intr_frame *)(f->rsp - F_RIP);

	memcpy(user, &now, F_RIP);
	return user;
}

/* From trap.S; the frame to go on with. */
struct intr_frame *trap_entry(struct intr_frame *f)
{
	if (f->rip == (uint64_t)trap_user_iret)
		f = user_iret_failed(f);
	switch (f->vector) {
	case PAGE_FAULT:
		page_fault(f, fault_address());
		break;
	case VEC_SYSCALL:
		trap_syscall(f);
		break;
	case VEC_TIMER:
		lapic_write(LAPIC_EOI, 0);
		trap_timer();
		break;
	case VEC_IPI:
		lapic_write(LAPIC_EOI, 0);
		trap_ipi();
		break;
	case VEC_SPURIOUS:
		break;
	case DOUBLE_FAULT:
		double_fault(f, fault_address());
	case PROTECTION:
		if (f->rip == (uint64_t)arch_peek || f->rip == (uint64_t)arch_poke)
			f->rip = (uint64_t)ucopy_refused; /* that address is none at all: not canonical */
		else
			trap_error(f, names[PROTECTION], f->error);
		break;
	case NMI:
	case MACHINE_CHECK:
		panic_at(f, "%s", names[f->vector]);
	default:
		if (f->vector < VEC_DEVICE) {
			trap_error(f, names[f->vector] ? names[f->vector] : "exception", f->error);
		} else {
			trap_device((unsigned)f->vector - VEC_DEVICE);
			lapic_write(LAPIC_EOI, 0); /* now that the line is down */
		}
	}
	arch_irq_disable();
	trap_leave(f);
	return f;
}

/* ---- the registers of a trap ---- */

vaddr_t arch_frame_pc(const struct intr_frame *f) { return f->rip; }
void arch_frame_set_pc(struct intr_frame *f, vaddr_t pc) { f->rip = pc; }
vaddr_t arch_frame_sp(const struct intr_frame *f) { return f->rsp; }
vaddr_t arch_frame_fp(const struct intr_frame *f) { return f->rbp; }
vaddr_t arch_frame_link(const struct intr_frame *f)
{
	vaddr_t va;

	return f->rsp % 8 == 0 && arch_peek(f->rsp, &va) ? va : 0;
}
bool arch_frame_user(const struct intr_frame *f) { return f->cs & 3; }
bool arch_frame_irqs(const struct intr_frame *f) { return f->rflags & IRQS_ON; }

uint64_t arch_frame_arg(const struct intr_frame *f, unsigned n)
{
	const uint64_t args[] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};
	return args[n];
}

void arch_frame_user_init(struct intr_frame *f, vaddr_t pc, vaddr_t sp, uint64_t arg0, uint64_t arg1)
{
	*f = (struct intr_frame){.rip = pc, .cs = SEL_UCODE, .rflags = FLAG_ALWAYS | IRQS_ON, .rsp = sp,
				 .ss = SEL_UDATA, .rdi = arg0, .rsi = arg1};
}

void arch_frame_print(const struct intr_frame *f, void (*print)(const char *fmt, ...))
{
	static const char name[][7] = {"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx",
				       "rdx", "rsi", "rdi", "vector", "error", "rip", "cs", "rflags", "rsp", "ss"};

	for (unsigned i = 0; i < sizeof name / sizeof name[0]; i++)
		print("%6s %016lx%s", name[i], (unsigned long)((const uint64_t *)f)[i], i % 4 == 3 ? "\n" : "  ");
	print("   cr2 %016lx\n", (unsigned long)fault_address());
}

bool arch_frame_next(vaddr_t fp, vaddr_t *pc, vaddr_t *next)
{
	return fp && fp % 8 == 0 && arch_peek(fp, next) && arch_peek(fp + 8, pc);
}
