/* Formatted printing: every conversion, width and precision, truncation and what is returned. */
#include "kernel/lib/lib.h"
#include "tests/test.h"

/* Formats with all the room, with none, and cut at every length. No format attribute: some formats here are
 * what a compiler warns of. */
static void prints(const char *want, const char *fmt, ...)
{
	static char buf[256];
	int len = (int)strlen(want);
	va_list ap;

	for (size_t size = 0; size <= (size_t)len + 2; size++) {
		memset(buf, '~', sizeof buf);
		va_start(ap, fmt);
		int n = kvsnprintf(size ? buf : NULL, size, fmt, ap);
		va_end(ap);
		size_t kept = size == 0 ? 0 : size <= (size_t)len ? size - 1 : (size_t)len;
		bool right = CHECK_EQ(n, len) && CHECK_EQ(memcmp(buf, want, kept), 0);
		right = right && CHECK_EQ(buf[kept], size ? 0 : '~') && CHECK_EQ(buf[kept + 1], '~');
		if (!right) {
			buf[sizeof buf - 1] = 0;
			test_note("format \"%s\", room for %zu: \"%s\", not \"%s\"", fmt, size, buf, want);
			return;
		}
	}
}

TEST(print_integers, "unit/print-integers")
{
	prints("0 -1 2147483647 -2147483648", "%d %i %d %d", 0, -1, INT32_MAX, INT32_MIN);
	prints("4294967295", "%u", UINT32_MAX);
	prints("deadbeef DEADBEEF", "%x %X", 0xdeadbeefu, 0xdeadbeefu);
	prints("0xff 0XFF 0", "%#x %#X %#x", 255u, 255u, 0u);
	prints("-9223372036854775808", "%ld", INT64_MIN);
	prints("9223372036854775807", "%lld", (long long)INT64_MAX);
	prints("18446744073709551615", "%lu", UINT64_MAX);
	prints("ffffffffffffffff", "%llx", (unsigned long long)UINT64_MAX);
	prints("18446744073709551615 -1", "%zu %zd", SIZE_MAX, (ptrdiff_t)-1);
	prints("-5 5", "%jd %ju", (intmax_t)-5, (uintmax_t)5);
	prints("-7", "%td", (ptrdiff_t)-7);
	prints("-1 255", "%hhd %hhu", 255, 255);
	prints("-1 65535", "%hd %hu", 65535, 65535);
	prints("34 1234", "%hhx %hx", 0x1234, 0x1234);
	prints("+5 -5 +0", "%+d %+d %+d", 5, -5, 0);
	prints(" 5 -5", "% d % d", 5, -5);
}

TEST(print_width, "unit/print-width-and-precision")
{
	prints("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
	prints("[  -42][-42  ][-0042]", "[%5d][%-5d][%05d]", -42, -42, -42);
	prints("[42   ]", "[%-05d]", 42);
	prints("[123456]", "[%3d]", 123456);
	prints("[00042][   00042][-00042]", "[%.5d][%8.5d][%.5d]", 42, 42, -42);
	prints("[   00042][   42]", "[%08.5d][%05.0d]", 42, 42); /* a precision turns 0 off */
	prints("[][0][  ]", "[%.0d][%.1d][%2.0u]", 0, 0, 0u);
	prints("[0x00ff][  0xff][0xff  ]", "[%#06x][%#6x][%-#6x]", 255u, 255u, 255u);
	prints("[    7][7    ][7]", "[%*d][%*d][%*d]", 5, 7, -5, 7, 0, 7);
	prints("[007][7]", "[%.*d][%.*d]", 3, 7, -3, 7); /* a negative one counts as none */
	prints("[                                        x]", "[%41s]", "x");
	prints("[0000000000000000000000000000000000000001]", "[%040d]", 1);
	prints("[        7][0000000007]", "[%9d][%.10d]", 7, 7);
}

TEST(print_padding, "unit/print-pads-to-every-width")
{
	static char want[64], blanks[64], zeros[64];

	for (int width = 2; width < 50; width++) {
		memset(blanks, ' ', sizeof blanks);
		memset(zeros, '0', sizeof zeros);
		blanks[width - 2] = zeros[width - 2] = 0;
		strlcpy(want, blanks, sizeof want);
		strlcpy(want + width - 2, "42", 3);
		prints(want, "%*d", width, 42);
		prints(want, "%*s", width, "42");
		strlcpy(want, zeros, sizeof want);
		strlcpy(want + width - 2, "42", 3);
		prints(want, "%0*d", width, 42);
		prints(want, "%.*d", width, 42);
		strlcpy(want, "42", sizeof want);
		strlcpy(want + 2, blanks, sizeof want - 2);
		prints(want, "%-*d", width, 42);
	}
}

TEST(print_text, "unit/print-text-and-pointers")
{
	prints("plain", "plain");
	prints("", "");
	prints("[abc][  abc][abc  ]", "[%s][%5s][%-5s]", "abc", "abc", "abc");
	prints("[ab][   ab][ab   ][]", "[%.2s][%5.2s][%-5.2s][%.0s]", "abc", "abc", "abc", "abc");
	prints("(null)", "%s", (char *)NULL);
	prints("[x][  x][x  ]", "[%c][%3c][%-3c]", 'x', 'x', 'x');
	prints("100%", "%d%%", 100);
	prints("0x0 0xffffffff80001234", "%p %p", (void *)0, (void *)0xffffffff80001234);
	prints("[      0x10][0x10      ]", "[%10p][%-10p]", (void *)16, (void *)16);
	const char open[3] = {'a', 'b', 'c'}; /* unterminated: read no further than told */
	prints("abc", "%.3s", open);
	prints("abc", "%.*s", 3, open);
}

TEST(print_unknown, "unit/print-what-is-no-conversion-as-it-stands")
{
	prints("%q 5", "%q %d", 5);
	prints("%5.3l", "%5.3l");
	prints("5%", "%d%", 5);
}

TEST(print_mixed, "unit/print-takes-arguments-in-order-and-by-size")
{
	prints("1 2 3 4 5 6 7 8 9 10", "%d %ld %hhd %lld %u %zu %c %s %hd %jd", 1, 2l, 3, 4ll, 5u, (size_t)6,
	       '7', "8", 9, (intmax_t)10);
}
