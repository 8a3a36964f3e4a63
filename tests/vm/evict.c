/* Reclaim: what it takes, what it does not, and when it gives up. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

static void fill(struct supplemental_page_table *s, vaddr_t va, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(user_write(s, va + i * P, i), 0);
}

static void look(struct supplemental_page_table *s, vaddr_t va, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		CHECK(user_sees(s, va + i * P, i));
}

TEST(full, "evict/swap-is-full-and-clean-frames-still-go")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 24) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t clean = map_anon(&s, 16, RW), dirty = map_anon(&s, 24, RW);

		fill(&s, clean, 16);
		CHECK_EQ(vm_reclaim(100), 16);
		look(&s, clean, 16); /* they keep their slots */
		CHECK_EQ(stats_now(&t)->slots_used, 16);
		fill(&s, dirty, 24);
		for (unsigned i = 0; i < 16; i++) /* the clean ones are in use */
			user_sees(&s, clean + i * P, i);
		CHECK_EQ(vm_reclaim(100), 24); /* 8 into free slots, 16 that have one */
		CHECK_EQ(stats_now(&t)->slots_used, 24);
		CHECK_EQ(vm_reclaim(100), 0);
		CHECK_EQ(stats_now(&t)->frames_used, 1 + 16);
		vm_check();
		look(&s, clean, 16);
		look(&s, dirty, 24);
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(broken, "evict/a-failing-disk-does-not-keep-clean-frames")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 64) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t clean = map_anon(&s, 16, RW), dirty = map_anon(&s, 24, RW);

		fill(&s, clean, 16);
		CHECK_EQ(vm_reclaim(100), 16);
		look(&s, clean, 16);
		fill(&s, dirty, 24);
		t.disk.fail_writes = 1000;
		CHECK_EQ(vm_reclaim(100), 16);
		CHECK(t.disk.fail_writes > 1000 - 20); /* it is not asked for every frame */
		t.disk.fail_writes = 0;
		vm_check();
		CHECK_EQ(vm_reclaim(100), 24);
		vm_check();
		look(&s, clean, 16);
		look(&s, dirty, 24);
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

#define SHARERS 8

/* A page that many processes share, of which only the last one uses it. */
TEST(shared, "evict/a-page-that-any-of-its-sharers-uses-is-in-use")
{
	struct supplemental_page_table s[SHARERS];
	struct vmtest t;

	if (vmtest_begin(&t, 64, 256) && CHECK_EQ(spt_init(&s[0]), 0)) {
		vaddr_t va = map_anon(&s[0], 128, RW);
		unsigned came_back = 0;
		uint64_t before;

		swap_cluster = 1; /* what is asked is whom a choice takes, not how many go with it */
		fill(&s[0], va, 4);
		for (unsigned i = 1; i < SHARERS; i++)
			CHECK(CHECK_EQ(spt_init(&s[i]), 0) && CHECK_EQ(spt_copy(&s[i], &s[0]), 0));
		for (unsigned i = 0; i < SHARERS; i++)
			look(&s[i], va, 4);
		for (unsigned i = 0; i < 1200; i++) { /* others come and go; one sharer uses what is shared */
			struct supplemental_page_table *user = &s[i / 200 + 1];

			for (unsigned j = 0; i % 200 == 0 && j < SHARERS;
			     j++) /* it is not the last that came to it */
				look(&s[j], va, 4);
			CHECK_EQ(user_write(&s[0], va + (4 + i % 124) * P, 1), 0);
			before = user->major;
			look(user, va, 4);
			came_back += user->major != before;
		}
		test_note("it came back %u times", came_back);
		CHECK(came_back <= 4);
		vm_check();
		m_leave();
		for (unsigned i = 0; i < SHARERS; i++)
			spt_kill(&s[i]);
	}
	vmtest_end(&t);
}

/* No choice asks so much that a fault is slow. */
TEST(cost, "evict/a-fault-costs-few-looks")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 256) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 128, RW);
		uint64_t faults;

		for (unsigned i = 0; i < 2000; i++)
			CHECK_EQ(user_write(&s, va + test_rand() % 128 * P, i), 0);
		stats_now(&t);
		faults = t.stats.zero + t.stats.swap_in;
		test_note("%llu faults, %llu looks", (unsigned long long)faults,
			  (unsigned long long)t.stats.looks);
		CHECK(t.stats.looks <= faults * 6);
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(names, "evict/policies-are-chosen-by-name")
{
	paddr_t lo, hi;

	m_ram(&lo, &hi);
	CHECK_EQ(vm_setup(lo, hi, 32, "no such policy"), -VM_EINVAL);
	for (unsigned i = 0; vm_policy(i); i++) {
		if (CHECK_EQ(vm_setup(lo, hi, 32, vm_policy(i)), 0))
			vm_shutdown();
	}
	CHECK(vm_policy(0) && vm_policy(1));
}

/* A CPU is in SPT, has read VA there and stays. */
struct look {
	struct supplemental_page_table *spt;
	vaddr_t va;
};

static void look_and_stay(void *arg)
{
	const struct look *l = arg;

	CHECK(user_sees(l->spt, l->va, 0));
}

TEST(spaces, "evict/a-frame-of-many-spaces-is-forgotten-by-all-before-it-goes")
{
	struct supplemental_page_table s[11];
	unsigned n = 1;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 64) && CHECK_EQ(spt_init(&s[0]), 0)) {
		vaddr_t va = map_anon(&s[0], 2, RW);

		fill(&s[0], va, 2);
		for (; n < 11 && CHECK_EQ(spt_init(&s[n]), 0); n++)
			CHECK_EQ(spt_copy(&s[n], &s[0]), 0);
		for (unsigned i = 0; i < n; i++)
			m_on(i % m_cpus(), look_and_stay, &(struct look){&s[i], va});
		CHECK_EQ(vm_advise(&s[0], va, 2 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(stats_now(&t)->slots_used, 2);
		vm_check();
		for (unsigned i = 0; i < n; i++)
			m_on(i % m_cpus(), look_and_stay, &(struct look){&s[i], va});
		leave_all(m_cpus());
	}
	while (n)
		spt_kill(&s[--n]);
	vmtest_end(&t);
}
