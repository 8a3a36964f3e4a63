/* Memory and swap are used up: who holds the most ends, with a line that says so. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

struct largest {
	struct proc *p;
	size_t pages;
};

static void larger(struct proc *p, void *ctx)
{
	struct largest *l = ctx;
	size_t pages = p->space && p->state != PROC_DEAD ? p->space->spt.resident + p->space->spt.swapped : 0;

	if (pages > l->pages || (pages == l->pages && p == proc_current()))
		*l = (struct largest){p, pages};
}

struct owner {
	const struct supplemental_page_table *spt;
	struct proc *p;
};

static void owns(struct proc *p, void *ctx)
{
	struct owner *o = ctx;

	if (p->state != PROC_DEAD && p->space && &p->space->spt == o->spt)
		o->p = p;
}

bool proc_oom_end(struct supplemental_page_table *victim, size_t pages)
{
	struct owner o = {victim, NULL};
	char name[16];
	int pid = 0;

	spin_lock(&proc_lock);
	proc_each(owns, &o);
	if (o.p) {
		pid = o.p->pid;
		memcpy(name, o.p->name, sizeof name);
		signal_post(o.p, SIG_KILL, (struct signal_info){SI_KERNEL, 0, 0});
	}
	spin_unlock(&proc_lock);
	if (o.p && !proc_pintos)
		kprintf("quire: memory and swap are used up: %s[%d], which holds the most (%zu pages), ends\n",
			name, pid, pages);
	return o.p;
}

bool proc_out_of_memory(void)
{
	struct largest l = {proc_current(), 0};
	bool mine, again;
	char name[16];
	int pid;

	spin_lock(&proc_lock);
	proc_each(larger, &l);
	mine = l.p == proc_current();
	again = l.p->pending & sig_bit(SIG_KILL);
	pid = l.p->pid;
	memcpy(name, l.p->name, sizeof name);
	if (!again)
		signal_post(l.p, SIG_KILL, (struct signal_info){SI_KERNEL, 0, 0});
	spin_unlock(&proc_lock);
	if (!again && !proc_pintos)
		kprintf("quire: memory and swap are used up: %s[%d], which holds the most (%zu pages), ends\n",
			name, pid, l.pages);
	if (!mine)
		thread_sleep_ns(NS_PER_MS);
	return !mine;
}
