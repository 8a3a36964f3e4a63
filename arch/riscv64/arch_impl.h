/* What arch/arch.h leaves to the port, and what the port's own files share. The constants serve assembly too:
 * trap.S, switch.S and boot.S see the structures through them, and the assertions hold both together. */
#ifndef ARCH_IMPL_H
#define ARCH_IMPL_H

#define ARCH_NAME    "riscv64"
#define KERNEL_BASE  0xffffffff80200000
#define IMAGE_OFFSET 0xffffffff00000000 /* where the image runs, less where it was loaded */

#define SSTATUS_SIE   0x2
#define SSTATUS_SPIE  0x20
#define SSTATUS_SPP   0x100
#define SSTATUS_SUM   0x40000
#define SSTATUS_OFF   0xc6600 /* MXR, SUM, and the floating-point and vector units: off in the kernel */
#define SSTATUS_FS    0x6000
#define SSTATUS_CLEAN 0x4000 /* of its values: on, and the registers are as they were loaded */
#define SIE_SOFT      0x2
#define SIE_TIMER     0x20
#define SIE_EXTERNAL  0x200

#define FRAME_SIZE   288
#define FRAME_PC     256
#define FRAME_STATUS 264
#define FRAME_CAUSE  272
#define FRAME_TVAL   280

#define THREAD_SP          0
#define THREAD_USER_SP     8
#define THREAD_CANARY      16
#define THREAD_LIMIT       24
#define THREAD_TRAP_SP     32
#define THREAD_CPU         40
#define THREAD_STACK_SHIFT 14 /* of a kernel stack's size */

#define OVERFLOW_SHIFT 12
#define OVERFLOW_SIZE  4096 /* of the stack from which a CPU tells that another one overflowed */

#ifndef __ASSEMBLER__
#include "vm/types.h"

struct intr_frame {
	uint64_t x[32]; /* x[0] is nobody's: trap_return stores there */
	uint64_t pc, status, cause, tval;
};

/* Touched only by the thread itself and by who switches to or from it. */
struct arch_thread {
	uint64_t sp;      /* while another runs */
	uint64_t user_sp; /* where a trap from user mode begins its frame */
	uint64_t canary;  /* the stack protector finds it through tp */
	uint64_t limit;   /* lowest address of the kernel stack; 0: not to be checked */
	uint64_t trap_sp; /* trap.S: sp of the code that trapped */
	uint32_t cpu;     /* it runs there, or did last; arch_switch keeps it */
};

struct arch_user {
	uint64_t f[32], fcsr;
};

_Static_assert(sizeof(struct intr_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "trap.S");
_Static_assert(offsetof(struct intr_frame, pc) == FRAME_PC, "trap.S");
_Static_assert(offsetof(struct intr_frame, status) == FRAME_STATUS, "trap.S");
_Static_assert(offsetof(struct intr_frame, cause) == FRAME_CAUSE, "trap.S");
_Static_assert(offsetof(struct intr_frame, tval) == FRAME_TVAL, "trap.S");
_Static_assert(offsetof(struct arch_thread, sp) == THREAD_SP, "switch.S");
_Static_assert(offsetof(struct arch_thread, user_sp) == THREAD_USER_SP, "switch.S");
_Static_assert(offsetof(struct arch_thread, canary) == THREAD_CANARY, "config.mk");
_Static_assert(offsetof(struct arch_thread, limit) == THREAD_LIMIT, "trap.S");
_Static_assert(offsetof(struct arch_thread, trap_sp) == THREAD_TRAP_SP, "trap.S");
_Static_assert(offsetof(struct arch_thread, cpu) == THREAD_CPU, "switch.S");

struct thread;

/* The running thread: constant as far as its own code can see, on whatever CPU it goes on. */
static inline struct thread *arch_current(void)
{
	struct thread *t;

	__asm__("mv %0, tp" : "=r"(t));
	return t;
}

/* For the first thread of the first CPU; afterwards arch_switch and arch_cpu_start do it. The functions that
 * are under way here check the canary that they began with. */
static inline void arch_set_current(struct thread *t)
{
	((struct arch_thread *)t)->canary = ((struct arch_thread *)arch_current())->canary;
	__asm__ volatile("mv tp, %0" : : "r"(t) : "memory");
}

static inline unsigned long arch_irq_save(void)
{
	unsigned long was;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(was) : : "memory");
	return was & SSTATUS_SIE;
}

static inline void arch_irq_restore(unsigned long was)
{
	__asm__ volatile("csrs sstatus, %0" : : "r"(was) : "memory");
}

static inline void arch_irq_enable(void) { __asm__ volatile("csrsi sstatus, 2" : : : "memory"); }
static inline void arch_irq_disable(void) { __asm__ volatile("csrci sstatus, 2" : : : "memory"); }

static inline bool arch_irq_enabled(void)
{
	unsigned long now;

	__asm__ volatile("csrr %0, sstatus" : "=r"(now) : : "memory");
	return now & SSTATUS_SIE;
}

/* "pause"; older CPUs take it for a fence that orders nothing. */
static inline void arch_relax(void) { __asm__ volatile(".word 0x0100000f" : : : "memory"); }

/* wfi wakes for an interrupt that is pending, taken or not: one that came since the caller turned them off
 * to look for work is not slept through. */
static inline void arch_wait(void)
{
	__asm__ volatile("csrci sstatus, 2\n\twfi\n\tcsrsi sstatus, 2" : : : "memory");
}

/* ---- the port's own ---- */

/* Everything before it is seen, by memory, devices and other harts, before anything after it happens; CSRs
 * count as devices. */
static inline void fence_all(void) { __asm__ volatile("fence iorw, iorw" : : : "memory"); }
static inline void arch_io_fence(void) { fence_all(); }

static inline uint64_t time_read(void)
{
	uint64_t t;

	__asm__ volatile("rdtime %0" : "=r"(t));
	return t;
}

static inline void sie_set(uint64_t bits) { __asm__ volatile("csrs sie, %0" : : "r"(bits) : "memory"); }
static inline void sie_clear(uint64_t bits) { __asm__ volatile("csrc sie, %0" : : "r"(bits) : "memory"); }

/* A call of the firmware; its error, 0 when there is none. */
static inline long sbi_call(unsigned long extension, unsigned long function, uint64_t arg0, uint64_t arg1,
			    uint64_t arg2)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (long)a0;
}

extern uint32_t boot_hart[]; /* hart id of each CPU [fixed when that CPU is started] */
extern unsigned boot_levels; /* what "pt=sv.." asks for; 0: nothing */
extern pte_t boot_table[];   /* boot.S */
void trap_entry(void);       /* trap.S */
void trap_dispatch(struct intr_frame *f);
void irq_serve(void);

void power_init(const void *fdt);

#endif
#endif
