/* System calls about signals: sending, handlers, masks, timers. */
#include "abi.h"
#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"

/* ---- sending ---- */

int64_t sys_kill(struct call *c) { return signal_kill((int)c->arg[0], (int)c->arg[1], SI_USER); }

int64_t sys_tkill(struct call *c)
{
	return (int)c->arg[0] > 0 ? signal_kill((int)c->arg[0], (int)c->arg[1], SI_TKILL) : -EINVAL;
}

int64_t sys_tgkill(struct call *c)
{
	if ((int)c->arg[0] <= 0 || (int)c->arg[1] <= 0)
		return -EINVAL;
	return c->arg[0] == c->arg[1] ? signal_kill((int)c->arg[0], (int)c->arg[2], SI_TKILL) : -ESRCH;
}

/* ---- handlers ---- */

/* A struct sigaction as the kernel has it, on this machine. */
static int action_in(vaddr_t at, struct signal_action *a)
{
	uint64_t word[4] = {0};

	_Static_assert(ABI_SIGACTION_SIZE <= sizeof word, "a struct sigaction has room");
	if (copy_in(word, at, ABI_SIGACTION_SIZE))
		return -EFAULT;
	*a = (struct signal_action){
		.handler = word[0], .flags = word[1], .mask = word[ABI_SIGACTION_SIZE / 8 - 1]};
	if (ABI_SIGACTION_SIZE == sizeof word)
		a->restorer = word[2];
	return 0;
}

static int action_out(vaddr_t at, const struct signal_action *a)
{
	uint64_t word[4] = {a->handler, a->flags, a->restorer};

	word[ABI_SIGACTION_SIZE / 8 - 1] = a->mask;
	return copy_out(at, word, ABI_SIGACTION_SIZE);
}

int64_t sys_rt_sigaction(struct call *c)
{
	struct signal_action new, old;
	int err = 0;

	if (c->arg[3] != sizeof(uint64_t))
		return -EINVAL;
	if (c->arg[1])
		err = action_in(c->arg[1], &new);
	if (!err && c->arg[1] && new.handler > SIG_IGN)
		err = signal_trampoline(proc_current());
	if (!err)
		err = signal_action((int)c->arg[0], c->arg[1] ? &new : NULL, &old);
	if (!err && c->arg[2])
		err = action_out(c->arg[2], &old);
	return err;
}

int64_t sys_rt_sigreturn(struct call *c)
{
	if (!signal_return(c->frame))
		proc_exit(SIG_SEGV);
	c->frame = NULL; /* its registers are what they were */
	return 0;
}

int64_t sys_sigaltstack(struct call *c)
{
	struct signal_stack new, old;
	int err;

	if (c->arg[0] && copy_in(&new, c->arg[0], sizeof new))
		return -EFAULT;
	err = signal_alt(c->frame, c->arg[0] ? &new : NULL, &old);
	return !err && c->arg[1] ? copy_out(c->arg[1], &old, sizeof old) : err;
}

/* ---- masks ---- */

int64_t sys_rt_sigprocmask(struct call *c)
{
	uint64_t set, was = proc_current()->blocked;

	if (c->arg[3] != sizeof set)
		return -EINVAL;
	if (c->arg[1]) {
		if (copy_in(&set, c->arg[1], sizeof set))
			return -EFAULT;
		if (c->arg[0] > 2)
			return -EINVAL;
		signal_block(c->arg[0] == 0 ? was | set : c->arg[0] == 1 ? was & ~set : set);
	}
	return c->arg[2] ? copy_out(c->arg[2], &was, sizeof was) : 0;
}

int64_t sys_rt_sigpending(struct call *c)
{
	uint64_t set = proc_current()->pending & proc_current()->blocked;

	return c->arg[1] == sizeof set ? copy_out(c->arg[0], &set, sizeof set) : -EINVAL;
}

int64_t sys_rt_sigsuspend(struct call *c)
{
	uint64_t set;

	if (c->arg[1] != sizeof set)
		return -EINVAL;
	if (copy_in(&set, c->arg[0], sizeof set))
		return -EFAULT;
	signal_block_for_call(set);
	return signal_suspend();
}

int64_t sys_pause(struct call *c)
{
	(void)c;
	return signal_suspend();
}

/* ---- timers ---- */

enum { ITIMER_REAL };

/* {every, first}, each seconds and microseconds; on the way in from now on, on the way out what is left. */
static int timer_in(vaddr_t at, uint64_t *first, uint64_t *every)
{
	int64_t t[4];

	if (copy_in(t, at, sizeof t))
		return -EFAULT;
	for (unsigned i = 0; i < 4; i += 2) {
		if (t[i] < 0 || t[i + 1] < 0 || t[i + 1] >= 1000000)
			return -EINVAL;
		if (t[i] > INT32_MAX)
			t[i] = INT32_MAX;
	}
	*every = (uint64_t)t[0] * NS_PER_S + (uint64_t)t[1] * 1000;
	*first = (uint64_t)t[2] * NS_PER_S + (uint64_t)t[3] * 1000;
	if (*first)
		*first += arch_time_ns();
	return 0;
}

static uint64_t time_left(uint64_t at)
{
	uint64_t now = arch_time_ns();

	return !at ? 0 : at > now ? at - now : 1000; /* it is about to ring, and not yet off */
}

static int timer_out(vaddr_t to, uint64_t at, uint64_t every)
{
	uint64_t left = time_left(at);
	const uint64_t t[4] = {every / NS_PER_S, every % NS_PER_S / 1000, left / NS_PER_S,
			       left % NS_PER_S / 1000};

	return copy_out(to, t, sizeof t);
}

int64_t sys_setitimer(struct call *c)
{
	uint64_t at = 0, every = 0;
	int err = c->arg[1] ? timer_in(c->arg[1], &at, &every) : 0;

	if (!err && c->arg[0] != ITIMER_REAL)
		err = -EINVAL;
	if (err)
		return err;
	signal_alarm(&at, &every);
	return c->arg[2] ? timer_out(c->arg[2], at, every) : 0;
}

int64_t sys_getitimer(struct call *c)
{
	const struct proc *p = proc_current();

	return c->arg[0] == ITIMER_REAL ? timer_out(c->arg[1], p->alarm_at, p->alarm_every) : -EINVAL;
}

int64_t sys_alarm(struct call *c)
{
	uint64_t at = (uint32_t)c->arg[0] ? arch_time_ns() + (uint32_t)c->arg[0] * NS_PER_S : 0, every = 0;

	signal_alarm(&at, &every);
	return (int64_t)((time_left(at) + NS_PER_S - 1) / NS_PER_S);
}
