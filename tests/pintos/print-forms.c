/* What printf and its relatives write. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static void same(const char *want, const char *format, ...) PRINTF_FORMAT(2, 3);

static void same(const char *want, const char *format, ...)
{
	char got[128];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(got, sizeof got, format, args);
	va_end(args);
	if (strcmp(got, want) != 0 || n != (int)strlen(want))
		fail("\"%s\" gave \"%s\", expected \"%s\"", format, got, want);
}

void test_main(void)
{
	char small[5], *volatile null = NULL;

	same("0 -1 2147483647 -2147483648", "%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
	same("-9223372036854775808 18446744073709551615", "%ld %zu", LONG_MIN, (size_t)-1);
	same("1,234,567 -1,000 999 0", "%'zu %'d %'u %'d", (size_t)1234567, -1000, 999U, 0);
	same("ff 7f 0xff 0XAB 017 0", "%02hhx %x %#x %#X %#o %#x", (unsigned char)255, 127, 255, 0xab, 15, 0);
	same("0x20101234", "%p", (void *)0x20101234);
	same("[   42] [42   ] [00042] [+42] [ 42] [-0042]", "[%5d] [%-5d] [%05d] [%+d] [% d] [%05d]", 42, 42,
	     42, 42, 42, -42);
	same("[  0042] [] [42]", "[%6.4d] [%.0d] [%.1d]", 42, 0, 42);
	same("[  abc] [abc  ] [ab] [(null)] [  x]", "[%5s] [%-5s] [%.2s] [%s] [%3c]", "abc", "abc", "abc",
	     null, 'x');
	same("[   7] [7   ] [a]", "[%*d] [%*d] [%.*s]", 4, 7, -4, 7, 1, "abc");
	same("100% -56 -25536 18446744073709551615", "%d%% %hhd %hd %" PRIu64, 100, (signed char)200,
	     (short)40000, UINT64_MAX);
	CHECK(snprintf(small, sizeof small, "123456789") == 9 && strcmp(small, "1234") == 0,
	      "snprintf stops in time");
	CHECK(strlcpy(small, "abcdefg", sizeof small) == 7 && strcmp(small, "abcd") == 0, "strlcpy, too");
	strlcpy(small, "ab", sizeof small);
	CHECK(strlcat(small, "cdefg", sizeof small) == 7 && strcmp(small, "abcd") == 0, "and strlcat");
	puts("a line");
	putchar('x');
	putchar('\n');
	hex_dump(0x18, "Quire gathers pages.\n\x7f\xff", 23, true);
	hex_dump(0, "0123456789abcdef", 16, false);
}
