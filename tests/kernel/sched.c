/* Threads and the scheduler. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "tests/arch/machine.h"
#include "vm/pt.h"

static _Atomic bool stop, flag;
static _Atomic unsigned count;

/* Never gives way by itself. */
static void hog(void *unused)
{
	(void)unused;
	count++;
	while (!stop)
		;
}

static void set_flag(void *unused)
{
	(void)unused;
	flag = true;
}

TEST(preempt, "kernel/a-thread-that-never-yields-does-not-stop-others")
{
	struct crew hogs = {0}, crew = {0};
	unsigned last = cpu_count - 1;

	stop = flag = false;
	count = 0;
	crew_add(&hogs, hog, NULL, (uint64_t)1 << last);
	crew_add(&hogs, hog, NULL, (uint64_t)1 << last);
	soon_at_least(&count, 2); /* both run, so the tick takes the CPU from them */
	crew_add(&crew, set_flag, NULL, (uint64_t)1 << last);
	soon_set(&flag);
	stop = true;
	crew_join(&crew);
	crew_join(&hogs);
}

static struct spinlock gate_lock = SPINLOCK_INIT("test gate", RANK_SYNC);
static struct waitq gate;

static void wait_then_set_flag(void *unused)
{
	spin_lock(&gate_lock);
	waitq_sleep(&gate, &gate_lock);
	spin_unlock(&gate_lock);
	set_flag(unused);
}

static uint64_t ticks_now(unsigned cpu) { return *(volatile uint64_t *)&cpus[cpu].ticks; }

TEST(no_preempt, "kernel/a-thread-with-preemption-off-keeps-its-cpu")
{
	struct crew crew = {0};
	uint64_t ticks;

	flag = false;
	crew_add(&crew, wait_then_set_flag, NULL, 1);
	if (!crew.n || !soon_blocked(crew.thread[0]))
		return;
	preempt_disable();
	CHECK(!thread_may_sleep());
	spin_lock(&gate_lock);
	waitq_wake_one(&gate); /* it wants this CPU from now on */
	spin_unlock(&gate_lock);
	ticks = ticks_now(0);
	while (ticks_now(0) < ticks + 3)
		;
	CHECK(!flag);
	preempt_enable();
	CHECK(thread_may_sleep());
	soon_set(&flag);
	crew_join(&crew);
}

/* ---- thousands ---- */

static void add_one(void *unused)
{
	(void)unused;
	count++;
}

TEST(thousands, "kernel/thousands-of-threads-come-and-go")
{
	struct crew crew = {0};
	unsigned made = 0;

	count = 0;
	for (unsigned i = 0; i < 250; i++) {
		for (unsigned k = 0; k < 8; k++)
			crew_add(&crew, add_one, NULL, CPU_ANY);
		made += crew.n;
		crew_join(&crew);
	}
	CHECK_EQ(made, 2000);
	CHECK_EQ(count, made);
}

static void makes_one(void *arg)
{
	unsigned depth = (unsigned)(uintptr_t)arg;

	count++;
	if (depth) {
		struct thread *t = thread_create("child", makes_one, (void *)(uintptr_t)(depth - 1), CPU_ANY);

		if (CHECK(t))
			thread_join(t);
	}
}

TEST(nested, "kernel/threads-make-and-join-threads-on-every-cpu")
{
	struct crew crew = {0};

	count = 0;
	crew_spread(&crew, 4, makes_one, (void *)(uintptr_t)20);
	crew_join(&crew);
	CHECK_EQ(count, 4 * 21);
}

/* From no page at all on, one page more each time. */
TEST(no_memory, "kernel/without-memory-a-thread-is-not-made")
{
	unsigned failures = 0;
	void **chain = NULL, **page;

	kstack_drain();
	while ((page = palloc_get_page(0))) {
		*page = chain;
		chain = page;
	}
	for (unsigned left = 0; left < 12; left++) {
		size_t used = palloc_used() - (size_t)pt_kernel.tables;
		struct thread *t = thread_create("hungry", add_one, NULL, CPU_ANY);

		failures += !t;
		if (t)
			thread_join(t);
		kstack_drain();
		kmalloc_drain();
		CHECK_EQ(palloc_used() - (size_t)pt_kernel.tables, used);
		page = chain;
		chain = *page;
		palloc_free_page(page);
	}
	while ((page = chain)) {
		chain = *page;
		palloc_free_page(page);
	}
	CHECK(failures > 0 && failures < 12);
}

/* ---- CPUs ---- */

static _Atomic uint64_t seen_cpus;

static void here(void *unused)
{
	(void)unused;
	seen_cpus |= (uint64_t)1 << this_cpu()->id;
}

TEST(masks, "kernel/a-thread-runs-where-its-mask-lets-it")
{
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		struct crew crew = {0};

		seen_cpus = 0;
		for (unsigned i = 0; i < 4; i++)
			crew_add(&crew, here, NULL, (uint64_t)1 << cpu);
		crew_join(&crew);
		CHECK_EQ(seen_cpus, (uint64_t)1 << cpu);
	}
}

static void meet_all(void *arg)
{
	unsigned all = (unsigned)(uintptr_t)arg;

	count++;
	while (count < all)
		;
	here(NULL);
}

TEST(spread, "kernel/new-threads-go-to-idle-cpus")
{
	struct crew crew = {0};
	unsigned n = cpu_count - 1, different = 0; /* the test itself is on one */

	if (!n) {
		test_skip("needs 2 CPUs");
		return;
	}
	count = 0;
	seen_cpus = 0;
	for (unsigned i = 0; i < n; i++)
		crew_add(&crew, meet_all, (void *)(uintptr_t)n, CPU_ANY);
	crew_join(&crew);
	/* Each had one of its own, or they had not met. While the test waits its CPU is idle, too. */
	for (uint64_t left = seen_cpus; left; left &= left - 1)
		different++;
	CHECK_EQ(different, n);
}

static _Atomic bool stop_on[CPU_MAX];

static void pinned_hog(void *arg)
{
	count++;
	while (!stop_on[(uintptr_t)arg])
		;
}

static void mobile_hog(void *unused)
{
	(void)unused;
	while (!stop)
		here(NULL);
}

static bool seen_cpu(void *mask) { return seen_cpus & *(uint64_t *)mask; }

/* CPUs 1 and 2 are busy, one of them with two threads; when the other has nothing to do any more, it takes
 * the one that may move. */
TEST(steal, "kernel/an-idle-cpu-takes-work-from-a-busy-one")
{
	uint64_t either = 2 | 4, other;
	struct crew crew = {0};

	if (cpu_count < 3) {
		test_skip("needs 3 CPUs");
		return;
	}
	stop = stop_on[1] = stop_on[2] = false;
	count = 0;
	seen_cpus = 0;
	crew_add(&crew, pinned_hog, (void *)(uintptr_t)1, 2);
	crew_add(&crew, pinned_hog, (void *)(uintptr_t)2, 4);
	soon_at_least(&count, 2);
	crew_add(&crew, mobile_hog, NULL, either);
	soon(seen_cpu, &either);
	other = either & ~seen_cpus;
	CHECK(other == 2 || other == 4);
	stop_on[other == 2 ? 1 : 2] = true;
	soon(seen_cpu, &other);
	stop = stop_on[1] = stop_on[2] = true;
	crew_join(&crew);
}

static bool ticked_twice(void *arg)
{
	const uint64_t *before = arg;

	for (unsigned cpu = 0; cpu < cpu_count; cpu++)
		if (ticks_now(cpu) < before[cpu] + 2)
			return false;
	return true;
}

TEST(ticks, "kernel/the-clock-ticks-on-every-cpu")
{
	uint64_t before[CPU_MAX];

	for (unsigned cpu = 0; cpu < cpu_count; cpu++)
		before[cpu] = ticks_now(cpu);
	soon(ticked_twice, before);
}

struct ipi {
	unsigned from, to;
	uint64_t before;
};

static void send_ipi(void *arg)
{
	const struct ipi *ipi = arg;

	CHECK_EQ(this_cpu()->id, ipi->from);
	arch_ipi((uint64_t)1 << ipi->to);
}

static bool ipi_came(void *arg)
{
	const struct ipi *ipi = arg;

	return cpus[ipi->to].ipis > ipi->before;
}

TEST(ipi, "kernel/an-ipi-reaches-every-cpu-from-every-cpu")
{
	struct ipi ipi;

	for (ipi.from = 0; ipi.from < cpu_count; ipi.from++) {
		for (ipi.to = 0; ipi.to < cpu_count; ipi.to++) {
			ipi.before = cpus[ipi.to].ipis;
			m_on(ipi.from, send_ipi, &ipi);
			soon(ipi_came, &ipi);
		}
	}
}

/* All at once, to CPUs that never sleep. */
static void sync_often(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 30; i++)
		tlb_sync_kernel();
	count++;
}

TEST(ipi_storm, "kernel/shootdowns-from-all-cpus-at-once-all-end")
{
	struct crew crew = {0};

	count = 0;
	crew_spread(&crew, 2 * cpu_count, sync_often, NULL);
	crew_join(&crew);
	CHECK_EQ(count, 2 * cpu_count);
}
