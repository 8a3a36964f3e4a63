/* Signals: what is pending, what a process does about it. Default actions are here: a process ends, stops, goes on, or
 * nothing happens; handlers are handler.c's.
 *
 * A signal is pending until its process acts on it: on the way back to user code. A sleep in a system call ends for it,
 * and none begins before it was acted upon. A process that is stopped in a sleep so stops outside of its call, and
 * makes it again afterwards; where that would take longer, the call asks signal_ends_sleep(), and goes on itself. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

#define STOPS   (sig_bit(SIG_STOP) | sig_bit(SIG_TSTP) | sig_bit(SIG_TTIN) | sig_bit(SIG_TTOU))
#define NOTHING (sig_bit(SIG_CHLD) | sig_bit(SIG_URG) | sig_bit(SIG_WINCH) | sig_bit(SIG_CONT))
#define ALWAYS  (sig_bit(SIG_KILL) | sig_bit(SIG_STOP)) /* neither blocked, ignored nor caught */

enum { CLD_STOPPED = 5, CLD_CONTINUED };

/* P's parent hears that it stopped or goes on. [L] */
static void parent_tell(const struct proc *p, int code, int sig)
{
	if (!p->parent)
		return;
	waitq_wake_all(&p->parent->waiters);
	if (!(p->parent->action[SIG_CHLD - 1].flags & SA_NOCLDSTOP))
		signal_post(p->parent, SIG_CHLD, (struct signal_info){code, p->pid, (uint64_t)sig});
}

/* [L] */
static void go_on(struct proc *p)
{
	p->pending &= ~STOPS;
	if (p->state != PROC_STOPPED)
		return;
	p->state = PROC_ALIVE;
	p->continued = true;
	waitq_wake_all(&p->resumed);
	parent_tell(p, CLD_CONTINUED, SIG_CONT);
}

/* Nothing would come of them, if they are not blocked. */
static uint64_t without_effect(const struct proc *p) { return p->ignored | (NOTHING & ~p->caught); }

void signal_post(struct proc *p, int sig, struct signal_info info)
{
	uint64_t bit = sig_bit(sig);

	if (p->state == PROC_DEAD)
		return;
	if (sig == SIG_CONT || sig == SIG_KILL)
		go_on(p);
	if (bit & STOPS)
		p->pending &= ~sig_bit(SIG_CONT);
	if (without_effect(p) & ~p->blocked & bit)
		return;
	if (!(p->pending & bit) && sig <= 32)
		p->info[sig - 1] = info;
	p->pending |= bit;
	if (sig == SIG_KILL)
		waitq_wake_all(&p->lender);
	if (p->thread && !(p->blocked & bit))
		thread_interrupt(p->thread);
}

/* ---- to whom ---- */

struct sending {
	int group; /* 0: all but the first process and the sender */
	int sig;
	struct signal_info info;
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
		signal_post(p, s->sig, s->info);
}

int signal_kill(int which, int sig, enum signal_code code)
{
	struct sending s = {.sig = sig, .me = proc_current(), .info = {code, proc_current()->pid, 0}};
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
			signal_post(p, sig, s.info);
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
	struct sending s = {.group = pgid, .sig = sig, .info = {SI_KERNEL, 0, 0}, .spares_first = true};

	spin_lock(&proc_lock);
	proc_each(send, &s);
	spin_unlock(&proc_lock);
}

/* ---- acting ---- */

static void stop(struct proc *p, int sig) SYNC_REQUIRES(proc_lock)
{
	p->state = PROC_STOPPED;
	p->status = sig << 8 | 0x7f;
	p->told = false;
	parent_tell(p, CLD_STOPPED, sig);
	while (p->state == PROC_STOPPED)
		waitq_sleep(&p->resumed, &proc_lock);
}

/* Sleeps end as long as there is a signal, and no longer. [L], P is the caller */
static void interrupt_settle(const struct proc *p)
{
	if (signal_waits(p))
		thread_interrupt(thread_current());
	else
		thread_interrupt_done();
}

static int lowest(uint64_t set)
{
	int sig = 1;

	while (!(set & sig_bit(sig)))
		sig++;
	return sig;
}

bool signal_ends_sleep(void)
{
	struct proc *p = proc_current();
	uint64_t now;

	spin_lock(&proc_lock);
	while ((now = p->pending & ~p->blocked) && !(now & ~(STOPS & ~p->caught))) {
		int sig = lowest(now);

		p->pending &= ~sig_bit(sig);
		stop(p, sig);
	}
	interrupt_settle(p);
	spin_unlock(&proc_lock);
	return now;
}

/* The next signal that ends the process or has a handler; 0: no more. Faults' come before others: their frame is then
 * the one that was interrupted. */
static int take(struct proc *p, struct signal_action *a, struct signal_info *info)
{
	uint64_t now;
	int sig = 0;

	spin_lock(&proc_lock);
	while (!sig && (now = p->pending & ~p->blocked)) {
		if (now & SIG_FAULTS)
			now &= SIG_FAULTS;
		sig = lowest(now);
		p->pending &= ~sig_bit(sig);
		*a = p->action[sig - 1];
		*info = sig <= 32 ? p->info[sig - 1] : (struct signal_info){SI_USER, 0, 0};
		if (without_effect(p) & sig_bit(sig)) {
			sig = 0;
		} else if (STOPS & ~p->caught & sig_bit(sig)) {
			stop(p, sig);
			sig = 0;
		}
	}
	interrupt_settle(p);
	spin_unlock(&proc_lock);
	return sig;
}

void signal_act(struct intr_frame *f)
{
	struct proc *p = proc_current();
	struct signal_action a;
	struct signal_info info;
	int sig;

	while ((sig = take(p, &a, &info))) {
		if (a.handler == SIG_DFL)
			proc_exit(sig);
		if (!signal_handle(f, sig, &a, &info))
			proc_exit(SIG_SEGV);
	}
	if (p->again.call) /* and no handler ran */
		arch_frame_restart(f, p->again.number, p->again.arg0);
	p->again.call = false;
	if (p->mask_saved) {
		p->mask_saved = false;
		signal_block(p->saved_mask);
	}
}

bool signal_fault(int sig, int code, vaddr_t va)
{
	struct proc *p = proc_current();
	bool caught;

	spin_lock(&proc_lock);
	caught = p->caught & ~p->blocked & sig_bit(sig);
	if (caught) {
		p->info[sig - 1] = (struct signal_info){code, 0, va};
		p->pending |= sig_bit(sig);
	}
	spin_unlock(&proc_lock);
	return caught;
}

/* ---- what a process asks for ---- */

int signal_action(int sig, const struct signal_action *new, struct signal_action *old)
{
	struct proc *p = proc_current();
	uint64_t bit;

	if (sig < 1 || sig > SIG_MAX)
		return -EINVAL;
	bit = sig_bit(sig);
	if (old)
		*old = p->action[sig - 1];
	if (!new)
		return 0;
	if (bit & ALWAYS)
		return -EINVAL;
	spin_lock(&proc_lock);
	p->action[sig - 1] = *new;
	p->ignored = new->handler == SIG_IGN ? p->ignored | bit : p->ignored & ~bit;
	p->caught = new->handler > SIG_IGN ? p->caught | bit : p->caught & ~bit;
	p->pending &= ~(without_effect(p) & bit);
	interrupt_settle(p);
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
	interrupt_settle(p);
	spin_unlock(&proc_lock);
	return was;
}

void signal_block_for_call(uint64_t mask)
{
	struct proc *p = proc_current();

	p->saved_mask = signal_block(mask);
	p->mask_saved = true;
}

int64_t signal_suspend(void)
{
	struct proc *p = proc_current();
	struct waitq q = {NULL, NULL};

	spin_lock(&proc_lock);
	while (!signal_waits(p)) {
		waitq_sleep_interruptible(&q, &proc_lock, 0);
		interrupt_settle(p);
	}
	spin_unlock(&proc_lock);
	return -ERESTARTNOHAND;
}

void signal_forget(struct proc *p)
{
	spin_lock(&proc_lock);
	for (int i = 0; i < SIG_MAX; i++)
		p->action[i] = (struct signal_action){.handler = p->ignored >> i & 1 ? SIG_IGN : SIG_DFL};
	p->caught = 0;
	p->alt.size = 0;
	spin_unlock(&proc_lock);
}

/* ---- SIG_ALRM ---- */

static struct waitq timers; /* [L] the thread, when something was set */

struct ringing {
	uint64_t now, next;
};

/* [L] */
static void ring(struct proc *p, void *ctx)
{
	struct ringing *r = ctx;

	if (p->alarm_at && p->alarm_at <= r->now) {
		signal_post(p, SIG_ALRM, (struct signal_info){SI_KERNEL, 0, 0});
		p->alarm_at = p->alarm_every ? r->now + p->alarm_every : 0;
	}
	if (p->alarm_at && p->alarm_at < r->next)
		r->next = p->alarm_at;
}

static void timers_main(void *unused)
{
	struct ringing r;

	(void)unused;
	spin_lock(&proc_lock);
	for (;;) {
		r = (struct ringing){arch_time_ns(), UINT64_MAX};
		proc_each(ring, &r);
		if (r.next == UINT64_MAX)
			waitq_sleep(&timers, &proc_lock);
		else
			waitq_sleep_until(&timers, &proc_lock, r.next);
	}
}

int signal_timers_start(void) { return thread_create("timers", timers_main, NULL, CPU_ANY) ? 0 : -ENOMEM; }

void signal_alarm(uint64_t *at, uint64_t *every)
{
	struct proc *p = proc_current();
	uint64_t was_at, was_every;

	spin_lock(&proc_lock);
	was_at = p->alarm_at;
	was_every = p->alarm_every;
	p->alarm_at = *at;
	p->alarm_every = *every;
	waitq_wake_all(&timers);
	spin_unlock(&proc_lock);
	*at = was_at;
	*every = was_every;
}
