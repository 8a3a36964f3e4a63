/* Threads: their registers between two runs, and how one runs user code. The system call's and the trap's
 * stack pointer (TSS) follows the current thread. */
#include "arch_impl.h"

	.macro push_kept
	.irp r, rbp, rbx, r12, r13, r14, r15
	push %\r
	.endr
	.endm
	.macro pop_kept
	.irp r, r15, r14, r13, r12, rbx, rbp
	pop %\r
	.endr
	.endm

	.text
	.globl arch_switch
arch_switch:					/* from, to */
	push_kept
	mov %rsp, THREAD_SP(%rdi)
	mov THREAD_SP(%rsi), %rsp
	mov THREAD_USER_SP(%rsi), %rax
	mov %rsi, %gs:CPU_CURRENT
	mov %rax, %gs:CPU_RSP0
	pop_kept
	ret

	.globl arch_thread_init
arch_thread_init:				/* thread, top, entry, arg */
	and $-16, %rsi
	movq $thread_begin, -8(%rsi)
	movq $0, -16(%rsi)			/* rbp: a backtrace ends here */
	mov %rdx, -24(%rsi)			/* rbx */
	mov %rcx, -32(%rsi)			/* r12 */
	lea -56(%rsi), %rax
	mov %rax, THREAD_SP(%rdi)
	ret
thread_begin:
	mov %r12, %rdi
	call *%rbx
	ud2

	.globl arch_user_run
arch_user_run:					/* frame: copied to where a trap would put it */
	pushfq
	cli
	push_kept
	mov %gs:CPU_CURRENT, %rax
	mov %rsp, THREAD_USER_SP(%rax)
	mov %rsp, %gs:CPU_RSP0
	mov %rdi, %rsi
	sub $F_SIZE, %rsp
	mov %rsp, %rdi
	mov $F_SIZE / 8, %ecx
	rep movsq
	jmp trap_return

	.globl arch_user_leave
arch_user_leave:				/* code */
	cli
	mov %edi, %eax
	mov %gs:CPU_CURRENT, %rdx
	mov THREAD_USER_SP(%rdx), %rsp
	pop_kept
	popfq
	ret
	.section .note.GNU-stack, "", @progbits
