/* System calls about processes: life, groups, limits. */
#include "abi.h"
#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"

/* ---- birth and death ---- */

int64_t sys_clone(struct call *c)
{
	struct clone how = {.flags = c->arg[0],
			    .stack = c->arg[1],
			    .parent_tid = c->arg[2],
			    .child_tid = c->arg[ABI_CLONE_CTID],
			    .tls = c->arg[ABI_CLONE_TLS]};

	return proc_clone(c->frame, &how);
}

int64_t sys_fork(struct call *c) { return proc_clone(c->frame, &(struct clone){.flags = SIG_CHLD}); }

int64_t sys_vfork(struct call *c)
{
	return proc_clone(c->frame, &(struct clone){.flags = 0x4100 | SIG_CHLD}); /* CLONE_VFORK | CLONE_VM */
}

int64_t sys_exit_group(struct call *c)
{
	proc_current()->code = (int)c->arg[0];
	proc_exit(status_of_exit((int)c->arg[0]));
}
int64_t sys_exit(struct call *c) { return sys_exit_group(c); }

enum { PR_SET_NAME = 15, PR_GET_NAME, PR_QUIRE_ALLOC_FAIL = 0x51750001 };

int64_t sys_prctl(struct call *c)
{
	struct proc *p = proc_current();
	char name[sizeof p->name] = "";

	if (c->arg[0] == PR_GET_NAME) {
		memcpy(name, p->name, sizeof name);
		return copy_out(c->arg[1], name, sizeof name);
	}
	if (c->arg[0] == PR_QUIRE_ALLOC_FAIL && KERNEL_DEBUG)
		return (int64_t)alloc_fail(c->arg[1]);
	if (c->arg[0] != PR_SET_NAME)
		return -EINVAL;
	if (copy_in_string(name, c->arg[1], sizeof name) == -EFAULT)
		return -EFAULT;
	name[sizeof name - 1] = 0;
	spin_lock(&proc_lock);
	memcpy(p->name, name, sizeof name);
	spin_unlock(&proc_lock);
	return 0;
}

/* The strings of the array at VA, terminated by NULL, join ARGS. */
static int strings_in(struct exec_args *args, vaddr_t va, unsigned *count)
{
	uint64_t at;
	int err = 0;

	for (*count = 0; va && !err; va += sizeof at, ++*count) {
		if (copy_in(&at, va, sizeof at))
			return -EFAULT;
		if (!at)
			return 0;
		err = exec_args_add_user(args, at);
	}
	return err;
}

int64_t sys_execve(struct call *c)
{
	struct exec_args args = {.buf = NULL};
	int err;
	char *path = call_path(c->arg[0], &err);

	if (!err)
		err = strings_in(&args, c->arg[1], &args.argc);
	if (!err)
		err = strings_in(&args, c->arg[2], &args.envc);
	if (!err)
		err = exec(c->frame, path, &args);
	if (!err)
		c->frame = NULL; /* its registers are the new program's */
	exec_args_free(&args);
	kfree(path);
	return err;
}

static void usage_out(const struct usage *u, uint64_t out[18])
{
	memset(out, 0, 18 * sizeof *out);
	out[0] = u->ran / 1000000000;
	out[1] = u->ran / 1000 % 1000000;
	out[8] = u->minor;
	out[9] = u->major;
}

int64_t sys_wait4(struct call *c)
{
	unsigned flags = (unsigned)c->arg[2];
	struct waited w;
	uint64_t out[18];
	int err;

	if (flags & ~(WAIT_NOHANG | WAIT_STOPPED | WAIT_CONTINUED))
		return -EINVAL;
	if ((int)c->arg[0] == INT32_MIN)
		return -ESRCH;
	err = proc_wait((int)c->arg[0], flags | WAIT_EXITED, &w);
	if (err || !w.pid)
		return err;
	if (c->arg[1] && copy_out(c->arg[1], &w.status, sizeof w.status))
		return -EFAULT;
	usage_out(&w.usage, out);
	if (c->arg[3] && copy_out(c->arg[3], out, sizeof out))
		return -EFAULT;
	return w.pid;
}

enum { P_ALL, P_PID, P_PGID };
enum { CLD_EXITED = 1, CLD_KILLED, CLD_STOPPED = 5, CLD_CONTINUED };

int64_t sys_waitid(struct call *c)
{
	unsigned flags = (unsigned)c->arg[3];
	int id = (int)c->arg[1], which;
	int32_t info[32] = {0};
	struct waited w;
	int err;

	if (flags & ~(WAIT_NOHANG | WAIT_STOPPED | WAIT_EXITED | WAIT_CONTINUED | WAIT_LEAVE) ||
	    !(flags & (WAIT_STOPPED | WAIT_EXITED | WAIT_CONTINUED)) || c->arg[0] > P_PGID ||
	    (c->arg[0] == P_PID && id <= 0) || (c->arg[0] == P_PGID && id < 0))
		return -EINVAL;
	which = c->arg[0] == P_ALL ? -1 : c->arg[0] == P_PID ? id : -id;
	err = proc_wait(which, flags, &w);
	if (err)
		return err;
	if (w.pid) {
		int code = w.status & 0x7f;

		info[0] = SIG_CHLD;
		info[2] = w.status == 0xffff ? CLD_CONTINUED
			  : code == 0x7f     ? CLD_STOPPED
			  : code             ? CLD_KILLED
					     : CLD_EXITED;
		info[4] = w.pid;
		info[6] = proc_pintos && !code   ? w.code
			  : w.status == 0xffff   ? SIG_CONT
			  : code && code != 0x7f ? code
						 : w.status >> 8;
	}
	return c->arg[2] ? copy_out(c->arg[2], info, sizeof info) : 0;
}

/* ---- who ---- */

int64_t sys_getpid(struct call *c)
{
	(void)c;
	return proc_current()->pid;
}
int64_t sys_gettid(struct call *c) { return sys_getpid(c); }

int64_t sys_set_tid_address(struct call *c)
{
	proc_current()->clear_tid = c->arg[0];
	return proc_current()->pid;
}

int64_t sys_getppid(struct call *c)
{
	(void)c;
	return proc_current()->ppid;
}

/* Everybody is root, and stays it. */
static int64_t be_root(const struct call *c) { return c->arg[0] == 0 ? 0 : -EPERM; }
int64_t sys_getuid(struct call *c) { return (void)c, 0; }
int64_t sys_getgid(struct call *c) { return (void)c, 0; }
int64_t sys_geteuid(struct call *c) { return (void)c, 0; }
int64_t sys_getegid(struct call *c) { return (void)c, 0; }
int64_t sys_getgroups(struct call *c) { return (int)c->arg[0] < 0 ? -EINVAL : 0; }
int64_t sys_setuid(struct call *c) { return be_root(c); }
int64_t sys_setgid(struct call *c) { return be_root(c); }

/* ---- groups and sessions ---- */

static struct proc *self_or(int pid) { return pid ? proc_find(pid) : proc_current(); }

int64_t sys_setpgid(struct call *c)
{
	int pid = (int)c->arg[0], pgid = (int)c->arg[1], err = 0;
	struct proc *me = proc_current(), *p;

	if (pgid < 0)
		return -EINVAL;
	spin_lock(&proc_lock);
	p = self_or(pid);
	if (p && !pgid)
		pgid = p->pid;
	if (!p || p->state == PROC_DEAD || (p != me && p->parent != me))
		err = -ESRCH;
	else if (p->sid == p->pid || p->sid != me->sid || (pgid != p->pid && !proc_group_in(pgid, me->sid)))
		err = -EPERM;
	else
		p->pgid = pgid;
	spin_unlock(&proc_lock);
	return err;
}

int64_t sys_getpgid(struct call *c)
{
	const struct proc *p;
	int64_t got;

	spin_lock(&proc_lock);
	p = self_or((int)c->arg[0]);
	got = p ? p->pgid : -ESRCH;
	spin_unlock(&proc_lock);
	return got;
}

int64_t sys_getpgrp(struct call *c)
{
	c->arg[0] = 0;
	return sys_getpgid(c);
}

int64_t sys_getsid(struct call *c)
{
	const struct proc *p;
	int64_t got;

	spin_lock(&proc_lock);
	p = self_or((int)c->arg[0]);
	got = p ? p->sid : -ESRCH;
	spin_unlock(&proc_lock);
	return got;
}

static void group_search(struct proc *p, void *ctx)
{
	int *pgid = ctx;

	if (p->pgid == *pgid)
		*pgid = -1;
}

int64_t sys_setsid(struct call *c)
{
	struct proc *me = proc_current();
	int pgid = me->pid;
	int64_t got = -EPERM;

	(void)c;
	spin_lock(&proc_lock);
	proc_each(group_search, &pgid);
	if (pgid > 0)
		got = me->sid = me->pgid = me->pid;
	spin_unlock(&proc_lock);
	return got;
}

/* ---- limits and what was used ---- */

static int64_t limit_change(struct proc *p, unsigned which, vaddr_t new, vaddr_t old)
{
	struct rlimit now, to;

	if (which >= RLIM_COUNT)
		return -EINVAL;
	now = p->limit[which];
	if (new) {
		if (copy_in(&to, new, sizeof to))
			return -EFAULT;
		if (to.now > to.max || (which == RLIM_NOFILE && to.max > FILES_MAX))
			return to.now > to.max ? -EINVAL : -EPERM;
		p->limit[which] = to;
		if (which == RLIM_STACK)
			p->space->spt.stack_limit = stack_limit(p);
	}
	return old ? copy_out(old, &now, sizeof now) : 0;
}

int64_t sys_prlimit64(struct call *c)
{
	int pid = (int)c->arg[0];

	if (pid && pid != proc_current()->pid)
		return proc_current()->pid == pid ? 0 : -ESRCH;
	return limit_change(proc_current(), (unsigned)c->arg[1], c->arg[2], c->arg[3]);
}

int64_t sys_getrlimit(struct call *c)
{
	return c->arg[1] ? limit_change(proc_current(), (unsigned)c->arg[0], 0, c->arg[1]) : -EFAULT;
}
int64_t sys_setrlimit(struct call *c)
{
	return c->arg[1] ? limit_change(proc_current(), (unsigned)c->arg[0], c->arg[1], 0) : -EFAULT;
}

int64_t sys_getrusage(struct call *c)
{
	const struct proc *p = proc_current();
	struct usage u = p->of_children;
	uint64_t out[18];

	if ((int)c->arg[0] != -1 && (int)c->arg[0] != 0 && (int)c->arg[0] != 1)
		return -EINVAL;
	if ((int)c->arg[0] != -1)
		u = proc_usage(p);
	usage_out(&u, out);
	return copy_out(c->arg[1], out, sizeof out);
}

int64_t sys_times(struct call *c)
{
	const struct proc *p = proc_current();
	const uint64_t tick = 10000000;
	uint64_t out[4] = {proc_usage(p).ran / tick, 0, p->of_children.ran / tick, 0};

	if (c->arg[0] && copy_out(c->arg[0], out, sizeof out))
		return -EFAULT;
	return (int64_t)(arch_time_ns() / tick);
}
