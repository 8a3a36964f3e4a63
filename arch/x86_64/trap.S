/* Into the kernel and out again. Every entry ends in trap_entry(frame), with the kernel's GS base, AC and DF
 * clear and interrupts off; what that returns is the frame to restore. */
#include "arch_impl.h"

	.macro push_registers
	.irp r, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	push %\r
	.endr
	.endm
	.macro pop_registers
	.irp r, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	pop %\r
	.endr
	.endm

/* One stub for each vector, 16 bytes apart; these push an error code by themselves: */
#define HAS_ERROR 0x60227d00
#define ON_IST    0x40104			/* NMI, double fault, machine check */
	.text
	.balign 16
	.globl trap_stubs
trap_stubs:
	.set v, 0
	.rept VEC_COUNT
	.balign 16
	.if ((HAS_ERROR >> v) & 1) == 0
	push $0
	.endif
	push $v
	.if (ON_IST >> v) & 1
	jmp trap_ist
	.else
	jmp trap_common
	.endif
	.set v, v + 1
	.endr

trap_common:
	push_registers
	cld
	smap clac
	testb $3, F_CS(%rsp)
	jz 1f
	swapgs
	xor %ebp, %ebp				/* a backtrace ends here */
	jmp trap_call
1:	cmpq $trap_user_iret, F_RIP(%rsp)	/* with the user's GS base already */
	jne trap_call
	swapgs
trap_call:					/* a link of the frame-pointer chain, for backtraces through here */
	push F_RIP(%rsp)
	push %rbp
	mov %rsp, %rbp
	lea 16(%rsp), %rdi
	call trap_entry
	mov %rax, %rsp
	.globl trap_return
trap_return:
	testb $3, F_CS(%rsp)
	jnz 2f
	pop_registers
	add $16, %rsp
	iretq
/* SYSRET takes RIP from RCX and RFLAGS from R11, and faults in ring 0 on an RIP that is not canonical: it is
 * for frames that have nothing else there. */
2:	mov F_RIP(%rsp), %rcx
	mov F_RFLAGS(%rsp), %rdx
	cmp %rcx, F_RCX(%rsp)
	jne 3f
	cmp %rdx, F_R11(%rsp)
	jne 3f
	shr $47, %rcx
	jnz 3f
	pop_registers
	swapgs
	mov 40(%rsp), %rsp
	sysretq
3:	pop_registers
	add $16, %rsp
	swapgs
	.globl trap_user_iret
trap_user_iret:
	iretq

/* These can come at any instruction, so the CS they interrupted does not tell whose GS base is in force; its
 * sign does. They do not return. */
trap_ist:
	push_registers
	cld
	smap clac
	mov $MSR_GS_BASE, %ecx
	rdmsr
	test %edx, %edx
	js trap_call
	swapgs
	jmp trap_call

	.globl trap_syscall_entry
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
	.section .note.GNU-stack, "", @progbits
