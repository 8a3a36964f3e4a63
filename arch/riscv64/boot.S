/* The first instructions, of the hart that boots and of those that arch_cpu_start() starts, up to C code in
 * the high half. The firmware leaves a hart in S-mode with paging and interrupts off, at the address where
 * the image was loaded: KERNEL_BASE - IMAGE_OFFSET. */
#include "arch_impl.h"

	.option norvc /* a trap vector must be a multiple of four */

/* a0 = hart id, a1 = physical address of the device tree. QEMU enters at the image's lowest address. */
	.section .text.head, "ax"
	.globl	_start
_start:
	la	t0, __bss_start
	la	t1, __bss_end
1:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	li	t0, IMAGE_OFFSET
	la	t2, boot_table
	srli	t2, t2, 12
	li	a2, 8 << 60 /* Sv39, which every MMU has: arch_mmu_probe() goes on to others */
	or	a2, a2, t2
	la	tp, boot_thread /* the kernel's name for what runs on this stack */
	la	sp, boot_stack
	add	sp, sp, t0
	sd	sp, THREAD_LIMIT(tp)
	li	t1, 1 << THREAD_STACK_SHIFT
	add	sp, sp, t1
	add	tp, tp, t0
	la	t2, kernel_main
	add	t2, t2, t0

/* On to the C function t2, by the table that a2 (for satp) names; tp, sp, a0 and a1 are set, t0 is the
 * offset. The table need not map this code where it is loaded: then the fetch after the switch faults, and
 * the trap leads to the same place as the jump. */
enter:
	la	t1, 1f
	add	t1, t1, t0
	csrw	stvec, t1
	csrw	sie, zero
	sfence.vma
	csrw	satp, a2
	jr	t1
	.balign 4
1:	la	t1, trap_entry
	csrw	stvec, t1
	csrw	sscratch, zero
	li	t1, SSTATUS_OFF | SSTATUS_SIE
	csrc	sstatus, t1
	li	t1, 2 /* user code may read the time */
	csrw	scounteren, t1
	li	s0, 0 /* backtraces end here */
	li	ra, 0
	jr	t2

/* a0 = hart id, a1 = physical address of its struct start (smp.c). */
	.globl	boot_secondary
boot_secondary:
	li	t0, IMAGE_OFFSET
	ld	a2, 0(a1)
	ld	tp, 8(a1)
	ld	sp, 16(a1)
	ld	a0, 24(a1)
	la	t2, smp_entry
	add	t2, t2, t0
	j	enter

/* 1 GiB leaves, readable, writable, executable, accessed and dirty. Physical memory from 0 on appears at 0
 * and at the middle, the image's GiB at the last entry but one. As a root this is Sv39; it serves below the
 * roots of the other modes, too (mmu.c). */
	.data
	.balign	4096
	.globl	boot_table
boot_table:
	.set	i, 0
	.rept	512
	.if	i == 510
	.quad	2 << 28 | 0xcf
	.else
	.quad	(i & 255) << 28 | 0xcf
	.endif
	.set	i, i + 1
	.endr

	.bss
	.balign	16
boot_stack:
	.skip	1 << THREAD_STACK_SHIFT
