/* What the VM layer above the page tables asks of this kernel: sleeping locks, sleeping until woken, user pages,
 * small memory, the page-out thread. Everything in vm/ that sleeps does so under one lock, which guards the queues
 * here, too. */
#include "kernel/vmport.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"
#include "vm/vm.h"

#define QUEUES 64
#define KERNEL_FLOOR                                                                                         \
	32 /* this part of memory programs leave free, for what the kernel needs on their behalf */
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

/* Without the floor nothing but eviction would work while a program uses all memory: no file opens, no pipe. */
paddr_t port_page_alloc(void)
{
	bool left = palloc_total() - palloc_used() > palloc_total() / KERNEL_FLOOR;
	void *page = left ? palloc_get_page(PAL_USER) : NULL;

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

struct supplemental_page_table *port_spt(void)
{
	struct supplemental_page_table *spt = thread_current()->spt;

	if (!spt)
		panic("thread \"%s\" has no address space, and something asks for it",
		      thread_current()->name);
	return spt;
}

void port_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
}

/* ---- memory is full ---- */

oom_end_fn *oom_end;

bool port_oom(struct supplemental_page_table *victim, size_t pages)
{
	return oom_end && oom_end(victim, pages);
}

/* ---- the page-out thread ---- */

static struct {
	struct spinlock lock;
	struct waitq queue;    /* [L] lock */
	bool wanted, stop;     /* [L] */
	struct thread *thread; /* who starts and stops it */
} pageout = {.lock = SPINLOCK_INIT("pageout", RANK_SYNC)};

static bool pageout_ready(void *unused)
{
	(void)unused;
	return pageout.wanted || pageout.stop;
}

static void pageout_main(void *unused)
{
	bool stop;

	(void)unused;
	for (;;) {
		spin_lock(&pageout.lock);
		wait_on(&pageout.queue, &pageout.lock, pageout_ready, NULL);
		pageout.wanted = false;
		stop = pageout.stop;
		spin_unlock(&pageout.lock);
		if (stop)
			thread_exit();
		vm_pageout();
	}
}

bool pageout_start(void)
{
	pageout.wanted = pageout.stop = false;
	pageout.thread = thread_create("pageout", pageout_main, NULL, CPU_ANY);
	return pageout.thread;
}

void pageout_stop(void)
{
	spin_lock(&pageout.lock);
	pageout.stop = true;
	waitq_wake_one(&pageout.queue);
	spin_unlock(&pageout.lock);
	thread_join(pageout.thread);
	pageout.thread = NULL;
}

void port_pageout_wake(void)
{
	if (!pageout.thread)
		return;
	spin_lock(&pageout.lock);
	if (!pageout.wanted)
		waitq_wake_one(&pageout.queue);
	pageout.wanted = true;
	spin_unlock(&pageout.lock);
}

/* ---- write-back ---- */

static struct spinlock writeback_lock = SPINLOCK_INIT("write-back", RANK_SYNC);
static struct waitq writeback_wanted, writeback_over; /* writeback_lock, as all of these */
static uint64_t rounds_asked, rounds_begun, rounds_over;
static bool writeback_stop;
static struct thread *writeback_thread;
void (*vmport_sync)(void);

static void writeback(void *unused)
{
	uint64_t synced = 0;

	(void)unused;
	spin_lock(&writeback_lock);
	for (;;) {
		if (rounds_asked == rounds_begun && !writeback_stop)
			waitq_sleep_until(&writeback_wanted, &writeback_lock, arch_time_ns() + WRITEBACK_NS);
		if (writeback_stop)
			break;
		rounds_begun++;
		if (rounds_asked < rounds_begun)
			rounds_asked = rounds_begun;
		spin_unlock(&writeback_lock);
		vm_writeback();
		if (vmport_sync && arch_time_ns() - synced >= WRITEBACK_NS) {
			vmport_sync();
			synced = arch_time_ns();
		}
		spin_lock(&writeback_lock);
		rounds_over = rounds_begun;
		waitq_wake_all(&writeback_over);
	}
	spin_unlock(&writeback_lock);
	thread_exit();
}

int vmport_start_writeback(void)
{
	struct thread *thread = thread_create("write-back", writeback, NULL, CPU_ANY);

	spin_lock(&writeback_lock);
	writeback_thread = thread;
	spin_unlock(&writeback_lock);
	return thread ? 0 : -VM_ENOMEM;
}

void vmport_stop_writeback(void)
{
	struct thread *thread;

	spin_lock(&writeback_lock);
	thread = writeback_thread;
	writeback_stop = true;
	writeback_thread = NULL;
	waitq_wake_all(&writeback_wanted);
	waitq_wake_all(&writeback_over);
	spin_unlock(&writeback_lock);
	if (thread)
		thread_join(thread);
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
	while (rounds_over < round && writeback_thread && thread_current() != writeback_thread)
		waitq_sleep(&writeback_over, &writeback_lock);
	spin_unlock(&writeback_lock);
}

const char *vm_policy_asked(void)
{
	static char name[32];
	char all[128] = "";
	size_t len = 0;

	if (!cmdline_get("evict", name, sizeof name))
		return NULL;
	for (unsigned i = 0; vm_policy(i); i++) {
		if (strcmp(name, vm_policy(i)) == 0)
			return name;
		len += (size_t)ksnprintf(all + len, sizeof all - len, " %s", vm_policy(i));
	}
	panic("the command line asks for evict=%s, but no replacement policy is called that; there are:%s",
	      name, all);
}
