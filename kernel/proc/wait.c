/* Waiting for children: what they have to tell, and the end of the dead. See proc.h for the locks. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

static bool wanted(const struct proc *c, const struct proc *me, int which)
{
	return which == -1 || c->pid == which || (which == 0 && c->pgid == me->pgid) ||
	       (which < -1 && c->pgid == -which);
}

/* Has C something to tell? [L] */
static bool tells(const struct proc *c, unsigned flags)
{
	if (c->state == PROC_DEAD)
		return flags & WAIT_EXITED;
	if (c->state == PROC_STOPPED)
		return flags & WAIT_STOPPED && !c->told;
	return flags & WAIT_CONTINUED && c->continued;
}

/* C's news go to W; true: C is to be freed. [L] */
static bool take_news(struct proc *c, unsigned flags, struct waited *w)
{
	bool keep = flags & WAIT_LEAVE;

	w->pid = c->pid;
	w->code = c->code;
	w->usage = proc_usage(c);
	w->status = c->state == PROC_DEAD ? c->status : c->state == PROC_STOPPED ? c->status : 0xffff;
	if (keep)
		return false;
	if (c->state == PROC_STOPPED)
		c->told = true;
	else if (c->state == PROC_ALIVE)
		c->continued = false;
	else
		proc_table_remove(c);
	return c->state == PROC_DEAD;
}

int proc_wait(int which, unsigned flags, struct waited *w)
{
	struct proc *me = proc_current(), *c, *dead = NULL;
	bool any;
	int err = 0;

	*w = (struct waited){.pid = 0};
	spin_lock(&proc_lock);
	for (;;) {
		any = false;
		for (c = me->children; c; c = c->sibling) {
			if (!wanted(c, me, which))
				continue;
			any = true;
			if (tells(c, flags))
				break;
		}
		if (c && take_news(c, flags, w))
			dead = c;
		if (c)
			break;
		if (!any)
			err = -ECHILD;
		else if (!(flags & WAIT_NOHANG) && !waitq_sleep_interruptible(&me->waiters, &proc_lock, 0))
			err = -ERESTART;
		if (err || flags & WAIT_NOHANG)
			break;
	}
	spin_unlock(&proc_lock);
	if (dead) {
		thread_join(dead->thread);
		usage_add(&me->of_children, dead->before);
		usage_add(&me->of_children, dead->of_children);
		kfree(dead);
	}
	return err;
}
