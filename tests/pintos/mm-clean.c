/* A mapping that was only read does not write: it cannot undo what write did meanwhile. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char *at = MAP_AT;
	int fd;

	make_file("data", PAGE, 1);
	fd = open_file("data");
	CHECK(mmap(at, PAGE, 1, fd, 0) == at, "mmap");
	check_filled(at, PAGE, 1, "the mapping");
	CHECK(write(fd, "overwritten", 11) == 11, "write the file");
	munmap(at);
	seek(fd, 0);
	CHECK(mmap(MAP_AT, PAGE, 0, fd, 0) && memcmp(MAP_AT, "overwritten", 11) == 0, "it stays");
}
