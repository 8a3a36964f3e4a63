/* The table of processes: birth, death, and waiting for it. See proc.h for the locks. */
#include "kernel/proc/proc.h"

#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"

#define PID_MAX      32768
#define FORK_RECLAIM 64 /* pages, at first */

enum clone_flag {
	CLONE_SIGNAL = 0xff,
	CLONE_VM = 0x100,
	CLONE_VFORK = 0x4000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_CHILD_SETTID = 0x1000000,
	CLONE_KNOWN = CLONE_SIGNAL | CLONE_VM | CLONE_VFORK | CLONE_SETTLS | CLONE_PARENT_SETTID |
		      CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID,
};

struct spinlock proc_lock = SPINLOCK_INIT("processes", RANK_PROC);
static struct proc *table; /* [L] by pid */
static int last_pid;       /* [L] */
static unsigned count;     /* [L] */
static struct proc *gone;  /* [L] nobody's children, by SIBLING: dead or about to be, to be freed */
char proc_status_mark[24];
const char *proc_pintos;

/* ---- the table ---- */

struct proc *proc_find(int pid)
{
	struct proc *p = table;

	while (p && p->pid < pid)
		p = p->next;
	return p && p->pid == pid ? p : NULL;
}

void proc_each(void (*visit)(struct proc *p, void *ctx), void *ctx)
{
	for (struct proc *p = table; p; p = p->next)
		visit(p, ctx);
}

unsigned proc_count(void)
{
	unsigned n;

	spin_lock(&proc_lock);
	n = count;
	spin_unlock(&proc_lock);
	return n;
}

bool proc_group_in(int pgid, int sid)
{
	for (struct proc *p = table; p; p = p->next)
		if (p->pgid == pgid && p->sid == sid)
			return true;
	return false;
}

/* A number that is no process', group's or session's; [L]. */
static int pid_new(void)
{
	bool taken;

	do {
		last_pid = last_pid < PID_MAX ? last_pid + 1 : 2;
		taken = false;
		for (struct proc *p = table; p && !taken; p = p->next)
			taken = p->pid == last_pid || p->pgid == last_pid || p->sid == last_pid;
	} while (taken);
	return last_pid;
}

/* [L] */
static void child_add(struct proc *parent, struct proc *p)
{
	p->parent = parent;
	p->ppid = parent->pid;
	p->sibling = parent->children;
	parent->children = p;
}

/* P gets its pid and its places; -EAGAIN: there are too many. */
static int table_add(struct proc *p, struct proc *parent)
{
	struct proc **at = &table;
	int err = 0;

	spin_lock(&proc_lock);
	if (count >= PID_MAX - 1 || (parent && count >= parent->limit[RLIM_NPROC].now)) {
		err = -EAGAIN;
	} else {
		p->pid = pid_new();
		while (*at && (*at)->pid < p->pid)
			at = &(*at)->next;
		p->next = *at;
		*at = p;
		count++;
		if (parent) {
			child_add(parent, p);
			p->pgid = parent->pgid;
			p->sid = parent->sid;
		} else {
			p->pgid = p->sid = p->pid;
		}
	}
	spin_unlock(&proc_lock);
	return err;
}

static void child_unlink(struct proc *p)
{
	struct proc **at = &p->parent->children;

	while (*at != p)
		at = &(*at)->sibling;
	*at = p->sibling;
}

void proc_table_remove(struct proc *p)
{
	struct proc **at = &table;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	count--;
	if (p->parent)
		child_unlink(p);
}

/* ---- birth ---- */

struct usage proc_usage(const struct proc *p)
{
	struct usage u = p->before;

	if (p->space && !p->borrows)
		usage_add(&u, (struct usage){0, p->space->spt.minor, p->space->spt.major});
	if (p->thread)
		u.ran = thread_ran(p->thread);
	return u;
}

static void proc_free(struct proc *p)
{
	if (p->files)
		files_free(p->files);
	inode_put(p->at.root);
	inode_put(p->at.cwd);
	kfree(p->start);
	kfree(p);
}

/* The new thread: from the kernel into user code, from the frame that was prepared. */
static void proc_main(void *arg)
{
	struct proc *p = arg;
	struct thread *me = thread_current();
	struct intr_frame frame = *p->start;
	unsigned long was = arch_irq_save();

	kfree(p->start);
	p->start = NULL;
	me->proc = p;
	me->pt = &p->space->spt.pt;
	me->spt = &p->space->spt;
	me->user = &p->user;
	pt_activate(me->pt);
	arch_user_load(&p->user);
	arch_irq_restore(was);
	if (p->child_tid)
		copy_out(p->child_tid, &p->pid, sizeof p->pid);
	if (signal_waits(p))
		signal_act(&frame);
	arch_user_run(&frame);
	panic("%s left user code", p->name);
}

/* From here on P may come to its end, and be nobody's. */
static int proc_start(struct proc *p)
{
	struct thread *t = thread_make(p->name, proc_main, p, CPU_ANY);

	if (!t)
		return -ENOMEM;
	spin_lock(&proc_lock);
	p->thread = t;
	if (p->borrows)
		p->parent->lent_to = p->pid;
	if (signal_waits(p)) /* it came while there was nobody to tell */
		thread_interrupt(t);
	spin_unlock(&proc_lock);
	sched_enqueue(t);
	return 0;
}

/* What a child has from the caller, but for its space and place. NULL: no memory. */
static struct proc *proc_copy(const struct proc *from, const struct intr_frame *f)
{
	struct proc *p = kcalloc(1, sizeof *p);
	unsigned long was;

	if (!p)
		return NULL;
	was = arch_irq_save();
	arch_user_save(&thread_current()->proc->user, &thread_current()->arch);
	p->user = from->user;
	arch_irq_restore(was);
	p->at.root = inode_get(from->at.root);
	p->at.cwd = inode_get(from->at.cwd);
	p->umask = from->umask;
	p->blocked = from->blocked;
	p->ignored = from->ignored;
	p->caught = from->caught;
	memcpy(p->action, from->action, sizeof p->action);
	p->alt = from->alt;
	memcpy(p->limit, from->limit, sizeof p->limit);
	strlcpy(p->name, from->name, sizeof p->name);
	p->files = files_copy(from->files);
	p->start = kmalloc(sizeof *p->start);
	if (!p->files || !p->start) {
		proc_free(p);
		return NULL;
	}
	*p->start = *f;
	arch_frame_set_result(p->start, 0);
	return p;
}

/* P's space with all that FROM maps. */
static int space_fork(struct proc *p, struct space *from)
{
	int err;

	p->space = space_new(&err);
	if (!p->space)
		return err;
	err = spt_copy(&p->space->spt, &from->spt);
	if (err)
		space_put(p->space);
	return err;
}

/* Memory that programs' pages have is got back for the tables of a new one, more each time. */
static int space_fork_or_reclaim(struct proc *p, struct space *from)
{
	int err = space_fork(p, from);

	for (size_t want = FORK_RECLAIM; err == -ENOMEM && want <= FORK_RECLAIM << 4; want *= 2) {
		size_t freed = 0, n;

		while (freed < want && (n = vm_reclaim(want - freed)))
			freed += n;
		if (!freed)
			break;
		err = space_fork(p, from);
	}
	return err;
}

static int space_copy(struct proc *p, struct space *from, bool borrow)
{
	size_t path_size = strlen(from->path) + 1;
	int err;

	if (borrow) {
		from->refs++;
		p->space = from;
		p->borrows = true;
		return 0;
	}
	err = space_fork_or_reclaim(p, from);
	if (err)
		return err;
	p->space->path = kmalloc(path_size);
	if (!p->space->path) {
		space_put(p->space);
		return -ENOMEM;
	}
	memcpy(p->space->path, from->path, path_size);
	p->space->brk_start = from->brk_start;
	p->space->brk = from->brk;
	p->space->args_at = from->args_at;
	p->space->args_len = from->args_len;
	p->space->trampoline = from->trampoline;
	if (from->exe && inode_deny_write(from->exe) == 0)
		p->space->exe = inode_get(from->exe);
	return 0;
}

int proc_clone(struct intr_frame *f, const struct clone *how)
{
	struct proc *me = proc_current(), *p;
	bool borrow = how->flags & CLONE_VM;
	int err, pid;

	if (how->flags & ~(uint64_t)CLONE_KNOWN || (borrow && !(how->flags & CLONE_VFORK)))
		return -ENOSYS; /* threads */
	p = proc_copy(me, f);
	if (!p)
		return -ENOMEM;
	err = space_copy(p, me->space, borrow);
	if (err) {
		proc_free(p);
		return err;
	}
	p->exit_signal = (int)(how->flags & CLONE_SIGNAL);
	if (how->stack)
		arch_frame_set_sp(p->start, how->stack);
	if (how->flags & CLONE_SETTLS)
		arch_user_set_tls(&p->user, p->start, how->tls, false);
	if (how->flags & CLONE_CHILD_SETTID)
		p->child_tid = how->child_tid;
	if (how->flags & CLONE_CHILD_CLEARTID)
		p->clear_tid = how->child_tid;
	err = table_add(p, me);
	pid = p->pid;
	if (!err && how->flags & CLONE_PARENT_SETTID)
		copy_out(how->parent_tid, &pid, sizeof pid);
	if (!err) {
		err = proc_start(p);
		if (err) {
			spin_lock(&proc_lock);
			proc_table_remove(p);
			spin_unlock(&proc_lock);
		}
	}
	if (err) {
		space_put(p->space);
		proc_free(p);
		return err;
	}
	spin_lock(&proc_lock);
	while (me->lent_to && !signal_kills(me))
		waitq_sleep(&me->lender, &proc_lock);
	spin_unlock(&proc_lock);
	return pid;
}

/* ---- death ---- */

void proc_give_back(struct proc *p)
{
	p->borrows = false;
	if (p->parent && p->parent->lent_to == p->pid) {
		p->parent->lent_to = 0;
		waitq_wake_all(&p->parent->lender);
	}
}

void proc_give_up(struct proc *p)
{
	struct space *space = p->space;

	files_free(p->files);
	p->files = NULL;
	p->before = proc_usage(p);
	space_enter(NULL);
	space_put(space);
	inode_put(p->at.root);
	inode_put(p->at.cwd);
	p->at = (struct namei){NULL, NULL};
}

/* As siginfo tells P's end. */
static struct signal_info exit_info(const struct proc *p)
{
	int sig = p->status & 0x7f;

	return (struct signal_info){sig ? 2 : 1, p->pid, (uint64_t)(sig ? sig : p->status >> 8)};
}

/* P's parent hears that it is dead; or P is nobody's, when the parent has said that it will not wait. [L] */
static void tell_end(struct proc *p)
{
	struct proc *parent = p->parent;
	bool ignored = p->exit_signal == SIG_CHLD && parent->ignored & sig_bit(SIG_CHLD);

	if (p->exit_signal && p->exit_signal <= SIG_MAX && !ignored)
		signal_post(parent, p->exit_signal, exit_info(p));
	if (ignored || (p->exit_signal == SIG_CHLD && parent->action[SIG_CHLD - 1].flags & SA_NOCLDWAIT)) {
		proc_table_remove(p);
		p->sibling = gone;
		gone = p;
	}
	waitq_wake_all(&parent->waiters);
}

/* Its children are the first process' from now on. [L] */
static void children_leave(struct proc *p)
{
	struct proc *heir = proc_find(1);

	while (p->children) {
		struct proc *c = p->children;

		p->children = c->sibling;
		c->exit_signal = SIG_CHLD;
		child_add(heir, c);
		if (c->state == PROC_DEAD)
			tell_end(c);
	}
}

/* Those that were GONE before the caller was: so nobody waits for whoever waits for him. */
static void bury(struct proc *p)
{
	while (p) {
		struct proc *next = p->sibling;

		thread_join(p->thread);
		kfree(p);
		p = next;
	}
}

void proc_exit(int status)
{
	struct proc *p = proc_current(), *before;
	unsigned long was;

	if (status & 0x7f)
		p->code = -1;
	if (proc_pintos && !proc_ending)
		kprintf("%s: exit(%d)\n", p->name, p->code);
	if (p->pid == 1 && !proc_ending)
		proc_machine_end(status);
	if (p->clear_tid) {
		const int zero = 0;

		copy_out(p->clear_tid, &zero, sizeof zero);
	}
	proc_give_up(p);
	was = arch_irq_save();
	thread_current()->user = NULL;
	arch_irq_restore(was);

	spin_lock(&proc_lock);
	p->before.ran = thread_ran(thread_current());
	p->state = PROC_DEAD;
	p->alarm_at = 0;
	p->status = status;
	proc_give_back(p);
	waitq_wake_all(&proc_deaths);
	before = gone;
	gone = NULL;
	if (p->parent) { /* the first has none */
		children_leave(p);
		tell_end(p);
	}
	spin_unlock(&proc_lock);
	bury(before);
	thread_exit();
}

/* ---- the first one ---- */

static void limits_init(struct proc *p)
{
	for (unsigned i = 0; i < RLIM_COUNT; i++)
		p->limit[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	p->limit[RLIM_STACK].now = 8u << 20;
	p->limit[RLIM_CORE] = (struct rlimit){0, 0};
	p->limit[RLIM_NPROC] = (struct rlimit){1024, 1024};
	p->limit[RLIM_NOFILE] = (struct rlimit){FILES_MAX, FILES_MAX};
}

struct first {
	struct proc *p;
	const char *path;
	struct exec_args args;
	int err;
};

static void first_main(void *arg)
{
	struct first *first = arg;
	struct thread *me = thread_current();
	struct intr_frame frame;
	unsigned long was;

	me->proc = first->p;
	first->err = exec(&frame, first->path, &first->args);
	exec_args_free(&first->args);
	if (first->err)
		return;
	was = arch_irq_save();
	me->user = &first->p->user;
	arch_user_load(me->user);
	arch_irq_restore(was);
	arch_user_run(&frame);
}

/* The console is its standard input, output and errors. */
static int first_files(struct proc *p)
{
	struct file *f;
	int err = file_open(&p->at, "/dev/console", O_RDWR, 0, &f);

	if (err)
		return err;
	for (int fd = 0; fd < 3 && !err; fd++)
		err = files_put_at(p->files, file_get(f), fd, false) < 0 ? -ENOMEM : 0;
	file_put(f);
	return err;
}

static struct proc *first_make(struct inode *root)
{
	struct proc *p = kcalloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->at.root = inode_get(root);
	p->at.cwd = inode_get(root);
	p->umask = 022;
	limits_init(p);
	p->files = files_new();
	if (!p->files || table_add(p, NULL)) {
		proc_free(p);
		return NULL;
	}
	return p;
}

int proc_first(struct inode *root, const char *path, char *const argv[], char *const envp[])
{
	struct first first = {.path = path};
	struct thread *t = NULL;

	first.p = first_make(root);
	if (!first.p)
		return -ENOMEM;
	first.err = first_files(first.p);
	for (unsigned i = 0; !first.err && argv[i]; i++, first.args.argc++)
		first.err = exec_args_add(&first.args, argv[i]);
	for (unsigned i = 0; !first.err && envp[i]; i++, first.args.envc++)
		first.err = exec_args_add(&first.args, envp[i]);
	if (!first.err) {
		t = thread_create("first", first_main, &first, CPU_ANY);
		if (!t)
			first.err = -ENOMEM; /* else it is the thread's to set */
	}
	if (t) {
		first.p->thread = t;
		thread_join(t); /* comes back only if nothing could be executed */
	}
	spin_lock(&proc_lock);
	proc_table_remove(first.p);
	last_pid = 0;
	spin_unlock(&proc_lock);
	exec_args_free(&first.args);
	proc_free(first.p);
	return first.err;
}
