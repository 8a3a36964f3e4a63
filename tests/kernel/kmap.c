/* The kernel's own mappings, and that the MMU holds the kernel to them on every CPU. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "tests/arch/machine.h"

extern const char __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern const char __data_start[], __data_end[];

static bool between(vaddr_t va, const char *lo, const char *hi)
{
	return va >= (uintptr_t)lo && va < (uintptr_t)hi;
}

/* ---- what the table says ---- */

struct survey {
	unsigned writable_code, user, not_global, code_elsewhere;
	unsigned all, wrong_image, wrong_direct, image_leaves, large;
};

static bool look(void *ctx, vaddr_t va, pte_t *slot, unsigned level)
{
	struct survey *s = ctx;
	unsigned flags = pte_flags(*slot, level);
	bool text = between(va, __text_start, __text_end), rodata = between(va, __rodata_start, __rodata_end);
	bool data = between(va, __data_start, __data_end);

	s->all++;
	s->writable_code += (flags & PT_W) && (flags & PT_X);
	s->user += (flags & PT_U) != 0;
	s->not_global += !(flags & PT_G);
	s->code_elsewhere += (flags & PT_X) && !text;
	s->wrong_image += (text && (flags & (PT_W | PT_X)) != PT_X) || (rodata && (flags & (PT_W | PT_X))) ||
			  (data && (flags & (PT_W | PT_X)) != PT_W);
	s->image_leaves += text || rodata || data;
	if (va - mem_direct_base == pte_pa(*slot)) {
		s->wrong_direct += (flags & PT_X) != 0;
		s->large += level > 0;
	}
	return true;
}

TEST(wxorx, "kernel/no-page-of-the-kernel-is-writable-and-executable")
{
	struct survey s = {0};

	pt_for_each(&pt_kernel, 0 - m_user_top(), 0, look, &s); /* the upper half */
	CHECK_EQ(s.writable_code, 0);
	CHECK_EQ(s.user, 0);
	CHECK_EQ(s.not_global, 0);
	CHECK_EQ(s.code_elsewhere, 0);
	CHECK_EQ(s.wrong_image, 0);
	CHECK_EQ(s.image_leaves, (uint64_t)(__data_end - __text_start) >> PT_PAGE_SHIFT);
	CHECK_EQ(s.wrong_direct, 0);
	CHECK(s.large > 0 || palloc_total() < 2 * 512);
	s = (struct survey){0};
	pt_for_each(&pt_kernel, 0, m_user_top(), look, &s);
	CHECK_EQ(s.all, 0);
}

TEST(alias, "kernel/text-and-constants-have-no-writable-alias")
{
	for (const char *at = __text_start; at < __rodata_end; at += PT_PAGE_SIZE) {
		struct pt_leaf leaf, alias;

		CHECK(pt_query(&pt_kernel, (uintptr_t)at, &leaf));
		if (CHECK(pt_query(&pt_kernel, (uintptr_t)ptov(leaf.pa), &alias))) {
			CHECK_EQ(alias.pa, leaf.pa);
			CHECK(!(alias.flags & (PT_W | PT_X)));
		}
	}
}

static void check_stack(const struct thread *t, void *ctx)
{
	vaddr_t stack = (uintptr_t)t->stack;
	struct pt_leaf leaf;

	CHECK_EQ(stack % KSTACK_SLOT, KSTACK_SLOT - KSTACK_SIZE);
	for (vaddr_t va = stack - (KSTACK_SLOT - KSTACK_SIZE); va < stack; va += PT_PAGE_SIZE)
		CHECK(!pt_query(&pt_kernel, va, &leaf));
	for (vaddr_t va = stack; va < stack + KSTACK_SIZE; va += PT_PAGE_SIZE)
		CHECK(pt_query(&pt_kernel, va, &leaf) && (leaf.flags & (PT_W | PT_X | PT_U)) == PT_W);
	++*(unsigned *)ctx;
}

TEST(guards, "kernel/every-kernel-stack-has-a-guard-below-it")
{
	unsigned n = 0;

	thread_for_each(check_stack, &n);
	CHECK_EQ(n, thread_count());
	CHECK(n >= 2 + cpu_count);
}

TEST(mmio, "kernel/device-registers-can-be-mapped-twice-and-are-uncached")
{
	const paddr_t pa = 0xf0000010; /* no RAM on either machine: it is mapped, never touched */
	struct pt_leaf leaf;

	CHECK(mmio_map(pa, 0x1000) == ptov(pa));
	CHECK(mmio_map(pa, 0x1000) == ptov(pa));
	for (unsigned i = 0; i < 2; i++) {
		if (CHECK(pt_query(&pt_kernel, (uintptr_t)ptov(pa) + i * PT_PAGE_SIZE, &leaf))) {
			CHECK_EQ(leaf.pa, pa + i * PT_PAGE_SIZE);
			CHECK_EQ(leaf.flags & (PT_W | PT_X | PT_U), PT_W);
			CHECK_EQ(leaf.flags & PT_DEV, pte_flags(pte_leaf(0, 0, PT_DEV), 0));
		}
	}
}

/* ---- what the MMU does ---- */

TEST(peek, "kernel/a-probe-of-any-address-comes-back")
{
	const vaddr_t nowhere[] = {
		0,
		PT_PAGE_SIZE,
		m_user_top() - 8,
		m_user_top(),
		(vaddr_t)1 << 62,
		0 - m_user_top() - 8,
		kmap_spare(),
		(uintptr_t)thread_current()->stack - 8,
		~(vaddr_t)7,
	};
	uint64_t value = 5, own = 6;

	for (unsigned i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
		CHECK(!arch_peek(nowhere[i], &value));
		CHECK(!arch_poke(nowhere[i], 1));
	}
	CHECK_EQ(value, 5);
	CHECK(arch_peek((uintptr_t)&own, &value));
	CHECK_EQ(value, 6);
	CHECK(arch_poke((uintptr_t)&own, 7));
	CHECK_EQ(own, 7);
}

#define USER_VA ((vaddr_t)0x10000000)

static struct pt space;
static const uint64_t constant_word[2] = {5, 6};
static uint64_t data_word = 7;
static paddr_t code;

static void protections(void *unused)
{
	uint64_t value = 1, was;

	(void)unused;
	m_enter(&space);
	/* WP: constants and text are not writable, not even for the kernel. */
	CHECK_EQ(m_access((uintptr_t)constant_word, M_WRITE, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)__text_start, M_WRITE, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)constant_word, M_READ, &value), M_OK);
	CHECK_EQ(value, 5);
	/* NX: data is not executable, neither in the image nor in the direct map; those bytes elsewhere are */
	CHECK_EQ(m_access((uintptr_t)&data_word, M_EXEC, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)ptov(code), M_EXEC, &value), M_FAULT);
	CHECK_EQ(m_access(USER_VA + 2 * PT_PAGE_SIZE, M_EXEC, &value), M_OK);
	CHECK_EQ(m_access(USER_VA, M_USER, &was), M_OK);
	CHECK_EQ(m_access(USER_VA + PT_PAGE_SIZE, M_USER | M_EXEC, &value), M_OK);
	/* U: user code reaches nothing of the kernel's. */
	value = 1;
	CHECK_EQ(m_access((uintptr_t)&data_word, M_USER, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)&data_word, M_USER | M_WRITE, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)__text_start, M_USER, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)__text_start, M_USER | M_EXEC, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)ptov(space.root), M_USER, &value), M_FAULT);
	CHECK_EQ(m_access((uintptr_t)thread_current()->stack, M_USER, &value), M_FAULT);
	CHECK_EQ(data_word, 7);
	m_leave();
}

static void kept_from_access(void *unused)
{
	uint64_t value;

	(void)unused;
	m_enter(&space);
	CHECK_EQ(m_access(USER_VA, M_READ, &value), M_FAULT);
	CHECK_EQ(m_access(USER_VA, M_WRITE, &value), M_FAULT);
	m_leave();
}

static void kept_from_execution(void *unused)
{
	uint64_t value;

	(void)unused;
	m_enter(&space);
	CHECK_EQ(m_access(USER_VA + PT_PAGE_SIZE, M_EXEC, &value), M_FAULT);
	m_leave();
}

/* FN on every CPU, in a space with a user's page, a user's code and the kernel's. */
static void on_every_cpu(void (*fn)(void *))
{
	paddr_t page = m_page();
	struct tlb_gather g;

	code = m_page();
	if (!CHECK(page && code) || !CHECK_EQ(pt_init(&space), 0))
		return;
	m_code(code);
	CHECK_EQ(pt_map(&space, USER_VA, page, PT_U | PT_W), 0);
	CHECK_EQ(pt_map(&space, USER_VA + PT_PAGE_SIZE, code, PT_U | PT_X), 0);
	CHECK_EQ(pt_map(&space, USER_VA + 2 * PT_PAGE_SIZE, code, PT_X), 0);
	for (unsigned cpu = 0; cpu < cpu_count; cpu++)
		m_on(cpu, fn, NULL);
	tlb_begin(&g, &space, NULL);
	pt_unmap(&space, 0, m_user_top(), &g, NULL, NULL);
	tlb_finish(&g);
	pt_destroy(&space);
	m_page_free(page);
	m_page_free(code);
}

TEST(every_cpu, "kernel/every-cpu-forbids-what-the-tables-forbid") { on_every_cpu(protections); }

TEST(access, "kernel/no-cpu-lets-the-kernel-read-or-write-a-user-s-page")
{
	if (m_keeps_out(M_READ))
		on_every_cpu(kept_from_access);
	else
		test_skip("this CPU has no SMAP");
}

TEST(execution, "kernel/no-cpu-lets-the-kernel-run-a-user-s-page")
{
	if (m_keeps_out(M_EXEC))
		on_every_cpu(kept_from_execution);
	else
		test_skip("this CPU has no SMEP");
}
