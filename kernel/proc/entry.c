/* What traps of user code come to: pages that are brought in, a handler, or the end of the process, with a line that says
 * why. */
#include "abi.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sched/cpu.h"

static unsigned vm_access(unsigned access)
{
	return access & FAULT_WRITE ? VM_WRITE : access & FAULT_EXEC ? VM_EXEC : VM_READ;
}

/* Pintos' rule: a stack grows for an access at or above sp - 8, and for no other. F: the user's registers. */
static bool below_pintos_stack(struct space *s, const struct intr_frame *f, vaddr_t va)
{
	bool mapped;

	if (!proc_pintos || !f || va >= arch_frame_sp(f) - 8)
		return false;
	port_read_lock(&s->spt.lock);
	mapped = region_find(&s->spt, va);
	port_read_unlock(&s->spt.lock);
	return !mapped;
}

/* -VM_ENOMEM: memory and swap are full, and it is the caller that is to end. */
static int fault_in(const struct intr_frame *f, vaddr_t va, unsigned access)
{
	struct space *s = proc_current()->space;

	if (!s || !user_range(va, 1) || below_pintos_stack(s, f, va))
		return -VM_EFAULT;
	return vm_fault(&s->spt, va, vm_access(access));
}

/* What a handler is told, and the console when the process ends of it. */
struct trouble {
	int sig, code;
	const char *what;
};

/* The process ends, unless it has a handler for that. */
static void end(struct intr_frame *f, struct trouble t, vaddr_t va)
{
	struct proc *p = proc_current();

	if (signal_fault(t.sig, t.code, va))
		return;
	if (!proc_pintos)
		kprintf("%s[%d]: ended at %#llx: %s (%#llx)\n", p->name, p->pid,
			(unsigned long long)arch_frame_pc(f), t.what, (unsigned long long)va);
	proc_exit(t.sig);
}

void proc_fault(struct intr_frame *f, vaddr_t va, unsigned access)
{
	enum { MAPERR = 1, ACCERR, ADRERR = 2 };
	int err = fault_in(f, va, access);

	switch (err) {
	case 0: return;
	case -VM_EACCES:
		end(f,
		    (struct trouble){SIG_SEGV, ACCERR,
				     access & FAULT_WRITE  ? "writing to memory that is read-only"
				     : access & FAULT_EXEC ? "executing memory that is not executable"
							   : "memory that may not be accessed"},
		    va);
		break;
	case -VM_EFAULT: end(f, (struct trouble){SIG_SEGV, MAPERR, "no memory is mapped there"}, va); break;
	case -VM_ENOMEM: proc_exit(SIG_KILL);
	case -VM_EBUS:
		end(f, (struct trouble){SIG_BUS, ADRERR, "memory past the end of its file"}, va);
		break;
	default: end(f, (struct trouble){SIG_BUS, ADRERR, "memory that its file cannot give"}, va);
	}
}

void proc_error(struct intr_frame *f, const char *what, vaddr_t info)
{
	static const struct {
		const char *word;
		int sig, code;
	} signals[] = {{"instruction", SIG_ILL, 2}, {"breakpoint", SIG_TRAP, ABI_BREAKPOINT_CODE},
		       {"debug", SIG_TRAP, 2},      {"division", SIG_FPE, 1},
		       {"floating", SIG_FPE, 7},    {"SIMD", SIG_FPE, 7},
		       {"misaligned", SIG_BUS, 1}};
	struct trouble t = {SIG_SEGV, SI_KERNEL, what};

	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (!strstr(what, signals[i].word))
			continue;
		t = (struct trouble){signals[i].sig, signals[i].code, what};
		info = t.sig == SIG_BUS ? info : arch_frame_pc(f);
		break;
	}
	end(f, t, info);
}

bool proc_copy_fault(struct intr_frame *f, vaddr_t va, unsigned access)
{
	const struct cpu *cpu = this_cpu();
	int err;

	if (!proc_current() || !arch_frame_irqs(f) || cpu->nheld || cpu->irq_nest ||
	    thread_current()->preempt_off)
		return false;
	arch_irq_enable();
	err = fault_in(proc_current()->call, va, access);
	arch_irq_disable();
	return err == 0;
}
