/* Into the kernel and out again. Every entry ends in trap_entry(frame), with AC and DF clear, interrupts
 * off and, but for the cases that trap.c mends, the kernel's GS base; it returns the frame to restore. */
#include "arch_impl.h"

	.macro push_registers
	.irp r, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	push %\r
	.endr
	.endm

/* One stub for each vector, 16 bytes apart. For these the CPU pushes an error code: */
#define HAS_ERROR 0x60227d00
	.text
	.balign 16
	.globl trap_stubs, trap_return, trap_user_iret, trap_syscall_entry
trap_stubs:
	.set v, 0
	.rept VEC_COUNT
	.balign 16
	.if ((HAS_ERROR >> v) & 1) == 0
	push $0
	.endif
	push $v
	jmp trap_common
	.set v, v + 1
	.endr

trap_common:
	push_registers
	cld
	smap clac
	testb $3, F_CS(%rsp)
	jz trap_call
	swapgs
	xor %ebp, %ebp				/* a backtrace ends here */
trap_call:					/* and a link in the frame-pointer chain */
	mov %rsp, %rdi
	push F_RIP(%rdi)
	push %rbp
	mov %rsp, %rbp
	call trap_entry
	mov %rax, %rsp
trap_return:					/* the offsets count from the vector on */
	.irp r, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	pop %\r
	.endr
	testb $3, F_CS - F_VECTOR(%rsp)
	jz 1f
	swapgs
	cmpl $VEC_SYSCALL, (%rsp)
	je 2f
	add $16, %rsp
trap_user_iret:
	iretq
1:	add $16, %rsp
	iretq
2:	mov F_RSP - F_VECTOR(%rsp), %rsp
	sysretq

trap_syscall_entry:				/* SFMASK has cleared IF, DF, AC and more */
	swapgs
	mov %rsp, %gs:CPU_SCRATCH
	mov %gs:CPU_RSP0, %rsp
	push $SEL_UDATA
	push %gs:CPU_SCRATCH
	push %r11
	push $SEL_UCODE
	push %rcx
	push $0
	push $VEC_SYSCALL
	push_registers
	xor %ebp, %ebp
	jmp trap_call
