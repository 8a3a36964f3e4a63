/* Wait queues, and sleeping by the clock. */
#include "crew.h"

static struct spinlock lock = SPINLOCK_INIT("test waitq", RANK_SYNC);
static struct waitq queue;

/* ---- no wake-up is lost ---- */

#define PASSES 1500

static unsigned turn; /* [lock] whose it is: threads 0 and 1 pass it to and fro */
static _Atomic unsigned missed;

static void passer(void *arg)
{
	unsigned me = *(unsigned *)arg;

	for (unsigned i = 0; i < PASSES && !missed; i++) {
		burn((unsigned)(test_rand() % 300));
		spin_lock(&lock);
		while (turn != me && !missed)
			if (!waitq_sleep_until(&queue, &lock, arch_time_ns() + PATIENCE_NS))
				missed++;
		turn = !me;
		waitq_wake_one(&queue);
		spin_unlock(&lock);
	}
}

TEST(lost, "kernel/no-wake-up-is-lost")
{
	static unsigned me[2] = {0, 1};
	struct crew crew = {0};

	turn = 0;
	missed = 0;
	crew_add(&crew, passer, &me[0], 1);
	crew_add(&crew, passer, &me[1], cpu_count > 1 ? 2 : 1);
	crew_join(&crew);
	CHECK_EQ(missed, 0);
	CHECK_EQ(turn, 0);
}

/* ---- who is woken ---- */

static unsigned arrived[4], narrived; /* [lock] */

static void waiter(void *arg)
{
	spin_lock(&lock);
	waitq_sleep(&queue, &lock);
	arrived[narrived++] = *(unsigned *)arg;
	spin_unlock(&lock);
}

static unsigned arrived_now(void)
{
	unsigned n;

	spin_lock(&lock);
	n = narrived;
	spin_unlock(&lock);
	return n;
}

static bool arrived_more(void *than) { return arrived_now() > *(unsigned *)than; }

TEST(order, "kernel/waiters-are-woken-one-by-one-in-order-or-all-at-once")
{
	static unsigned number[4] = {0, 1, 2, 3};
	struct crew crew = {0};

	narrived = 0;
	for (unsigned i = 0; i < 4; i++) {
		crew_add(&crew, waiter, &number[i], CPU_ANY);
		if (crew.n == i + 1)
			soon_blocked(crew.thread[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct thread *woken;

		spin_lock(&lock);
		woken = waitq_wake_one(&queue);
		spin_unlock(&lock);
		CHECK(woken == crew.thread[i]);
		soon(arrived_more, &i);
		CHECK_EQ(arrived_now(), i + 1);
		CHECK_EQ(arrived[i], i);
	}
	spin_lock(&lock);
	CHECK_EQ(waitq_wake_all(&queue), 2);
	CHECK_EQ(waitq_wake_all(&queue), 0);
	CHECK(waitq_wake_one(&queue) == NULL);
	spin_unlock(&lock);
	crew_join(&crew);
	CHECK_EQ(narrived, 4);
}

static bool is_five(void *n) { return *(unsigned *)n == 5; }

static unsigned level; /* [lock] */

static void waits_for_five(void *unused)
{
	(void)unused;
	spin_lock(&lock);
	wait_on(&queue, &lock, is_five, &level);
	arrived[narrived++] = level;
	spin_unlock(&lock);
}

TEST(condition, "kernel/wait-on-looks-again-after-each-wake-up")
{
	struct crew crew = {0};

	narrived = level = 0;
	crew_add(&crew, waits_for_five, NULL, CPU_ANY);
	for (unsigned i = 1; i <= 5 && crew.n; i++) {
		soon_blocked(crew.thread[0]);
		spin_lock(&lock);
		CHECK_EQ(narrived, 0);
		level = i;
		waitq_wake_all(&queue);
		spin_unlock(&lock);
	}
	crew_join(&crew);
	CHECK_EQ(narrived, 1);
	CHECK_EQ(arrived[0], 5);
}

/* ---- time ---- */

TEST(timeout, "kernel/a-wait-ends-when-its-time-is-up-and-not-before")
{
	for (unsigned i = 0; i < 3; i++) {
		uint64_t end = arch_time_ns() + (i + 1) * 3 * NS_PER_MS;

		spin_lock(&lock);
		CHECK(!waitq_sleep_until(&queue, &lock, end));
		CHECK(arch_time_ns() >= end);
		CHECK(spin_held(&lock));
		CHECK(waitq_empty(&queue));
		spin_unlock(&lock);
	}
}

static void wake_once_blocked(void *thread)
{
	soon_blocked(thread);
	spin_lock(&lock);
	waitq_wake_all(&queue);
	spin_unlock(&lock);
}

TEST(woken, "kernel/a-wait-that-is-woken-leaves-the-clock-alone")
{
	struct crew crew = {0};
	uint64_t start = arch_time_ns();

	crew_add(&crew, wake_once_blocked, thread_current(), CPU_ANY);
	spin_lock(&lock);
	CHECK(waitq_sleep_until(&queue, &lock, start + PATIENCE_NS));
	spin_unlock(&lock);
	CHECK(arch_time_ns() < start + PATIENCE_NS);
	CHECK(!thread_current()->alarm_set);
	crew_join(&crew);
	thread_sleep_ns(NS_PER_MS); /* nothing of the old alarm is left in the list */
}

#define SLEEPERS 6

static uint64_t base, spacing;
static unsigned woken_order[SLEEPERS]; /* [lock] */
static _Atomic unsigned early, late;

static void sleeper(void *arg)
{
	unsigned number = *(unsigned *)arg;
	uint64_t end = base + number * spacing;

	late += arch_time_ns() >= base;
	thread_sleep_until(end);
	early += arch_time_ns() < end;
	spin_lock(&lock);
	woken_order[narrived++] = number;
	spin_unlock(&lock);
}

/* All sleep on one CPU, in no order; true if they woke in that of their times. */
static bool sleep_in_order(void)
{
	static unsigned number[SLEEPERS] = {3, 0, 5, 1, 4, 2};
	struct crew crew = {0};

	narrived = 0;
	late = 0;
	base = arch_time_ns() + 4 * spacing;
	for (unsigned i = 0; i < SLEEPERS; i++)
		crew_add(&crew, sleeper, &number[i], 1);
	crew_join(&crew);
	CHECK_EQ(narrived, SLEEPERS);
	for (unsigned i = 0; i < SLEEPERS; i++)
		if (woken_order[i] != i)
			return false;
	return !late;
}

/* Where the host does not let this CPU run for a while, threads begin to sleep too late, or wake in order but
 * are preempted before they can say so: then all over again, with more time. */
TEST(sleep, "kernel/sleepers-wake-in-the-order-of-their-times-and-never-early")
{
	bool good = false;

	early = 0;
	for (spacing = 10 * NS_PER_MS; !good && spacing < NS_PER_S; spacing *= 3)
		good = sleep_in_order();
	CHECK(good);
	CHECK_EQ(early, 0);
}

/* ---- sleeps that are broken off ---- */

static _Atomic unsigned broken_off, slept_through;

/* The second sleep is asked for when the interruption has come already. */
static void interruptible_sleeper(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		spin_lock(&lock);
		if (waitq_sleep_interruptible(&queue, &lock, arch_time_ns() + PATIENCE_NS))
			slept_through++;
		else if (thread_current()->interrupted)
			broken_off++;
		spin_unlock(&lock);
	}
}

TEST(interrupt, "kernel/an-interrupted-thread-wakes-and-never-sleeps-that-way-again")
{
	struct crew crew = {0};

	broken_off = slept_through = 0;
	crew_add(&crew, interruptible_sleeper, NULL, CPU_ANY);
	CHECK(soon_blocked(crew.thread[0]));
	thread_interrupt(crew.thread[0]);
	crew_join(&crew);
	CHECK_EQ(broken_off, 2);
	CHECK_EQ(slept_through, 0);
	CHECK(waitq_empty(&queue));
}
