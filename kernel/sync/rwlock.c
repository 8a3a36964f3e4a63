/* The sleeping reader-writer lock. Who leaves hands the lock to those it wakes, before they run. */
#include "kernel/sync/rwlock.h"

#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"

void rwlock_init(struct rwlock *rw, const char *name)
{
	*rw = (struct rwlock){.readers = 0};
	spin_init(&rw->lock, name, RANK_SYNC);
}

void rwlock_read(struct rwlock *rw) SYNC_UNCHECKED
{
	if (KERNEL_DEBUG)
		ASSERT(thread_may_sleep());
	spin_lock(&rw->lock);
	if (rw->writer == thread_current())
		panic("rwlock %s is read by its writer, thread %s", rw->lock.name, rw->writer->name);
	if (rw->writer || !waitq_empty(&rw->waiting_writers))
		waitq_sleep(&rw->waiting_readers, &rw->lock); /* the waker counted us in */
	else
		rw->readers++;
	ASSERT(rw->readers && !rw->writer);
	spin_unlock(&rw->lock);
}

void rwlock_read_done(struct rwlock *rw) SYNC_UNCHECKED
{
	spin_lock(&rw->lock);
	if (!rw->readers)
		panic("rwlock %s is given back by a reader, but none holds it", rw->lock.name);
	if (--rw->readers == 0)
		rw->writer = waitq_wake_one(&rw->waiting_writers);
	spin_unlock(&rw->lock);
}

void rwlock_write(struct rwlock *rw) SYNC_UNCHECKED
{
	struct thread *me = thread_current();

	if (KERNEL_DEBUG)
		ASSERT(thread_may_sleep());
	spin_lock(&rw->lock);
	if (rw->writer == me)
		panic("rwlock %s is written again by its writer, thread %s", rw->lock.name, me->name);
	if (rw->writer || rw->readers)
		waitq_sleep(&rw->waiting_writers, &rw->lock); /* the waker made us the writer */
	else
		rw->writer = me;
	ASSERT(rw->writer == me && !rw->readers);
	spin_unlock(&rw->lock);
}

void rwlock_write_done(struct rwlock *rw) SYNC_UNCHECKED
{
	spin_lock(&rw->lock);
	if (rw->writer != thread_current())
		panic("rwlock %s is given back by thread %s, which does not write", rw->lock.name,
		      thread_current()->name);
	rw->writer = NULL;
	rw->readers = waitq_wake_all(&rw->waiting_readers);
	if (!rw->readers)
		rw->writer = waitq_wake_one(&rw->waiting_writers);
	spin_unlock(&rw->lock);
}
