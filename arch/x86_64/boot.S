/* The way into C: for the first CPU from a PVH loader (32-bit protected mode, paging off, EBX points at a
 * struct hvm_start_info), for the others from real mode. Both then run in the high half with NX and WP, on
 * static tables: 4 GiB of physical memory at 0, at DIRECT_BASE and, the first of them, at IMAGE_OFFSET, under
 * five levels if and only if the CPU has LA57. */
#include "arch_impl.h"
#define CR4_FXSR 0x600 /* OSFXSR, OSXMMEXCPT */
#define PHYS(x) ((x) - IMAGE_OFFSET)

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18				/* length of the name, of what follows it; its type */
	.asciz "Xen"
	.quad PHYS(_start)

	.text
	.code16
	.globl _start, boot_ap_begin, boot_ap_end, boot_cpu, boot_gdt
boot_ap_begin:					/* copied to AP_PAGE; interrupts are off */
	mov %cs, %ax
	mov %ax, %ds
	lgdtl boot_gdtr - boot_ap_begin
	mov $1, %eax
	mov %eax, %cr0
	ljmpl $SEL_BOOT32, $PHYS(boot_ap32)
boot_gdtr:
	.word boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)			/* not for long: trap_cpu_init() has another */
boot_ap_end:

	.code32
boot_ap32:
	mov $SEL_KDATA, %eax
	mov %eax, %ds
	mov PHYS(boot_cpu + 32), %ebx
_start:
	mov %ebx, %edi				/* first argument of what is called in the end */
	cld
	mov $CR4_PAE | CR4_FXSR, %esi
	mov $PHYS(boot_pml4), %ebp
	xor %eax, %eax
	cpuid
	cmp $7, %eax
	jb 1f
	mov $7, %eax
	xor %ecx, %ecx
	cpuid
	bt $16, %ecx
	jnc 1f
	mov $CR4_PAE | CR4_LA57 | CR4_FXSR, %esi
	mov $PHYS(boot_pml5), %ebp
1:	mov %esi, %cr4
	mov %ebp, %cr3
	mov $0xc0000080, %ecx			/* EFER */
	rdmsr
	or $0x901, %eax				/* NXE, LME, SCE */
	wrmsr
	mov $0x80010033, %eax			/* PG, WP, NE, ET, MP, PE */
	mov %eax, %cr0
	lgdt PHYS(boot_gdtr)
	ljmp $SEL_KCODE, $PHYS(boot_64)

	.code64
boot_64:
	mov $boot_high, %rax
	jmp *%rax
boot_high:
	xor %eax, %eax
	.irp s, ds, es, ss, fs, gs
	mov %eax, %\s
	.endr
	mov $MSR_GS_BASE, %ecx
	mov boot_cpu + 8, %eax
	mov boot_cpu + 12, %edx
	wrmsr
	mov boot_cpu, %rax			/* stays on the static tables if there are no others */
	test %rax, %rax
	jz 1f
	mov %rax, %cr3
1:	mov boot_cpu + 16, %rsp
	mov boot_cpu + 24, %rax
	movq $0, boot_cpu + 16
	xor %esi, %esi
	xor %ebp, %ebp
	call *%rax
	ud2

	.data
	.balign 8
boot_cpu:
	.quad 0, arch_cpus, boot_stack_end, kernel_main, 0
boot_gdt:					/* kernel code, data; user data, code; and 32-bit code */
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff
	.quad 0x00cf9b000000ffff
boot_gdt_end:

#define TABLE 0x03				/* present, writable */
#define LARGE 0x83				/* and a leaf */
	.balign 4096
boot_pd:
	.set pa, 0
	.rept 4 * 512
	.quad pa + LARGE
	.set pa, pa + 0x200000
	.endr
boot_pdpt:
	.irp i, 0, 1, 2, 3
	.quad PHYS(boot_pd) + TABLE + \i * 0x1000
	.endr
	.fill 506, 8, 0
	.quad PHYS(boot_pd) + TABLE, 0
boot_pml4:
	.quad PHYS(boot_pdpt) + TABLE
	.fill 255, 8, 0
	.quad PHYS(boot_pdpt) + TABLE
	.fill 254, 8, 0
	.quad PHYS(boot_pdpt) + TABLE
boot_pml5:
	.quad PHYS(boot_pml4) + TABLE
	.fill 510, 8, 0
	.quad PHYS(boot_pml4) + TABLE

	.bss
	.balign 16
	.skip 16384
boot_stack_end:
