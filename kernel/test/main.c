/* The test image's own start: runs the tests that the boot command line names (test=PATTERN seed=N; all
 * without it), or provokes one panic (crash=NAME), and powers off with a status that says how it went.
 *
 * Each test must leave the machine as it found it: pages, objects, threads. What the kernel keeps for speed
 * is given back before either count. */
#include "kernel/test/test.h"

#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/main.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"
#include "tests/test.h"
#include "vm/pt.h"

struct baseline {
	size_t pages, objects, threads;
	unsigned locks;
};
static struct baseline before;

/* Tables of the kernel's half stay where they were made. */
static struct baseline baseline_now(void)
{
	kstack_drain();
	kmalloc_drain();
	return (struct baseline){palloc_used() - (size_t)pt_kernel.tables, kmalloc_objects(), thread_count(),
				 thread_current()->preempt_off};
}

void test_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
}

void test_note(const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	kprintf("# %s\n", line);
}

void test_before(const char *name)
{
	(void)name;
	before = baseline_now();
}

void test_after(const char *name)
{
	struct baseline after;

	(void)name;
	machine_reset();
	after = baseline_now();
	CHECK_EQ(after.pages, before.pages);
	CHECK_EQ(after.objects, before.objects);
	CHECK_EQ(after.threads, before.threads);
	CHECK_EQ(after.locks, before.locks);
	CHECK(arch_irq_enabled());
	CHECK(!spin_any_held());
}

static void tests_main(void)
{
	char name[128];
	int failed;

	if (cmdline_get("crash", name, sizeof name)) {
		if (!crash_run(name))
			arch_power_off(POWER_FAILED);
	}
	machine_init();
	failed = tests_run(cmdline_get("test", name, sizeof name) ? name : NULL, cmdline_u64("seed", 1));
	arch_power_off(failed ? POWER_FAILED : POWER_ORDER);
}
QUIRE_MAIN(tests_main);
