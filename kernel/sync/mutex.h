/* The sleeping mutex: for stretches that may wait, and for thread context only. It is handed over in the
 * order in which it was asked for. Not recursive. */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H
#include "kernel/sync/waitq.h"

struct SYNC_CAPABILITY("mutex") mutex { /* [L] lock */
	struct spinlock lock;
	struct thread *owner;  /* [L] NULL: free */
	struct waitq waiters;  /* [L] */
};
#define MUTEX_INIT(title) {.lock = SPINLOCK_INIT(title, RANK_SYNC)}

void mutex_init(struct mutex *m, const char *name);
/* No spinlock is held, interrupts are on: this may sleep. */
void mutex_lock(struct mutex *m) SYNC_ACQUIRE(*m);
bool mutex_trylock(struct mutex *m) SYNC_TRY_ACQUIRE(true, *m);
void mutex_unlock(struct mutex *m) SYNC_RELEASE(*m);
bool mutex_held(struct mutex *m); /* by the calling thread */

#endif
