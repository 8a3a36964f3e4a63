/* A mapping shows the file, and zeros behind its end, where whole pages are zeros as well. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	size_t n = sizeof sample - 1;
	char *at = MAP_AT;
	int fd = open_file("sample.txt");

	CHECK(mmap(at, 3 * PAGE, false, fd, 0) == at, "mmap");
	CHECK(memcmp(at, sample, n) == 0, "the file");
	for (size_t i = n; i < 3 * PAGE; i++) {
		if (at[i])
			fail("byte %zu is %d", i, at[i]);
	}
	msg("and zeros");
	munmap(at);
	close(fd);
}
