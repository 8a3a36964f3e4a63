/* munmap takes the whole mapping that begins there, and nothing for any other address. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static char *at = MAP_AT;

static void first(void) { msg("%d", *(volatile char *)at); }
static void last(void) { msg("%d", ((volatile char *)at)[4 * PAGE - 1]); }

void test_main(void)
{
	int fd;

	make_file("data", 4 * PAGE, 1);
	fd = open_file("data");
	CHECK(mmap(at, 4 * PAGE, 1, fd, 0) == at, "mmap");
	munmap(at + PAGE);
	munmap(at - PAGE);
	munmap(at + 1);
	munmap(NULL);
	munmap((void *)test_main);
	munmap(KERNEL);
	check_filled(at, 4 * PAGE, 1, "it is still there");
	munmap(at);
	in_child("first", first, -1);
	in_child("last", last, -1);
	munmap(at);
	CHECK(mmap(at, PAGE, 1, fd, 0) == at, "the place is free again");
	check_filled(at, PAGE, 1, "mapped again");
	in_child("last", last, -1);
}
