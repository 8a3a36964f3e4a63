/* Conformance: what a mapping lets through and what it stops, at every level and in every direction. */
#include "fixture.h"

TEST(map_rw, "arch/a-mapped-page-reads-and-writes")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK(faults(0, VA, M_USER));
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK(reads(0, VA, 100));
		CHECK(writes(0, VA, 7));
		CHECK_EQ(*m_word(f.frame[0]), 7);
		CHECK(writes(0, VA + PT_PAGE_SIZE - 8, 8));
		CHECK_EQ(*m_word(f.frame[0] + PT_PAGE_SIZE - 8), 8);
		CHECK(faults(0, VA + PT_PAGE_SIZE, M_USER));
		CHECK(faults(0, VA - PT_PAGE_SIZE, M_USER));
	}
	fixture_end(&f);
}

/* Two pages that meet where LEVEL's index changes must not be mistaken for each other or for their likes one
 * level up or down. */
static void boundary(unsigned level)
{
	struct fixture f;
	vaddr_t edge = level + 1 < pt_levels() ? pt_span(level) * 2 : m_user_top() - 64 * PT_PAGE_SIZE;

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&f.pt, edge - PT_PAGE_SIZE, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_map(&f.pt, edge, f.frame[1], U_RW | AD), 0);
		CHECK(reads(0, edge - PT_PAGE_SIZE, 100));
		CHECK(reads(0, edge, 101));
		CHECK(faults(0, edge + PT_PAGE_SIZE, M_USER));
		CHECK(faults(0, edge - 2 * PT_PAGE_SIZE, M_USER));
		for (unsigned l = 0; l + 1 < pt_levels(); l++) {
			if (edge + pt_span(l) < m_user_top() - 128 * PT_PAGE_SIZE)
				CHECK(faults(0, edge + pt_span(l), M_USER));
		}
		unmap_now(&f.pt, edge, 1);
		CHECK(faults(0, edge, M_USER));
		CHECK(reads(0, edge - PT_PAGE_SIZE, 100));
	}
	fixture_end(&f);
}

TEST(boundaries, "arch/neighbours-across-every-level-boundary")
{
	for (unsigned level = 0; level < pt_levels(); level++)
		boundary(level);
}

TEST(write_needs_w, "arch/a-write-needs-w")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], PT_U | AD), 0);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], AD), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(reads(cpu, VA, 100));
			CHECK(faults(cpu, VA, M_USER | M_WRITE));
			CHECK(!faults(cpu, VA + PT_PAGE_SIZE, M_READ)); /* the kernel, on a page of its own */
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_WRITE));
		}
		CHECK_EQ(*m_word(f.frame[0]), 100);
		CHECK_EQ(*m_word(f.frame[1]), 101);
	}
	fixture_end(&f);
}

TEST(exec_needs_x, "arch/an-instruction-fetch-needs-x")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		m_code(f.frame[0]);
		m_code(f.frame[1]);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], PT_U | PT_X | PT_A), 0);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], U_RW | AD), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(!faults(cpu, VA, M_USER | M_EXEC));
			CHECK(!faults(cpu, VA + PT_PAGE_SIZE - 64, M_USER | M_EXEC));
			CHECK(!faults(cpu, VA + PT_PAGE_SIZE, M_USER | M_READ));
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER | M_EXEC));
		}
	}
	fixture_end(&f);
}

TEST(user_kernel, "arch/user-and-kernel-keep-to-their-pages")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		m_code(f.frame[1]);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], PT_X | PT_A), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(!m_keeps_out(M_READ) || faults(cpu, VA, M_READ));
			CHECK(!m_keeps_out(M_WRITE) || faults(cpu, VA, M_WRITE));
			CHECK(!faults(cpu, VA + PT_PAGE_SIZE, M_READ));
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER | M_READ));
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER | M_WRITE));
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER | M_EXEC));
		}
		CHECK_EQ(*m_word(f.frame[0]), 100);
	}
	fixture_end(&f);
}

TEST(large, "arch/a-large-leaf-translates-all-it-spans")
{
	for (unsigned level = 1; level <= pt_leaf_max(); level++) {
		paddr_t block = m_block(level);
		struct fixture f;
		struct pt_leaf leaf;
		vaddr_t va = pt_span(level) * 3, step = pt_span(level) / 16;

		if (!block) {
			test_note("no memory for a leaf at level %u", level);
			continue;
		}
		if (fixture_begin(&f, 1)) {
			CHECK_EQ(pt_map_range(&f.pt, va, block, pt_span(level), U_RW | AD), 0);
			CHECK(pt_query(&f.pt, va + 0x1008, &leaf));
			CHECK_EQ(leaf.level, level);
			CHECK_EQ(leaf.pa, block + 0x1008);
			for (uint64_t at = 0; at < pt_span(level); at += step + PT_PAGE_SIZE) {
				*m_word(block + at) = at + 1;
				CHECK(reads(0, va + at, at + 1));
			}
			CHECK(writes(0, va + pt_span(level) - 8, 9));
			CHECK_EQ(*m_word(block + pt_span(level) - 8), 9);
			CHECK(faults(0, va + pt_span(level), M_USER));
			CHECK(faults(0, va - PT_PAGE_SIZE, M_USER));
			CHECK_EQ(pt_map(&f.pt, va + PT_PAGE_SIZE, f.frame[0], U_RW), -VM_EEXIST);
			protect_now(&f.pt, va, (unsigned)(pt_span(level) >> PT_PAGE_SHIFT), 0);
			CHECK(faults(0, va + step, M_USER | M_WRITE));
			CHECK(reads(0, va, 1));
			unmap_now(&f.pt, va, (unsigned)(pt_span(level) >> PT_PAGE_SHIFT));
			CHECK(faults(0, va + step, M_USER));
		}
		fixture_end(&f);
		m_block_free(block, level);
	}
}

TEST(range, "arch/a-range-uses-the-largest-leaves-that-fit")
{
	paddr_t block = m_block(1);
	struct fixture f;
	struct pt_leaf leaf;
	vaddr_t va = pt_span(1) * 6;

	if (!block || pt_leaf_max() == 0) {
		test_skip("no large leaf here");
	} else if (fixture_begin(&f, 0)) {
		/* Out of step by a page: small leaves only. */
		CHECK_EQ(pt_map_range(&f.pt, va + PT_PAGE_SIZE, block, pt_span(1), U_RW | AD), 0);
		CHECK(pt_query(&f.pt, va + pt_span(1), &leaf) && leaf.level == 0);
		CHECK_EQ(leaf.pa, block + pt_span(1) - PT_PAGE_SIZE);
		/* In step: the tail of one span, then a whole one would not fit. */
		CHECK_EQ(
			pt_map_range(&f.pt, va + 5 * pt_span(1), block, pt_span(1) - PT_PAGE_SIZE, U_RW | AD),
			0);
		CHECK(pt_query(&f.pt, va + 5 * pt_span(1), &leaf) && leaf.level == 0);
		CHECK(faults(0, va + 6 * pt_span(1) - PT_PAGE_SIZE, M_USER));
		/* All or nothing: the second half is taken already. */
		CHECK_EQ(pt_map_range(&f.pt, va + 5 * pt_span(1) - 8 * PT_PAGE_SIZE, block, 16 * PT_PAGE_SIZE,
				      U_RW),
			 -VM_EEXIST);
		CHECK_EQ(leaf_flags(&f.pt, va + 5 * pt_span(1) - 8 * PT_PAGE_SIZE), ~0u);
		CHECK(leaf_flags(&f.pt, va + 5 * pt_span(1)) != ~0u);
		fixture_end(&f);
	}
	if (block)
		m_block_free(block, 1);
}

TEST(occupied, "arch/a-live-leaf-is-never-overwritten")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[1], U_RW | AD), -VM_EEXIST);
		CHECK(reads(0, VA, 100));
		unmap_now(&f.pt, VA, 1);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[1], U_RW | AD), 0);
		CHECK(reads(0, VA, 101));
	}
	fixture_end(&f);
}

TEST(accessed_dirty, "arch/a-read-sets-a-and-a-write-sets-d")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		m_code(f.frame[1]);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW), 0);
		CHECK_EQ(leaf_flags(&f.pt, VA) & AD, 0);
		CHECK(reads(0, VA, 100));
		CHECK_EQ(mended(), m_hardware_ad() ? 0 : 1);
		CHECK_EQ(leaf_flags(&f.pt, VA) & AD, PT_A);
		CHECK(writes(0, VA, 5));
		CHECK_EQ(leaf_flags(&f.pt, VA) & AD, AD);
		CHECK(reads(0, VA, 5));
		CHECK_EQ(mended(), 0);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], PT_U | PT_X), 0);
		CHECK(!faults(0, VA + PT_PAGE_SIZE, M_USER | M_EXEC));
		CHECK_EQ(leaf_flags(&f.pt, VA + PT_PAGE_SIZE) & AD, PT_A);
	}
	fixture_end(&f);
}

TEST(born_accessed, "arch/a-leaf-born-accessed-and-dirty-needs-no-fault")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK(writes(0, VA, 5));
		CHECK_EQ(mended(), 0);
	}
	fixture_end(&f);
}

TEST(touch, "arch/touch-mends-only-what-the-leaf-allows")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], PT_U), 0);
		CHECK(!pt_touch(&f.pt, VA, PT_U | PT_W));
		CHECK(!pt_touch(&f.pt, VA, PT_U | PT_X));
		CHECK(!pt_touch(&f.pt, VA, 0));                   /* the kernel, unasked, on a user page */
		CHECK(!pt_touch(&f.pt, VA + PT_PAGE_SIZE, PT_U)); /* a hole */
		CHECK_EQ(leaf_flags(&f.pt, VA), PT_U);
		CHECK(pt_touch(&f.pt, VA + 8, PT_U));
		CHECK_EQ(leaf_flags(&f.pt, VA), PT_U | PT_A);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], U_RW), 0);
		CHECK(pt_touch(&f.pt, VA + PT_PAGE_SIZE, U_RW));
		CHECK_EQ(leaf_flags(&f.pt, VA + PT_PAGE_SIZE), U_RW | AD);
	}
	fixture_end(&f);
}

struct walk_log {
	unsigned n;
	vaddr_t va[16];
};

static bool log_leaf(void *ctx, vaddr_t va, pte_t *slot, unsigned level)
{
	struct walk_log *log = ctx;

	CHECK_EQ(pte_kind(*slot, level), PTE_LEAF);
	if (log->n < 16)
		log->va[log->n] = va;
	log->n++;
	return log->n != 5;
}

TEST(for_each, "arch/a-walk-visits-each-leaf-once-in-order-and-skips-holes")
{
	struct fixture f;
	vaddr_t at[] = {0x1000,          0x1ff000, 0x200000, 0x40000000, pt_span(2) * 5 + pt_span(1) * 7,
			pt_span(2) * 200};
	struct walk_log log = {0};

	if (fixture_begin(&f, 6)) {
		leave_on(0); /* a machine may keep a page of its own in a space that is entered */
		for (unsigned cpu = 1; cpu < f.cpus; cpu++)
			leave_on(cpu);
		f.cpus = 0;
		for (unsigned i = 0; i < 6; i++)
			CHECK_EQ(pt_map(&f.pt, at[i], f.frame[i], U_RW | AD), 0);
		CHECK(!pt_for_each(&f.pt, 0, m_user_top(), log_leaf, &log)); /* stopped at the fifth */
		CHECK_EQ(log.n, 5);
		for (unsigned i = 0; i < 5; i++)
			CHECK_EQ(log.va[i], at[i]);
		log.n = 5;
		CHECK(pt_for_each(&f.pt, at[5], m_user_top(), log_leaf, &log));
		CHECK_EQ(log.n, 6);
		log.n = 6;
		CHECK(pt_for_each(&f.pt, 0x2000, 0x1ff000, log_leaf, &log));
		CHECK(pt_for_each(&f.pt, 0x1000, 0x1000, log_leaf, &log));
		CHECK_EQ(log.n, 6);
		CHECK(pt_for_each(&f.pt, 0x1000, 0x1ff001, log_leaf, &log));
		CHECK_EQ(log.n, 8);
	}
	fixture_end(&f);
}

TEST(trace, "arch/a-trace-shows-the-entries-from-the-root-down")
{
	struct fixture f;
	pte_t entry[PT_MAX_LEVELS];

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_trace(&f.pt, VA, entry), pt_levels());
		CHECK_EQ(pte_pa(entry[pt_levels() - 1]), f.frame[0]);
		for (unsigned i = 0; i + 1 < pt_levels(); i++)
			CHECK_EQ(pte_kind(entry[i], pt_levels() - 1 - i), PTE_TABLE);
		CHECK_EQ(pt_trace(&f.pt, VA + pt_span(1), entry), pt_levels() - 1);
		CHECK_EQ(pte_kind(entry[pt_levels() - 2], 1), PTE_NONE);
	}
	fixture_end(&f);
}

TEST(no_table, "arch/without-memory-for-a-table-nothing-is-mapped-or-reserved")
{
	struct fixture f;

	if (!m_fail(0, false)) {
		test_skip("memory cannot be made to fail here");
		return;
	}
	if (fixture_begin(&f, 1)) {
		vaddr_t va = VA + 3 * pt_span(1), far = pt_span(pt_levels() - 1) * 3;
		unsigned failed = 0;

		m_fail(1, true);
		CHECK_EQ(pt_map_range(&f.pt, va, f.frame[0], PT_PAGE_SIZE, U_RW | AD), -VM_ENOMEM);
		CHECK_EQ(pt_reserve(&f.pt, far, far + PT_PAGE_SIZE), -VM_ENOMEM);
		m_fail(0, false);
		for (unsigned n = 1;; n++) {
			int err;

			m_fail(n, true);
			err = pt_map(&f.pt, va, f.frame[0], U_RW | AD);
			m_fail(0, false);
			if (!err)
				break;
			failed++;
			CHECK_EQ(err, -VM_ENOMEM);
			CHECK_EQ(leaf_flags(&f.pt, va), ~0u);
		}
		CHECK(failed > 0 && failed < pt_levels());
		CHECK(reads(0, va, 100));
	}
	fixture_end(&f);
}

struct visits {
	unsigned n, most;
};

static bool visit(void *ctx, vaddr_t va, pte_t *slot, unsigned level)
{
	struct visits *v = ctx;

	(void)va, (void)slot, (void)level;
	return ++v->n < v->most;
}

TEST(visits, "arch/a-visit-of-leaves-ends-where-it-is-told-to")
{
	struct fixture f;

	if (fixture_begin(&f, 4)) {
		for (unsigned i = 0; i < 4; i++)
			CHECK_EQ(pt_map(&f.pt, VA + i * PT_PAGE_SIZE, f.frame[i], U_RW | AD), 0);
		for (unsigned most = 1; most < 6; most++) {
			struct visits v = {0, most};

			CHECK_EQ(pt_for_each(&f.pt, VA, VA + 4 * PT_PAGE_SIZE, visit, &v), most > 4);
			CHECK_EQ(v.n, most < 4 ? most : 4);
		}
		CHECK(pt_for_each(&f.pt, VA, VA, visit, &(struct visits){0, 0}));
	}
	fixture_end(&f);
}
