/* Signals, as far as default actions go: a process ends, stops, goes on, or nothing happens. There are no handlers.
 *
 * A signal is pending until its process acts on it: on the way back to user code, or at once when it sleeps in a
 * system call (such a sleep ends, once and for all, for one that will end the process). */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

#define STOPS   (sig_bit(SIG_STOP) | sig_bit(SIG_TSTP) | sig_bit(SIG_TTIN) | sig_bit(SIG_TTOU))
#define NOTHING (sig_bit(SIG_CHLD) | sig_bit(SIG_URG) | sig_bit(SIG_WINCH))
#define ALWAYS  (sig_bit(SIG_KILL) | sig_bit(SIG_STOP)) /* neither blocked nor ignored */

enum { SIG_DFL, SIG_IGN };

/* [L] */
static void go_on(struct proc *p)
{
	p->pending &= ~STOPS;
	if (p->state != PROC_STOPPED)
		return;
	p->state = PROC_ALIVE;
	p->continued = true;
	waitq_wake_all(&p->resumed);
	if (p->parent)
		waitq_wake_all(&p->parent->waiters);
}

void signal_post(struct proc *p, int sig)
{
	uint64_t bit = sig_bit(sig);

	if (p->state == PROC_DEAD)
		return;
	if (sig == SIG_CONT) {
		go_on(p);
		return;
	}
	if (bit & NOTHING || (p->ignored & bit && !(bit & ALWAYS)))
		return;
	p->pending |= bit;
	if (sig == SIG_KILL) {
		go_on(p);
		for (struct proc *c = p->children; c; c = c->sibling)
			waitq_wake_all(&c->lender);
	}
	if (!p->thread || p->blocked & bit & ~ALWAYS)
		return;
	if (!(bit & STOPS))
		thread_interrupt(p->thread);
}

/* ---- to whom ---- */

struct sending {
	int group; /* 0: all but the first process and the sender */
	int sig;
	struct proc *me;
	bool spares_first;
	unsigned sent;
};

static void send(struct proc *p, void *ctx)
{
	struct sending *s = ctx;
	bool meant = s->group ? p->pgid == s->group : p->pid != 1 && p != s->me;

	if (!meant || (s->spares_first && p->pid == 1))
		return;
	s->sent++;
	if (s->sig)
		signal_post(p, s->sig);
}

int signal_kill(int which, int sig)
{
	struct sending s = {.sig = sig, .me = proc_current()};
	struct proc *p;

	if (sig < 0 || sig > SIG_MAX)
		return -EINVAL;
	if (which == INT32_MIN)
		return -ESRCH;
	if (which < -1)
		s.group = -which;
	spin_lock(&proc_lock);
	if (which > 0) {
		p = proc_find(which);
		s.sent = p != NULL;
		if (p && sig)
			signal_post(p, sig);
	} else {
		if (which == 0)
			s.group = s.me->pgid;
		proc_each(send, &s);
	}
	spin_unlock(&proc_lock);
	return s.sent ? 0 : -ESRCH;
}

void signal_group(int pgid, int sig)
{
	struct sending s = {.group = pgid, .sig = sig, .spares_first = true};

	spin_lock(&proc_lock);
	proc_each(send, &s);
	spin_unlock(&proc_lock);
}

/* ---- acting ---- */

static void stop(struct proc *p, int sig) SYNC_REQUIRES(proc_lock)
{
	p->pending &= ~sig_bit(sig);
	p->state = PROC_STOPPED;
	p->status = sig << 8 | 0x7f;
	p->told = false;
	if (p->parent)
		waitq_wake_all(&p->parent->waiters);
	while (p->state == PROC_STOPPED)
		waitq_sleep(&p->resumed, &proc_lock);
}

void signal_act(void)
{
	struct proc *p = proc_current();
	uint64_t now;
	int sig = 0;

	spin_lock(&proc_lock);
	while ((now = p->pending & ~p->blocked)) {
		for (sig = 1; !(now & sig_bit(sig)); sig++)
			;
		if (!(sig_bit(sig) & STOPS))
			break;
		stop(p, sig);
		sig = 0;
	}
	spin_unlock(&proc_lock);
	if (sig)
		proc_exit(sig);
}

/* ---- what a process asks for ---- */

int signal_action(int sig, uint64_t handler)
{
	struct proc *p = proc_current();

	if (sig < 1 || sig > SIG_MAX || (sig_bit(sig) & ALWAYS && handler != SIG_DFL))
		return -EINVAL;
	spin_lock(&proc_lock);
	if (handler == SIG_IGN) {
		p->ignored |= sig_bit(sig);
		p->pending &= ~sig_bit(sig);
	} else {
		p->ignored &= ~sig_bit(sig);
	}
	spin_unlock(&proc_lock);
	return 0;
}

uint64_t signal_block(uint64_t mask)
{
	struct proc *p = proc_current();
	uint64_t was;

	spin_lock(&proc_lock);
	was = p->blocked;
	p->blocked = mask & ~ALWAYS;
	spin_unlock(&proc_lock);
	return was;
}
