/* Processes: what one is, how it comes and goes. A process is one thread that runs user code in a space.
 *
 * proc_lock guards the table of all processes, who is whose child, groups and sessions, pending signals, and what a
 * dead one leaves for its parent. What is marked [P] is touched by the process' own thread alone, or before that
 * thread runs. A process' memory belongs to its parent, which frees it when it has waited for it; of a child that its
 * parent wants to hear nothing of, to whoever ends next. */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H
#include "kernel/file/file.h"
#include "kernel/fs/namei.h"
#include "kernel/sched/thread.h"
#include "kernel/sync/mutex.h"
#include "vm/vm.h"

/* An address space. A vfork()ed child borrows its parent's, hence the count. */
struct space {                 /* [I] fixed  [A] atomic  [P] the process' own */
	_Atomic unsigned refs; /* [A] */
	struct supplemental_page_table spt;
	vaddr_t brk_start, brk; /* [P] */
	struct inode *exe;      /* [I] nobody may write it meanwhile */
	vaddr_t trampoline;     /* [P] signal_trampoline()'s page; 0: none */
	char *path;             /* [I] what it was called when it was executed; its own */
	vaddr_t args_at;        /* [I] the arguments' strings, one after the other ... */
	size_t args_len;        /* [I] ... with their NULs */
};

struct rlimit {
	uint64_t now, max;
};
enum { RLIM_STACK = 3, RLIM_CORE = 4, RLIM_NPROC = 6, RLIM_NOFILE = 7, RLIM_AS = 9, RLIM_COUNT = 16 };
#define RLIM_INFINITY (~(uint64_t)0)

struct usage {
	uint64_t ran; /* ns */
	uint64_t minor, major;
};
static inline void usage_add(struct usage *to, struct usage more)
{
	to->ran += more.ran;
	to->minor += more.minor;
	to->major += more.major;
}

/* ---- signals: what a process has asked for, what came ---- */
enum { SIG_DFL, SIG_IGN };
struct signal_action {
	uint64_t handler; /* SIG_DFL, SIG_IGN, or where it is */
	uint64_t flags, restorer, mask;
};
enum { SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2 };
struct signal_info {
	int32_t code; /* si_code; > 0 of a fault: VALUE is its address */
	int32_t pid;
	uint64_t value;
};
#define SIG_MAX 64

enum proc_state { PROC_ALIVE, PROC_STOPPED, PROC_DEAD };

struct proc {                     /* [P] own thread  [L] proc_lock  [A] atomic */
	struct arch_user user;    /* [P] the scheduler's, too */
	int pid;                  /* fixed */
	struct proc *parent;      /* [L] NULL: the first process */
	_Atomic int ppid;         /* [L] to change: its pid, for who asks without the lock; 0: none */
	struct proc *children;    /* [L] newest first */
	struct proc *sibling;     /* [L] */
	struct proc *next;        /* [L] all processes, by pid */
	int pgid, sid;            /* [L] */
	enum proc_state state;    /* [L] */
	int status;               /* [L] as wait4 tells it */
	int code;                 /* [P] all of what exit was given; when dead: -1 if a signal ended it */
	struct intr_frame *call;  /* [P] the system call that it is in; NULL: none */
	bool told;                /* [L] that it is stopped or goes on: its parent has been told */
	bool continued;           /* [L] */
	struct thread *thread;    /* [L] NULL: not yet */
	struct waitq waiters;     /* [L] its own thread, for children */
	struct waitq resumed;     /* [L] its own thread, while it is stopped */
	bool borrows;             /* [L] it runs in its parent's space, which waits */
	int lent_to;              /* [L] the child that does, 0: none ... */
	struct waitq lender;      /* [L] ... and its own thread, meanwhile */
	_Atomic uint64_t pending; /* [L] written; anyone may have a look. Signal N is bit N - 1 */
	_Atomic uint64_t blocked; /* [P] written, under [L] */
	uint64_t ignored, caught; /* [L] by ACTION */
	struct signal_action action[SIG_MAX]; /* [P] written, under [L]; of signal N at N - 1 */
	struct signal_info info[32];          /* [L] of pending signals up to 32 */
	bool mask_saved;                      /* [P] BLOCKED holds for one call; then SAVED_MASK does again */
	uint64_t saved_mask;                  /* [P] */
	struct {
		bool call; /* the call that ended -EINTR is to be made again, if no handler is against it ... */
		bool alone; /* ... or: if no handler ran */
		uint64_t number, arg0;
	} again; /* [P] */
	struct {
		vaddr_t at;
		uint64_t size;           /* 0: there is none */
	} alt;                           /* [P] the alternate stack */
	uint64_t alarm_at, alarm_every;  /* [L] ns, when SIG_ALRM comes, 0: never, once */
	int exit_signal;                 /* fixed: what the parent gets */
	struct space *space;             /* [P] written, under [L]; NULL: gone */
	struct files *files;             /* [P] */
	struct namei at;                 /* [P] root and current directory */
	uint32_t umask;                  /* [P] */
	struct rlimit limit[RLIM_COUNT]; /* [P] */
	struct usage before;             /* [P] of earlier programs; when dead: in all */
	struct usage of_children;        /* [P] of those it waited for */
	vaddr_t clear_tid;               /* [P] */
	char name[16];                   /* [L] */
	struct intr_frame *start;        /* the first frame; [P] until it runs */
	vaddr_t child_tid;               /* [P] where to store its pid before it runs, 0: nowhere */
};

extern struct spinlock proc_lock;
static inline struct proc *proc_current(void) { return thread_current()->proc; }

/* ---- proc.c ---- */

/* The first process executes PATH; ROOT is its root. Its end ends the machine: this returns only when it could not
 * begin, with the reason. */
int proc_first(struct inode *root, const char *path, char *const argv[], char *const envp[]);
struct clone {
	uint64_t flags; /* CLONE_... and the signal, as Linux has them */
	vaddr_t stack;  /* 0: as the parent's */
	vaddr_t parent_tid, child_tid;
	uint64_t tls;
};
/* The caller's copy; F: where it goes on. Its pid or an error. */
int proc_clone(struct intr_frame *f, const struct clone *how);
/* The calling process ends; STATUS as wait4 tells it. Interrupts on, no lock held. */
_Noreturn void proc_exit(int status);
/* P needs its parent's space no longer. [L] */
void proc_give_back(struct proc *p);
/* What P, the caller, has of files and memory goes. */
void proc_give_up(struct proc *p);
extern struct waitq proc_deaths;     /* [L] who ends the machine, for the others */
extern _Atomic unsigned proc_ending; /* somebody does */
/* All processes end, what is written goes to the disk, and the machine ends; STATUS is the first process', -1: it was
 * told to. */
_Noreturn void proc_machine_end(int status);
static inline int status_of_exit(int code) { return (code & 0xff) << 8; }

/* ---- wait.c ---- */
enum wait_flag {
	WAIT_NOHANG = 1,
	WAIT_STOPPED = 2,
	WAIT_EXITED = 4,
	WAIT_CONTINUED = 8,
	WAIT_LEAVE = 0x1000000
};
struct waited {
	int pid, status, code;
	struct usage usage;
};
/* WHICH > 0: that child; -1: any; < -1: of group -WHICH; 0: of the caller's group. *W has pid 0: nobody is ready
 * (WAIT_NOHANG). 0, -ECHILD or -ERESTART. */
int proc_wait(int which, unsigned flags, struct waited *w);

/* ---- proc.c ---- */
struct proc *proc_find(int pid);        /* [L] alive or dead; NULL */
void proc_table_remove(struct proc *p); /* [L] nobody finds it any more */
struct usage proc_usage(const struct proc *p);
unsigned proc_count(void);
/* Every process, by pid; [L] is held. */
void proc_each(void (*visit)(struct proc *p, void *ctx), void *ctx);
/* Has the group a member in that session? [L] */
bool proc_group_in(int pgid, int sid);
/* What vm/ has ended when memory is full: true, the process of VICTIM, which holds PAGES, is about to. */
bool proc_oom_end(struct supplemental_page_table *victim, size_t pages);
extern char proc_status_mark[]; /* "" or a word: the last line has it, for the tool that runs the machine */
extern const char *proc_pintos; /* the command that is run as Pintos would run it; NULL: nothing is */

/* ---- space.c ---- */
struct space *space_new(int *err); /* with one reference; NULL: *ERR */
void space_put(struct space *s);   /* sleeps; the last reference's space is not active on this thread */
/* The calling thread runs in S from now on (NULL: in none). */
void space_enter(struct space *s);
/* The space of process PID, with a reference; NULL: it has none. */
struct space *space_of(int pid);
int space_brk(struct space *s, vaddr_t to);

/* ---- exec.c ---- */
struct exec_args {
	char *buf; /* the strings, ARGC + ENVC of them */
	size_t used, room;
	unsigned argc, envc;
};
int exec_args_add(struct exec_args *a, const char *s); /* a copy of S is the last of them; -E2BIG, -ENOMEM */
int exec_args_add_user(struct exec_args *a, vaddr_t va); /* the same of the user's at VA; or -EFAULT */
void exec_args_free(struct exec_args *a);
/* The calling process' program is now that of PATH; F: where it begins. On an error nothing has changed. */
int exec(struct intr_frame *f, const char *path, struct exec_args *args);

uint64_t stack_limit(const struct proc *p); /* how far its stack may grow */

/* ---- elf.c ---- */
struct elf_image {
	vaddr_t entry, phdr, end; /* END: behind the highest segment */
	unsigned phnum;
};
/* Map INODE's segments into S, which is fresh. -ENOEXEC: it is no program for this machine. HEAD: its first bytes. */
#define ELF_HEAD 512
int elf_load(struct space *s, struct inode *inode, const void *head, size_t n, struct elf_image *image);

/* ---- signal.c ---- */
enum signal_number {
	SIG_HUP = 1,
	SIG_INT,
	SIG_QUIT,
	SIG_ILL,
	SIG_TRAP,
	SIG_ABRT,
	SIG_BUS,
	SIG_FPE,
	SIG_KILL,
	SIG_USR1,
	SIG_SEGV,
	SIG_USR2,
	SIG_PIPE,
	SIG_ALRM,
	SIG_TERM,
	SIG_CHLD = 17,
	SIG_CONT,
	SIG_STOP,
	SIG_TSTP,
	SIG_TTIN,
	SIG_TTOU,
	SIG_URG,
	SIG_WINCH = 28,
};
static inline uint64_t sig_bit(int sig) { return (uint64_t)1 << (sig - 1); }
#define SIG_FAULTS                                                                                           \
	(sig_bit(SIG_SEGV) | sig_bit(SIG_BUS) | sig_bit(SIG_ILL) | sig_bit(SIG_FPE) | sig_bit(SIG_TRAP))
enum signal_code { SI_TKILL = -6, SI_USER = 0, SI_KERNEL = 0x80 };
/* To P, [L] held. */
void signal_post(struct proc *p, int sig, struct signal_info info);
/* To the process (> 0), the caller's group (0), all (-1), a group (< -1). 0, -ESRCH, -EINVAL. */
int signal_kill(int which, int sig, enum signal_code code);
void signal_group(int pgid, int sig); /* from the terminal: the first process is spared */
/* Is one there that the calling process has to act on before it goes on? */
static inline bool signal_waits(const struct proc *p) { return p->pending & ~p->blocked; }
/* Is it to end, whatever it does? What may take long looks, and stops. */
static inline bool signal_kills(const struct proc *p) { return p->pending & sig_bit(SIG_KILL); }
/* The same as signal_waits(), or is a system call of the calling process to be finished as they leave it? */
static inline bool signal_to_do(const struct proc *p)
{
	return signal_waits(p) || p->again.call || p->mask_saved;
}
/* A sleep of the calling process ended early. If it is to stop it does so here; false: there is nothing else, and the
 * call sleeps on. No lock held. */
bool signal_ends_sleep(void);
/* Act on them, on the way to user code F: maybe for good. Interrupts on, no lock held. */
void signal_act(struct intr_frame *f);
/* The calling process' fault is its handler's; false: there is none, or it is blocked, which is the process' end. */
bool signal_fault(int sig, int code, vaddr_t va);
/* NEW, OLD may be NULL. */
int signal_action(int sig, const struct signal_action *new, struct signal_action *old);
uint64_t signal_block(uint64_t mask); /* what was blocked */
/* MASK is blocked until the next signal was acted upon, or the call is over. */
void signal_block_for_call(uint64_t mask);
int64_t signal_suspend(void);       /* sleeps until one is there; -ERESTARTNOHAND */
void signal_forget(struct proc *p); /* exec: handlers and the alternate stack go */
int signal_timers_start(void);      /* the thread that sends SIG_ALRM */
/* The calling process gets SIG_ALRM at AT, then after each EVERY ns (0: once); what was, likewise. */
void signal_alarm(uint64_t *at, uint64_t *every);

/* ---- handler.c ---- */
/* F begins A's handler of SIG; false: it cannot, and the process is to end. */
bool signal_handle(struct intr_frame *f, int sig, const struct signal_action *a,
		   const struct signal_info *info);
bool signal_return(struct intr_frame *f); /* F goes on where a handler came in; false: its frame is broken */
int signal_alt(const struct intr_frame *f, const struct signal_stack *new, struct signal_stack *old);
int signal_trampoline(struct proc *p); /* there is one from now on */

/* ---- entry.c: from kernel/trap.c, interrupts on ---- */
void proc_fault(struct intr_frame *f, vaddr_t va, unsigned access);
void proc_error(struct intr_frame *f, const char *what, vaddr_t info);
/* May the fault of the calling thread's user copy be resolved by sleeping? If so, was it? Interrupts off. */
bool proc_copy_fault(struct intr_frame *f, vaddr_t va, unsigned access);

/* ---- ucopy.c: user memory; 0 or -EFAULT, or as told ---- */
bool user_range(vaddr_t va, uint64_t n); /* is it all a user's? */
vaddr_t user_top(void);
int copy_in(void *dst, vaddr_t src, size_t n);
int copy_out(vaddr_t dst, const void *src, size_t n);
size_t copy_out_some(vaddr_t dst, const void *src, size_t n); /* how many bytes were copied */
size_t copy_in_some(void *dst, vaddr_t src, size_t n);
/* Its length without the NUL; -ENAMETOOLONG: there is none in SIZE bytes. */
int copy_in_string(char *dst, vaddr_t src, size_t size);

#endif
