/* Anonymous memory: zeros, copy-on-write, swap, and what each costs. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

TEST(zero, "anon/untouched-memory-reads-zero-and-costs-no-frame")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 100, RW);

		for (unsigned i = 0; i < 100; i++)
			CHECK(user_sees(&s, va + i * P, 0));
		CHECK_EQ(stats_now(&t)->frames_used, 1);
		CHECK_EQ(s.npages, 0);
		vm_check();
		CHECK_EQ(user_write(&s, va + 5 * P, 7), 0);
		CHECK(user_sees(&s, va + 5 * P, 7));
		CHECK(user_sees(&s, va + 6 * P, 0));
		CHECK_EQ(stats_now(&t)->frames_used, 2);
		CHECK_EQ(s.npages, 1);
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(wrong, "anon/a-wrong-access-is-an-error")
{
	struct supplemental_page_table s;
	struct vmtest t;
	uint64_t value;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t ro = map_anon(&s, 1, VM_READ), none = map_anon(&s, 1, 0);

		CHECK_EQ(user_write(&s, ro, 1), -VM_EACCES);
		CHECK(user_sees(&s, ro, 0));
		CHECK_EQ(user_read(&s, none, &value), -VM_EACCES);
		CHECK_EQ(user_read(&s, 0x1000, &value), -VM_EFAULT);
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(fork, "cow/parent-and-child-see-their-own")
{
	struct supplemental_page_table a, b;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		vaddr_t va = map_anon(&a, 4, RW);

		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(user_write(&a, va + i * P, 10 + i), 0);
		CHECK_EQ(spt_copy(&b, &a), 0);
		vm_check();
		CHECK_EQ(stats_now(&t)->frames_used, 4);
		CHECK(user_sees(&b, va, 10));
		CHECK_EQ(user_write(&b, va, 20), 0);
		CHECK_EQ(user_write(&a, va + P, 31), 0);
		CHECK_EQ(user_write(&b, va + 3 * P, 23), 0);
		CHECK(user_sees(&a, va, 10));
		CHECK(user_sees(&b, va + P, 11));
		CHECK(user_sees(&a, va + 3 * P, 0));
		CHECK_EQ(stats_now(&t)->copied, 2);
		vm_check();
		m_leave();
		spt_kill(&a);
		vm_check();
		CHECK_EQ(user_write(&b, va + 2 * P, 22), 0);
		CHECK_EQ(stats_now(&t)->copied, 2); /* the last sharer writes without a copy */
		CHECK_EQ(stats_now(&t)->reused, 1 + 0);
		m_leave();
		spt_kill(&b);
	}
	vmtest_end(&t);
}

TEST(swap, "swap/what-does-not-fit-comes-back-as-it-was")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 32, 256) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 128, RW);

		for (unsigned i = 0; i < 128; i++)
			CHECK_EQ(user_write(&s, va + i * P, 1000 + i), 0);
		vm_check();
		for (unsigned round = 0; round < 2; round++) {
			for (unsigned i = 0; i < 128; i++)
				CHECK(user_sees(&s, va + (i * 37 % 128) * P, 1000 + i * 37 % 128));
			vm_check();
		}
		CHECK(stats_now(&t)->swap_in > 100);
		CHECK(stats_now(&t)->clean_out > 100); /* read, not written: leaves without I/O */
		CHECK(t.disk.writes < 180);
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(swap_fork, "swap/swapped-pages-are-shared-by-fork")
{
	struct supplemental_page_table a, b;
	struct vmtest t;

	if (vmtest_begin(&t, 16, 256) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		vaddr_t va = map_anon(&a, 64, RW);

		for (unsigned i = 0; i < 64; i++)
			CHECK_EQ(user_write(&a, va + i * P, i), 0);
		CHECK_EQ(spt_copy(&b, &a), 0);
		vm_check();
		for (unsigned i = 0; i < 64; i++) {
			if (i % 3 == 0)
				CHECK_EQ(user_write(&b, va + i * P, 500 + i), 0);
			if (i % 5 == 0)
				CHECK_EQ(user_write(&a, va + i * P, 900 + i), 0);
		}
		vm_check();
		for (unsigned i = 0; i < 64; i++) {
			CHECK(user_sees(&a, va + i * P, i % 5 ? i : 900 + i));
			CHECK(user_sees(&b, va + i * P, i % 3 ? i : 500 + i));
		}
		vm_check();
		m_leave();
		spt_kill(&a);
		for (unsigned i = 0; i < 64; i++)
			CHECK(user_sees(&b, va + i * P, i % 3 ? i : 500 + i));
		m_leave();
		spt_kill(&b);
	}
	vmtest_end(&t);
}

TEST(full, "swap/when-memory-and-swap-are-full-that-is-an-error")
{
	struct supplemental_page_table s;
	struct vmtest t;
	unsigned i = 0;

	if (vmtest_begin(&t, 16, 8) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 64, RW);
		int err = 0;

		while (i < 64 && !(err = user_write(&s, va + i * P, i)))
			i++;
		CHECK_EQ(err, -VM_ENOMEM);
		CHECK(i > 16);
		vm_check();
		while (i-- > 0)
			CHECK(user_sees(&s, va + i * P, i));
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(broken, "swap/a-failed-read-is-an-error-and-nothing-is-lost")
{
	struct supplemental_page_table s;
	struct vmtest t;
	uint64_t value;

	if (vmtest_begin(&t, 16, 64) && CHECK_EQ(spt_init(&s), 0)) {
		vaddr_t va = map_anon(&s, 32, RW);
		unsigned failed = 0;

		for (unsigned i = 0; i < 32; i++)
			CHECK_EQ(user_write(&s, va + i * P, i), 0);
		swap_cluster = 1; /* so that each fault reads once */
		t.disk.fail_reads = 3;
		for (unsigned i = 0; i < 32; i++)
			failed += user_read(&s, va + i * P, &value) == -VM_EIO;
		CHECK_EQ(failed, 3);
		t.disk.fail_writes = 4;
		for (unsigned i = 0; i < 32; i++) {
			CHECK(user_sees(&s, va + i * P, i));
			CHECK_EQ(user_write(&s, va + i * P, i), 0);
		}
		CHECK_EQ(t.disk.fail_writes, 0);
		for (unsigned i = 0; i < 32; i++)
			CHECK(user_sees(&s, va + i * P, i));
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}
