/* The sleeping reader-writer lock. Who leaves hands the lock to those it wakes, before they run.
 *
 * While nobody waits, coming and going is one exchange of the word. Who has to wait sets WAITED under the spinlock:
 * from then on every exchange that hurries fails, and all come and go under the spinlock, until no queue has anybody. */
#include "kernel/sync/rwlock.h"

#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"

#define WAITED  1ul
#define WRITTEN 2ul
#define READER  4ul

void rwlock_init(struct rwlock *rw, const char *name)
{
	*rw = (struct rwlock){.word = 0};
	spin_init(&rw->lock, name, RANK_SYNC);
}

static bool hurry(struct rwlock *rw, unsigned long from, unsigned long to)
{
	return atomic_compare_exchange_strong(&rw->word, &from, to);
}

/* RW's spinlock is held: nobody hurries now, and nobody will unless the queues are empty when it is given back. */
static unsigned long hold(struct rwlock *rw) SYNC_REQUIRES(rw->lock)
{
	return atomic_fetch_or(&rw->word, WAITED) | WAITED;
}

static void settle(struct rwlock *rw, unsigned long word) SYNC_REQUIRES(rw->lock)
{
	bool waited = !waitq_empty(&rw->waiting_readers) || !waitq_empty(&rw->waiting_writers);

	rw->word = waited ? word | WAITED : word & ~WAITED;
}

/* Nobody has RW: the first writer that waits gets it. */
static unsigned long to_writer(struct rwlock *rw) SYNC_REQUIRES(rw->lock)
{
	rw->writer = waitq_wake_one(&rw->waiting_writers);
	return rw->writer ? WRITTEN : 0;
}

void rwlock_read(struct rwlock *rw) SYNC_UNCHECKED
{
	unsigned long word = atomic_load_explicit(&rw->word, memory_order_relaxed);

	if (KERNEL_DEBUG)
		ASSERT(thread_may_sleep());
	if (!(word & (WAITED | WRITTEN)) && hurry(rw, word, word + READER))
		return;
	spin_lock(&rw->lock);
	word = hold(rw);
	if (word & WRITTEN && rw->writer == thread_current())
		panic("rwlock %s is read by its writer, thread %s", rw->lock.name, thread_current()->name);
	if (word & WRITTEN || !waitq_empty(&rw->waiting_writers))
		waitq_sleep(&rw->waiting_readers, &rw->lock); /* the waker counted us in */
	else
		settle(rw, word + READER);
	ASSERT(rw->word >= READER);
	spin_unlock(&rw->lock);
}

void rwlock_read_done(struct rwlock *rw) SYNC_UNCHECKED
{
	unsigned long word = atomic_load_explicit(&rw->word, memory_order_relaxed);

	if (word >= READER && !(word & WAITED) && hurry(rw, word, word - READER))
		return;
	spin_lock(&rw->lock);
	word = hold(rw);
	if (word < READER)
		panic("rwlock %s is given back by a reader, but none holds it", rw->lock.name);
	word -= READER;
	settle(rw, word < READER ? to_writer(rw) : word);
	spin_unlock(&rw->lock);
}

void rwlock_write(struct rwlock *rw) SYNC_UNCHECKED
{
	struct thread *me = thread_current();
	unsigned long word;

	if (KERNEL_DEBUG)
		ASSERT(thread_may_sleep());
	if (hurry(rw, 0, WRITTEN)) {
		rw->writer = me;
		return;
	}
	spin_lock(&rw->lock);
	word = hold(rw);
	if (word & WRITTEN && rw->writer == me)
		panic("rwlock %s is written again by its writer, thread %s", rw->lock.name, me->name);
	if (word & ~WAITED) {
		waitq_sleep(&rw->waiting_writers, &rw->lock); /* the waker made us the writer */
	} else {
		rw->writer = me;
		settle(rw, WRITTEN);
	}
	ASSERT(rw->writer == me);
	spin_unlock(&rw->lock);
}

void rwlock_write_done(struct rwlock *rw) SYNC_UNCHECKED
{
	unsigned readers;

	if (rw->writer != thread_current())
		panic("rwlock %s is given back by thread %s, which does not write", rw->lock.name,
		      thread_current()->name);
	rw->writer = NULL;
	if (hurry(rw, WRITTEN, 0))
		return;
	spin_lock(&rw->lock);
	readers = waitq_wake_all(&rw->waiting_readers);
	settle(rw, readers ? readers * READER : to_writer(rw));
	spin_unlock(&rw->lock);
}
