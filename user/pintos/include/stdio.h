/* Printing: each call reaches descriptor 1 in one write, nothing is held back. Formats: flags "-+ #0'", width,
 * precision, hh h l ll j z t, d i u o x X c s p %; ' groups by thousands. */
#ifndef PINTOS_STDIO_H
#define PINTOS_STDIO_H

#include <debug.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STDIN_FILENO  0
#define STDOUT_FILENO 1

int printf(const char *, ...) __asm__("pintos_printf") PRINTF_FORMAT(1, 2);
int vprintf(const char *, va_list) __asm__("pintos_vprintf") PRINTF_FORMAT(1, 0);
/* The same to any descriptor. */
int hprintf(int, const char *, ...) __asm__("pintos_hprintf") PRINTF_FORMAT(2, 3);
int vhprintf(int, const char *, va_list) __asm__("pintos_vhprintf") PRINTF_FORMAT(2, 0);
int snprintf(char *, size_t, const char *, ...) __asm__("pintos_snprintf") PRINTF_FORMAT(3, 4);
int vsnprintf(char *, size_t, const char *, va_list) __asm__("pintos_vsnprintf") PRINTF_FORMAT(3, 0);
int putchar(int) __asm__("pintos_putchar");
int puts(const char *) __asm__("pintos_puts");

/* Rows of 16 bytes, each with its offset from OFS on, and with the printable ones if ASCII. */
void hex_dump(uintptr_t ofs, const void *, size_t, bool ascii) __asm__("pintos_hex_dump");

#endif
