/* A mapping outlives its descriptor, and the name of its file. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char *at = MAP_AT;
	int fd;

	make_file("data", 3 * PAGE, 1);
	fd = open_file("data");
	CHECK(mmap(at, 3 * PAGE, 1, fd, 0) == at, "mmap");
	close(fd);
	check_filled(at, PAGE, 1, "closed");
	CHECK(remove("data") && open("data") == -1, "remove");
	check_filled(at, 3 * PAGE, 1, "removed");
	fill(at, 3 * PAGE, 2);
	check_filled(at, 3 * PAGE, 2, "written");
	CHECK(create("data", 3 * PAGE), "another file of that name");
	check_filled(at, 3 * PAGE, 2, "written");
	munmap(at);
	fd = open_file("data");
	CHECK(mmap(at, 3 * PAGE, 0, fd, 0) == at && at[0] == 0 && at[3 * PAGE - 1] == 0, "is empty");
}
