/* The simulator tells the truth: the same traces, as accesses of a program through the MMU and faults of the real
 * VM layer, cost what it says. */
#include "sim.h"
#include "tests/vm/vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

struct touched {
	uint64_t faults, reads, writes, looks;
	uint64_t resident; /* pages, on average when one had to go */
};

static bool touch_one(struct supplemental_page_table *s, vaddr_t at, unsigned op, uint64_t *value)
{
	vaddr_t where;

	if (op == SIM_READ)
		return CHECK_EQ(user_read(s, at, value), 0);
	if (op == SIM_WRITE)
		return CHECK_EQ(user_write(s, at, *value), 0);
	return CHECK_EQ(vm_map(s, at, P, RW, VM_FIXED, NULL, 0, &where), 0);
}

/* The trace in a space of N pages with LIMIT frames in all. */
static struct touched touch(unsigned n, unsigned limit)
{
	static uint64_t stored[SIM_PAGES];
	struct supplemental_page_table s;
	struct touched sum = {.faults = 0};
	uint64_t samples = 0, evicted = 0;
	struct vmtest t;

	if (vmtest_begin(&t, limit, n * 2) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, n, RW);

		swap_cluster = 1; /* the simulator moves one page at a time */
		for (unsigned i = 0; i < sim_refs && !test_failing(); i++) {
			struct sim_ref r = sim_trace[i];
			uint64_t value = i;

			if (r.op == SIM_WRITE)
				stored[r.page] = i;
			if (!touch_one(&s, va + r.page * P, r.op, &value) ||
			    (r.op == SIM_READ && !CHECK_EQ(value, stored[r.page])))
				break;
			if (stats_now(&t)->evicted == evicted)
				continue;
			evicted = t.stats.evicted;
			sum.resident += t.stats.frames_used - 1; /* the zero frame */
			samples++;
		}
		stats_now(&t);
		m_leave();
		spt_kill(&s);
	}
	sum.resident /= samples ? samples : 1;
	sum.reads = t.stats.swap_in;
	sum.writes = t.stats.swap_out;
	sum.faults = t.stats.zero + sum.reads;
	sum.looks = t.stats.looks;
	vmtest_end(&t);
	return sum;
}

static bool near(uint64_t a, uint64_t b) { return a * 100 <= b * 102 + 200 && b * 100 <= a * 102 + 200; }

static const struct evict_ops *policy_named(const char *name)
{
	return name && __builtin_strcmp(name, evict_clock.name) == 0 ? &evict_clock : &evict_hotcold;
}

static void compare(const char *name, unsigned n)
{
	struct sim_count sim;
	struct touched real;

	sim_make(sim_kind(name), n);
	real = touch(n, n / 2);
	if (test_failing())
		return;
	sim = sim_policy(policy_named(m_policy()), (unsigned)real.resident, n / 2);
	test_note(
		"%-8s %u references, %u frames: %llu faults, simulated %llu; I/O %llu, simulated %llu; looks %llu, "
		"simulated %llu",
		name, sim_refs, (unsigned)real.resident, (unsigned long long)real.faults,
		(unsigned long long)sim.faults, (unsigned long long)(real.reads + real.writes),
		(unsigned long long)(sim.reads + sim.writes), (unsigned long long)real.looks,
		(unsigned long long)sim.looks);
	CHECK(near(real.faults, sim.faults));
	CHECK(near(real.reads, sim.reads));
	CHECK(near(real.writes, sim.writes));
	CHECK(near(real.looks, sim.looks));
}

TEST(touch_mixed, "sim/mixed-programs-fault-as-simulated") { compare("mixed", 128); }

#if __STDC_HOSTED__
TEST(touch_all, "sim/every-trace-faults-as-simulated")
{
	for (const struct sim_kind *kind = sim_kinds; kind->name; kind++)
		compare(kind->name, 128);
}
#endif
