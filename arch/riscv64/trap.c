/* What a trap is, and what its registers mean. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define CAUSE_INTERRUPT 0x8000000000000000ull
enum interrupt { INT_SOFT = 1, INT_TIMER = 5, INT_EXTERNAL = 9 };
enum exception { EXC_SYSCALL = 8, EXC_FETCH_PAGE = 12, EXC_LOAD_PAGE = 13, EXC_STORE_PAGE = 15 };

/* Where trap.S goes on when a kernel stack is used up, its frame at the end. */
struct overflow_stack {
	char stack[OVERFLOW_SIZE - FRAME_SIZE];
	struct intr_frame frame;
};
_Static_assert(1 << THREAD_STACK_SHIFT == KSTACK_SIZE, "switch.S");
_Static_assert(sizeof(struct overflow_stack) == 1 << OVERFLOW_SHIFT, "trap.S");
extern struct overflow_stack overflow_stacks[BOOT_MAX_CPUS];
struct overflow_stack overflow_stacks[BOOT_MAX_CPUS] __attribute__((aligned(16)));

static void interrupt(struct intr_frame *f)
{
	switch (f->cause & ~CAUSE_INTERRUPT) {
	case INT_SOFT:
		/* Acknowledged before it is looked what was asked: what is asked later interrupts again. */
		__asm__ volatile("csrc sip, %0" : : "r"((uint64_t)SIE_SOFT) : "memory");
		fence_all();
		trap_ipi();
		break;
	case INT_TIMER:
		sie_clear(SIE_TIMER); /* it stays pending until it is armed anew */
		trap_timer();
		break;
	case INT_EXTERNAL: irq_serve(); break;
	default: trap_error(f, "unknown interrupt", f->cause);
	}
}

static void exception(struct intr_frame *f)
{
	static const char *const names[16] = {
		[0] = "misaligned jump",  [1] = "instruction access fault", [2] = "illegal instruction",
		[3] = "breakpoint",       [4] = "misaligned load",          [5] = "load access fault",
		[6] = "misaligned store", [7] = "store access fault",
	};
	unsigned user = arch_frame_user(f) ? FAULT_USER : 0;
	const char *what;

	switch (f->cause) {
	case EXC_SYSCALL:
		f->pc += 4;
		trap_syscall(f);
		break;
	case EXC_FETCH_PAGE: trap_fault(f, f->tval, user | FAULT_EXEC); break;
	case EXC_LOAD_PAGE: trap_fault(f, f->tval, user); break;
	case EXC_STORE_PAGE: trap_fault(f, f->tval, user | FAULT_WRITE); break;
	default:
		what = f->cause < 16 ? names[f->cause] : NULL;
		trap_error(f, what ? what : "unknown exception", f->tval);
	}
}

void trap_dispatch(struct intr_frame *f)
{
	const struct arch_thread *me = (struct arch_thread *)arch_current();

	if (f == &overflow_stacks[me->cpu].frame)
		trap_error(f, "kernel stack overflow", arch_frame_sp(f));
	if (f->cause & CAUSE_INTERRUPT)
		interrupt(f);
	else
		exception(f);
	trap_leave(f);
}

void arch_cpu_init(unsigned cpu)
{
	((struct arch_thread *)arch_current())->cpu = cpu;
	sie_set(SIE_SOFT);
}

vaddr_t arch_frame_pc(const struct intr_frame *f) { return f->pc; }
void arch_frame_set_pc(struct intr_frame *f, vaddr_t pc) { f->pc = pc; }
vaddr_t arch_frame_sp(const struct intr_frame *f) { return f->x[2]; }
vaddr_t arch_frame_fp(const struct intr_frame *f) { return f->x[8]; }
vaddr_t arch_frame_link(const struct intr_frame *f) { return f->x[1]; }
bool arch_frame_user(const struct intr_frame *f) { return !(f->status & SSTATUS_SPP); }
bool arch_frame_irqs(const struct intr_frame *f) { return f->status & SSTATUS_SPIE; }
uint64_t arch_frame_call(const struct intr_frame *f, uint64_t arg[6])
{
	const uint64_t *a = &f->x[10];

	arg[0] = a[0], arg[1] = a[1], arg[2] = a[2], arg[3] = a[3], arg[4] = a[4], arg[5] = a[5];
	return f->x[17];
}
void arch_frame_set_result(struct intr_frame *f, int64_t result) { f->x[10] = (uint64_t)result; }
void arch_frame_set_sp(struct intr_frame *f, vaddr_t sp) { f->x[2] = sp; }

void arch_frame_user_init(struct intr_frame *f, vaddr_t pc, vaddr_t sp, uint64_t arg0, uint64_t arg1)
{
	uint64_t now;

	__asm__ volatile("csrr %0, sstatus" : "=r"(now));
	memset(f, 0, sizeof *f);
	f->pc = pc;
	f->x[2] = sp;
	f->x[10] = arg0;
	f->x[11] = arg1;
	f->status = (now & ~(uint64_t)(SSTATUS_OFF | SSTATUS_SPP | SSTATUS_SIE)) | SSTATUS_SPIE;
}

void arch_frame_print(const struct intr_frame *f, void (*print)(const char *fmt, ...))
{
	static const char names[32][4] = {
		"pc", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
		"a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
		"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (unsigned i = 0; i < 32; i++)
		print("%4s %016lx%s", names[i], i ? f->x[i] : f->pc, i % 4 == 3 ? "\n" : "");
	print("  status %016lx cause %lx tval %016lx\n", f->status, f->cause, f->tval);
}

/* A frame begins with the return address and below it the caller's frame. That of a function which calls none
 * has just the latter, in the first place: then it is the caller's return address that is given. */
bool arch_frame_next(vaddr_t fp, vaddr_t *pc, vaddr_t *next)
{
	extern const char __text_start[], __text_end[];

	for (unsigned i = 0; i < 2; i++) {
		if (!fp || fp % 8 || !arch_peek(fp - 8, pc) || !arch_peek(fp - 16, next))
			break;
		if (*pc >= (vaddr_t)__text_start && *pc <= (vaddr_t)__text_end)
			return true;
		fp = *pc;
	}
	return false;
}
