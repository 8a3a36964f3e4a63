/* String functions against loops over bytes: every alignment of both sides, every small length, the overlaps,
 * and that not a byte beside the destination changes. */
#include "kernel/lib/lib.h"
#include "tests/test.h"

#define AREA 512
static unsigned char got[AREA], want[AREA], from[AREA];

static void fill(unsigned char *p, unsigned char start)
{
	for (unsigned i = 0; i < AREA; i++)
		p[i] = (unsigned char)(start + i * 7 + (i >> 8) * 3);
}

/* Offset of the first difference, AREA when there is none. */
static unsigned differs(void)
{
	unsigned i = 0;

	while (i < AREA && got[i] == want[i])
		i++;
	return i;
}

/* Every length up to three rounds of words and some, then a few around the next multiples. */
static size_t next_length(size_t n)
{
	return n < 80 ? n + 1 : n < 120 ? 127 : n < 136 ? n + 1 : n < 200 ? 255 : n + 1;
}
#define LENGTH_END 258

TEST(memset, "unit/memset-fills-exactly-what-it-is-told")
{
	for (unsigned at = 0; at < 16; at++) {
		for (size_t n = 0; n < LENGTH_END; n = next_length(n)) {
			fill(got, 1);
			fill(want, 1);
			for (size_t i = 0; i < n; i++)
				want[32 + at + i] = 0xa5;
			void *r = memset(got + 32 + at, 0x7a5, n); /* only the low byte counts */
			if (!CHECK_EQ(differs(), AREA) || !CHECK(r == got + 32 + at)) {
				test_note("alignment %u, length %zu", at, n);
				return;
			}
		}
	}
}

TEST(memcpy, "unit/memcpy-copies-at-every-alignment")
{
	fill(from, 99);
	for (unsigned pair = 0; pair < 256; pair++) {
		unsigned to = pair % 16, of = pair / 16;
		for (size_t n = 0; n < LENGTH_END; n = next_length(n)) {
			fill(got, 1);
			fill(want, 1);
			for (size_t i = 0; i < n; i++)
				want[32 + to + i] = from[of + i];
			void *r = memcpy(got + 32 + to, from + of, n);
			if (!CHECK_EQ(differs(), AREA) || !CHECK(r == got + 32 + to)) {
				test_note("to alignment %u, from %u, length %zu", to, of, n);
				return;
			}
		}
	}
}

TEST(memmove, "unit/memmove-is-right-for-every-overlap")
{
	for (unsigned at = 0; at < 8; at++) {
		for (int shift = -24; shift <= 24; shift++) {
			for (size_t n = 0; n < LENGTH_END; n = next_length(n)) {
				unsigned of = 64 + at, to = (unsigned)((int)of + shift);
				fill(got, 5);
				fill(want, 5);
				fill(from, 5);
				for (size_t i = 0; i < n; i++)
					want[to + i] = from[of + i];
				void *r = memmove(got + to, got + of, n);
				if (!CHECK_EQ(differs(), AREA) || !CHECK(r == got + to)) {
					test_note("alignment %u, shifted by %d, length %zu", at, shift, n);
					return;
				}
			}
		}
	}
}

static int sign(int v) { return (v > 0) - (v < 0); }

TEST(memcmp, "unit/memcmp-finds-the-first-difference")
{
	for (unsigned pair = 0; pair < 64; pair++) {
		unsigned a = pair % 8, b = 256 + pair / 8;
		for (size_t n = 0; n < 40; n++) {
			for (size_t i = 0; i < 64; i++)
				got[a + i] = got[b + i] = (unsigned char)(i * 11);
			got[a + n] = 1, got[b + n] = 2; /* just past the end: must not count */
			bool right = CHECK_EQ(memcmp(got + a, got + b, n), 0);
			for (size_t i = 0; i < n && right; i++) {
				unsigned char was = got[b + i];
				got[b + i] = was ^ 0x80;
				if (i + 1 < n)
					got[b + i + 1] ^= 0x80; /* a later one points the other way */
				int sense = was < (was ^ 0x80) ? -1 : 1;
				right = CHECK_EQ(sign(memcmp(got + a, got + b, n)), sense);
				got[b + i] = was;
				if (i + 1 < n)
					got[b + i + 1] ^= 0x80;
			}
			if (!right) {
				test_note("offsets %u and %u, length %zu", a, b, n);
				return;
			}
		}
	}
}

TEST(strings, "unit/strings-are-measured-compared-and-searched")
{
	const char *s = "one, two";

	CHECK_EQ(strlen(""), 0);
	CHECK_EQ(strlen(s), 8);
	CHECK_EQ(strnlen(s, 3), 3);
	CHECK_EQ(strnlen(s, 8), 8);
	CHECK_EQ(strnlen(s, 100), 8);
	CHECK_EQ(strcmp("abc", "abc"), 0);
	CHECK(strcmp("abc", "abd") < 0 && strcmp("abd", "abc") > 0);
	CHECK(strcmp("ab", "abc") < 0 && strcmp("abc", "ab") > 0);
	CHECK(strcmp("a\x80", "a\x7f") > 0); /* as unsigned */
	CHECK_EQ(strncmp("abcX", "abcY", 3), 0);
	CHECK(strncmp("abcX", "abcY", 4) < 0);
	CHECK_EQ(strncmp("ab", "ab", 9), 0);
	CHECK_EQ(strncmp("x", "y", 0), 0);
	CHECK(strchr(s, 't') == s + 5);
	CHECK(strchr(s, 0) == s + 8);
	CHECK(strchr(s, 'z') == NULL);
	CHECK(strstr(s, "two") == s + 5);
	CHECK(strstr(s, "") == s);
	CHECK(strstr(s, "twos") == NULL);
	CHECK(strstr("aab", "ab") != NULL);
}

TEST(strlcpy, "unit/strlcpy-cuts-and-always-terminates")
{
	char buf[8] = "1234567";

	CHECK_EQ(strlcpy(buf, "abc", sizeof buf), 3);
	CHECK_EQ(strcmp(buf, "abc"), 0);
	CHECK_EQ(buf[4], '5'); /* untouched past the end */
	CHECK_EQ(strlcpy(buf, "abcdefghij", 4), 10);
	CHECK_EQ(strcmp(buf, "abc"), 0);
	CHECK_EQ(strlcpy(buf, "wxyz", 4), 4); /* just too long */
	CHECK_EQ(strcmp(buf, "wxy"), 0);
	CHECK_EQ(strlcpy(buf, "xyz", 1), 3);
	CHECK_EQ(buf[0], 0);
	buf[0] = 'q';
	CHECK_EQ(strlcpy(buf, "xyz", 0), 3);
	CHECK_EQ(buf[0], 'q');
}

static uint64_t parsed(const char *s)
{
	uint64_t v = 12345;

	if (!parse_u64(s, &v)) {
		CHECK_EQ(v, 12345); /* a refused one leaves the value alone */
		return 0xbadbadbad;
	}
	return v;
}

TEST(parse_u64, "unit/numbers-are-read-whole-or-refused")
{
	static const char *const bad[] = {
		"", "x", "12x", "1a", "0x", "0xg", "-1", "+1", " 1", "1 ", "1KK", "K", "1T",
		"18446744073709551616", "0x10000000000000000", "17179869184G"};

	CHECK_EQ(parsed("0"), 0);
	CHECK_EQ(parsed("42"), 42);
	CHECK_EQ(parsed("18446744073709551615"), UINT64_MAX);
	CHECK_EQ(parsed("0xffffffffffffffff"), UINT64_MAX);
	CHECK_EQ(parsed("0xDeadBeef"), 0xdeadbeef);
	CHECK_EQ(parsed("0xafAF09"), 0xafaf09);
	CHECK_EQ(parsed("010"), 10);
	CHECK_EQ(parsed("3K"), 3072);
	CHECK_EQ(parsed("0x10m"), 16u << 20);
	CHECK_EQ(parsed("17179869183G"), 17179869183ull << 30);
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (!CHECK_EQ(parsed(bad[i]), 0xbadbadbad))
			test_note("\"%s\" was taken", bad[i]);
}
