/* Memory and strings. Plain C: eight bytes at a time where both sides allow it, eight words a round.
 *
 * The compiler likes to turn a loop that copies into a call of memcpy, which here would call itself: keep()
 * in each such loop forbids that, with every compiler and whatever flags the file is built with. */
#include "kernel/lib/lib.h"

#define WORD  sizeof(uint64_t)
#define ROUND (8 * WORD)

typedef uint64_t __attribute__((may_alias)) word_t;
struct loose { /* a word at any address: one load where the machine has such, bytes where it has not */
	uint64_t w;
} __attribute__((packed, may_alias));

static inline void keep(void) { __asm__ volatile("" : : : "memory"); }
static inline bool aligned(const void *p) { return ((uintptr_t)p & (WORD - 1)) == 0; }

void *memset(void *dst, int c, size_t n)
{
	unsigned char *d = dst;
	uint64_t w = (uint64_t)(unsigned char)c * 0x0101010101010101ull;

	for (; n && !aligned(d); n--, keep())
		*d++ = (unsigned char)c;
	for (; n >= ROUND; n -= ROUND, d += ROUND) {
		word_t *p = (word_t *)(void *)d;
		p[0] = w, p[1] = w, p[2] = w, p[3] = w;
		p[4] = w, p[5] = w, p[6] = w, p[7] = w;
		keep();
	}
	for (; n >= WORD; n -= WORD, d += WORD, keep())
		*(word_t *)(void *)d = w;
	for (; n; n--, keep())
		*d++ = (unsigned char)c;
	return dst;
}

/* Upwards; right also for overlapping areas when DST lies below SRC. A round loads before it stores. */
static void copy_up(unsigned char *d, const unsigned char *s, size_t n)
{
	for (; n && !aligned(d); n--, keep())
		*d++ = *s++;
	if (aligned(s)) {
		for (; n >= ROUND; n -= ROUND, d += ROUND, s += ROUND) {
			const word_t *q = (const word_t *)(const void *)s;
			word_t *p = (word_t *)(void *)d;
			uint64_t w0 = q[0], w1 = q[1], w2 = q[2], w3 = q[3];
			uint64_t w4 = q[4], w5 = q[5], w6 = q[6], w7 = q[7];
			p[0] = w0, p[1] = w1, p[2] = w2, p[3] = w3;
			p[4] = w4, p[5] = w5, p[6] = w6, p[7] = w7;
			keep();
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD, keep())
			*(word_t *)(void *)d = *(const word_t *)(const void *)s;
	}
	for (; n >= WORD; n -= WORD, d += WORD, s += WORD, keep())
		*(word_t *)(void *)d = ((const struct loose *)(const void *)s)->w;
	for (; n; n--, keep())
		*d++ = *s++;
}

/* Downwards, from the ends D and S; right also for overlapping areas when DST lies above SRC. */
static void copy_down(unsigned char *d, const unsigned char *s, size_t n)
{
	for (; n && !aligned(d); n--, keep())
		*--d = *--s;
	for (; n >= WORD; n -= WORD, keep()) {
		d -= WORD, s -= WORD;
		*(word_t *)(void *)d = ((const struct loose *)(const void *)s)->w;
	}
	for (; n; n--, keep())
		*--d = *--s;
}

void *memcpy(void *dst, const void *src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	if ((uintptr_t)dst - (uintptr_t)src >= n) /* below SRC, or past its end */
		copy_up(dst, src, n);
	else
		copy_down((unsigned char *)dst + n, (const unsigned char *)src + n, n);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	if (aligned(p) && aligned(q)) {
		for (; n >= WORD; n -= WORD, p += WORD, q += WORD)
			if (*(const word_t *)(const void *)p != *(const word_t *)(const void *)q)
				break;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		keep();
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (*a == 0)
			return 0;
	}
	return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == 0)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; strncmp(s, what, n) != 0; s++)
		if (*s == 0)
			return NULL;
	return (char *)(uintptr_t)s;
}

/* Always terminates where there is room for that; the length of SRC: >= SIZE says it was cut. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;
		memcpy(dst, src, n);
		dst[n] = 0;
	}
	return len;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static unsigned suffix_shift(char c)
{
	switch (c) {
	case 'K':
	case 'k': return 10;
	case 'M':
	case 'm': return 20;
	case 'G':
	case 'g': return 30;
	default: return 0;
	}
}

bool parse_u64(const char *s, uint64_t *value)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	int base = hex ? 16 : 10;
	uint64_t v = 0;
	const char *start = s += hex ? 2 : 0;

	for (; digit(*s) < base; s++)
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit(*s), &v))
			return false;
	if (s == start)
		return false;
	unsigned shift = suffix_shift(*s);
	if (shift && v > UINT64_MAX >> shift)
		return false;
	if (s[shift ? 1 : 0] != 0)
		return false;
	*value = v << shift;
	return true;
}
