/* child-linear N: fills a megabyte by N's random numbers, and takes them off again; returns N. */
#include "kit.h"
#include <random.h>
#include <stdlib.h>
#include <tests/lib.h>

const char *test_name = "child-linear";

static unsigned char buffer[1024 * 1024];

static void crypt(unsigned seed)
{
	unsigned char key[256];

	random_init(seed);
	for (size_t i = 0; i < sizeof buffer; i++) {
		if (i % sizeof key == 0)
			random_bytes(key, sizeof key);
		buffer[i] ^= key[i % sizeof key];
	}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	for (int i = 0; i < 4; i++)
		crypt(n + i);
	for (int i = 0; i < 4; i++)
		crypt(n + i);
	for (size_t i = 0; i < sizeof buffer; i++) {
		if (buffer[i])
			fail("byte %zu is not zero", i);
	}
	return n;
}
