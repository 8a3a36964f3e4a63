/* What the kernel does about traps; a port calls these, interrupts off.
 *
 * A page fault of a process' code goes to the VM layer, which may sleep: interrupts are on meanwhile. Any other goes to
 * pt_touch() first, and what that does not mend, from a user copy, to the VM layer. What is left is, for the kernel, an access that may fault
 * (section extable: user copies and probes) or a panic; for user code the end of the process, or of a thread that is
 * none's. Before that, a test's probe is asked. */
#include "arch/arch.h"
#include "kernel/dev/irq.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sched/cpu.h"
#include "kernel/sched/probe.h"
#include "kernel/sys/call.h"
#include "vm/pt.h"

extern const struct extable __extable_start[], __extable_end[];

/* Where to go on after a fault at PC; 0: an access there must not fault. */
static vaddr_t extable_find(vaddr_t pc)
{
	for (const struct extable *e = __extable_start; e < __extable_end; e++)
		if (e->pc == pc)
			return e->fixup;
	return 0;
}

static bool in_user_copy(vaddr_t pc)
{
	return pc >= (vaddr_t)(uintptr_t)arch_copy_from_user && pc < (vaddr_t)(uintptr_t)arch_peek;
}

static bool kernel_half(vaddr_t va) { return va >= pt_span(pt_levels() - 1) * (PT_ENTRIES / 2); }

/* Why VA could not be accessed that way. */
static const char *fault_reason(vaddr_t va, unsigned access)
{
	struct pt *pt = pt_active();
	struct pt_leaf leaf;

	if (kstack_window(va) && (va & (KSTACK_SLOT - 1)) < KSTACK_SLOT - KSTACK_SIZE)
		return "a guard page: the kernel stack overflowed";
	if (va < PT_PAGE_SIZE)
		return "a null pointer";
	if (!pt || !pt_query(pt, va, &leaf))
		return "nothing is mapped there";
	if (!(access & FAULT_USER) && leaf.flags & PT_U)
		return "a user's page";
	if (access & FAULT_USER && !(leaf.flags & PT_U))
		return "the kernel's page";
	if (access & FAULT_WRITE && !(leaf.flags & PT_W))
		return "a read-only page";
	if (access & FAULT_EXEC && !(leaf.flags & PT_X))
		return "a page that is not executable";
	return "the page allows it";
}

static const char *fault_verb(unsigned access)
{
	return access & FAULT_EXEC ? "executing" : access & FAULT_WRITE ? "writing" : "reading";
}

/* User code did what it may not, and nobody is there to take it. */
static _Noreturn void user_end(const struct intr_frame *f, const char *what, vaddr_t info)
{
	kprintf("thread %s ended: user code at %#llx: %s (%#llx)\n", thread_current()->name,
		(unsigned long long)arch_frame_pc(f), what, (unsigned long long)info);
	arch_irq_enable();
	thread_exit();
}

static void user_fault(struct intr_frame *f, vaddr_t va, unsigned access)
{
	struct probe *probe = thread_current()->probe;

	if (probe && probe->user)
		arch_user_leave(PROBE_FAULT);
	user_end(f, fault_reason(va, access), va);
}

static void kernel_fault(struct intr_frame *f, vaddr_t va, unsigned access)
{
	struct probe *probe = thread_current()->probe;
	vaddr_t fixup = extable_find(arch_frame_pc(f));

	if (fixup)
		arch_frame_set_pc(f, fixup);
	else if (probe && probe->jumped && access & FAULT_EXEC && arch_frame_pc(f) == probe->target)
		arch_frame_set_pc(f, probe->after_fault);
	else
		panic_at(f, "%s %#llx in the kernel: %s", fault_verb(access), (unsigned long long)va,
			 fault_reason(va, access));
}

/* The user copy that faulted may reach user memory; this handler may not. */
static void copy_peek(struct probe *probe)
{
	uint64_t value;

	probe->peeks++;
	probe->reached += arch_peek(probe->peek, &value);
}

void trap_fault(struct intr_frame *f, vaddr_t va, unsigned access)
{
	bool user = access & FAULT_USER, copy;
	struct thread *me = thread_current();
	struct pt *pt;
	unsigned want;

	if (user && me->proc) { /* the VM layer looks at what is there, too, and need not look twice */
		arch_irq_enable();
		proc_fault(f, va, access);
		arch_irq_disable();
		return;
	}
	copy = !user && in_user_copy(arch_frame_pc(f));
	if (copy && kernel_half(va))
		panic_at(f, "a user copy was given the kernel address %#llx", (unsigned long long)va);
	if (copy && me->probe && me->probe->peek)
		copy_peek(me->probe);
	pt = pt_active();
	want = (access & FAULT_WRITE ? PT_W : 0u) | (access & FAULT_EXEC ? PT_X : 0u) |
	       (user || copy ? PT_U : 0u);
	if (pt && pt_touch(pt, va, want)) {
		if (me->probe)
			me->probe->mended++;
		return;
	}
	if (user) {
		user_fault(f, va, access);
	} else if (!copy || !proc_copy_fault(f, va, access)) {
		kernel_fault(f, va, access);
	}
}

void trap_syscall(struct intr_frame *f)
{
	struct probe *probe = thread_current()->probe;
	uint64_t arg[6];

	if (thread_current()->proc) {
		arch_irq_enable();
		call_dispatch(f);
		arch_irq_disable();
		return;
	}
	if (probe && probe->user) {
		arch_frame_call(f, arg);
		probe->arg = arg[0];
		arch_user_leave(PROBE_SYSCALL);
	}
	user_end(f, "a system call, and there are none", arch_frame_call(f, arg));
}

void trap_error(struct intr_frame *f, const char *what, vaddr_t info)
{
	struct probe *probe = thread_current()->probe;
	vaddr_t pc = arch_frame_pc(f), fixup = extable_find(pc);

	if (arch_frame_user(f)) {
		if (thread_current()->proc) {
			arch_irq_enable();
			proc_error(f, what, info);
			arch_irq_disable();
			return;
		}
		if (probe && probe->user)
			arch_user_leave(PROBE_ERROR);
		user_end(f, what, info);
	}
	if (fixup && !in_user_copy(pc)) /* an address that no table reaches, or with no memory behind it */
		arch_frame_set_pc(f, fixup);
	else if (probe && probe->jumped && pc == probe->target)
		arch_frame_set_pc(f, probe->after_error);
	else
		panic_at(f, "%s (%#llx)", what, (unsigned long long)info);
}

/* ---- interrupts ---- */

void trap_timer(void)
{
	struct cpu *cpu = this_cpu();

	cpu->irq_nest++;
	sched_tick();
	cpu->irq_nest--;
}

/* Who wants this CPU to look at its run queue has set need_resched. */
void trap_ipi(void)
{
	struct cpu *cpu = this_cpu();

	if (panicking())
		panic_halt();
	cpu->irq_nest++;
	cpu->ipis++;
	tlb_serve();
	cpu->irq_nest--;
}

void trap_device(unsigned irq)
{
	struct cpu *cpu = this_cpu();

	cpu->irq_nest++;
	irq_dispatch(irq);
	cpu->irq_nest--;
}

void trap_leave(struct intr_frame *f)
{
	struct proc *p = thread_current()->proc;

	if (this_cpu()->need_resched && arch_frame_irqs(f))
		sched_preempt();
	while (p && signal_to_do(p) && arch_frame_user(f)) {
		arch_irq_enable();
		signal_act(f);
		arch_irq_disable();
	}
}
