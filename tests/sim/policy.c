/* The policies by hand: frames that are nothing but list entries, and a bit that says whether each was used. */
#include "sim.h"
#include "tests/test.h"

#define FRAMES 64

static struct frame frame[FRAMES * 2];
static bool used[FRAMES * 2];
static unsigned looks;

static bool look(struct frame *f)
{
	bool was = used[f - frame];

	used[f - frame] = false;
	looks++;
	return was;
}

static void begin(const struct evict_ops *policy)
{
	__builtin_memset(frame, 0, sizeof frame);
	__builtin_memset(used, 0, sizeof used);
	looks = 0;
	policy->init(FRAMES, look);
}

/* Frames [from, to) come in for the first time; their faults have set A. */
static void enter(const struct evict_ops *policy, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		policy->enter(&frame[i], 0);
		used[i] = true;
	}
}

static unsigned victim(const struct evict_ops *policy, uint32_t *shadow)
{
	struct frame *f = policy->victim(shadow);

	return f ? (unsigned)(f - frame) : ~0u;
}

static const struct evict_ops *const both[] = {&evict_hotcold, &evict_clock};

TEST(each_once, "sim/every-frame-is-chosen-once-then-none")
{
	for (unsigned p = 0; p < 2; p++) {
		bool gone[FRAMES] = {false};
		uint32_t shadow = 0;

		begin(both[p]);
		CHECK(!both[p]->victim(&shadow));
		enter(both[p], 0, FRAMES);
		for (unsigned i = 0; i < FRAMES; i++) {
			unsigned v = victim(both[p], &shadow);

			if (!CHECK(v < FRAMES) || !CHECK(!gone[v]))
				return;
			CHECK(shadow != 0); /* 0 is said of what was never evicted */
			gone[v] = true;
		}
		CHECK(!both[p]->victim(&shadow));
	}
}

TEST(removed, "sim/a-frame-that-was-freed-is-never-chosen")
{
	for (unsigned p = 0; p < 2; p++) {
		uint32_t shadow = 0;

		begin(both[p]);
		enter(both[p], 0, FRAMES);
		for (unsigned i = 0; i < FRAMES; i += 2)
			both[p]->remove(&frame[i]);
		for (unsigned i = 0; i < FRAMES / 2; i++)
			CHECK(victim(both[p], &shadow) % 2 == 1);
		CHECK(!both[p]->victim(&shadow));
	}
}

TEST(all_used, "sim/a-choice-ends-when-everything-is-in-use")
{
	for (unsigned p = 0; p < 2; p++) {
		uint32_t shadow = 0;

		begin(both[p]);
		enter(both[p], 0, FRAMES);
		for (unsigned i = 0; i < FRAMES; i++) {
			for (unsigned k = 0; k < FRAMES; k++)
				used[k] = true;
			looks = 0;
			CHECK(victim(both[p], &shadow) < FRAMES);
			CHECK(looks <= FRAMES * 2);
		}
	}
}

TEST(kept, "sim/what-cannot-go-does-not-hide-what-can")
{
	for (unsigned p = 0; p < 2; p++) {
		uint32_t shadow = 0;
		unsigned tries = 0;

		begin(both[p]);
		enter(both[p], 0, FRAMES);
		while (tries < FRAMES * 2) { /* all but one are pinned */
			struct frame *f = both[p]->victim(&shadow);

			tries++;
			if (!f || f == &frame[FRAMES / 3])
				break;
			both[p]->keep(f);
		}
		CHECK(tries < FRAMES * 2);
	}
}

/* CLOCK: in the order in which they came, passing over what was used since. */
TEST(clock_order, "sim/clock-takes-the-oldest-that-was-not-used")
{
	uint32_t shadow = 0;

	begin(&evict_clock);
	enter(&evict_clock, 0, 8);
	CHECK_EQ(victim(&evict_clock, &shadow), 0); /* once round, then the first */
	used[1] = used[2] = used[5] = true;
	CHECK_EQ(victim(&evict_clock, &shadow), 3);
	CHECK_EQ(victim(&evict_clock, &shadow), 4);
	CHECK_EQ(victim(&evict_clock, &shadow), 6);
	enter(&evict_clock, 8, 9);
	used[8] = false; /* nobody has asked yet, so this says nothing */
	CHECK_EQ(victim(&evict_clock, &shadow), 7);
	CHECK_EQ(victim(&evict_clock, &shadow), 1);
}

/* Hot and cold: what came last goes first, unless it is used again while it waits. */
TEST(scan, "sim/hotcold-lets-a-scan-pass")
{
	uint32_t shadow = 0;

	begin(&evict_hotcold);
	enter(&evict_hotcold, 0, FRAMES); /* the first are hot, and stay in use */
	for (unsigned i = FRAMES; i < FRAMES * 2; i++) {
		unsigned v;

		for (unsigned k = 0; k < FRAMES / 2; k++)
			used[k] = true;
		v = victim(&evict_hotcold, &shadow);
		CHECK(v >= FRAMES / 2 && v < FRAMES * 2);
		enter(&evict_hotcold, i, i + 1);
	}
}

/* The order of NEW and COLD is that of arrival. */
TEST(fifo, "sim/hotcold-evicts-cold-frames-in-their-order")
{
	uint32_t shadow = 0;
	unsigned before = 0;

	begin(&evict_hotcold);
	enter(&evict_hotcold, 0, FRAMES);
	for (unsigned i = FRAMES; i < FRAMES * 2; i++) {
		unsigned v = victim(&evict_hotcold, &shadow);

		for (unsigned k = 0; k < FRAMES / 2; k++)
			used[k] = true;
		enter(&evict_hotcold, i, i + 1);
		if (i < FRAMES + 8) /* what HOT had too many of goes at first */
			continue;
		CHECK(v > before && v + 2 < i);
		before = v;
	}
}

/* The same frame goes and comes back again and again while the hot ones idle: with its shadow it takes the place of
 * one of them and stays; without, it goes again. */
static unsigned stays(bool with_shadow)
{
	uint32_t shadow = 0;
	unsigned returns = 0;

	begin(&evict_hotcold);
	enter(&evict_hotcold, 0, FRAMES);
	for (unsigned i = 0; i < FRAMES * 8; i++) {
		unsigned v = victim(&evict_hotcold, &shadow);

		if (!CHECK(v < FRAMES))
			return 0;
		returns += v == FRAMES - 1;
		evict_hotcold.enter(&frame[v], with_shadow ? shadow : 0);
		used[v] = true;
	}
	return returns;
}

TEST(shadow, "sim/hotcold-keeps-what-comes-back")
{
	unsigned with = stays(true), without = stays(false);

	test_note("a page of a loop leaves %u times with its shadow, %u without", with, without);
	CHECK(with * 2 < without);
}

/* A guess at the number of frames that was wrong either way is corrected by what can be had. */
TEST(guess, "sim/hotcold-learns-how-much-memory-there-is")
{
	unsigned faults[3];

	for (unsigned i = 0; i < 3; i++) {
		sim_make(sim_kind("mixed"), 128);
		faults[i] = (unsigned)sim_policy(&evict_hotcold, 64, i == 0 ? 64 : i == 1 ? 1000 : 4).faults;
	}
	test_note("%u faults when told 64 frames, %u when told 1000, %u when told 4", faults[0], faults[1],
		  faults[2]);
	CHECK(faults[1] * 100 <= faults[0] * 105 && faults[0] * 100 <= faults[1] * 105);
	CHECK(faults[2] * 100 <= faults[0] * 105 && faults[0] * 100 <= faults[2] * 105);
}
