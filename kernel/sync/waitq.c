/* Wait queues: a list through the threads themselves, guarded by the lock of whoever owns the queue.
 * A thread whose time runs out is woken by the clock without that lock; it takes itself off the queue once
 * it has the lock again, and before that a waker may still find it: then it counts as woken. */
#include "kernel/sync/waitq.h"

#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"

static void queue_append(struct waitq *q, struct thread *t)
{
	ASSERT(!t->waits_on);
	t->wait_next = NULL;
	t->waits_on = q;
	if (q->first)
		q->last->wait_next = t;
	else
		q->first = t;
	q->last = t;
}

static void queue_remove(struct waitq *q, struct thread *t)
{
	struct thread *before = NULL;

	for (struct thread *at = q->first; at != t; at = at->wait_next)
		before = at;
	if (before)
		before->wait_next = t->wait_next;
	else
		q->first = t->wait_next;
	if (q->last == t)
		q->last = before;
	t->waits_on = NULL;
}

void waitq_sleep(struct waitq *q, struct spinlock *lock) SYNC_UNCHECKED
{
	struct thread *me = thread_current();

	queue_append(q, me);
	thread_block(lock);
	spin_lock(lock);
	ASSERT(!me->waits_on);
}

bool waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline) SYNC_UNCHECKED
{
	struct thread *me = thread_current();
	bool woken;

	queue_append(q, me);
	thread_alarm_set(deadline);
	thread_block(lock);
	thread_alarm_clear();
	spin_lock(lock);
	woken = !me->waits_on;
	if (!woken)
		queue_remove(q, me);
	return woken;
}

bool waitq_sleep_interruptible(struct waitq *q, struct spinlock *lock, uint64_t deadline) SYNC_UNCHECKED
{
	struct thread *me = thread_current();
	bool woken;

	queue_append(q, me);
	if (deadline)
		thread_alarm_set(deadline);
	thread_block_interruptible(lock);
	if (deadline)
		thread_alarm_clear();
	spin_lock(lock);
	woken = !me->waits_on;
	if (!woken)
		queue_remove(q, me);
	return woken;
}

void wait_on(struct waitq *q, struct spinlock *lock, bool (*ready)(void *), void *arg)
{
	while (!ready(arg))
		waitq_sleep(q, lock);
}

struct thread *waitq_wake_one(struct waitq *q)
{
	struct thread *t = q->first;

	if (t) {
		queue_remove(q, t);
		thread_wake(t);
	}
	return t;
}

unsigned waitq_wake_all(struct waitq *q)
{
	unsigned n = 0;

	while (waitq_wake_one(q))
		n++;
	return n;
}
