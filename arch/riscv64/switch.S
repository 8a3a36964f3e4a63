/* Threads: switching between them, their first step, and their way to user mode and back. */
#include "arch_impl.h"

#define SAVED 112 /* ra, s0-s11 and one word more */

	.macro	callee_saved op
	\op	ra, 0(sp)
	\op	s0, 8(sp)
	\op	s1, 16(sp)
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	\op	s\n, 8*\n + 8(sp)
	.endr
	.endm

/* arch_switch(from, to). A thread that comes from another CPU brings along what it knows of instructions
 * that were written: here they are fetched anew. */
	.text
	.globl	arch_switch
arch_switch:
	addi	sp, sp, -SAVED
	callee_saved sd
	sd	sp, THREAD_SP(a0)
	lw	t0, THREAD_CPU(a0)
	lw	t1, THREAD_CPU(a1)
	beq	t0, t1, 1f
	sw	t0, THREAD_CPU(a1)
	fence.i
1:	mv	tp, a1
	ld	sp, THREAD_SP(tp)
	callee_saved ld
	addi	sp, sp, SAVED
	ret

/* arch_thread_init(t, top, entry, arg) */
	.globl	arch_thread_init
arch_thread_init:
	li	t0, -(1 << THREAD_STACK_SHIFT)
	add	t0, t0, a1
	sd	t0, THREAD_LIMIT(a0)
	rdtime	t0
	xor	t0, t0, a1
	slli	t0, t0, 8 /* a zero byte stops strings that run over */
	sd	t0, THREAD_CANARY(a0)
	addi	a1, a1, -SAVED
	la	t0, thread_begin
	sd	t0, 0(a1)
	sd	zero, 8(a1)
	sd	a2, 16(a1)
	sd	a3, 24(a1)
	sd	a1, THREAD_SP(a0)
	ret

thread_begin:
	mv	a0, s2
	jalr	s1
	unimp /* an entry does not return */

/* arch_user_run(f): what a trap from user mode stores lies below what is saved here. */
	.globl	arch_user_run
arch_user_run:
	addi	sp, sp, -SAVED
	callee_saved sd
	csrrci	t0, sstatus, SSTATUS_SIE
	sd	t0, 104(sp)
	sd	sp, THREAD_USER_SP(tp)
	mv	sp, a0
	j	trap_return

/* arch_user_leave(code): arch_user_run() returns, with interrupts as it found them. */
	.globl	arch_user_leave
arch_user_leave:
	csrci	sstatus, SSTATUS_SIE
	ld	sp, THREAD_USER_SP(tp)
	callee_saved ld
	ld	t0, 104(sp)
	addi	sp, sp, SAVED
	andi	t0, t0, SSTATUS_SIE
	csrs	sstatus, t0
	ret
