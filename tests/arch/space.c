/* Conformance: several address spaces, CPUs that come and go, tags that run out. */
#include "fixture.h"

#define SPACES 9 /* more than four tags give */

struct spaces {
	struct pt pt[SPACES];
	paddr_t frame[SPACES];
	size_t pages;
	unsigned cpus;
};

static void linger_here(void *pt)
{
	m_enter(pt);
	m_linger();
}

static bool spaces_begin(struct spaces *s, unsigned tag_bits)
{
	*s = (struct spaces){.pages = m_pages_in_use(), .cpus = m_cpus() < 2 ? 1 : 2};
	asid_setup(tag_bits);
	for (unsigned i = 0; i < SPACES; i++) {
		s->frame[i] = m_page();
		if (!CHECK(s->frame[i] != 0) || !CHECK_EQ(pt_init(&s->pt[i]), 0))
			return false;
		*m_word(s->frame[i]) = i;
		CHECK_EQ(pt_map(&s->pt[i], VA, s->frame[i], U_RW | AD), 0);
	}
	return true;
}

static void spaces_end(struct spaces *s)
{
	for (unsigned cpu = 0; cpu < s->cpus; cpu++)
		leave_on(cpu);
	for (unsigned i = 0; i < SPACES; i++) {
		if (!s->pt[i].root)
			continue;
		unmap_now(&s->pt[i], VA, 1);
		pt_destroy(&s->pt[i]);
		m_page_free(s->frame[i]);
	}
	asid_setup(16);
	CHECK_EQ(m_pages_in_use(), s->pages);
}

static bool sees(struct spaces *s, unsigned cpu, unsigned i, uint64_t want)
{
	enter_on(cpu, &s->pt[i]);
	return reads(cpu, VA, want);
}

TEST(apart, "arch/spaces-are-apart")
{
	struct spaces s;

	if (spaces_begin(&s, 16)) {
		for (unsigned i = 0; i < 4 * SPACES; i++) {
			for (unsigned cpu = 0; cpu < s.cpus; cpu++)
				CHECK(sees(&s, cpu, (i * (cpu + 1)) % SPACES, (i * (cpu + 1)) % SPACES));
		}
	}
	spaces_end(&s);
}

/* Tags run out again and again, while frames change hands. */
static void rollover(unsigned tag_bits)
{
	struct spaces s;
	uint64_t value[SPACES];

	if (spaces_begin(&s, tag_bits)) {
		for (unsigned i = 0; i < SPACES; i++)
			value[i] = i;
		for (unsigned round = 0; round < 300; round++) {
			unsigned i = (unsigned)(test_rand() % SPACES), j = (unsigned)(test_rand() % SPACES);
			unsigned cpu = (unsigned)(test_rand() % s.cpus);

			if (!CHECK(sees(&s, cpu, i, value[i])))
				break;
			if (round % 3 || i == j)
				continue;
			unmap_now(&s.pt[i], VA, 1);
			unmap_now(&s.pt[j], VA, 1);
			CHECK_EQ(pt_map(&s.pt[i], VA, s.frame[value[j]], U_RW | AD), 0);
			CHECK_EQ(pt_map(&s.pt[j], VA, s.frame[value[i]], U_RW | AD), 0);
			value[i] ^= value[j];
			value[j] ^= value[i];
			value[i] ^= value[j];
		}
	}
	spaces_end(&s);
}

TEST(tags, "arch/a-tag-is-not-reused-without-a-flush")
{
	rollover(0);
	rollover(1);
	rollover(2);
	rollover(3);
}

TEST(rounds, "arch/tags-last-a-round-and-then-begin-anew")
{
	struct spaces s;

	if (arch_asid_bits() < 2) {
		test_skip("this machine has no tags");
		return;
	}
	if (spaces_begin(&s, 2)) {
		uint64_t round = asid_generation();

		for (unsigned i = 0; i < 3; i++)
			enter_on(0, &s.pt[i]);
		CHECK_EQ(asid_generation(), round);
		enter_on(0, &s.pt[0]);
		CHECK_EQ(asid_generation(), round);
		enter_on(0, &s.pt[3]);
		CHECK_EQ(asid_generation(), round + 1);
	}
	spaces_end(&s);
}

/* A CPU that left a space is not interrupted for it: it must catch up when it comes back. */
static void catch_up(bool elsewhere)
{
	struct spaces s;

	if (spaces_begin(&s, 16)) {
		CHECK(sees(&s, 1, 0, 0));
		if (elsewhere)
			CHECK(sees(&s, 1, 1, 1));
		else
			leave_on(1);
		unmap_now(&s.pt[0], VA, 1);
		enter_on(1, &s.pt[0]);
		CHECK(faults(1, VA, M_USER));
		CHECK_EQ(pt_map(&s.pt[0], VA, s.frame[0], PT_U | AD), 0);
		CHECK(reads(1, VA, 0));
	}
	spaces_end(&s);
}

TEST(catch_up_idle, "arch/a-cpu-that-was-idle-catches-up-on-its-return")
{
	if (two_cpus())
		catch_up(false);
}

TEST(catch_up_elsewhere, "arch/a-cpu-that-was-elsewhere-catches-up-on-its-return")
{
	if (two_cpus())
		catch_up(true);
}

static uint64_t remote_before;

static void count_here(void *unused)
{
	(void)unused;
	remote_before = tlb_count_remote;
}

TEST(not_interrupted, "arch/a-cpu-that-is-elsewhere-is-not-interrupted")
{
	struct spaces s;

	if (!two_cpus())
		return;
	if (spaces_begin(&s, 16)) {
		CHECK(sees(&s, 1, 0, 0));
		CHECK(sees(&s, 1, 1, 1));
		CHECK(sees(&s, 0, 0, 0));
		count_here(NULL);
		unmap_now(&s.pt[0], VA, 1);
		CHECK_EQ(tlb_count_remote, remote_before);
		CHECK_EQ(pt_map(&s.pt[0], VA, s.frame[0], U_RW | AD), 0);
		CHECK(sees(&s, 1, 0, 0));
		unmap_now(&s.pt[0], VA, 1);
		CHECK_EQ(tlb_count_remote, remote_before + 1);
	}
	spaces_end(&s);
}

static void is_kernel_here(void *out)
{
	unsigned long irq = port_irq_save();

	*(bool *)out = pt_active() == &pt_kernel;
	port_irq_restore(irq);
}

TEST(destroy_lingering, "arch/destroy-sends-lingering-cpus-home")
{
	size_t pages = m_pages_in_use();
	struct pt pt;

	if (!CHECK_EQ(pt_init(&pt), 0))
		return;
	for (unsigned cpu = 0; cpu < m_cpus(); cpu++)
		m_on(cpu, linger_here, &pt);
	pt_destroy(&pt);
	for (unsigned cpu = 0; cpu < m_cpus(); cpu++) {
		bool home = false;

		m_on(cpu, is_kernel_here, &home);
		CHECK(home);
	}
	CHECK_EQ(m_pages_in_use(), pages);
}

TEST(destroy_frees, "arch/destroy-gives-back-every-table")
{
	size_t pages = m_pages_in_use();
	paddr_t frame = m_page();
	struct pt pt;

	if (!CHECK(frame != 0) || !CHECK_EQ(pt_init(&pt), 0))
		return;
	CHECK_EQ(pt.tables, 1);
	for (unsigned i = 0; i < 40; i++) {
		vaddr_t va = (test_rand() % (m_user_top() >> PT_PAGE_SHIFT)) << PT_PAGE_SHIFT;
		int err = pt_map(&pt, va, frame, U_RW);

		CHECK(err == 0 || err == -VM_EEXIST);
	}
	CHECK_EQ(m_pages_in_use(), pages + 1 + pt.tables);
	unmap_now(&pt, 0, (unsigned)1 << 20);
	{
		struct tlb_gather g;

		tlb_begin(&g, &pt, NULL);
		pt_unmap(&pt, 0, m_user_top(), &g, NULL, NULL);
		tlb_finish(&g);
	}
	pt_destroy(&pt);
	m_page_free(frame);
	CHECK_EQ(m_pages_in_use(), pages);
}
