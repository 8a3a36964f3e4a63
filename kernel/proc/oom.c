/* Memory and swap are used up: the process that vm/ names ends, with a line that says so. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

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
