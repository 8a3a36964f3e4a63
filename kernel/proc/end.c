/* The end of the machine: all processes end, then what is written is on the disk. Who begins it does all of it; whoever
 * else asks for it meanwhile ends like any other. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/proc/start.h"
#include "kernel/sched/cpu.h"

struct waitq proc_deaths;
_Atomic unsigned proc_ending;

static void end_other(struct proc *p, void *left)
{
	if (p == proc_current() || p->state == PROC_DEAD)
		return;
	++*(unsigned *)left;
	signal_post(p, SIG_KILL, (struct signal_info){SI_KERNEL, 0, 0});
}

/* Until nobody but the caller has a file or a page. Who is born meanwhile has a parent whose end wakes us. */
static void others_end(void)
{
	unsigned left;

	spin_lock(&proc_lock);
	for (;;) {
		left = 0;
		proc_each(end_other, &left);
		if (!left)
			break;
		waitq_sleep(&proc_deaths, &proc_lock);
	}
	spin_unlock(&proc_lock);
}

/* debug=vm: with everybody gone, all of vm/'s invariants must hold, and nobody is left to have a slot of swap. */
static void check_vm(void)
{
	char what[8] = "";
	struct vm_stats stats;

	if (!cmdline_get("debug", what, sizeof what) || strcmp(what, "vm") != 0)
		return;
	vm_drain();
	vm_check();
	vm_stats(&stats);
	kprintf("quire: vm_check: all is well, %zu slots of swap are in use\n", stats.slots_used);
}

static void machine_end(int status)
{
	int code = status < 0 ? 0 : status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;

	if (proc_pintos) {
		if (status >= 0)
			kprintf("Execution of '%s' complete.\n", proc_pintos);
		kprintf("Timer: %llu ticks\nPowering off...\n",
			(unsigned long long)(arch_time_ns() / TICK_NS));
	}
	others_end();
	proc_give_up(proc_current());
	if (files_end())
		kprintf("quire: the disk could not be written\n");
	check_vm();
	if (*proc_status_mark)
		kprintf("\n%s %d\n", proc_status_mark, code);
	arch_power_off(POWER_ORDER);
}

void proc_machine_end(int status)
{
	if (!atomic_exchange(&proc_ending, 1))
		machine_end(status);
	proc_exit(status < 0 ? 0 : status); /* another process does it, and waits for us */
}
