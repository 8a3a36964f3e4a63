/* The first instructions of every hart, up to C code in the high half. The firmware leaves a hart in S-mode with paging and interrupts off, at the address where
 * the image was loaded: KERNEL_BASE - IMAGE_OFFSET. */
#include "arch_impl.h"

	.option norvc /* a trap vector must be a multiple of four */

/* Every hart enters here, at the image's lowest address: a0 = hart id and, for the first, a1 = physical address
 * of the device tree. Which one is first is settled here and nowhere else. Firmware may release all harts at
 * once; and OpenSBI 1.1 has a hart that was told to start believe so before it is told where, so that one that
 * was just awake comes here whatever address arch_cpu_start() named. */
	.section .text.head, "ax"
	.globl	_start
_start:
	la	t0, boot_taken
	li	t1, 1
	amoswap.w.aq t1, t1, (t0)
	bnez	t1, another
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
	li	t1, 7 /* user code may read the time and count its cycles and instructions */
	csrw	scounteren, t1
	li	s0, 0 /* backtraces end here */
	li	ra, 0
	jr	t2

/* A hart that is not the first waits until boot_start (smp.c) is for it. */
another:
	la	a1, boot_start
1:	ld	t1, 32(a1)
	bne	t1, a0, 1b
	fence	r, rw
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
boot_taken: /* not in .bss, which the first hart clears */
	.word	0
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
