/* One pass after another over more pages than fit: each byte is changed and found again. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static unsigned char buffer[5 * 1024 * 1024];

void test_main(void)
{
	for (size_t i = 0; i < sizeof buffer; i++)
		buffer[i] = (unsigned char)(i * 7 + i / PAGE);
	msg("written");
	for (size_t i = 0; i < sizeof buffer; i++)
		buffer[i] ^= 0x5a;
	msg("changed");
	for (size_t i = 0; i < sizeof buffer; i++) {
		if ((unsigned char)(buffer[i] ^ 0x5a) != (unsigned char)(i * 7 + i / PAGE))
			fail("byte %zu", i);
	}
	msg("read again");
}
