/* What several CPUs print at once. In a guest only: it takes threads. */
#include "tests/test.h"

#if !__STDC_HOSTED__
#include "kernel/lib/lib.h"
#include "kernel/lib/print.h"
#include "kernel/sched/cpu.h"

#define LINES    40
#define LINE_LEN 150 /* more than one bit of what kprintf hands on */

static char heard[CPU_MAX * LINES * LINE_LEN];
static size_t nheard;

/* Slow, as a console is: whoever does not wait for his turn is in between. */
static void listen(const char *s, size_t n)
{
	uint64_t until = arch_time_ns() + 50000;

	for (; n && nheard < sizeof heard; n--)
		heard[nheard++] = *s++;
	while (arch_time_ns() < until)
		arch_relax();
}

static void talk(void *arg)
{
	unsigned cpu = *(unsigned *)arg;

	for (unsigned i = 0; i < LINES; i++) {
		kprintf("%c%02u %*s\n", 'a' + cpu, i, LINE_LEN - 5, "");
		thread_yield();
	}
}

static void talk_all(void)
{
	static unsigned number[CPU_MAX];
	struct thread *t[CPU_MAX];
	unsigned n = cpu_count;

	print_tap = listen;
	for (unsigned i = 0; i < n; i++) {
		number[i] = i;
		t[i] = thread_create("talk", talk, &number[i], (uint64_t)1 << i);
	}
	for (unsigned i = 0; i < n; i++)
		if (t[i])
			thread_join(t[i]);
	print_tap = NULL;
}

TEST(print_whole, "unit/print-calls-stay-whole-on-all-cpus")
{
	unsigned next[CPU_MAX] = {0};

	nheard = 0;
	talk_all();
	CHECK_EQ(nheard, (size_t)cpu_count * LINES * LINE_LEN);
	for (size_t at = 0; at < nheard; at += LINE_LEN) {
		char want[LINE_LEN + 1];
		unsigned cpu = (unsigned)(heard[at] - 'a');
		if (!CHECK(cpu < cpu_count))
			return;
		ksnprintf(want, sizeof want, "%c%02u %*s\n", 'a' + cpu, next[cpu]++, LINE_LEN - 5, "");
		if (!CHECK_EQ(memcmp(heard + at, want, LINE_LEN), 0)) {
			test_note("at %zu: \"%.*s\"", at, 20, heard + at);
			return;
		}
	}
}
#endif
