/* What arch/arch.h leaves to the port, and what the port's own files share. The constants serve assembly too:
 * trap.S, switch.S and boot.S see the structures through them, and the assertions hold both together. */
#ifndef ARCH_IMPL_H
#define ARCH_IMPL_H

#define ARCH_NAME    "riscv64"
#define KERNEL_BASE  0xffffffff80200000
#define IMAGE_OFFSET 0xffffffff00000000 /* where the image runs, less where it was loaded */

#define SSTATUS_SIE  0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP  0x100
#define SSTATUS_SUM  0x40000
#define SSTATUS_OFF  0xc6600 /* MXR, SUM, and the floating-point and vector units: off in the kernel */
#define SIE_SOFT     0x2
#define SIE_TIMER    0x20
#define SIE_EXTERNAL 0x200

#define FRAME_SIZE   288
#define FRAME_PC     256
#define FRAME_STATUS 264
#define FRAME_CAUSE  272
#define FRAME_TVAL   280

#define THREAD_SP      0
#define THREAD_USER_SP 8
#define THREAD_CANARY  16
#define THREAD_LIMIT   24
#define THREAD_TRAP_SP 32
#define THREAD_CPU     40
#define THREAD_STACK   16384 /* size of a kernel stack */

#define OVERFLOW_SHIFT 12
#define OVERFLOW_SIZE  4096 /* the stack on which a CPU reports that another one overflowed */

#ifndef __ASSEMBLER__
#include <stddef.h>

struct intr_frame {
	uint64_t x[32]; /* x[0] is unused */
	uint64_t pc, status, cause, tval;
};

/* Touched only by the thread itself and by who switches to or from it. */
struct arch_thread {
	uint64_t sp;      /* while another runs */
	uint64_t user_sp; /* where a trap from user mode begins its frame */
	uint64_t canary;  /* the stack protector finds it through tp */
	uint64_t limit;   /* lowest address of the kernel stack; 0: not known */
	uint64_t trap_sp; /* trap.S: sp of the code that trapped */
	uint32_t cpu;     /* it runs there, or did last; arch_switch keeps it */
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

#define csr_read(csr)                                              \
	({                                                         \
		uint64_t v_;                                       \
		__asm__ volatile("csrr %0, " #csr : "=r"(v_));     \
		v_;                                                \
	})
