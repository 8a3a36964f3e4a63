/* Printing: format.c makes the characters, a sink takes them. */
#ifndef PINTOS_PRINT_H
#define PINTOS_PRINT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
	void (*put)(struct sink *, char);
	char *buffer;
	size_t size;  /* of the buffer */
	size_t count; /* characters put so far */
	int fd;
};

void format_to(struct sink *, const char *format, va_list);

int pintos_vhprintf(int fd, const char *, va_list);
int pintos_hprintf(int fd, const char *, ...) __attribute__((format(printf, 2, 3)));
int pintos_vprintf(const char *, va_list);
int pintos_printf(const char *, ...) __attribute__((format(printf, 1, 2)));
int pintos_vsnprintf(char *, size_t, const char *, va_list);
int pintos_snprintf(char *, size_t, const char *, ...) __attribute__((format(printf, 3, 4)));
int pintos_putchar(int);
int pintos_puts(const char *);
void pintos_hex_dump(uintptr_t ofs, const void *, size_t, bool ascii);
void debug_panic(const char *file, int line, const char *function, const char *message, ...)
	__attribute__((format(printf, 4, 5), noreturn));
void debug_backtrace(void);

#endif
