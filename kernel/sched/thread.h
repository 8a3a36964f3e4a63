/* Kernel threads: what one is, and what anybody may do with threads. The scheduler is sched.c. */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H
#include "arch/arch.h"
#include "kernel/sync/waitq.h"

struct pt;
struct supplemental_page_table;
struct probe;
struct proc;

enum thread_state {
	THREAD_READY, /* on a run queue, or on its way to one */
	THREAD_RUNNING,
	THREAD_BLOCKED, /* until thread_wake() */
	THREAD_DEAD,    /* never runs again; its joiner frees it */
};

#define THREAD_NAME_MAX 20
#define CPU_ANY         (~(uint64_t)0)

struct thread {                     /* [I] fixed at creation  [Q] lock of cpu's run queue
                                     * [S] the thread itself  [E] exit_lock */
	struct arch_thread arch;    /* first: arch_current() and arch_switch() know it by this */
	char name[THREAD_NAME_MAX]; /* [I] */
	enum thread_state state;    /* [Q] */
	unsigned cpu;               /* [Q] where it runs or last ran; steady for itself with interrupts off */
	uint64_t cpu_mask;          /* [I] CPUs that it may run on */
	unsigned preempt_off;       /* [S] > 0: stays on this CPU until it gives way itself */
	struct pt *pt;              /* [S] its address space; NULL: a kernel thread, any will do */
	struct supplemental_page_table *spt; /* [S] what that table belongs to; NULL: none */
	void *stack;                         /* [I] lowest byte of KSTACK_SIZE */
	void (*fn)(void *);                  /* [I] */
	void *arg;                           /* [I] */
	struct arch_user *user;  /* [S] its user code's floating point and such; NULL: it has none */
	struct proc *proc;       /* [I] whose it is; NULL: the kernel's own */
	bool interrupted;        /* [Q] thread_interrupt() was called, thread_interrupt_done() not since */
	bool interruptible;      /* [Q] it sleeps so that this wakes it */
	uint64_t ran, since;     /* [Q] ns on a CPU before; since when it is on one */
	uint64_t alloc_fails_in; /* [S] allocations until one fails to order; 0: none does */
	struct probe *probe;     /* [S] a test looks at its traps (kernel/test/machine.c); else NULL */

	struct thread *run_next;  /* [Q] */
	struct waitq *waits_on;   /* guarded by the lock of the queue's owner */
	struct thread *wait_next; /* the same */
	uint64_t alarm;           /* [S] when to wake it; the list below: timer_lock of alarm_cpu */
	struct thread *alarm_next;
	unsigned alarm_cpu;
	bool alarm_set;

	struct spinlock exit_lock;
	bool exited;                          /* [E] */
	struct waitq joiner;                  /* [E] */
	struct thread *list_prev, *list_next; /* all threads: under the list's lock */
};
_Static_assert(offsetof(struct thread, arch) == 0, "arch_current() returns a struct thread");

static inline struct thread *thread_current(void) { return arch_current(); }

/* A thread that will run FN(ARG) on the CPUs of MASK. Exactly one other thread joins it. NULL: no memory.
 * May sleep. */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, uint64_t cpu_mask);
_Noreturn void thread_exit(void);
/* Wait for T's end and free it. */
void thread_join(struct thread *t);

void thread_yield(void);
void thread_sleep_until(uint64_t ns); /* by arch_time_ns() */
void thread_sleep_ns(uint64_t ns);

/* While off, the calling thread keeps its CPU unless it sleeps, which it must not. Nests. */
void preempt_disable(void);
void preempt_enable(void);
/* Interrupts on, no spinlock held, preemption not off, not in an interrupt handler, not an idle thread. */
bool thread_may_sleep(void);

uint64_t thread_ran(const struct thread *t); /* ns that it had a CPU, about */
size_t thread_count(void);
void thread_for_each(void (*visit)(const struct thread *t, void *ctx), void *ctx);

/* ---- for kernel/sync and the scheduler ---- */

/* Sleep until thread_wake(). LOCK, the only spinlock held, is given back once thread_wake() would be seen;
 * NULL: none is held, interrupts are off. */
void thread_block(struct spinlock *lock);
/* T runs again if it was blocked; otherwise nothing happens. Any context. */
void thread_wake(struct thread *t);
/* As thread_block(), but thread_interrupt() ends it, too; at once when that was called before. */
void thread_block_interruptible(struct spinlock *lock);
/* T, which cannot be freed meanwhile, wakes from an interruptible sleep and falls into none until it says that this is
 * done with. */
void thread_interrupt(struct thread *t);
void thread_interrupt_done(void);
/* Have the clock call thread_wake() on the calling thread; set with interrupts off. */
void thread_alarm_set(uint64_t deadline);
void thread_alarm_clear(void);

#endif
