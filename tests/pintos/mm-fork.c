/* A child has its parent's mappings, of the same file; each takes them away for itself. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static char *at = MAP_AT;

static void child(void)
{
	check_filled(at, 2 * PAGE, 1, "child");
	memcpy(at, "by the child", 12);
	munmap(at);
}

void test_main(void)
{
	int fd;

	make_file("data", 2 * PAGE, 1);
	fd = open_file("data");
	CHECK(mmap(at, 2 * PAGE, 1, fd, 0) == at, "mmap");
	in_child("child", child, 0);
	CHECK(memcmp(at, "by the child", 12) == 0, "written by the child, seen here");
	memcpy(at + PAGE, "by the parent", 13);
	munmap(at);
	CHECK(mmap(at, 2 * PAGE, 0, fd, 0) == at, "mmap again");
	CHECK(memcmp(at, "by the child", 12) == 0 && memcmp(at + PAGE, "by the parent", 13) == 0,
	      "both wrote");
}
