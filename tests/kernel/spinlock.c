/* Spinlocks: exclusion, interrupts, and the rules that debug builds watch over. */
#include "crew.h"

#include "kernel/config.h"
#include "kernel/lib/lib.h"

#define ROUNDS 3000

static struct spinlock outer = SPINLOCK_INIT("test outer", RANK_TEST);
static struct spinlock inner = SPINLOCK_INIT("test inner", RANK_TEST + 1);

/* ---- exclusion ---- */

static unsigned inside, collisions;
static uint64_t sum;

static void adder(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		spin_lock(&outer);
		collisions += *(volatile unsigned *)&inside;
		*(volatile unsigned *)&inside = 1;
		*(volatile uint64_t *)&sum += 1;
		burn(i % 8);
		*(volatile unsigned *)&inside = 0;
		spin_unlock(&outer);
	}
}

TEST(exclusion, "kernel/a-spinlock-lets-one-cpu-in")
{
	struct crew crew = {0};
	unsigned n = 2 * cpu_count;

	sum = inside = collisions = 0;
	crew_spread(&crew, n, adder, NULL);
	crew_join(&crew);
	CHECK_EQ(sum, (uint64_t)n * ROUNDS);
	CHECK_EQ(collisions, 0);
}

TEST(irqs, "kernel/interrupts-are-off-until-the-last-spinlock-is-given-back")
{
	CHECK(arch_irq_enabled());
	spin_lock(&outer);
	CHECK(!arch_irq_enabled());
	spin_lock(&inner);
	CHECK(spin_held(&outer) && spin_held(&inner) && spin_any_held());
	spin_unlock(&outer); /* not the last one taken: that is allowed */
	CHECK(!arch_irq_enabled());
	CHECK(!spin_held(&outer) && spin_held(&inner));
	spin_unlock(&inner);
	CHECK(arch_irq_enabled());
	CHECK(!spin_any_held());

	unsigned long irq = arch_irq_save();
	spin_lock(&outer);
	spin_unlock(&outer);
	CHECK(!arch_irq_enabled()); /* as before the lock */
	arch_irq_restore(irq);
}

/* ---- the rules ---- */

static char told[160];
static unsigned ntold;

static void record(const char *sentence)
{
	strlcpy(told, sentence, sizeof told);
	ntold++;
}

/* Run FN with reports recorded: how many there were. */
static unsigned reports(void (*fn)(void))
{
	spin_report_fn *was = spin_report;

	told[0] = '\0';
	ntold = 0;
	spin_report = record;
	fn();
	spin_report = was;
	return ntold;
}

static void in_order(void)
{
	spin_lock(&outer);
	spin_lock(&inner);
	spin_unlock(&inner);
	spin_unlock(&outer);
}

static void out_of_order(void)
{
	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static void equal_rank(void)
{
	static struct spinlock twin = SPINLOCK_INIT("test twin", RANK_TEST);

	spin_lock(&outer);
	spin_lock(&twin);
	spin_unlock(&twin);
	spin_unlock(&outer);
}

static void twice(void) SYNC_UNCHECKED
{
	spin_lock(&outer);
	spin_lock(&outer);
	spin_unlock(&outer);
}

static void not_held(void) SYNC_UNCHECKED { spin_unlock(&outer); }

static void grab(void *unused) SYNC_UNCHECKED
{
	(void)unused;
	spin_lock(&outer);
}

static void give_back(void *unused) SYNC_UNCHECKED
{
	(void)unused;
	spin_unlock(&outer);
}

static bool without_checks(void)
{
	if (!KERNEL_DEBUG)
		test_skip("DEBUG=0 leaves these checks out");
	return !KERNEL_DEBUG;
}

TEST(rank, "kernel/spinlocks-out-of-order-are-reported-with-both-names")
{
	if (without_checks())
		return;
	CHECK_EQ(reports(in_order), 0);
	CHECK_EQ(reports(out_of_order), 1);
	CHECK(strstr(told, "test outer") && strstr(told, "test inner"));
	CHECK_EQ(reports(equal_rank), 1);
	CHECK(strstr(told, "test outer") && strstr(told, "test twin"));
}

TEST(recursion, "kernel/a-spinlock-taken-twice-is-reported")
{
	if (without_checks())
		return;
	CHECK_EQ(reports(twice), 1);
	CHECK(strstr(told, "test outer") && strstr(told, "again"));
	CHECK(!spin_any_held());
}

TEST(release, "kernel/a-spinlock-given-back-by-who-does-not-hold-it-is-reported")
{
	if (without_checks())
		return;
	CHECK_EQ(reports(not_held), 1);
	CHECK(strstr(told, "test outer") && strstr(told, "given back"));
}

/* Interrupts stay off on the holder, so only the other CPU can come and try. */
static _Atomic bool held, tried;

static void holder(void *unused)
{
	grab(unused);
	held = true;
	while (!tried)
		arch_relax();
	give_back(unused);
}

static void thief(void)
{
	give_back(NULL);
	tried = true;
}

TEST(thief, "kernel/a-spinlock-given-back-by-another-cpu-is-reported")
{
	struct crew crew = {0};

	if (without_checks())
		return;
	if (cpu_count < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	held = tried = false;
	crew_add(&crew, holder, NULL, 2);
	if (soon_set(&held)) {
		CHECK_EQ(reports(thief), 1);
		CHECK(strstr(told, "test outer") && strstr(told, "by CPU 0, but CPU 1"));
	}
	tried = true;
	crew_join(&crew);
}
