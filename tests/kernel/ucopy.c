/* Copies from and to user memory. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/sched/probe.h"
#include "tests/arch/machine.h"

#define USER_VA ((vaddr_t)0x10000000)
#define PAGES   3 /* two writable ones, a hole, and a read-only one */

static struct pt space;
static paddr_t frame[PAGES];
static unsigned char buf[4 * PT_PAGE_SIZE];

static vaddr_t page_va(unsigned i) { return USER_VA + (i < 2 ? i : 3) * PT_PAGE_SIZE; }

/* Leaves have neither A nor D: the copies' own faults see to that. */
static bool space_make(void)
{
	if (!CHECK_EQ(pt_init(&space), 0))
		return false;
	for (unsigned i = 0; i < PAGES; i++) {
		unsigned flags = PT_U | (i < 2 ? PT_W : 0);

		frame[i] = m_page();
		if (!CHECK(frame[i]) || !CHECK_EQ(pt_map(&space, page_va(i), frame[i], flags), 0))
			return false;
	}
	m_enter(&space);
	return true;
}

static void space_end(void)
{
	struct tlb_gather g;

	m_leave();
	tlb_begin(&g, &space, NULL);
	pt_unmap(&space, 0, m_user_top(), &g, NULL, NULL);
	tlb_finish(&g);
	pt_destroy(&space);
	for (unsigned i = 0; i < PAGES; i++)
		m_page_free(frame[i]);
}

static unsigned char pattern(size_t i) { return (unsigned char)(i * 7 + i / 256 + 1); }

static unsigned char *user_byte(vaddr_t va)
{
	size_t at = (size_t)(va - USER_VA);

	return (unsigned char *)ptov(frame[at / PT_PAGE_SIZE]) + at % PT_PAGE_SIZE;
}

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 100, 4095, 4096, 4097};
#define NSIZES (sizeof sizes / sizeof sizes[0])

TEST(whole, "kernel/user-copies-copy-all-there-is")
{
	unsigned wrong = 0;

	if (!space_make())
		return;
	for (unsigned i = 0; i < NSIZES * 9; i++) {
		size_t n = sizes[i / 9], shift = i % 9;
		vaddr_t va = USER_VA + PT_PAGE_SIZE / 2 + shift;

		for (size_t k = 0; k < n; k++)
			buf[k] = pattern(k + i);
		buf[n] = 0xee;
		wrong += arch_copy_to_user(va, buf, n) != 0;
		for (size_t k = 0; k < n; k++)
			wrong += *user_byte(va + k) != pattern(k + i);
		memset(buf, 0, n);
		wrong += arch_copy_from_user(buf + shift, va, n) != 0;
		for (size_t k = 0; k < n; k++)
			wrong += buf[shift + k] != pattern(k + i);
	}
	CHECK_EQ(wrong, 0);
	space_end();
}

TEST(hole, "kernel/user-copies-stop-at-a-hole-and-say-how-much-is-missing")
{
	const vaddr_t hole = USER_VA + 2 * PT_PAGE_SIZE;
	uint64_t value;

	if (!space_make())
		return;
	for (unsigned i = 0; i < NSIZES; i++) {
		for (unsigned k = 0; k < NSIZES; k++) {
			size_t before = sizes[i], after = sizes[k];
			vaddr_t va = hole - before;

			for (size_t b = 0; b < before; b++)
				*user_byte(va + b) = pattern(b);
			memset(buf, 0, before + after);
			CHECK_EQ(arch_copy_from_user(buf, va, before + after), after);
			if (before)
				CHECK(buf[0] == pattern(0) && buf[before - 1] == pattern(before - 1));
			memset(buf, 0xab, before + after);
			CHECK_EQ(arch_copy_to_user(va, buf, before + after), after);
			if (before)
				CHECK(*user_byte(va) == 0xab && *user_byte(hole - 1) == 0xab);
			if (test_failing())
				test_note("%zu bytes before the hole, %zu behind", before, after);
		}
	}
	CHECK_EQ(arch_copy_from_user(buf, page_va(2), 100), 0);
	CHECK_EQ(arch_copy_to_user(page_va(2), buf, 100), 100); /* read-only */
	CHECK_EQ(arch_copy_to_user(0, buf, 8), 8);
	CHECK_EQ(arch_copy_from_user(buf, m_user_top() - 8, 8), 8);
	/* However the last copy ended, user memory is out of reach again. */
	if (m_keeps_out(M_READ))
		CHECK_EQ(m_access(USER_VA, M_READ, &value), M_FAULT);
	CHECK_EQ(m_access(USER_VA, M_USER, &value), M_OK);
	space_end();
}

TEST(inside, "kernel/a-fault-in-a-user-copy-closes-user-memory-while-it-is-handled")
{
	const vaddr_t hole = USER_VA + 2 * PT_PAGE_SIZE;
	struct probe probe = {.peek = USER_VA};
	uint64_t value = 0;

	if (!m_keeps_out(M_READ)) {
		test_skip("this CPU has no SMAP");
		return;
	}
	if (!space_make())
		return;
	CHECK_EQ(m_access(USER_VA, M_USER | M_WRITE, &value),
		 M_OK); /* its leaf has A and D: it is in reach */
	thread_current()->probe = &probe;
	CHECK_EQ(arch_copy_from_user(buf, hole, 8), 8);
	CHECK_EQ(arch_copy_to_user(hole, buf, 8), 8);
	CHECK_EQ(arch_copy_from_user(buf, USER_VA, 8), 0); /* the copy itself still may */
	thread_current()->probe = NULL;
	CHECK(probe.peeks >= 2);
	CHECK_EQ(probe.reached, 0);
	space_end();
}

static unsigned leaf_flags(vaddr_t va)
{
	struct pt_leaf leaf = {0};

	return pt_query(&space, va, &leaf) ? leaf.flags : 0;
}

/* Hardware that sets A and D by itself never gets here with such a fault: so the trap is made by hand. */
TEST(touch, "kernel/a-fault-that-only-wants-accessed-or-dirty-is-mended-in-a-user-copy")
{
	struct intr_frame f;
	const vaddr_t pc = (uintptr_t)arch_copy_to_user;
	unsigned long irq;

	if (!space_make())
		return;
	memset(&f, 0, sizeof f);
	arch_frame_set_pc(&f, pc);
	CHECK_EQ(leaf_flags(USER_VA) & (PT_A | PT_D), 0);
	irq = arch_irq_save();
	trap_fault(&f, USER_VA, 0);
	CHECK_EQ(leaf_flags(USER_VA) & (PT_A | PT_D), PT_A);
	trap_fault(&f, USER_VA, FAULT_WRITE);
	CHECK_EQ(leaf_flags(USER_VA) & (PT_A | PT_D), PT_A | PT_D);
	arch_irq_restore(irq);
	CHECK_EQ(arch_frame_pc(&f), pc); /* the access is tried again */
	space_end();
}

/* ---- spaces and permissions follow the thread ---- */

#define COPIES 1000

struct owner {
	struct pt pt;
	paddr_t page;
	unsigned char value;
	unsigned wrong;
};

static void copy_own(void *arg)
{
	struct owner *o = arg;
	unsigned char mine[256];
	uint64_t value;

	m_enter(&o->pt);
	for (unsigned i = 0; i < COPIES; i++) {
		memset(mine, 0, sizeof mine);
		o->wrong += arch_copy_from_user(mine, USER_VA + i % 9, sizeof mine) != 0;
		for (size_t k = 0; k < sizeof mine; k++)
			o->wrong += mine[k] != o->value;
		o->wrong += arch_copy_to_user(USER_VA + 1024 + i % 9, mine, sizeof mine) != 0;
		o->wrong += m_keeps_out(M_READ) && m_access(USER_VA, M_READ, &value) != M_FAULT;
		if (i % 8 == 0)
			thread_yield();
	}
	m_leave();
}

TEST(switching, "kernel/user-copies-see-their-own-space-whoever-runs-in-between")
{
	static struct owner owner[4];
	struct crew crew = {0};

	for (unsigned i = 0; i < 4; i++) {
		struct owner *o = &owner[i];

		o->page = m_page();
		o->value = (unsigned char)(i + 1);
		o->wrong = 0;
		if (!CHECK(o->page) || !CHECK_EQ(pt_init(&o->pt), 0))
			return;
		memset(ptov(o->page), o->value, PT_PAGE_SIZE);
		CHECK_EQ(pt_map(&o->pt, USER_VA, o->page, PT_U | PT_W), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		crew_add(&crew, copy_own, &owner[i], 1 | (uint64_t)1 << (i / 2) % cpu_count);
	crew_join(&crew);
	for (unsigned i = 0; i < 4; i++) {
		struct tlb_gather g;

		CHECK_EQ(owner[i].wrong, 0);
		tlb_begin(&g, &owner[i].pt, NULL);
		pt_unmap(&owner[i].pt, 0, m_user_top(), &g, NULL, NULL);
		tlb_finish(&g);
		pt_destroy(&owner[i].pt);
		m_page_free(owner[i].page);
	}
}

/* As a process does. */
static void enter_and_end(void *pt)
{
	unsigned long irq = port_irq_save();

	thread_current()->pt = pt;
	pt_activate(pt);
	port_irq_restore(irq);
}

static bool nobody_in(void *pt) { return !((struct pt *)pt)->cpus; }

TEST(idle, "kernel/a-cpu-that-idles-has-left-the-space-it-was-in")
{
	static struct pt pt;
	struct crew crew = {0};

	if (!CHECK_EQ(pt_init(&pt), 0))
		return;
	crew_add(&crew, enter_and_end, &pt, (uint64_t)1 << (cpu_count - 1));
	crew_join(&crew);
	CHECK(soon(nobody_in, &pt));
	pt_destroy(&pt);
}
