/* Touching a page of a mapping brings in that page alone, in whatever order they are touched. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES 40

void test_main(void)
{
	char *at = MAP_AT;

	make_file("data", PAGES * PAGE, 1);
	CHECK(mmap(at, PAGES * PAGE, 0, open_file("data"), 0) == at, "mmap");
	for (int i = 0; i < PAGES; i++) {
		int n = i * 7 % PAGES;

		if (get_phys_addr(at + n * PAGE))
			fail("page %d is there before it was touched", n);
		(void)*(volatile char *)(at + n * PAGE);
		if (!get_phys_addr(at + n * PAGE))
			fail("page %d is not there", n);
	}
	check_filled(at, PAGES * PAGE, 1, "the file");
}
