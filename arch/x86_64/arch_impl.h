/* x86-64: what arch.h takes from the port (registers of a trap, a thread's switch state, interrupt flag,
 * current thread) and, below, what the port's own files share. Assembly reads the numbers, too. */
#ifndef ARCH_IMPL_H
#define ARCH_IMPL_H

#define ARCH_NAME    "x86_64"
#define KERNEL_BASE  0xffffffff80100000
#define IMAGE_OFFSET 0xffffffff80000000 /* where the image runs, less where it was loaded */
#define DIRECT_BASE  0xffff800000000000

/* Segment selectors: kernel code, data and user data, code in the order that SYSCALL and SYSRET imply. */
#define SEL_KCODE  0x08
#define SEL_KDATA  0x10
#define SEL_UDATA  0x1b
#define SEL_UCODE  0x23
#define SEL_TSS    0x28
#define SEL_BOOT32 0x28 /* in boot.S's table: 32-bit code */

/* Vectors: the CPU's exceptions, one for each IOAPIC pin, the local APIC's, and the mark of a system call. */
#define VEC_DEVICE   32
#define IRQ_PINS     24
#define VEC_TIMER    56
#define VEC_IPI      57
#define VEC_SPURIOUS 63 /* the low four bits must be ones on old APICs */
#define VEC_COUNT    64
#define VEC_SYSCALL  64

#define MSR_GS_BASE 0xc0000101
#define CR4_PAE     0x20
#define CR4_LA57    0x1000

/* Offsets in struct intr_frame, struct arch_thread and struct arch_cpu; trap.c asserts them. */
#define F_VECTOR       120
#define F_RIP          136
#define F_CS           (F_RIP + 8)
#define F_RSP          (F_RIP + 24)
#define F_SIZE         (F_RIP + 40)
#define THREAD_SP      0
#define THREAD_USER_SP 8
#define CPU_CURRENT    0
#define CPU_SCRATCH    8
#define CPU_RSP0       24

#define AP_PAGE 0x8000 /* where a CPU begins in real mode; RAM below LOW_END is kept for such things */
#define LOW_END 0x10000

#ifdef __ASSEMBLER__
/* clang-format off */
/* INSN is stac or clac; a CPU without SMAP gets a NOP in its place (arch_mmu_probe). */
	.macro smap insn
661:	\insn
	.pushsection smap_sites, "a"
	.quad 661b
	.popsection
	.endm
/* Should the instruction at FROM fault on an address it cannot reach, go on at TO. */
	.macro may_fault from, to
	.pushsection extable, "a"
	.quad \from, \to
	.popsection
	.endm
/* clang-format on */
#else
#include <stdbool.h>
#include <stdint.h>

struct intr_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss; /* pushed by the CPU */
};

struct arch_thread {
	uint64_t sp;      /* while another runs */
	uint64_t user_sp; /* where a trap from user mode begins its frame */
	uint64_t canary;  /* not used here: the stack protector's is global */
};

struct arch_user {
	uint8_t fx[512] __attribute__((aligned(16))); /* as FXSAVE stores it */
	uint64_t fs_base;
};

struct thread;
static inline struct thread *arch_current(void)
{
	struct thread *t;
	__asm__ volatile("mov %%gs:0, %0" : "=r"(t));
	return t;
}
/* For the first thread of the first CPU; afterwards arch_switch and arch_cpu_start do it. */
static inline void arch_set_current(struct thread *t) { __asm__ volatile("mov %0, %%gs:0" : : "r"(t)); }

static inline void arch_irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }
static inline void arch_irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }
static inline bool arch_irq_enabled(void)
{
	uint64_t flags;
	__asm__ volatile("pushfq; pop %0" : "=r"(flags) : : "memory");
	return flags & 0x200;
}
static inline unsigned long arch_irq_save(void)
{
	unsigned long was = arch_irq_enabled();
	arch_irq_disable();
	return was;
}
static inline void arch_irq_restore(unsigned long was)
{
	if (was)
		arch_irq_enable();
}
static inline void arch_relax(void) { __asm__ volatile("pause" : : : "memory"); }
/* Stores to memory and to devices are seen in their order here; only the compiler must keep it, but for a load that
 * may overtake a store. */
static inline void arch_io_fence(void) { __asm__ volatile("mfence" : : : "memory"); }
/* Nothing can come between sti and hlt: no wake-up is lost. */
static inline void arch_wait(void) { __asm__ volatile("sti; hlt" : : : "memory"); }

/* ---- within the port ---- */

static inline void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }

/* One for each CPU; the kernel's GS base points at it. */
struct arch_cpu {
	struct thread *current;
	uint64_t scratch; /* the system call's entry: the user's stack pointer */
	uint32_t apic_id;
	struct __attribute__((packed)) {
		uint32_t zero;
		uint64_t rsp[3], zero1, ist[7], zero2;
		uint16_t zero3, iomap;
	} tss; /* rsp[0]: arch_thread.user_sp of the current thread */
	uint64_t gdt[7];
	char ist_stack[8192] __attribute__((aligned(16))); /* for what must not trust the current stack */
};
extern struct arch_cpu arch_cpus[];

/* boot.S: where a CPU goes from real mode; it clears STACK when it has taken all of it. */
extern volatile struct boot_cpu {
	uint64_t root, gs, stack, entry, arg;
} boot_cpu;
extern const uint64_t boot_gdt[];
extern const char boot_ap_begin[], boot_ap_end[];

/* The local APIC of the CPU that looks; there from arch_cpu_init(0) on. Its registers, in words: */
extern volatile uint32_t *lapic;
enum { LAPIC_ID = 0x08, LAPIC_EOI = 0x2c, LAPIC_SVR = 0x3c, LAPIC_ICR = 0xc0, LAPIC_TO = 0xc4 };
enum { LAPIC_TIMER = 0xc8, LAPIC_LINT0 = 0xd4, LAPIC_LINT1 = 0xd8, LAPIC_COUNT = 0xe0, LAPIC_NOW = 0xe4 };
#define LAPIC_DIVIDE 0xf8
#define LAPIC_MASKED 0x10000
void lapic_send(uint32_t apic_id, uint32_t what); /* interrupts are off */
void irq_cpu_init(unsigned cpu);
void trap_cpu_init(unsigned cpu);
void mmu_cpu_init(void);
#endif
#endif
