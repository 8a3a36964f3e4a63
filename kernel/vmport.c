/* What the VM layer above the page tables asks of this kernel: sleeping locks, sleeping until woken, user pages,
 * small memory. Everything in vm/ that sleeps does so under one lock, which guards the queues here, too. */
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"
#include "kernel/vmport.h"
#include "vm/vm.h"

#define QUEUES       64
#define WRITEBACK_NS (5 * NS_PER_S) /* the longest that a file's page stays dirty */

void port_rwlock_init(struct port_rwlock *lock) { rwlock_init(&lock->rw, "regions"); }
void port_read_lock(struct port_rwlock *lock) SYNC_UNCHECKED { rwlock_read(&lock->rw); }
void port_read_unlock(struct port_rwlock *lock) SYNC_UNCHECKED { rwlock_read_done(&lock->rw); }
void port_write_lock(struct port_rwlock *lock) SYNC_UNCHECKED { rwlock_write(&lock->rw); }
void port_write_unlock(struct port_rwlock *lock) SYNC_UNCHECKED { rwlock_write_done(&lock->rw); }

/* Who sleeps on a key shares the queue with others whose keys fall on it: all look again. */
static struct waitq *queue_of(const void *key)
{
	static struct waitq queues[QUEUES];

	return &queues[((uintptr_t)key >> 4) % QUEUES];
}

void port_sleep(const void *key, struct port_lock *lock) SYNC_UNCHECKED
{
	waitq_sleep(queue_of(key), &lock->spin);
}
void port_wake(const void *key) { waitq_wake_all(queue_of(key)); }

paddr_t port_page_alloc(void)
{
	void *page = palloc_get_page(PAL_USER);

	return page ? vtop(page) : 0;
}

void port_page_free(paddr_t pa) { palloc_free_page(ptov(pa)); }
paddr_t port_pa(const void *kva) { return vtop(kva); }
void *port_alloc(size_t size) { return kcalloc(1, size); }

void port_free(void *p, size_t size)
{
	(void)size;
	kfree(p);
}

/* No page-out thread yet: whoever is short of memory reclaims. */
void port_pageout_wake(void) {}

/* ---- write-back ---- */

static struct spinlock writeback_lock = SPINLOCK_INIT("write-back", RANK_SYNC);
static struct waitq writeback_wanted, writeback_over; /* writeback_lock, as all of these */
static uint64_t rounds_asked, rounds_begun, rounds_over;
static struct thread *writeback_thread;

static void writeback(void *unused)
{
	(void)unused;
	spin_lock(&writeback_lock);
	for (;;) {
		if (rounds_asked == rounds_begun)
			waitq_sleep_until(&writeback_wanted, &writeback_lock, arch_time_ns() + WRITEBACK_NS);
		rounds_begun++;
		if (rounds_asked < rounds_begun)
			rounds_asked = rounds_begun;
		spin_unlock(&writeback_lock);
		vm_writeback();
		spin_lock(&writeback_lock);
		rounds_over = rounds_begun;
		waitq_wake_all(&writeback_over);
	}
}

int vmport_start_writeback(void)
{
	struct thread *thread = thread_create("write-back", writeback, NULL, CPU_ANY);

	spin_lock(&writeback_lock);
	writeback_thread = thread;
	spin_unlock(&writeback_lock);
	return thread ? 0 : -VM_ENOMEM;
}

/* Without the thread (tests have none) the caller does it. The thread, short of memory itself, does not wait for
 * itself. */
void port_writeback(void)
{
	uint64_t round;

	spin_lock(&writeback_lock);
	if (!writeback_thread) {
		spin_unlock(&writeback_lock);
		vm_writeback();
		return;
	}
	round = rounds_begun + 1;
	if (rounds_asked < round)
		rounds_asked = round;
	waitq_wake_all(&writeback_wanted);
	while (rounds_over < round && thread_current() != writeback_thread)
		waitq_sleep(&writeback_over, &writeback_lock);
	spin_unlock(&writeback_lock);
}
