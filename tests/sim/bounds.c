/* The default policy is good enough: held against the best there can be (OPT) and against LRU, on every trace, with
 * a quarter, a half and three quarters of the memory that would be needed to keep everything; and against LRU where
 * programs move on, which is LRU's strength. */
#include "sim.h"
#include "tests/test.h"

#if __STDC_HOSTED__
#define PAGES    512
#define FEW      128 /* frames, for programs that move on */
#define LRU_MOST 140 /* the default policy's faults are on no trace more than so many percent of LRU's */

enum { FAULTS_OPT, IO_OPT, FAULTS_LRU, MEANS };
struct sum {
	double product[MEANS]; /* of the ratios */
	unsigned n;
	uint64_t faults, looks;
	unsigned most;
};

/* The N-th root of X >= 1. */
static double root(double x, unsigned n)
{
	double lo = 0, hi = x > 1 ? x : 1;

	for (unsigned step = 0; step < 200; step++) {
		double mid = (lo + hi) / 2, power = 1;

		for (unsigned i = 0; i < n; i++)
			power *= mid;
		if (power > x)
			hi = mid;
		else
			lo = mid;
	}
	return lo;
}

static uint64_t io(const struct sim_count *c) { return c->reads + c->writes; }

/* One more, so that nothing compared with nothing is equal. */
static double ratio(uint64_t a, uint64_t b) { return (double)(a + 1) / (double)(b + 1); }

/* N frames. */
static void compare(struct sum *sum, const struct sim_kind *kind, const struct evict_ops *policy, unsigned n)
{
	struct sim_count opt = sim_opt(n), lru = sim_lru(n), got = sim_policy(policy, n, n);

	sum->product[FAULTS_OPT] *= ratio(got.faults, opt.faults);
	sum->product[IO_OPT] *= ratio(io(&got), io(&opt));
	sum->product[FAULTS_LRU] *= ratio(got.faults, lru.faults);
	sum->n++;
	sum->faults += got.faults;
	sum->looks += got.looks;
	if (got.most > sum->most)
		sum->most = got.most;
	CHECK(got.faults >= opt.faults && lru.faults >= opt.faults);
	if (policy == &evict_hotcold)
		CHECK(got.faults * 100 <= lru.faults * LRU_MOST);
	test_note("%-8s %3u frames  faults: OPT %6llu, LRU %6llu, %s %6llu   I/O: %6llu %6llu %6llu",
		  kind->name, n, (unsigned long long)opt.faults, (unsigned long long)lru.faults, policy->name,
		  (unsigned long long)got.faults, (unsigned long long)io(&opt), (unsigned long long)io(&lru),
		  (unsigned long long)io(&got));
}

static void means(struct sum *sum, const struct evict_ops *policy)
{
	for (unsigned i = 0; i < MEANS; i++)
		sum->product[i] = root(sum->product[i], sum->n);
	test_note(
		"%s, geometric means of %u: faults %.3f x OPT, I/O %.3f x OPT, faults %.3f x LRU; %.2f looks a "
		"fault, at most %u in one choice",
		policy->name, sum->n, sum->product[FAULTS_OPT], sum->product[IO_OPT],
		sum->product[FAULTS_LRU], (double)sum->looks / (double)sum->faults, sum->most);
}

static struct sum compare_all(const struct evict_ops *policy)
{
	struct sum sum = {.product = {1, 1, 1}};

	for (const struct sim_kind *kind = sim_kinds; kind->name; kind++) {
		sim_make(kind, PAGES);
		for (unsigned percent = 25; percent <= 75; percent += 25)
			compare(&sum, kind, policy, PAGES * percent / 100);
	}
	means(&sum, policy);
	return sum;
}

TEST(hotcold_bounds, "sim/hotcold-is-near-the-best-there-can-be")
{
	struct sum sum = compare_all(&evict_hotcold);

	CHECK(sum.product[FAULTS_OPT] <= 1.75);
	CHECK(sum.product[IO_OPT] <= 1.80);
	CHECK(sum.product[FAULTS_LRU] <= 0.90);
	CHECK(sum.looks <= sum.faults * 6);
	CHECK(sum.most <= 200); /* the lock is held meanwhile */
}

/* Whether a page is worth keeping shows when it is used again. When a program moves on, whoever waits for that brings
 * everything in twice. */
TEST(hotcold_moves, "sim/hotcold-moves-on-with-the-program")
{
	struct sum sum = {.product = {1, 1, 1}};

	for (const struct sim_kind *kind = sim_moves; kind->name; kind++) {
		for (unsigned n = FEW / 2; n <= FEW; n *= 2) {
			sim_make(kind, n);
			compare(&sum, kind, &evict_hotcold, n);
		}
	}
	means(&sum, &evict_hotcold);
	CHECK(sum.product[FAULTS_LRU] <= 1);
	CHECK(sum.looks <= sum.faults * 6);
}

TEST(clock_bounds, "sim/clock-is-near-lru")
{
	struct sum sum = compare_all(&evict_clock);

	CHECK(sum.product[FAULTS_LRU] <= 1.10);
	CHECK(sum.looks <= sum.faults * 6);
}

/* OPT and LRU are what the policies are measured by: small cases that can be done by hand. */
TEST(yardsticks, "sim/opt-and-lru-count-right")
{
	static const uint8_t page[] = {1, 2, 3, 1, 2, 4, 1, 2, 3, 4};
	struct sim_count c;

	sim_refs = 0;
	for (unsigned i = 0; i < sizeof page; i++)
		sim_trace[sim_refs++] = (struct sim_ref){page[i], i == 0 ? SIM_WRITE : SIM_READ};
	c = sim_opt(3); /* 4 takes the place of 3, and when that comes back, 1 or 2 goes */
	CHECK_EQ(c.faults, 5);
	CHECK_EQ(c.reads, 4);
	CHECK_EQ(c.writes, 0); /* 2 is clean, 1 is not */
	c = sim_lru(3);        /* 4 takes 3's place, 3 takes 4's, 4 takes 1's */
	CHECK_EQ(c.faults, 6);
	CHECK_EQ(c.reads, 5);
	CHECK_EQ(c.writes, 1);
	sim_trace[sim_refs++] = (struct sim_ref){3, SIM_FREE};
	sim_trace[sim_refs++] = (struct sim_ref){3, SIM_WRITE};
	c = sim_lru(3); /* what was given up comes back without a read, and another's room is free */
	CHECK_EQ(c.faults, 7);
	CHECK_EQ(c.reads, 5);
	CHECK_EQ(sim_policy(&evict_clock, 4, 4).faults, 5);
	CHECK_EQ(sim_policy(&evict_hotcold, 4, 4).faults, 5);
}
#endif
