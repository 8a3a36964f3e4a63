/* Memory that may not be there. AC is set nowhere but in the copy. */
#include "arch_impl.h"

	.text
	.globl arch_copy_from_user, arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:				/* to, from, length */
	smap stac
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
1:	rep movsq
2:	lea (%rdx, %rcx, 8), %rcx		/* after a fault: byte by byte up to the one that is missing */
3:	rep movsb
4:	smap clac
	mov %rcx, %rax
	ret
	may_fault 1b, 2b
	may_fault 3b, 4b

	.globl arch_peek
arch_peek:					/* address, value */
1:	mov (%rdi), %rax
	mov %rax, (%rsi)
	mov $1, %eax
	ret
	may_fault 1b, ucopy_refused

	.globl arch_poke
arch_poke:
1:	mov %rsi, (%rdi)
	mov $1, %eax
	ret
	may_fault 1b, ucopy_refused

	.globl ucopy_refused
ucopy_refused:
	xor %eax, %eax
	ret

	.section .rodata
	.globl arch_stub_begin, arch_stub_load, arch_stub_store, arch_stub_jump, arch_stub_ret, arch_stub_end
arch_stub_begin:
arch_stub_load:
	mov (%rdi), %rdi
	syscall
arch_stub_store:
	mov %rsi, (%rdi)
	syscall
arch_stub_jump:
	jmp *%rdi
arch_stub_ret:
	syscall
arch_stub_end:
	.section .note.GNU-stack, "", @progbits
