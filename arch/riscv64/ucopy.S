/* Access to memory that may not be there: a user's, with SUM set just here, and the kernel's own, probed.
 * What faults here is resolved like any other fault or ends the access (section extable). */
#include "arch_impl.h"

	.macro	on_fault at, go
	.pushsection extable, "a"
	.balign	8
	.quad	\at, \go
	.popsection
	.endm

/* (to, from, n) -> bytes not copied. Only the user's side may fault: at labels WORD and BYTE. */
	.macro	ucopy name, word, byte
	.globl	\name
\name:
	li	t0, SSTATUS_SUM
	csrs	sstatus, t0
	li	t1, 8
	or	t2, a0, a1
	andi	t2, t2, 7
	bnez	t2, 3f
1:	bltu	a2, t1, 3f
10:	ld	t3, (a1)
11:	sd	t3, (a0)
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	j	1b
3:	beqz	a2, 4f
20:	lb	t3, (a1)
21:	sb	t3, (a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	3b
4:	csrc	sstatus, t0
	mv	a0, a2
	ret
	on_fault \word, 4b
	on_fault \byte, 4b
	.endm

	.text
	ucopy	arch_copy_from_user, 10b, 20b
	ucopy	arch_copy_to_user, 11b, 21b

/* arch_peek(va, &value), arch_poke(va, value) -> whether it worked */
	.globl	arch_peek
arch_peek:
1:	ld	a2, (a0)
	sd	a2, (a1)
	li	a0, 1
	ret
	on_fault 1b, 2f

	.globl	arch_poke
arch_poke:
1:	sd	a1, (a0)
	li	a0, 1
	ret
	on_fault 1b, 2f

2:	li	a0, 0
	ret

/* Code that tests copy into user pages. */
	.section .rodata
	.balign	4
	.globl	arch_stub_begin, arch_stub_load, arch_stub_store, arch_stub_jump, arch_stub_ret, arch_stub_end
arch_stub_begin:
arch_stub_load:
	ld	a0, (a0)
	ecall
arch_stub_store:
	sd	a1, (a0)
	ecall
arch_stub_jump:
	jr	a0
arch_stub_ret:
	ecall
arch_stub_end:
