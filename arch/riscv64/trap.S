/* Into the kernel and back. sscratch is 0 while the kernel runs, and the thread while user code does: tp, the
 * only register believed, comes from there. A user's sp is never used; the kernel's own must leave room for
 * the frame in the thread's stack, or nothing is stored by it, nor by that of the stack which tells so. Interrupts are
 * off all the way. */
#include "arch_impl.h"

	.macro	every_but_2_4_5_8 op
	.irp	n, 1, 3, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23
	\op	x\n, 8*\n(sp)
	.endr
	.irp	n, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\n, 8*\n(sp)
	.endr
	.endm

	.text
	.balign	4
	.globl	trap_entry
trap_entry:
	csrrw	tp, sscratch, tp
	bnez	tp, from_user
	csrr	tp, sscratch
	csrw	sscratch, t0
	sd	sp, THREAD_TRAP_SP(tp)
	ld	t0, THREAD_LIMIT(tp)
	addi	sp, sp, -FRAME_SIZE
	beqz	t0, 1f
	sub	t0, sp, t0
	srli	t0, t0, THREAD_STACK_SHIFT
	beqz	t0, 1f
	/* sp has left the stack: tell so from another one. When that is used up, too, by traps before or while it is
	 * told, nothing can be told any more. */
	lw	t0, THREAD_CPU(tp)
	slli	t0, t0, OVERFLOW_SHIFT
	la	sp, overflow_stacks
	add	sp, sp, t0
	ld	t0, THREAD_LIMIT(tp)
	beq	t0, sp, stacks_end
	sd	sp, THREAD_LIMIT(tp)
	li	t0, OVERFLOW_SIZE - FRAME_SIZE
	add	sp, sp, t0
1:	csrrw	t0, sscratch, zero
	sd	t0, 8*5(sp)
	sd	tp, 8*4(sp)
	sd	s0, 8*8(sp)
	j	save

/* The machine is switched off by its firmware (SBI shutdown), without a stack. */
stacks_end:
	li	a7, 8
	ecall
	j	stacks_end

from_user:
	sd	sp, THREAD_TRAP_SP(tp)
	ld	sp, THREAD_USER_SP(tp)
	addi	sp, sp, -FRAME_SIZE
	sd	t0, 8*5(sp)
	csrrw	t0, sscratch, zero
	sd	t0, 8*4(sp)
	sd	s0, 8*8(sp)
	li	s0, 0 /* backtraces end here */

save:
	ld	t0, THREAD_TRAP_SP(tp)
	sd	t0, 8*2(sp)
	every_but_2_4_5_8 sd
	li	t0, SSTATUS_OFF /* user memory is out of reach again, whatever was interrupted */
	csrrc	t0, sstatus, t0
	csrr	t1, sepc
	csrr	t2, scause
	csrr	t3, stval
	sd	t0, FRAME_STATUS(sp)
	sd	t1, FRAME_PC(sp)
	sd	t2, FRAME_CAUSE(sp)
	sd	t3, FRAME_TVAL(sp)
	mv	a0, sp
	call	trap_dispatch

/* Go on where the frame at sp says. */
	.globl	trap_return
trap_return:
	ld	t0, FRAME_STATUS(sp)
	ld	t1, FRAME_PC(sp)
	sc.d	zero, zero, (sp) /* no sc may succeed that the trap came before */
	csrw	sstatus, t0
	csrw	sepc, t1
	andi	t0, t0, SSTATUS_SPP
	bnez	t0, 1f
	csrw	sscratch, tp
1:	every_but_2_4_5_8 ld
	ld	tp, 8*4(sp)
	ld	t0, 8*5(sp)
	ld	s0, 8*8(sp)
	ld	sp, 8*2(sp)
	sret
