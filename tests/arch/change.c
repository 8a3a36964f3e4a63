/* Conformance: a changed mapping is changed on every CPU once tlb_finish() returned, whatever its TLB held;
 * A and D are never lost on the way. Both CPUs touch before each change, so that both hold the old entry. */
#include "fixture.h"

static void touch_all(struct fixture *f, vaddr_t va, uint64_t want)
{
	for (unsigned cpu = 0; cpu < f->cpus; cpu++)
		CHECK(reads(cpu, va, want));
}

TEST(unmap, "arch/unmap-is-seen-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		touch_all(&f, VA, 100);
		unmap_now(&f.pt, VA, 1);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(faults(cpu, VA, M_USER));
			CHECK(faults(cpu, VA, M_USER | M_WRITE));
		}
	}
	fixture_end(&f);
}

TEST(unmap_many, "arch/unmap-of-a-long-range-is-seen-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		for (unsigned i = 0; i < 600; i++)
			CHECK_EQ(pt_map(&f.pt, VA + i * PT_PAGE_SIZE, f.frame[0], U_RW | AD), 0);
		for (unsigned i = 0; i < 600; i += 53)
			touch_all(&f, VA + i * PT_PAGE_SIZE, 100);
		unmap_now(&f.pt, VA + PT_PAGE_SIZE, 598);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			for (unsigned i = 53; i < 599; i += 53)
				CHECK(faults(cpu, VA + i * PT_PAGE_SIZE, M_USER));
			CHECK(reads(cpu, VA, 100));
			CHECK(reads(cpu, VA + 599 * PT_PAGE_SIZE, 100));
		}
	}
	fixture_end(&f);
}

TEST(unmap_order, "arch/pages-unmapped-in-any-order-are-forgotten-together")
{
	static const unsigned order[] = {1, 2, 0};
	struct fixture f;
	struct tlb_gather g;

	if (fixture_begin(&f, 3)) {
		for (unsigned i = 0; i < 3; i++) {
			CHECK_EQ(pt_map(&f.pt, VA + i * PT_PAGE_SIZE, f.frame[i], U_RW), 0);
			touch_all(&f, VA + i * PT_PAGE_SIZE, 100 + i);
		}
		tlb_begin(&g, &f.pt, NULL);
		for (unsigned i = 0; i < 3; i++) {
			vaddr_t va = VA + order[i] * PT_PAGE_SIZE;

			pt_unmap(&f.pt, va, va + PT_PAGE_SIZE, &g, NULL, NULL);
		}
		tlb_finish(&g);
		for (unsigned i = 0; i < 3 * f.cpus; i++)
			CHECK(faults(i / 3, VA + i % 3 * PT_PAGE_SIZE, M_USER));
	}
	fixture_end(&f);
}

TEST(remap, "arch/a-page-mapped-anew-shows-its-new-frame")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		touch_all(&f, VA, 100);
		unmap_now(&f.pt, VA, 1);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[1], U_RW | AD), 0);
		touch_all(&f, VA, 101);
	}
	fixture_end(&f);
}

TEST(protect_down, "arch/protect-down-is-seen-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(writes(cpu, VA, 5));
		protect_now(&f.pt, VA, 1, 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(faults(cpu, VA, M_USER | M_WRITE));
			CHECK(reads(cpu, VA, 5));
		}
		CHECK_EQ(leaf_flags(&f.pt, VA), PT_U | AD);
	}
	fixture_end(&f);
}

TEST(protect_exec, "arch/execution-taken-away-is-seen-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		m_code(f.frame[0]);
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], PT_U | PT_X | PT_A), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(!faults(cpu, VA + 128, M_USER | M_EXEC));
		protect_now(&f.pt, VA, 1, 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(faults(cpu, VA + 128, M_USER | M_EXEC));
			CHECK(!faults(cpu, VA, M_USER));
		}
	}
	fixture_end(&f);
}

TEST(protect_up, "arch/protect-up-costs-at-most-one-fault-a-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], PT_U | AD), 0);
		touch_all(&f, VA, 100);
		protect_now(&f.pt, VA, 1, PT_W);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(writes(cpu, VA, 5 + cpu));
			CHECK(mended() <= 1);
			CHECK(writes(cpu, VA, 6 + cpu));
			CHECK_EQ(mended(), 0);
		}
	}
	fixture_end(&f);
}

TEST(protect_ad, "arch/protect-neither-drops-nor-invents-a-and-d")
{
	struct fixture f;

	if (fixture_begin(&f, 4)) {
		for (unsigned i = 0; i < 4; i++) {
			unsigned ad = (i & 1 ? PT_A : 0u) | (i & 2 ? PT_D : 0u);
			vaddr_t va = VA + i * PT_PAGE_SIZE;

			CHECK_EQ(pt_map(&f.pt, va, f.frame[i], U_RW | ad), 0);
			protect_now(&f.pt, va, 1, 0);
			CHECK_EQ(leaf_flags(&f.pt, va), PT_U | ad);
			protect_now(&f.pt, va, 1, PT_W);
			CHECK_EQ(leaf_flags(&f.pt, va), U_RW | ad);
			protect_now(&f.pt, va, 1, PT_X);
			CHECK_EQ(leaf_flags(&f.pt, va), PT_U | PT_X | ad);
		}
	}
	fixture_end(&f);
}

static unsigned harvest_now(struct pt *pt, vaddr_t va, unsigned bits)
{
	struct tlb_gather g;
	unsigned was;

	tlb_begin(&g, pt, NULL);
	was = pt_harvest(pt, va, bits, &g);
	tlb_finish(&g);
	return was;
}

TEST(harvest_a, "arch/accessed-comes-back-after-it-was-harvested")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			touch_all(&f, VA, 100);
			CHECK_EQ(harvest_now(&f.pt, VA, PT_A), PT_A);
			CHECK_EQ(leaf_flags(&f.pt, VA), U_RW | PT_D);
			CHECK_EQ(harvest_now(&f.pt, VA, PT_A), 0);
			CHECK(reads(cpu, VA, 100));
			CHECK_EQ(leaf_flags(&f.pt, VA), U_RW | AD);
		}
		CHECK_EQ(harvest_now(&f.pt, VA + PT_PAGE_SIZE, AD), 0);
	}
	fixture_end(&f);
}

TEST(harvest_d, "arch/dirty-comes-back-after-it-was-harvested")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			for (unsigned each = 0; each < f.cpus; each++)
				CHECK(writes(each, VA, 5));
			CHECK_EQ(harvest_now(&f.pt, VA, PT_D), PT_D);
			CHECK(reads(cpu, VA, 5));
			CHECK_EQ(leaf_flags(&f.pt, VA), U_RW | PT_A);
			CHECK(writes(cpu, VA, 6));
			CHECK_EQ(leaf_flags(&f.pt, VA), U_RW | AD);
		}
	}
	fixture_end(&f);
}

TEST(clean, "arch/clean-takes-dirty-once-and-write-protects")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(writes(cpu, VA, 5));
		CHECK(pt_clean(&f.pt, VA, VA + PT_PAGE_SIZE));
		CHECK_EQ(leaf_flags(&f.pt, VA), PT_U | PT_A);
		CHECK(!pt_clean(&f.pt, VA, VA + PT_PAGE_SIZE));
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(faults(cpu, VA, M_USER | M_WRITE));
		touch_all(&f, VA, 5);
	}
	fixture_end(&f);
}

struct seen_log {
	unsigned n;
	struct pt_leaf leaf[4];
	vaddr_t va[4];
};

static void log_seen(void *ctx, vaddr_t va, const struct pt_leaf *old)
{
	struct seen_log *log = ctx;

	if (log->n < 4) {
		log->va[log->n] = va;
		log->leaf[log->n] = *old;
	}
	log->n++;
}

TEST(unmap_seen, "arch/unmap-tells-each-old-leaf-with-its-a-and-d")
{
	struct fixture f;
	struct seen_log log = {0};
	struct tlb_gather g;

	if (fixture_begin(&f, 3)) {
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(pt_map(&f.pt, VA + i * PT_PAGE_SIZE, f.frame[i], U_RW), 0);
		CHECK(reads(0, VA + PT_PAGE_SIZE, 101));
		CHECK(writes(0, VA + 2 * PT_PAGE_SIZE, 5));
		tlb_begin(&g, &f.pt, NULL);
		pt_unmap(&f.pt, VA, VA + 4 * PT_PAGE_SIZE, &g, log_seen, &log);
		tlb_finish(&g);
		CHECK_EQ(log.n, 3);
		for (unsigned i = 0; i < 3; i++) {
			CHECK_EQ(log.va[i], VA + i * PT_PAGE_SIZE);
			CHECK_EQ(log.leaf[i].pa, f.frame[i]);
		}
		CHECK_EQ(log.leaf[0].flags, U_RW);
		CHECK_EQ(log.leaf[1].flags, U_RW | PT_A);
		CHECK_EQ(log.leaf[2].flags, U_RW | AD);
	}
	fixture_end(&f);
}

/* A table that was freed must be gone from walk caches, too: the new one at its place is what counts. */
TEST(prune, "arch/a-freed-table-is-forgotten-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 3)) {
		uint64_t tables = f.pt.tables;
		struct tlb_gather g;

		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], U_RW | AD), 0);
		touch_all(&f, VA, 100);
		tlb_begin(&g, &f.pt, NULL);
		pt_unmap(&f.pt, VA, VA + 2 * PT_PAGE_SIZE, &g, NULL, NULL);
		pt_prune(&f.pt, 0, 0, pt_span(2) * 4, pt_span(2) * 4, &g);
		tlb_finish(&g);
		CHECK_EQ(f.pt.tables, tables + pt_levels() - 3); /* those above span more */
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(faults(cpu, VA, M_USER));
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[2], U_RW | AD), 0);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			CHECK(reads(cpu, VA + PT_PAGE_SIZE, 102));
			CHECK(faults(cpu, VA, M_USER));
		}
	}
	fixture_end(&f);
}

/* The same when nothing but the table goes: a CPU that met a hole in it still knows the way there. */
TEST(prune_alone, "arch/a-table-freed-on-its-own-is-forgotten-by-every-cpu")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		struct tlb_gather g;

		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		touch_all(&f, VA, 100);
		unmap_now(&f.pt, VA, 1);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER));
		tlb_begin(&g, &f.pt, NULL);
		pt_prune(&f.pt, 0, 0, pt_span(2) * 4, pt_span(2) * 4, &g);
		tlb_finish(&g);
		CHECK_EQ(pt_map(&f.pt, VA + PT_PAGE_SIZE, f.frame[1], U_RW | AD), 0);
		touch_all(&f, VA + PT_PAGE_SIZE, 101);
	}
	fixture_end(&f);
}

TEST(prune_keeps, "arch/prune-keeps-tables-that-span-more")
{
	struct fixture f;

	if (fixture_begin(&f, 2)) {
		struct tlb_gather g;
		vaddr_t left = pt_span(1) * 3 - PT_PAGE_SIZE;

		CHECK_EQ(pt_map(&f.pt, left, f.frame[0], U_RW | AD), 0);
		CHECK_EQ(pt_map(&f.pt, left + PT_PAGE_SIZE, f.frame[1], U_RW | AD), 0);
		touch_all(&f, left, 100);
		tlb_begin(&g, &f.pt, NULL);
		pt_unmap(&f.pt, left + PT_PAGE_SIZE, left + 2 * PT_PAGE_SIZE, &g, NULL, NULL);
		pt_prune(&f.pt, left + PT_PAGE_SIZE, left + PT_PAGE_SIZE, left + PT_PAGE_SIZE + pt_span(1),
			 left + PT_PAGE_SIZE + pt_span(1), &g);
		tlb_finish(&g);
		touch_all(&f, left, 100);
		tlb_begin(&g, &f.pt, NULL);
		pt_prune(&f.pt, left + PT_PAGE_SIZE, left + PT_PAGE_SIZE, pt_span(2), pt_span(2), &g);
		tlb_finish(&g);
		touch_all(&f, left, 100);
		CHECK_EQ(pt_map(&f.pt, left + PT_PAGE_SIZE, f.frame[1], U_RW | AD), 0);
		touch_all(&f, left + PT_PAGE_SIZE, 101);
	}
	fixture_end(&f);
}

static unsigned released;

static void release_counted(paddr_t pa)
{
	released++;
	m_page_free(pa);
}

/* A gather that is full flushes early; nothing may be freed before, and nothing left over. */
static void gather_of(unsigned capacity)
{
	struct fixture f;
	struct tlb_gather g;
	paddr_t frame[9] = {0};

	if (fixture_begin(&f, 0)) {
		tlb_gather_max = capacity;
		released = 0;
		for (unsigned i = 0; i < 9; i++) {
			frame[i] = m_page();
			CHECK_EQ(pt_map(&f.pt, VA + i * pt_span(1), frame[i], U_RW | AD), 0);
			touch_all(&f, VA + i * pt_span(1), 0);
		}
		tlb_begin(&g, &f.pt, release_counted);
		for (unsigned i = 0; i < 9; i++) {
			pt_unmap(&f.pt, VA + i * pt_span(1), VA + i * pt_span(1) + PT_PAGE_SIZE, &g, NULL,
				 NULL);
			tlb_defer(&g, frame[i]);
		}
		pt_prune(&f.pt, 0, 0, pt_span(2) * 4, pt_span(2) * 4, &g);
		tlb_finish(&g);
		CHECK_EQ(released, 9);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			for (unsigned i = 0; i < 9; i++)
				CHECK(faults(cpu, VA + i * pt_span(1), M_USER));
		}
		tlb_gather_max = TLB_GATHER_MAX;
	}
	fixture_end(&f);
}

TEST(gather, "arch/a-full-gather-flushes-before-it-frees")
{
	gather_of(1);
	gather_of(3);
	gather_of(TLB_GATHER_MAX);
}

TEST(publish, "arch/a-new-page-is-seen-after-a-hole-was")
{
	struct fixture f;

	if (fixture_begin(&f, 1)) {
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(faults(cpu, VA, M_USER));
		CHECK_EQ(pt_map(&f.pt, VA, f.frame[0], U_RW | AD), 0);
		CHECK(reads(0, VA, 100));
		CHECK_EQ(mended(), 0); /* the CPU that mapped it published it */
		for (unsigned cpu = 1; cpu < f.cpus; cpu++) {
			CHECK(reads(cpu, VA, 100));
			CHECK(mended() <= 1);
			CHECK(reads(cpu, VA, 100));
			CHECK_EQ(mended(), 0);
		}
	}
	fixture_end(&f);
}

TEST(kernel_window, "arch/kernel-mappings-come-and-go-on-every-cpu")
{
	struct fixture f;
	vaddr_t va = m_kernel_window();

	if (fixture_begin(&f, 2)) {
		CHECK_EQ(pt_map(&pt_kernel, va, f.frame[0], PT_W | PT_G | AD), 0);
		tlb_sync_kernel();
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			uint64_t value = 0;

			CHECK_EQ(access_on(cpu, va, M_READ, &value), M_OK);
			CHECK_EQ(value, 100);
			CHECK_EQ(mended(), 0);
			CHECK(faults(cpu, va, M_USER));
			CHECK(!faults(cpu, va, M_READ)); /* that fault may have dropped the entry */
		}
		unmap_now(&pt_kernel, va, 1);
		for (unsigned cpu = 0; cpu < f.cpus; cpu++)
			CHECK(faults(cpu, va, M_READ));
		CHECK_EQ(pt_map(&pt_kernel, va, f.frame[1], PT_G | AD), 0);
		tlb_sync_kernel();
		for (unsigned cpu = 0; cpu < f.cpus; cpu++) {
			uint64_t value = 0;

			CHECK_EQ(access_on(cpu, va, M_READ, &value), M_OK);
			CHECK_EQ(value, 101);
			CHECK(faults(cpu, va, M_WRITE));
		}
		unmap_now(&pt_kernel, va, 1);
	}
	fixture_end(&f);
}
