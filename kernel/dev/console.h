/* The console: a 16550 on both machines. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H
#include <stddef.h>

/* The line's settings and its FIFO; printing works before it, too. After arch_console_init(fdt). */
void console_init(const void *fdt);
/* From now on input comes by interrupt and console_getc() sleeps. After arch_irq_init() and the scheduler. */
void console_input_init(void);

/* Raw output, polled, \n as \r\n, no lock: kprintf() is what others call. */
void console_write(const char *s, size_t n);

/* The next character typed. Sleeps for it (polls before console_input_init()). One reader at a time. */
char console_getc(void);

#endif
