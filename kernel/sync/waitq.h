/* Wait queues: threads that sleep until something holds that a spinlock guards.
 *
 * A queue has no lock of its own. The spinlock that guards the condition guards the queue too: who waits has
 * looked at the condition under it, who wakes has changed the condition under it, and so no wake-up is lost.
 * A thread is woken by waitq_wake_*() (or its time) and by nothing else. First come, first woken. */
#ifndef KERNEL_WAITQ_H
#define KERNEL_WAITQ_H
#include <stdint.h>

#include "kernel/sync/spinlock.h"

struct thread;

struct waitq {
	struct thread *first, *last;
};

/* Sleep on Q until woken. LOCK, the only spinlock held, is given back meanwhile and held again on return.
 * Whoever shares Q with waiters of other conditions looks at its own again. */
void waitq_sleep(struct waitq *q, struct spinlock *lock) SYNC_REQUIRES(*lock);
/* The same, but no longer than until the clock says DEADLINE: false if the time ran out. */
bool waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline) SYNC_REQUIRES(*lock);
/* The same, but thread_interrupt() ends it, too, and so does DEADLINE (0: none): false in both cases. */
bool waitq_sleep_interruptible(struct waitq *q, struct spinlock *lock, uint64_t deadline)
	SYNC_REQUIRES(*lock);
/* Sleep until READY(ARG), which is looked at with LOCK held, is true. */
void wait_on(struct waitq *q, struct spinlock *lock, bool (*ready)(void *), void *arg) SYNC_REQUIRES(*lock);

/* The caller holds the lock that Q's waiters gave. Who was woken, NULL: nobody waited; how many. */
struct thread *waitq_wake_one(struct waitq *q);
unsigned waitq_wake_all(struct waitq *q);
static inline bool waitq_empty(const struct waitq *q) { return !q->first; }

#endif
