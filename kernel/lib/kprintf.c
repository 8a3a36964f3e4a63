/* Printing on the console: one call is one unbroken piece, from any CPU and any context, from the first
 * line of the boot on.
 *
 * The lock is a bare flag, not a struct spinlock: it works before CPUs know their number and inside a
 * panic. Interrupts are off while it is held, so its holder is never interrupted by another printer. */
#include "arch/arch.h"
#include "kernel/dev/console.h"
#include "kernel/lib/print.h"

static unsigned console_busy; /* a word: RISC-V exchanges nothing smaller */

void (*print_tap)(const char *s, size_t n);

struct console_sink {
	struct print_sink sink;
	unsigned used;
	char buf[64];
};

static void sink_flush(struct console_sink *c)
{
	if (print_tap && !panicking())
		print_tap(c->buf, c->used);
	else
		console_write(c->buf, c->used);
	c->used = 0;
}

static void sink_put(struct print_sink *sink, const char *s, size_t n)
{
	struct console_sink *c = (struct console_sink *)sink;

	for (; n; n--) {
		if (c->used == sizeof c->buf)
			sink_flush(c);
		c->buf[c->used++] = *s++;
	}
}

void console_vprint(const char *fmt, va_list ap)
{
	struct console_sink c;

	c.sink.put = sink_put;
	c.used = 0;
	print_format(&c.sink, fmt, ap);
	sink_flush(&c);
}

void kvprintf(const char *fmt, va_list ap)
{
	unsigned long was = arch_irq_save();

	while (__atomic_exchange_n(&console_busy, 1, __ATOMIC_ACQUIRE))
		arch_relax();
	console_vprint(fmt, ap);
	__atomic_store_n(&console_busy, 0, __ATOMIC_RELEASE);
	arch_irq_restore(was);
}

void kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, ap);
	va_end(ap);
}

void kputs(const char *s, size_t n)
{
	unsigned long was = arch_irq_save();

	while (__atomic_exchange_n(&console_busy, 1, __ATOMIC_ACQUIRE))
		arch_relax();
	if (print_tap && !panicking())
		print_tap(s, n);
	else
		console_write(s, n);
	__atomic_store_n(&console_busy, 0, __ATOMIC_RELEASE);
	arch_irq_restore(was);
}

void console_seize(void)
{
	for (unsigned tries = 0; tries < 1000000; tries++) {
		if (!__atomic_exchange_n(&console_busy, 1, __ATOMIC_ACQUIRE))
			return;
		arch_relax();
	}
}
