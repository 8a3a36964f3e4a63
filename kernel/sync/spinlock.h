/* Spinlocks: for short stretches that never sleep. Interrupts are off from the first one taken on a CPU to
 * the last one given back, so a holder is neither preempted nor interrupted.
 *
 * Every lock has a rank, and a CPU takes locks by rising rank only: nobody can then wait in a circle. Debug
 * builds check that, and that a lock is not taken twice nor given back by another CPU. The order that the
 * ranks encode is told in docs/lock-order.md. */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H
#include <stdatomic.h>
#include <stdbool.h>

#include "kernel/sync/annotate.h"

enum lock_rank {
	RANK_TEST = 1,    /* tests' own, outermost: RANK_TEST + 0..3 */
	RANK_THREADS = 8, /* the list of all threads */
	RANK_PROC,        /* processes: the table, signals */
	RANK_POLL,        /* who waits for one of several files */
	RANK_VM_LAYER,    /* vm's outer one: frames, pages, swap slots */
	RANK_SYNC,        /* inside mutexes and rwlocks, and whatever guards a wait queue */
	RANK_DEVICE,      /* a driver's own */
	RANK_EXIT,        /* a thread's end */
	RANK_TIMER,       /* a CPU's sleepers */
	RANK_KMAP,        /* kernel stacks and device mappings */
	RANK_KMALLOC,
	RANK_PALLOC,
	RANK_RUNQ, /* a CPU's run queue: anyone may wake a thread */
	RANK_VM,   /* vm's own: taken in the middle of a context switch */
};

struct SYNC_CAPABILITY("spinlock") spinlock {
	_Atomic unsigned holder; /* CPU that holds it + 1; 0: free */
	enum lock_rank rank;     /* fixed */
	const char *name;        /* fixed */
};
#define SPINLOCK_INIT(title, order)                                                                          \
	{                                                                                                    \
		.rank = (order), .name = (title)                                                             \
	}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);
void spin_lock(struct spinlock *lock) SYNC_ACQUIRE(*lock);
void spin_unlock(struct spinlock *lock) SYNC_RELEASE(*lock);
/* Does this CPU hold LOCK? Any lock at all? */
bool spin_held(struct spinlock *lock);
bool spin_any_held(void);

/* A broken rule is told to this function, which by default panics with the sentence. When it returns, a take
 * out of order is let pass; a second take, or a release by who does not hold the lock, is not carried out. */
typedef void spin_report_fn(const char *sentence);
extern spin_report_fn *spin_report;

#endif
