/* read into, and write from, a mapping of the same file; the same page at both ends. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	static char was[2 * PAGE];
	char *at = MAP_AT;
	int fd;

	fill(was, sizeof was, 1);
	make_file("data", sizeof was, 1);
	fd = open_file("data");
	CHECK(mmap(at, sizeof was, 1, fd, 0) == at, "mmap");
	CHECK(read(fd, at + PAGE, PAGE) == PAGE && memcmp(at + PAGE, was, PAGE) == 0,
	      "read a page into the next");
	seek(fd, 0);
	CHECK(read(fd, at, PAGE) == PAGE && memcmp(at, was, PAGE) == 0, "read a page into itself");
	at[0] = '!';
	seek(fd, PAGE);
	CHECK(write(fd, at, PAGE) == PAGE && memcmp(at + PAGE, at, PAGE) == 0,
	      "write a page from the one before");
	munmap(at);
}
