/* What kernel/fs asks of the kernel, in an ordinary process: memory that can be made to fail, and locks on real
 * threads. Locks are words that are taken by an exchange, so that ThreadSanitizer sees each for itself; who finds
 * one taken sleeps on one common condition. */
#include "fs.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/rwlock.h"
#include "vm/types.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- memory ---- */

static _Atomic long objects;
static _Atomic unsigned countdown;
static _Atomic bool for_good, failed;
vaddr_t mem_direct_base;

long port_objects(void) { return objects; }

void port_fail_alloc(unsigned n, bool good)
{
	countdown = n;
	for_good = good;
	failed = false;
}

bool port_alloc_failed(void) { return failed; }

static bool fails(void)
{
	unsigned left = countdown;

	if (!left)
		return false;
	if (left > 1) {
		countdown = left - 1;
		return false;
	}
	if (!for_good)
		countdown = 0;
	failed = true;
	return true;
}

static void *counted(void *p)
{
	if (p)
		objects++;
	return p;
}

void *kmalloc(size_t size) { return fails() ? NULL : counted(malloc(size ? size : 1)); }
void *kcalloc(size_t count, size_t size) { return fails() ? NULL : counted(calloc(count ? count : 1, size)); }

void kfree(void *object)
{
	if (object)
		objects--;
	free(object);
}

void *palloc_get_page(enum palloc_flags flags)
{
	void *page = fails() ? NULL : counted(aligned_alloc(PT_PAGE_SIZE, PT_PAGE_SIZE));

	return page ? memset(page, flags & PAL_ZERO ? 0 : 0xa7, PT_PAGE_SIZE) : NULL;
}

void palloc_free_page(void *page) { kfree(page); }

/* ---- printing ---- */

void kprintf(const char *fmt, ...) { (void)fmt; }

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	abort();
}

/* ---- locks ---- */

static pthread_mutex_t nap_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nap_end = PTHREAD_COND_INITIALIZER;
static _Thread_local char me; /* its address stands for this thread */

static struct thread *self(void) { return (struct thread *)&me; }

static void wake(void)
{
	pthread_mutex_lock(&nap_lock);
	pthread_cond_broadcast(&nap_end);
	pthread_mutex_unlock(&nap_lock);
}

/* Sleep until TAKE(ARG) succeeds. Whatever makes it succeed is followed by wake(). */
static void nap(bool (*take)(void *), void *arg)
{
	if (take(arg))
		return;
	pthread_mutex_lock(&nap_lock);
	while (!take(arg))
		pthread_cond_wait(&nap_end, &nap_lock);
	pthread_mutex_unlock(&nap_lock);
}

static bool take_word(void *word)
{
	unsigned none = 0;

	return atomic_compare_exchange_strong((_Atomic unsigned *)word, &none, 1);
}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock){.name = name, .rank = rank};
}

void spin_lock(struct spinlock *lock) SYNC_UNCHECKED { nap(take_word, &lock->holder); }

void spin_unlock(struct spinlock *lock) SYNC_UNCHECKED
{
	lock->holder = 0;
	wake();
}

void mutex_init(struct mutex *m, const char *name)
{
	*m = (struct mutex){.owner = NULL};
	spin_init(&m->lock, name, RANK_SYNC);
}

void mutex_lock(struct mutex *m) SYNC_UNCHECKED
{
	if (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) == self())
		panic("mutex %s is taken again by its owner", m->lock.name);
	spin_lock(&m->lock);
	__atomic_store_n(&m->owner, self(), __ATOMIC_RELAXED);
}

void mutex_unlock(struct mutex *m) SYNC_UNCHECKED
{
	if (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) != self())
		panic("mutex %s is given back by who does not own it", m->lock.name);
	__atomic_store_n(&m->owner, NULL, __ATOMIC_RELAXED);
	spin_unlock(&m->lock);
}

/* Readers are counted in the holder's word by twos; 1 is the writer. */
static bool take_shared(void *word)
{
	_Atomic unsigned *holder = word;
	unsigned now = *holder;

	while (!(now & 1))
		if (atomic_compare_exchange_weak(holder, &now, now + 2))
			return true;
	return false;
}

void rwlock_init(struct rwlock *rw, const char *name)
{
	*rw = (struct rwlock){.word = 0};
	spin_init(&rw->lock, name, RANK_SYNC);
}

void rwlock_read(struct rwlock *rw) SYNC_UNCHECKED { nap(take_shared, &rw->lock.holder); }

void rwlock_read_done(struct rwlock *rw) SYNC_UNCHECKED
{
	rw->lock.holder -= 2;
	wake();
}

void rwlock_write(struct rwlock *rw) SYNC_UNCHECKED { spin_lock(&rw->lock); }
void rwlock_write_done(struct rwlock *rw) SYNC_UNCHECKED { spin_unlock(&rw->lock); }

/* Everybody who waits looks again when anything changes; users of these look at their condition in a loop. */
void waitq_sleep(struct waitq *q, struct spinlock *lock) SYNC_UNCHECKED
{
	(void)q;
	pthread_mutex_lock(&nap_lock);
	lock->holder = 0;
	pthread_cond_broadcast(&nap_end);
	pthread_cond_wait(&nap_end, &nap_lock);
	pthread_mutex_unlock(&nap_lock);
	spin_lock(lock);
}

unsigned waitq_wake_all(struct waitq *q)
{
	(void)q;
	wake();
	return 0;
}
