/* The kernel's library: printing, panics, strings. */
#ifndef KERNEL_LIB_H
#define KERNEL_LIB_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- print.c: %d %i %u %x %X %p %s %c %% with flags - 0 #, width, precision, *, l ll z h hh j ---- */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void kvprintf(const char *fmt, va_list ap);
void kputs(const char *s, size_t n); /* so many bytes, also as one piece */
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* one call is one unbroken piece */

/* ---- panic.c ---- */
struct intr_frame;
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The reason as panic(); registers and backtrace of F (NULL: of the caller). */
_Noreturn void panic_at(const struct intr_frame *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A panic is under way on some CPU: others must not disturb it. */
bool panicking(void);
/* For a CPU that finds another one panicking (on trap_ipi(), say): interrupts off, for ever. */
_Noreturn void panic_halt(void);
/* Set once port_cpu() and arch_current() work; until then a panic takes itself for CPU 0's. */
extern bool cpus_known;
#define ASSERT(e) ((e) ? (void)0 : panic("%s:%d: %s: assertion failed: %s", __FILE__, __LINE__, __func__, #e))

/* ---- symbols.c: "name+0x12" for an address in the kernel's text, else the address in hex ---- */
void symbol_name(uintptr_t pc, char *buf, size_t size);
uintptr_t symbol_start(uintptr_t pc); /* where its function begins; 0: it is in none */

/* ---- string.c ---- */
#if __STDC_HOSTED__ /* beside a C library, whose own stay untouched */
#define memset  k_memset
#define memcpy  k_memcpy
#define memmove k_memmove
#define memcmp  k_memcmp
#define strlen  k_strlen
#define strnlen k_strnlen
#define strcmp  k_strcmp
#define strncmp k_strncmp
#define strchr  k_strchr
#define strstr  k_strstr
#define strlcpy k_strlcpy
#endif
void *memset(void *, int, size_t);
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strstr(const char *, const char *);
size_t strlcpy(char *, const char *, size_t);
/* Decimal or 0x hex, a suffix K M G allowed; nothing else may stand in S. */
bool parse_u64(const char *s, uint64_t *value);

/* ---- cmdline.c: "name=value" words of the boot command line; a value may be quoted ---- */
void cmdline_init(const char *line);
/* False: not given, VALUE is untouched. A bare word's value is "". */
bool cmdline_get(const char *name, char *value, size_t size);
bool cmdline_find(const char *line, const char *name, char *value, size_t size); /* the same in LINE */
uint64_t cmdline_u64(const char *name, uint64_t otherwise); /* OTHERWISE also when it is no number */

#endif
