/* A mapping of a file larger than memory: pages come from it and go to it. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES (12 * 256)

void test_main(void)
{
	char *at = MAP_AT;

	CHECK(create("large", PAGES * PAGE), "create");
	CHECK(mmap(at, PAGES * PAGE, 1, open_file("large"), 0) == at, "mmap");
	for (int i = 0; i < PAGES; i++)
		fill(at + i * PAGE, PAGE, i);
	msg("written");
	for (int i = PAGES - 1; i >= 0; i--)
		check_filled(at + i * PAGE, PAGE, i, "page");
	msg("read");
	munmap(at);
	CHECK(mmap(at, PAGES * PAGE, 0, open_file("large"), 0) == at, "mmap again");
	for (int i = 0; i < PAGES; i++)
		check_filled(at + i * PAGE, PAGE, i, "page");
}
