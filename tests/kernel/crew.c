/* Crews of threads for the kernel's tests; see crew.h. */
#include "crew.h"

#include "kernel/lib/lib.h"

void crew_add(struct crew *c, void (*fn)(void *), void *arg, uint64_t mask)
{
	char name[THREAD_NAME_MAX];

	ksnprintf(name, sizeof name, "crew/%u", c->n);
	if (CHECK(c->n < CREW_MAX)) {
		c->thread[c->n] = thread_create(name, fn, arg, mask);
		if (CHECK(c->thread[c->n]))
			c->n++;
	}
}

void crew_spread(struct crew *c, unsigned n, void (*fn)(void *), void *arg)
{
	for (unsigned i = 0; i < n; i++)
		crew_add(c, fn, arg, (uint64_t)1 << i % cpu_count);
}

void crew_join(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		thread_join(c->thread[i]);
	c->n = 0;
}

bool soon(bool (*cond)(void *), void *arg)
{
	uint64_t end = arch_time_ns() + PATIENCE_NS;

	while (!cond(arg)) {
		if (!CHECK(arch_time_ns() < end))
			return false;
		thread_sleep_ns(NS_PER_MS / 10);
	}
	return true;
}

static bool is_blocked(void *t)
{
	struct thread *thread = t;
	bool blocked;

	spin_lock(&cpus[thread->cpu].lock);
	blocked = thread->state == THREAD_BLOCKED;
	spin_unlock(&cpus[thread->cpu].lock);
	return blocked;
}

bool soon_blocked(struct thread *t) { return soon(is_blocked, t); }

static bool is_set(void *flag) { return *(_Atomic bool *)flag; }

bool soon_set(_Atomic bool *flag) { return soon(is_set, (void *)flag); }

struct goal {
	_Atomic unsigned *count;
	unsigned least;
};

static bool is_reached(void *goal) { return *((struct goal *)goal)->count >= ((struct goal *)goal)->least; }

bool soon_at_least(_Atomic unsigned *count, unsigned least)
{
	struct goal goal = {count, least};

	return soon(is_reached, &goal);
}

void burn(unsigned turns)
{
	for (volatile unsigned i = 0; i < turns; i++)
		;
}
