/* The formatter behind every printing function, and the console's lock as a panic sees it. */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H
#include "kernel/lib/lib.h"

/* Where characters go. PUT is called with pieces in order, each at least one byte. */
struct print_sink {
	void (*put)(struct print_sink *sink, const char *s, size_t n);
};
/* The number of characters put. */
size_t print_format(struct print_sink *sink, const char *fmt, va_list ap);

/* A panic takes the console and never gives it back: waits a bounded while for the line being printed,
 * then goes on whoever holds it. Later callers of kprintf wait for ever. */
void console_seize(void);
/* After console_seize(): print without any lock. */
void console_vprint(const char *fmt, va_list ap);

/* While set, what kprintf() prints goes here and not to the console: bit by bit, in order, under its
 * lock. For tests; a panic takes no notice of it. */
extern void (*print_tap)(const char *s, size_t n);

#endif
