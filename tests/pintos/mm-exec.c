/* exec drops mappings: the new program finds nothing at their addresses. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static void child(void) { exec("child-touch"); }

void test_main(void)
{
	make_file("data", PAGE, 1);
	CHECK(mmap(MAP_AT, PAGE, 1, open_file("data"), 0) == MAP_AT, "mmap");
	in_child("child", child, -1);
	check_filled(MAP_AT, PAGE, 1, "the parent's");
}
