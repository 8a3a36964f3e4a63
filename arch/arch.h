/* What the kernel asks of a port beyond page tables. A missing function is a link error.
 *
 * arch_impl.h (arch/<a>/) brings: struct intr_frame, struct arch_thread, and as static inlines
 *   arch_current() arch_irq_save() arch_irq_restore(was) arch_irq_enable() arch_irq_disable()
 *   arch_irq_enabled() arch_relax() (a spin-wait hint) arch_wait() (interrupts on, sleep until one, return)
 *   arch_io_fence() (what comes before it is seen, by memory and devices, before what comes after)
 *   and the constants  KERNEL_BASE (where the kernel image is linked)  ARCH_NAME ("x86_64"). */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H
#include "vm/types.h"

#include "arch_impl.h"

/* ---- boot ---- */

#define BOOT_MAX_RAM  16
#define BOOT_MAX_CPUS 8

struct boot_info {
	struct {
		paddr_t base;
		uint64_t len;
	} ram[BOOT_MAX_RAM]; /* usable RAM, page-aligned, ascending */
	unsigned nram;
	unsigned ncpus;                   /* at most BOOT_MAX_CPUS; CPU 0 is the one that booted */
	uint32_t cpu_hwid[BOOT_MAX_CPUS]; /* hart id, APIC id */
	const void *fdt;                  /* flattened device tree, copied where it stays; NULL: none */
	paddr_t initrd;      /* an archive in RAM; it is kept from being given out, and may lie anywhere */
	uint64_t initrd_len; /* 0: there is none */
	char cmdline[512];
};

/* boot.S enters kernel_main(arg0, arg1) on a small boot stack, in the high half, on early tables that map
 * the direct map (at least the first 1 GiB of RAM) and the kernel image; then main calls these in order. */
void arch_boot_info(unsigned long arg0, unsigned long arg1, struct boot_info *info);
/* Levels and leaf sizes into pt_setup(); the direct map's base. Called once, before the first table. */
void arch_mmu_probe(void);
vaddr_t arch_direct_base(void);
/* What this CPU needs set (control registers, trap vector, stacks for traps, its timer and interrupt
 * controller). CPU 0 calls it as soon as memory works, the others first thing. THIS is the thread running. */
void arch_cpu_init(unsigned cpu);

/* ---- traps: trap.S, trap.c call these, interrupts off ---- */

enum fault_access { FAULT_WRITE = 1, FAULT_EXEC = 2, FAULT_USER = 4, FAULT_PRESENT = 8 };
void trap_fault(struct intr_frame *f, vaddr_t va, unsigned access); /* page fault */
void trap_syscall(struct intr_frame *f);
void trap_error(struct intr_frame *f, const char *what, vaddr_t info); /* any other exception */
void trap_timer(void);
void trap_ipi(void);
void trap_device(unsigned irq);
void trap_leave(struct intr_frame *f); /* last thing before the registers are restored: preemption */

/* Accessors of a trap's registers. */
vaddr_t arch_frame_pc(const struct intr_frame *f);
void arch_frame_set_pc(struct intr_frame *f, vaddr_t pc);
vaddr_t arch_frame_sp(const struct intr_frame *f);
vaddr_t arch_frame_fp(const struct intr_frame *f); /* head of the frame-pointer chain */
/* Where the function at the pc returns to, if it has made no frame of its own; else anything. */
vaddr_t arch_frame_link(const struct intr_frame *f);
bool arch_frame_user(const struct intr_frame *f);
bool arch_frame_irqs(const struct intr_frame *f); /* were interrupts on there? */
void arch_frame_print(const struct intr_frame *f, void (*print)(const char *fmt, ...));
/* One step up the frame-pointer chain: the return address and the next frame; reads through arch_peek. */
bool arch_frame_next(vaddr_t fp, vaddr_t *pc, vaddr_t *next);
/* Head of the caller's own chain. */
#define arch_fp() ((vaddr_t)__builtin_frame_address(0))

/* Pairs {address of an instruction that may fault, where to go on}: section "extable". */
struct extable {
	vaddr_t pc, fixup;
};

/* ---- threads: switch.S; struct arch_thread is the first member of struct thread ---- */

/* The first switch to T calls entry(arg) on the stack that ends at TOP, interrupts off. */
void arch_thread_init(struct arch_thread *t, void *top, void (*entry)(void *), void *arg);
/* Save FROM, run TO. Interrupts off. Returns in FROM when somebody switches back. */
void arch_switch(struct arch_thread *from, struct arch_thread *to);
/* Run user code from F (its pc, sp, arguments) on this thread's kernel stack, until a trap handler of this
 * thread calls arch_user_leave(code): returns CODE. */
int arch_user_run(struct intr_frame *f);
_Noreturn void arch_user_leave(int code);
void arch_frame_user_init(struct intr_frame *f, vaddr_t pc, vaddr_t sp, uint64_t arg0, uint64_t arg1);
/* Which system call is asked for, and its argument registers. */
uint64_t arch_frame_call(const struct intr_frame *f, uint64_t arg[6]);
void arch_frame_set_result(struct intr_frame *f, int64_t result);
void arch_frame_set_sp(struct intr_frame *f, vaddr_t sp);

/* struct arch_user: what a thread that runs user code has beside its frame (floating point, thread pointer).
 * The scheduler saves and loads it; interrupts are off, or the thread is the calling one and not preempted. */
void arch_user_init(struct arch_user *u, struct intr_frame *f); /* as a program finds it when it begins */
void arch_user_save(struct arch_user *u, struct arch_thread *t);
void arch_user_load(const struct arch_user *u);
/* The thread pointer of what goes on from F; LIVE: the calling thread is it. */
void arch_user_set_tls(struct arch_user *u, struct intr_frame *f, uint64_t tls, bool live);
/* The system call of that name, which one machine has; -ENOSYS on others. 1: *OUT is to be stored at VALUE. */
int arch_prctl(struct arch_user *u, struct intr_frame *f, uint64_t code, uint64_t value, uint64_t *out);
uint64_t arch_hwcap(void); /* AT_HWCAP */

/* ---- signals: what a handler finds on the stack and returns by is laid out as by Linux on that machine. abi.h has
 * ARCH_SIGNAL_SIZE, its bytes ---- */

#define ARCH_SIGINFO 128          /* bytes of a siginfo_t, the same everywhere */
struct signal_stack {             /* stack_t */
	uint64_t at, flags, size; /* upper half of FLAGS: padding */
};
struct arch_signal {
	int number;
	vaddr_t handler, back; /* BACK: where the handler returns to, to ask for arch_signal_leave() */
	vaddr_t stack;         /* where it may begin */
	uint64_t mask;         /* what comes back into force with the state */
	struct signal_stack alt;
	uint8_t info[ARCH_SIGINFO];
};
/* F, whose floating-point state is in U, goes on in the handler. IMAGE is to lie at the address returned. */
vaddr_t arch_signal_enter(struct intr_frame *f, const struct arch_user *u, const struct arch_signal *s,
			  void *image);
void arch_signal_begin(struct arch_user *u); /* floating point as a handler finds it */
/* Where the image lies, when a handler has returned to BACK; what it says goes to the others. The program may have
 * changed any of it: what it must not have is left out. False: it makes no sense. */
vaddr_t arch_signal_at(const struct intr_frame *f);
bool arch_signal_leave(struct intr_frame *f, struct arch_user *u, const void *image, vaddr_t at,
		       uint64_t *mask, struct signal_stack *alt);
/* Code for BACK, where programs bring none; size 0: they do. */
extern const uint32_t arch_signal_code[];
extern const size_t arch_signal_code_size;
/* The system call that F comes from, with that number and first argument, is made again. */
void arch_frame_restart(struct intr_frame *f, uint64_t number, uint64_t arg0);

/* ---- user memory: ucopy.S; a fault ends the copy early. The copies stand before arch_peek() in the text: the
 * kernel's fault handler tells by it whether an access was a user copy's ---- */

/* Bytes not copied. The user address range must have been checked to be below the user's top. */
size_t arch_copy_from_user(void *dst, vaddr_t src, size_t n);
size_t arch_copy_to_user(vaddr_t dst, const void *src, size_t n);
/* Read or write eight aligned bytes as the kernel itself, user pages forbidden; false: it faulted. */
bool arch_peek(vaddr_t va, uint64_t *value);
bool arch_poke(vaddr_t va, uint64_t value);
/* A piece of position-independent user code for tests, [begin, end), at most a page; entries in it:
 *   load:  arg0 := 8 bytes at arg0, system call      store: 8 bytes at arg0 := arg1, system call
 *   jump:  go to arg0                                ret:   system call (also what a jump's target holds)
 * After the system call its first argument register is what arg0 is. */
extern const char arch_stub_begin[], arch_stub_load[], arch_stub_store[], arch_stub_jump[], arch_stub_ret[],
	arch_stub_end[];

/* ---- interrupts, time, CPUs, console, power ---- */

void arch_irq_init(const void *fdt);  /* controllers for devices; once */
void arch_irq_unmask(unsigned irq);   /* a device's line, as its device tree node numbers it */
void arch_time_init(const void *fdt); /* once; then each CPU's timer is armed by arch_timer_arm */
uint64_t arch_time_ns(void);
void arch_timer_arm(uint64_t ns); /* one tick on this CPU, that far from now */
/* Start CPU with that hardware id; it enters smp_entry(cpu) on CPU's idle thread's stack. 0 or an error. */
int arch_cpu_start(unsigned cpu, uint32_t hwid, struct arch_thread *idle, void *stack_top);
_Noreturn void smp_entry(unsigned cpu);
void arch_ipi(uint64_t mask);            /* trap_ipi() on each of these CPUs */
void arch_console_init(const void *fdt); /* where the 16550 is; works before it is called, too */
uint8_t arch_uart_read(unsigned reg);
void arch_uart_write(unsigned reg, uint8_t value);
unsigned arch_uart_irq(void);
enum power { POWER_ORDER, POWER_FAILED, POWER_PANIC }; /* QEMU exits with 33, 35, 37 */
_Noreturn void arch_power_off(enum power how);

/* Set by the port: optional protections that are on, as one printable line ("SMEP SMAP NX ..."). */
const char *arch_features(void);

#endif
