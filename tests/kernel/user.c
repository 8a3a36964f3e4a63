/* User mode: what comes back from it, and what it cannot do to the kernel. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/sched/probe.h"
#include "tests/arch/machine.h"

#define CODE_VA ((vaddr_t)0x10000000)
#define DATA_VA ((vaddr_t)0x10001000)
#define HOLE_VA ((vaddr_t)0x10002000)

static struct pt space;
static paddr_t code, data;

static vaddr_t stub(const char *entry) { return CODE_VA + (uint64_t)(entry - arch_stub_begin); }

static bool space_make(void)
{
	code = m_page();
	data = m_page();
	if (!CHECK(code && data) || !CHECK_EQ(pt_init(&space), 0))
		return false;
	memcpy(ptov(code), arch_stub_begin, (size_t)(arch_stub_end - arch_stub_begin));
	CHECK_EQ(pt_map(&space, CODE_VA, code, PT_U | PT_X), 0);
	CHECK_EQ(pt_map(&space, DATA_VA, data, PT_U | PT_W), 0);
	return true;
}

static void space_unmap(void)
{
	struct tlb_gather g;

	tlb_begin(&g, &space, NULL);
	pt_unmap(&space, 0, m_user_top(), &g, NULL, NULL);
	tlb_finish(&g);
}

static void space_end(void)
{
	space_unmap();
	pt_destroy(&space); /* CPUs may linger in it */
	m_page_free(code);
	m_page_free(data);
}

/* Run user code at PC on the stack SP until it traps; what it ended with. */
static int run(struct probe *probe, vaddr_t pc, vaddr_t sp, uint64_t arg0, uint64_t arg1)
{
	struct intr_frame f;
	int end;

	arch_icache_sync();
	arch_frame_user_init(&f, pc, sp, arg0, arg1);
	*probe = (struct probe){.user = true};
	thread_current()->probe = probe;
	end = arch_user_run(&f);
	thread_current()->probe = NULL;
	return end;
}

TEST(ends, "kernel/user-code-ends-by-a-call-a-fault-or-an-error")
{
	struct probe probe;

	if (!space_make())
		return;
	m_enter(&space);
	CHECK_EQ(run(&probe, stub(arch_stub_ret), 0, 1234, 0), PROBE_SYSCALL);
	CHECK_EQ(probe.arg, 1234);
	CHECK_EQ(run(&probe, stub(arch_stub_store), 0, DATA_VA + 8, 77), PROBE_SYSCALL);
	CHECK_EQ(m_word(data)[1], 77);
	CHECK_EQ(run(&probe, stub(arch_stub_load), 0, DATA_VA + 8, 0), PROBE_SYSCALL);
	CHECK_EQ(probe.arg, 77);
	CHECK_EQ(run(&probe, stub(arch_stub_load), 0, HOLE_VA, 0), PROBE_FAULT);
	CHECK_EQ(run(&probe, stub(arch_stub_jump), 0, HOLE_VA, 0), PROBE_FAULT);
	CHECK_EQ(run(&probe, stub(arch_stub_jump), 0, DATA_VA, 0), PROBE_FAULT); /* not executable */
	CHECK_EQ(run(&probe, stub(arch_stub_jump), 0, stub(arch_stub_ret), 0), PROBE_SYSCALL);
	CHECK(arch_irq_enabled());
	m_leave();
	space_end();
}

TEST(stack, "kernel/a-users-stack-pointer-is-never-trusted")
{
	static uint64_t bait[64];
	const vaddr_t here = (uintptr_t)thread_current()->stack + 64, kernel = (uintptr_t)&bait[32];
	const vaddr_t top = m_user_top(), minus_one = ~(vaddr_t)0;
	const vaddr_t sp[] = {0,          1,   8,       DATA_VA,       DATA_VA + 3, HOLE_VA, kernel,
			      kernel + 9, top, 0 - top, minus_one - 7, minus_one,   here};
	struct probe probe;

	if (!space_make())
		return;
	m_enter(&space);
	memset(bait, 0x5a, sizeof bait);
	for (unsigned i = 0; i < sizeof sp / sizeof sp[0]; i++) {
		CHECK_EQ(run(&probe, stub(arch_stub_ret), sp[i], i, 0), PROBE_SYSCALL);
		CHECK_EQ(probe.arg, i);
		CHECK_EQ(run(&probe, stub(arch_stub_load), sp[i], HOLE_VA, 0), PROBE_FAULT);
		for (unsigned k = 0; k < 64; k++)
			CHECK_EQ(bait[k], 0x5a5a5a5a5a5a5a5aull);
	}
	m_leave();
	space_end();
}

/* ---- without a probe it is the thread's end ---- */

static _Atomic unsigned came_back;

static void fault_unwatched(void *arg)
{
	struct intr_frame f;

	m_enter(&space);
	arch_icache_sync();
	arch_frame_user_init(&f, stub(arg), 0, HOLE_VA, 0);
	arch_user_run(&f);
	came_back++;
}

TEST(unwatched, "kernel/user-code-that-misbehaves-ends-its-thread-only")
{
	struct crew crew = {0};

	if (!space_make())
		return;
	came_back = 0;
	crew_add(&crew, fault_unwatched, (void *)arch_stub_load, CPU_ANY);
	crew_add(&crew, fault_unwatched, (void *)arch_stub_jump, CPU_ANY);
	crew_add(&crew, fault_unwatched, (void *)arch_stub_ret, CPU_ANY);
	crew_join(&crew);
	CHECK_EQ(came_back, 0);
	space_end();
}

/* ---- a loop in user mode ---- */

static _Atomic unsigned looping, ended;

static void loop(void *unused)
{
	struct probe probe;

	(void)unused;
	m_enter(&space);
	looping++;
	CHECK_EQ(run(&probe, stub(arch_stub_jump), 0, stub(arch_stub_jump), 0), PROBE_FAULT);
	ended++;
	m_leave();
}

TEST(loop, "kernel/user-code-that-loops-is-preempted-and-stops-when-its-page-goes")
{
	struct crew crew = {0};
	unsigned n = 2 * cpu_count; /* two on each CPU, this one too */

	if (!space_make())
		return;
	looping = 0;
	ended = 0;
	crew_spread(&crew, n, loop, NULL);
	soon_at_least(&looping, n);
	for (unsigned i = 0; i < 5; i++)
		thread_sleep_ns(TICK_NS / 2);
	CHECK_EQ(ended, 0);
	space_unmap();
	crew_join(&crew);
	CHECK_EQ(ended, n);
	space_end();
}
