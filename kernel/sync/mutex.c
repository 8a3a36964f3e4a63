/* The sleeping mutex. Unlocking makes the first waiter the owner before it even runs, so that nobody slips
 * in between and nobody starves. */
#include "kernel/sync/mutex.h"

#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"

void mutex_init(struct mutex *m, const char *name)
{
	*m = (struct mutex){.owner = NULL};
	spin_init(&m->lock, name, RANK_SYNC);
}

void mutex_lock(struct mutex *m) SYNC_UNCHECKED
{
	struct thread *me = thread_current();

	ASSERT(thread_may_sleep());
	spin_lock(&m->lock);
	if (m->owner == me)
		panic("mutex %s is taken again by its owner, thread %s", m->lock.name, me->name);
	if (m->owner)
		waitq_sleep(&m->waiters, &m->lock);
	else
		m->owner = me;
	ASSERT(m->owner == me);
	spin_unlock(&m->lock);
}

bool mutex_trylock(struct mutex *m) SYNC_UNCHECKED
{
	bool free;

	spin_lock(&m->lock);
	free = !m->owner;
	if (free)
		m->owner = thread_current();
	spin_unlock(&m->lock);
	return free;
}

void mutex_unlock(struct mutex *m) SYNC_UNCHECKED
{
	spin_lock(&m->lock);
	if (m->owner != thread_current())
		panic("mutex %s is given back by thread %s, which does not own it", m->lock.name,
		      thread_current()->name);
	m->owner = waitq_wake_one(&m->waiters);
	spin_unlock(&m->lock);
}

bool mutex_held(struct mutex *m)
{
	bool held;

	spin_lock(&m->lock);
	held = m->owner == thread_current();
	spin_unlock(&m->lock);
	return held;
}
