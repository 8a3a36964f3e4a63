/* Conformance: one CPU changes what another is using. OP runs on CPU 0, RIVAL on CPU 1; see machine.h for how
 * the two are brought together. */
#include "fixture.h"

#define PAIRS 48 /* each configuration tries all of them */

static struct fixture fx;
static paddr_t loose; /* a frame that OP or RIVAL frees */
static uint64_t snapshot, rival_value;
static enum m_result rival_result;
static bool op_dirty;
static int op_err, rival_err;

static void release_frame(paddr_t pa) { m_page_free(pa); }

static void rival_access(unsigned how, uint64_t value)
{
	m_enter(&fx.pt);
	rival_value = value;
	rival_result = m_access(VA, how, &rival_value);
}

static void rival_reads(void *unused) { (void)unused, rival_access(M_USER, 0); }

static void rival_writes(void *unused) { (void)unused, rival_access(M_USER | M_WRITE, 77); }

/* Each trial starts with word 0 = 100 in a page at VA, clean, in CPU 1's TLB by a read. */
static void setup_page(void *unused)
{
	(void)unused;
	enter_on(1, &fx.pt);
	unmap_now(&fx.pt, VA, 1);
	*m_word(fx.frame[0]) = 100;
	CHECK_EQ(pt_map(&fx.pt, VA, fx.frame[0], U_RW | PT_A), 0);
	CHECK(reads(1, VA, 100));
	rival_result = M_FAULT;
	op_dirty = false;
}

/* The same, but dirty, and CPU 1's TLB knows that it is. */
static void setup_dirty(void *ctx)
{
	setup_page(ctx);
	CHECK(writes(1, VA, 100));
}

static void race(void (*setup)(void *), void (*op)(void *), void (*rival)(void *), void (*check)(void *))
{
	struct m_race r = {setup, op, rival, check, NULL, PAIRS};

	if (!two_cpus())
		return;
	if (fixture_begin(&fx, 2))
		test_note("%u trials", m_race(&r));
	fixture_end(&fx);
}

/* ---- a frame is freed only when no CPU can reach it ---- */

static void setup_loose(void *unused)
{
	(void)unused;
	enter_on(1, &fx.pt);
	unmap_now(&fx.pt, VA, 1);
	loose = m_page();
	*m_word(loose) = 100;
	CHECK_EQ(pt_map(&fx.pt, VA, loose, U_RW | AD), 0);
	CHECK(reads(1, VA, 100));
}

static void op_free(void *unused)
{
	struct tlb_gather g;

	(void)unused;
	tlb_begin(&g, &fx.pt, release_frame);
	pt_unmap(&fx.pt, VA, VA + PT_PAGE_SIZE, &g, NULL, NULL);
	tlb_defer(&g, loose);
	tlb_finish(&g);
}

static void check_freed(void *unused)
{
	(void)unused;
	if (rival_result == M_OK)
		CHECK_EQ(rival_value, 100);
	CHECK(faults(1, VA, M_USER));
}

TEST(race_free, "arch/a-frame-is-freed-after-the-remote-flush")
{
	race(setup_loose, op_free, rival_reads, check_freed);
}

/* ---- tables are freed only when no walker can reach them ---- */

static void op_free_tables(void *unused)
{
	struct tlb_gather g;

	(void)unused;
	tlb_begin(&g, &fx.pt, release_frame);
	pt_unmap(&fx.pt, VA, VA + PT_PAGE_SIZE, &g, NULL, NULL);
	tlb_defer(&g, loose);
	pt_prune(&fx.pt, 0, 0, pt_span(2) * 4, pt_span(2) * 4, &g);
	tlb_finish(&g);
}

TEST(race_tables, "arch/a-table-is-freed-after-the-remote-flush")
{
	race(setup_loose, op_free_tables, rival_reads, check_freed);
}

/* ---- after a downgrade nothing is written any more ---- */

static void op_protect(void *unused)
{
	(void)unused;
	protect_now(&fx.pt, VA, 1, 0);
	snapshot = *m_word(fx.frame[0]);
}

static void check_protected(void *unused)
{
	(void)unused;
	CHECK_EQ(*m_word(fx.frame[0]), snapshot);
	if (snapshot != 100)
		CHECK(leaf_flags(&fx.pt, VA) & PT_D);
	CHECK(faults(1, VA, M_USER | M_WRITE));
}

TEST(race_protect, "arch/a-downgrade-loses-neither-a-write-nor-its-dirty-bit")
{
	race(setup_page, op_protect, rival_writes, check_protected);
}

/* ---- flags change while the hardware sets others ---- */

static void op_exec_bit(void *unused)
{
	(void)unused;
	protect_now(&fx.pt, VA, 1, PT_W | PT_X);
}

static void check_dirty_kept(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_result, M_OK);
	CHECK_EQ(*m_word(fx.frame[0]), 77);
	CHECK_EQ(leaf_flags(&fx.pt, VA), U_RW | PT_X | AD);
}

TEST(race_flags, "arch/a-flag-change-keeps-bits-set-meanwhile")
{
	race(setup_page, op_exec_bit, rival_writes, check_dirty_kept);
}

static void note_dirty(void *unused, vaddr_t va, const struct pt_leaf *old)
{
	(void)unused, (void)va;
	op_dirty = old->flags & PT_D;
}

static void op_unmap_noting(void *unused)
{
	struct tlb_gather g;

	(void)unused;
	tlb_begin(&g, &fx.pt, NULL);
	pt_unmap(&fx.pt, VA, VA + PT_PAGE_SIZE, &g, note_dirty, NULL);
	tlb_finish(&g);
	snapshot = *m_word(fx.frame[0]);
}

static void check_noted(void *unused)
{
	(void)unused;
	CHECK_EQ(*m_word(fx.frame[0]), snapshot);
	if (snapshot != 100) /* not the reverse: a fault handler marks what the access then fails to do */
		CHECK(op_dirty);
}

TEST(race_unmap, "arch/unmap-keeps-a-dirty-bit-set-meanwhile")
{
	race(setup_page, op_unmap_noting, rival_writes, check_noted);
}

/* ---- dirty is known only after the flush ---- */

static void op_clean(void *unused)
{
	(void)unused;
	op_dirty = pt_clean(&fx.pt, VA, VA + PT_PAGE_SIZE);
	snapshot = *m_word(fx.frame[0]);
}

static void check_clean(void *unused)
{
	(void)unused;
	CHECK_EQ(*m_word(fx.frame[0]), snapshot);
	if (snapshot != 100)
		CHECK(op_dirty);
}

TEST(race_clean, "arch/dirty-is-taken-after-the-flush")
{
	race(setup_page, op_clean, rival_writes, check_clean);
}

static void op_harvest(void *unused)
{
	struct tlb_gather g;

	(void)unused;
	tlb_begin(&g, &fx.pt, NULL);
	op_dirty = pt_harvest(&fx.pt, VA, PT_D, &g);
	tlb_finish(&g);
	snapshot = __atomic_load_n(m_word(fx.frame[0]), __ATOMIC_RELAXED); /* the rival may write it now */
}

static void check_harvest(void *unused)
{
	(void)unused;
	CHECK(op_dirty);
	CHECK_EQ(rival_result, M_OK);
	if (snapshot != 77) /* written after what a write-out would have seen: it must show */
		CHECK(leaf_flags(&fx.pt, VA) & PT_D);
}

TEST(race_harvest, "arch/a-write-after-the-harvest-is-dirty-again")
{
	race(setup_dirty, op_harvest, rival_writes, check_harvest);
}

/* ---- a CPU joins the space while its entries change ---- */

static void setup_away(void *unused)
{
	setup_page(unused);
	leave_on(1);
}

static void op_unmap(void *unused)
{
	(void)unused;
	unmap_now(&fx.pt, VA, 1);
}

static void check_unmapped(void *unused)
{
	(void)unused;
	enter_on(1, &fx.pt);
	if (rival_result == M_OK)
		CHECK_EQ(rival_value, 100);
	CHECK(faults(1, VA, M_USER));
}

TEST(race_join, "arch/a-cpu-that-joins-during-the-change-sees-it")
{
	race(setup_away, op_unmap, rival_reads, check_unmapped);
}

static void rival_leaves_and_returns(void *unused)
{
	(void)unused;
	m_leave();
	rival_access(M_USER, 0);
}

TEST(race_return, "arch/a-cpu-that-leaves-and-returns-during-the-change-sees-it")
{
	race(setup_page, op_unmap, rival_leaves_and_returns, check_unmapped);
}

/* ---- two CPUs change the same space at once ---- */

static void setup_empty(void *unused)
{
	struct tlb_gather g;

	(void)unused;
	tlb_begin(&g, &fx.pt, NULL);
	pt_unmap(&fx.pt, VA, VA + 2 * PT_PAGE_SIZE, &g, NULL, NULL);
	pt_prune(&fx.pt, 0, 0, pt_span(2) * 4, pt_span(2) * 4, &g);
	tlb_finish(&g);
}

static void op_map_0(void *unused)
{
	(void)unused;
	op_err = pt_map(&fx.pt, VA, fx.frame[0], U_RW | AD);
}

static void rival_map_1(void *unused)
{
	(void)unused;
	rival_err = pt_map(&fx.pt, VA, fx.frame[1], U_RW | AD);
}

static void rival_map_beside(void *unused)
{
	(void)unused;
	rival_err = pt_map(&fx.pt, VA + PT_PAGE_SIZE, fx.frame[1], U_RW | AD);
}

static void check_one_won(void *unused)
{
	(void)unused;
	CHECK(op_err == 0 || rival_err == 0);
	CHECK(op_err == -VM_EEXIST || rival_err == -VM_EEXIST);
	CHECK(reads(0, VA, op_err ? 101 : 100));
}

TEST(race_map, "arch/of-two-mappings-of-one-page-one-wins")
{
	race(setup_empty, op_map_0, rival_map_1, check_one_won);
}

static void check_both(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		CHECK(reads(cpu, VA, 100));
		CHECK(reads(cpu, VA + PT_PAGE_SIZE, 101));
	}
}

TEST(race_same_tables, "arch/two-mappings-agree-on-the-tables-they-both-need")
{
	race(setup_empty, op_map_0, rival_map_beside, check_both);
}

/* ---- shootdowns wait for busy CPUs, and never for each other ---- */

static void setup_two(void *unused)
{
	setup_empty(unused);
	op_map_0(NULL);
	rival_map_beside(NULL);
	check_both(NULL);
}

static void rival_unmap_beside(void *unused)
{
	(void)unused;
	unmap_now(&fx.pt, VA + PT_PAGE_SIZE, 1);
}

static void check_both_gone(void *unused)
{
	(void)unused;
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		CHECK(faults(cpu, VA, M_USER));
		CHECK(faults(cpu, VA + PT_PAGE_SIZE, M_USER));
	}
}

TEST(race_mutual, "arch/two-cpus-that-shoot-at-each-other-both-finish")
{
	race(setup_two, op_unmap, rival_unmap_beside, check_both_gone);
}

static void rival_interrupts_off(void *unused)
{
	unsigned long irq = port_irq_save();
	struct pt_leaf leaf;

	(void)unused;
	for (unsigned i = 0; i < 20; i++)
		pt_query(&fx.pt, VA + i * PT_PAGE_SIZE, &leaf);
	port_irq_restore(irq);
}

TEST(race_irqs_off, "arch/a-shootdown-waits-for-a-cpu-with-interrupts-off")
{
	race(setup_page, op_unmap, rival_interrupts_off, check_unmapped);
}

static void storm(vaddr_t va, paddr_t frame)
{
	for (unsigned i = 0; i < 12; i++) {
		uint64_t value = i;

		if (!CHECK_EQ(pt_map(&fx.pt, va, frame, U_RW | AD), 0))
			return;
		CHECK_EQ(m_access(va, M_USER | M_WRITE, &value), M_OK);
		unmap_now(&fx.pt, va, 1);
		CHECK_EQ(m_access(va, M_USER, &value), M_FAULT);
	}
}

static void op_storm(void *unused)
{
	(void)unused;
	m_enter(&fx.pt);
	storm(VA, fx.frame[0]);
}

static void rival_storm(void *unused)
{
	(void)unused;
	m_enter(&fx.pt);
	storm(VA + PT_PAGE_SIZE, fx.frame[1]);
}

TEST(race_storm, "arch/a-storm-of-mutual-unmaps-ends")
{
	race(setup_empty, op_storm, rival_storm, check_both_gone);
}
