/* Shared anonymous memory, and ranges that grow, shrink and move. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

TEST(shared_fork, "shared/what-one-writes-the-other-sees-through-fork-and-swap")
{
	struct supplemental_page_table a, b;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 16, 128) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		CHECK_EQ(vm_map(&a, 0, 48 * P, RW, VM_SHARED, NULL, 0, &va), 0);
		for (unsigned i = 0; i < 24; i++)
			CHECK_EQ(user_write(&a, va + i * P, 100 + i), 0);
		CHECK_EQ(spt_copy(&b, &a), 0);
		vm_check();
		for (unsigned i = 0; i < 24; i++)
			CHECK(user_sees(&b, va + i * P, 100 + i));
		for (unsigned i = 12; i < 48; i++)
			CHECK_EQ(user_write(&b, va + i * P, 200 + i), 0);
		vm_check();
		for (unsigned i = 0; i < 48; i++)
			CHECK(user_sees(&a, va + i * P, (i < 12 ? 100 : 200) + i));
		CHECK_EQ(stats_now(&t)->copied, 0);
		m_leave();
		spt_kill(&a);
		vm_check();
		for (unsigned i = 0; i < 48; i++)
			CHECK(user_sees(&b, va + i * P, (i < 12 ? 100 : 200) + i));
		m_leave();
		spt_kill(&b);
	}
	vmtest_end(&t);
}

TEST(shared_split, "shared/a-piece-that-is-cut-out-keeps-its-place-in-the-object")
{
	struct supplemental_page_table a, b;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		CHECK_EQ(vm_map(&a, 0, 16 * P, RW, VM_SHARED, NULL, 0, &va), 0);
		CHECK_EQ(spt_copy(&b, &a), 0);
		CHECK_EQ(vm_unmap(&a, va + 4 * P, 4 * P), 0);
		CHECK_EQ(vm_protect(&a, va + 10 * P, 2 * P, VM_READ), 0);
		CHECK_EQ(user_write(&a, va + 9 * P, 9), 0);
		CHECK_EQ(user_write(&b, va + 11 * P, 11), 0);
		CHECK(user_sees(&b, va + 9 * P, 9));
		CHECK(user_sees(&a, va + 11 * P, 11));
		CHECK_EQ(user_write(&a, va + 11 * P, 1), -VM_EACCES);
		CHECK_EQ(user_write(&a, va + 5 * P, 1), -VM_EFAULT);
		vm_check();
		m_leave();
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}

static void remap_move(unsigned flags)
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va, low, to;

	if (vmtest_begin(&t, 16, 64) && CHECK_EQ(spt_init(&s), 0)) {
		CHECK_EQ(vm_map(&s, 0, 24 * P, RW, flags, NULL, 0, &va), 0);
		for (unsigned i = 0; i < 24; i++)
			CHECK_EQ(user_write(&s, va + i * P, 50 + i), 0);
		/* What stands above is in the way of growing in place. */
		CHECK_EQ(vm_remap(&s, va, 24 * P, 40 * P, false, &to), -VM_ENOMEM);
		CHECK_EQ(vm_remap(&s, va, 24 * P, 40 * P, true, &to), 0);
		CHECK(to != va);
		vm_check();
		for (unsigned i = 0; i < 24; i++)
			CHECK(user_sees(&s, to + i * P, 50 + i));
		CHECK(user_sees(&s, to + 39 * P, 0));
		CHECK_EQ(user_write(&s, va, 1), -VM_EFAULT);
		CHECK_EQ(vm_remap(&s, to, 40 * P, 8 * P, false, &low), 0);
		CHECK_EQ(low, to);
		CHECK_EQ(user_write(&s, to + 8 * P, 1), -VM_EFAULT);
		CHECK_EQ(vm_remap(&s, to, 8 * P, 12 * P, false, &low), 0);
		CHECK_EQ(low, to);
		CHECK(user_sees(&s, to + 7 * P, 57));
		CHECK(user_sees(&s, to + 9 * P, flags & VM_SHARED ? 59 : 0)); /* the object still has it */
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(remap, "mmap/mremap-moves-private-pages-with-their-contents") { remap_move(0); }

TEST(remap_shared, "mmap/mremap-moves-shared-pages-with-their-contents") { remap_move(VM_SHARED); }

TEST(fixed, "mmap/fixed-replaces-what-was-there")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va, got;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		va = map_anon(&s, 10, RW);
		for (unsigned i = 0; i < 10; i++)
			CHECK_EQ(user_write(&s, va + i * P, i + 1), 0);
		CHECK_EQ(vm_map(&s, va + 3 * P, 2 * P, RW, VM_NOREPLACE, NULL, 0, &got), -VM_EEXIST);
		CHECK_EQ(vm_map(&s, va + 3 * P, 2 * P, RW, VM_FIXED, NULL, 0, &got), 0);
		CHECK_EQ(got, va + 3 * P);
		for (unsigned i = 0; i < 10; i++)
			CHECK(user_sees(&s, va + i * P, i == 3 || i == 4 ? 0 : i + 1));
		CHECK_EQ(s.nregions, 1); /* alike and side by side: one again */
		CHECK_EQ(vm_map(&s, va + 1, P, RW, VM_FIXED, NULL, 0, &got), -VM_EINVAL);
		CHECK_EQ(vm_map(&s, 0, 0, RW, 0, NULL, 0, &got), -VM_EINVAL);
		CHECK_EQ(vm_map(&s, 0, -P, RW, 0, NULL, 0, &got), -VM_ENOMEM);
		CHECK_EQ(vm_map(&s, -P, 2 * P, RW, VM_FIXED, NULL, 0, &got), -VM_EINVAL);
		CHECK_EQ(vm_map(&s, 0, P, VM_WRITE | VM_EXEC, 0, NULL, 0, &got), -VM_EACCES);
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(terabyte, "mmap/a-terabyte-costs-what-a-page-costs")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		uint64_t len = pt_levels() > 3 ? 1ull << 40 : 1ull << 36;
		size_t pages = m_pages_in_use();

		CHECK_EQ(vm_map(&s, 0, len, RW, 0, NULL, 0, &va), 0);
		CHECK(m_pages_in_use() <= pages + 2); /* an allocator may take pages for the region itself */
		CHECK_EQ(user_write(&s, va + len / 2, 5), 0);
		CHECK(m_pages_in_use() <= pages + 2 + pt_levels() + 4);
		CHECK_EQ(vm_unmap(&s, va, len), 0);
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(shared_neighbours, "shared/neighbours-join-only-where-the-object-goes-on")
{
	struct supplemental_page_table s;
	struct vm_object *object;
	struct vmtest t;
	vaddr_t va = 64 * P, got;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		CHECK_EQ(vm_map(&s, va, 4 * P, RW, VM_SHARED | VM_FIXED, NULL, 0, &got), 0);
		object = region_find(&s, va)->object;
		CHECK_EQ(vm_map(&s, va + 4 * P, 2 * P, RW, VM_SHARED | VM_FIXED, object, 9, &got), 0);
		CHECK_EQ(s.nregions, 2);
		CHECK_EQ(vm_map(&s, va + 6 * P, 2 * P, RW, VM_SHARED | VM_FIXED, object, 11, &got), 0);
		CHECK_EQ(s.nregions, 2);
		CHECK_EQ(vm_map(&s, va + 8 * P, P, RW, VM_SHARED | VM_FIXED, object, 0, &got), 0);
		CHECK_EQ(s.nregions, 3);
		CHECK_EQ(user_write(&s, va + 8 * P, 5), 0);
		CHECK(user_sees(&s, va, 5));
		CHECK_EQ(user_write(&s, va + 4 * P, 6), 0);
		CHECK(user_sees(&s, va + 8 * P, 5));
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}
