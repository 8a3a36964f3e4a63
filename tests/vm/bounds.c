/* Where things end: stacks, ranges, the counts of slots, the search for a victim. */
#include "vmtest.h"

#define P   PT_PAGE_SIZE
#define RW  (VM_READ | VM_WRITE)
#define TOP ((vaddr_t)0x40000000)
#define GAP (256 * P)

TEST(stack, "stack/grows-to-its-limit-and-keeps-its-gap")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		s.stack_limit = 600 * P;
		CHECK_EQ(vm_map(&s, TOP - P, P, RW, VM_STACK | VM_FIXED, NULL, 0, &va), 0);
		CHECK_EQ(vm_map(&s, TOP - 500 * P, P, RW, VM_FIXED, NULL, 0, &va), 0);
		CHECK_EQ(user_write(&s, TOP - 10 * P, 1), 0);
		CHECK_EQ(user_write(&s, TOP - 499 * P + GAP, 2), 0); /* just the gap is left */
		CHECK_EQ(user_write(&s, TOP - 499 * P + GAP - 8, 3), -VM_EFAULT);
		CHECK_EQ(vm_unmap(&s, TOP - 500 * P, P), 0);
		CHECK_EQ(user_write(&s, TOP - 600 * P, 4), 0);
		CHECK_EQ(user_write(&s, TOP - 600 * P - 8, 5), -VM_EFAULT);
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(wraps, "mmap/ranges-that-wrap-or-leave-user-space-are-refused")
{
	static const uint64_t bad[][2] = {
		{~(uint64_t)0 << 12, 1 << 12},          {~(uint64_t)0 << 12, 1 << 13},
		{1 << 20, (uint64_t)0 - (1 << 20)},     {1 << 20, (uint64_t)0 - (1 << 16)},
		{(uint64_t)1 << 63, (uint64_t)1 << 63}, {1 << 20, ~(uint64_t)0}};
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		CHECK_EQ(vm_map(&s, 1 << 20, 4 * P, RW, VM_FIXED, NULL, 0, &va), 0);
		CHECK_EQ(user_write(&s, 1 << 20, 7), 0);
		for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
			CHECK(vm_map(&s, bad[i][0], bad[i][1], RW, VM_FIXED, NULL, 0, &va) < 0);
			CHECK(vm_unmap(&s, bad[i][0], bad[i][1]) < 0);
			CHECK(vm_protect(&s, bad[i][0], bad[i][1], 0) <= 0);
			CHECK(vm_remap(&s, bad[i][0], bad[i][1], P, true, &va) < 0);
			CHECK(vm_remap(&s, 1 << 20, 4 * P, bad[i][1] | 1ull << 62, true, &va) < 0);
			CHECK(user_sees(&s, 1 << 20, 7));
			CHECK_EQ(s.mapped, 4 * P);
		}
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(dirt, "anon/a-new-page-shows-zeros-whatever-its-frame-held")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 8, RW);

		for (unsigned i = 0; i < 8; i++) {
			CHECK_EQ(user_write(&s, va + i * P, 7), 0);
			for (unsigned at = 8; at < P; at += 520)
				CHECK(user_sees(&s, va + i * P + at, 0));
		}
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

#define CROWD 7 /* spaces: more than one choice of a victim looks at */

TEST(looks, "swap/a-victim-is-found-in-two-rounds-whoever-uses-what")
{
	static struct supplemental_page_table s[CROWD];
	struct vmtest t;
	vaddr_t va = 0;

	if (vmtest_begin(&t, 64, 64)) {
		for (unsigned i = 0; i < CROWD; i++) {
			CHECK_EQ(spt_init(&s[i]), 0);
			va = map_anon(&s[i], 3, RW);
			for (unsigned page = 0; page < 3; page++)
				CHECK_EQ(user_write(&s[i], va + page * P, 10 * i + page), 0);
		}
		CHECK_EQ(vm_reclaim(5), 5);
		CHECK(stats_now(&t)->looks <= 5 * 2 * 3 * CROWD);
		for (unsigned i = 0; i < CROWD; i++) {
			for (unsigned page = 0; page < 3; page++)
				CHECK(user_sees(&s[i], va + page * P, 10 * i + page));
		}
		vm_check();
		m_leave();
		for (unsigned i = 0; i < CROWD; i++)
			spt_kill(&s[i]);
	}
	vmtest_end(&t);
}

TEST(count, "swap/a-slot-that-cannot-count-more-fails-the-fork")
{
	static struct supplemental_page_table s[9];
	unsigned made = 1;
	uint16_t was = swap_count_max;
	struct vmtest t;

	swap_count_max = 7;
	if (vmtest_begin(&t, 64, 16) && CHECK_EQ(spt_init(&s[0]), 0)) {
		vaddr_t va = map_anon(&s[0], 1, RW);

		CHECK_EQ(user_write(&s[0], va, 7), 0);
		m_leave();
		CHECK_EQ(vm_reclaim(1), 1);
		for (; made < 9 && CHECK_EQ(spt_init(&s[made]), 0); made++) {
			if (spt_copy(&s[made], &s[0]))
				break;
		}
		CHECK_EQ(made, 7);
		if (made < 9)
			spt_kill(&s[made]);
		vm_check();
		for (unsigned i = 0; i < made; i++)
			CHECK(user_sees(&s[i], va, 7));
		m_leave();
		while (made)
			spt_kill(&s[--made]);
	}
	vmtest_end(&t);
	swap_count_max = was;
}

TEST(sharers, "swap/a-frame-that-more-share-than-a-slot-can-count-stays")
{
	static struct supplemental_page_table s[9];
	unsigned made = 0;
	uint16_t was = swap_count_max;
	struct vmtest t;

	swap_count_max = 7;
	if (vmtest_begin(&t, 64, 16) && CHECK_EQ(spt_init(&s[0]), 0)) {
		vaddr_t va = map_anon(&s[0], 1, RW);

		CHECK_EQ(user_write(&s[0], va, 7), 0);
		m_leave();
		for (made = 1; made < 9 && CHECK_EQ(spt_init(&s[made]), 0); made++)
			CHECK_EQ(spt_copy(&s[made], &s[0]), 0);
		CHECK_EQ(vm_reclaim(1), 0);
		vm_check();
		spt_kill(&s[--made]);
		spt_kill(&s[--made]);
		CHECK_EQ(vm_reclaim(1), 1);
		for (unsigned i = 0; i < made; i++)
			CHECK(user_sees(&s[i], va, 7));
		m_leave();
		while (made)
			spt_kill(&s[--made]);
	}
	vmtest_end(&t);
	swap_count_max = was;
}
