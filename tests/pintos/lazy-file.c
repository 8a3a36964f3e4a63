/* A mapping is brought in where it is touched; pages far away are not. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define STEP 32 /* pages: Linux brings in up to 16 around the one that was wanted */

void test_main(void)
{
	char *at = MAP_AT;

	make_file("data", 4 * STEP * PAGE, 1);
	CHECK(mmap(at, 4 * STEP * PAGE, 0, open_file("data"), 0) == at && !get_phys_addr(at), "mmap");
	for (int i = 0; i < 4; i++) {
		char *page = at + i * STEP * PAGE;

		if (get_phys_addr(page))
			fail("page %d is there before it was touched", i * STEP);
		(void)*(volatile char *)page;
		if (!get_phys_addr(page))
			fail("page %d is not there", i * STEP);
	}
	check_filled(at, 4 * STEP * PAGE, 1, "the file");
	munmap(at);
	CHECK(!get_phys_addr(at), "munmap takes them");
}
