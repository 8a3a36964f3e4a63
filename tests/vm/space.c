/* Whole spaces: what they cost and what a fork takes over. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

TEST(huge, "mmap/what-was-never-touched-costs-nothing-to-unmap")
{
	struct supplemental_page_table s;
	uint64_t huge = m_user_top() / 4;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0)) {
		if (huge > (uint64_t)1 << 45)
			huge = (uint64_t)1 << 45;
		/* With hundreds of times as many holes as a second has room for, this ends only if they are skipped. */
		for (unsigned i = 0; i < 100; i++) {
			CHECK_EQ(vm_map(&s, 0, huge, RW, 0, NULL, 0, &va), 0);
			CHECK_EQ(user_write(&s, va + huge / 2, 1), 0);
			CHECK(s.pt.tables <= pt_levels());
			CHECK_EQ(vm_protect(&s, va, huge, VM_READ), 0);
			CHECK_EQ(vm_unmap(&s, va, huge), 0);
			CHECK_EQ(s.pt.tables, 1);
		}
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(limits, "cow/a-child-of-an-empty-space-has-its-parent-s-limits")
{
	struct supplemental_page_table a, b;
	struct vmtest t;

	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		a.stack_limit = 3 * P;
		CHECK_EQ(spt_copy(&b, &a), 0);
		CHECK_EQ(b.stack_limit, 3 * P);
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}

TEST(no_limits, "cow/a-fork-that-fails-leaves-the-child-fresh")
{
	struct supplemental_page_table a, b;
	struct vmtest t;

	if (!m_fail(0, false)) {
		test_skip("memory cannot be made to fail here");
		return;
	}
	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		uint64_t fresh = b.stack_limit;
		vaddr_t va = map_anon(&a, 4, RW);

		a.stack_limit = 3 * P;
		CHECK_EQ(user_write(&a, va, 1), 0);
		m_fail(4, true);
		CHECK_EQ(spt_copy(&b, &a), -VM_ENOMEM);
		m_fail(0, false);
		CHECK_EQ(b.stack_limit, fresh);
		CHECK_EQ(b.mapped + b.nregions + b.npages, 0);
		vm_check();
		CHECK(user_sees(&a, va, 1));
		m_leave();
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}

/* So many walks one fault takes. */
static unsigned long walks_of(struct supplemental_page_table *spt, vaddr_t va, unsigned access)
{
	unsigned long before, after;

	m_walks(&before);
	CHECK_EQ(vm_fault(spt, va, access), 0);
	m_walks(&after);
	return after - before;
}

TEST(walks, "fault/one-walk-finds-all-there-is-to-know")
{
	struct supplemental_page_table a, b;
	struct vmtest t;
	unsigned long walks;

	if (!m_walks(&walks)) {
		test_skip("nobody counts walks here");
		return;
	}
	if (vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		vaddr_t va = map_anon(&a, 8, RW);

		CHECK_EQ(walks_of(&a, va, VM_READ), 1);      /* zeros */
		CHECK_EQ(walks_of(&a, va, VM_WRITE), 1);     /* which are replaced */
		CHECK_EQ(walks_of(&a, va + P, VM_WRITE), 1); /* written at once */
		CHECK_EQ(walks_of(&a, va + P, VM_READ), 1);  /* for nothing */
		CHECK_EQ(spt_copy(&b, &a), 0);
		CHECK_EQ(walks_of(&a, va, VM_WRITE), 1); /* copied */
		CHECK_EQ(walks_of(&b, va, VM_WRITE), 1); /* the last sharer's own */
		m_leave();
		spt_kill(&b);
		spt_kill(&a);
	}
	vmtest_end(&t);
}
