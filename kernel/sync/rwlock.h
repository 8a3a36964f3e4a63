/* The sleeping reader-writer lock: many readers or one writer, thread context only. Readers and writers take
 * turns, so that neither starves: a reader that comes while a writer waits goes behind it, and a writer that
 * leaves lets in all readers that came meanwhile. So a reader may not take the lock a second time. */
#ifndef KERNEL_RWLOCK_H
#define KERNEL_RWLOCK_H
#include "kernel/sync/waitq.h"

struct SYNC_CAPABILITY("rwlock") rwlock { /* [L] lock */
	struct spinlock lock;
	_Atomic unsigned long word;    /* who holds it and whether anybody waits; see rwlock.c */
	struct thread *_Atomic writer; /* that holds it; NULL: nobody, or it came just now */
	struct waitq waiting_readers, waiting_writers; /* [L] */
};
#define RWLOCK_INIT(title)                                                                                   \
	{                                                                                                    \
		.lock = SPINLOCK_INIT(title, RANK_SYNC)                                                      \
	}

void rwlock_init(struct rwlock *rw, const char *name);
/* No spinlock is held, interrupts are on: these may sleep. */
void rwlock_read(struct rwlock *rw) SYNC_ACQUIRE_SHARED(*rw);
void rwlock_read_done(struct rwlock *rw) SYNC_RELEASE_SHARED(*rw);
void rwlock_write(struct rwlock *rw) SYNC_ACQUIRE(*rw);
void rwlock_write_done(struct rwlock *rw) SYNC_RELEASE(*rw);

#endif
