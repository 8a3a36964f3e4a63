/* How sizes are said. In a guest only: kernel/show.c needs a kernel. */
#include "tests/test.h"

#if !__STDC_HOSTED__
#include "kernel/lib/lib.h"
#include "kernel/show.h"

static void said(uint64_t bytes, const char *want)
{
	struct size s = size_text(bytes);

	if (!CHECK_EQ(strcmp(s.text, want), 0))
		test_note("%llu is said as \"%s\", not \"%s\"", (unsigned long long)bytes, s.text, want);
}

TEST(size_text, "unit/sizes-are-said-in-the-largest-unit")
{
	said(0, "0 bytes");
	said(1023, "1023 bytes");
	said(1024, "1 KiB");
	said(1536, "1.5 KiB");
	said(4096, "4 KiB");
	said((1u << 20) - 1, "1023.9 KiB");
	said(1u << 20, "1 MiB");
	said((1ull << 30) + (1u << 20), "1 GiB"); /* less than a tenth */
	said(512ull << 30, "512 GiB");
	said(3ull << 39, "1.5 TiB");
	said(UINT64_MAX, "15.9 EiB");
}
#endif
