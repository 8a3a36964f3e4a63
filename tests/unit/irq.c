/* Device interrupts, and the console's input, which comes by one. In a guest only. */
#include "tests/test.h"

#if !__STDC_HOSTED__
#include "arch/arch.h"
#include "kernel/config.h"
#include "kernel/dev/console.h"
#include "kernel/dev/irq.h"
#include "kernel/lib/lib.h"
#include "kernel/lib/print.h"
#include "kernel/sched/thread.h"

#define OUR_LINE (IRQ_MAX - 1) /* no device is there */

static unsigned calls, said;

static void count_call(void *arg) { calls += *(unsigned *)arg; }

static void count_lines(const char *s, size_t n)
{
	for (; n; n--)
		said += *s++ == '\n';
}

static void raise(unsigned irq)
{
	unsigned long was = arch_irq_save();

	irq_dispatch(irq);
	arch_irq_restore(was);
}

TEST(irq_register, "unit/irq-has-one-handler-a-line")
{
	static unsigned weight = 3;

	calls = 0;
	CHECK_EQ(irq_register(IRQ_MAX, count_call, &weight), -VM_EINVAL);
	CHECK_EQ(irq_register(OUR_LINE, count_call, &weight), 0);
	CHECK_EQ(irq_register(OUR_LINE, count_call, NULL), -VM_EEXIST);
	uint64_t stray = irq_stray_count();
	raise(OUR_LINE);
	raise(OUR_LINE);
	CHECK_EQ(calls, 6);
	CHECK_EQ(irq_stray_count(), stray);
}

TEST(irq_stray, "unit/irq-that-is-nobodys-is-counted-and-told-once")
{
	uint64_t before = irq_stray_count();

	said = 0;
	print_tap = count_lines;
	for (unsigned i = 0; i < 5; i++)
		raise(IRQ_MAX - 2);
	unsigned one_line = said;
	raise(IRQ_MAX); /* outside of the table */
	raise(~0u);
	print_tap = NULL;
	CHECK_EQ(one_line, 1);
	CHECK_EQ(said, 2);
	CHECK_EQ(irq_stray_count() - before, 7);
}

/* ---- the console's input: the 16550 can hear itself ---- */

#define UART_DATA 0
#define UART_MCR  4
#define UART_LOOP 0x10

static const char words[] = "typed by nobody";
static char heard[sizeof words];
static unsigned nheard; /* [A] */

static void reader(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < sizeof words; i++) {
		heard[i] = console_getc();
		__atomic_fetch_add(&nheard, 1, __ATOMIC_RELEASE);
	}
}

static bool heard_by(unsigned n, uint64_t deadline)
{
	while (__atomic_load_n(&nheard, __ATOMIC_ACQUIRE) < n)
		if (arch_time_ns() > deadline)
			return false;
		else
			thread_yield();
	return true;
}

TEST(console_input, "unit/console-input-wakes-its-reader")
{
	nheard = 0;
	struct thread *t = thread_create("reader", reader, NULL, CPU_ANY);
	bool good = t != NULL;
	print_tap = count_lines; /* what is printed meanwhile would be heard, too */
	uint8_t mcr = arch_uart_read(UART_MCR);
	arch_uart_write(UART_MCR, mcr | UART_LOOP);
	for (unsigned i = 0; good && i < sizeof words; i++) {
		arch_uart_write(UART_DATA, (uint8_t)words[i]);
		good = heard_by(i + 1, arch_time_ns() + 5 * NS_PER_S);
	}
	arch_uart_write(UART_MCR, mcr);
	print_tap = NULL;
	if (!CHECK(good))
		return; /* the reader still waits */
	thread_join(t);
	CHECK_EQ(memcmp(heard, words, sizeof words), 0);
}
#endif
