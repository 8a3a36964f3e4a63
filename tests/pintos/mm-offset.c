/* Mappings of parts of a file: pages, a tail, and what lies behind the end. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (6 * PAGE + 99)

void test_main(void)
{
	static char whole[SIZE];
	char *at = MAP_AT, *tail = (char *)0x20000000;
	int fd;

	fill(whole, SIZE, 5);
	make_file("data", SIZE, 5);
	fd = open_file("data");
	CHECK(mmap(at, 2 * PAGE, 1, fd, 3 * PAGE) == at, "two pages at 3");
	CHECK(memcmp(at, whole + 3 * PAGE, 2 * PAGE) == 0, "are those");
	CHECK(mmap(tail, 2 * PAGE, 0, fd, 6 * PAGE) == tail, "the tail");
	CHECK(memcmp(tail, whole + 6 * PAGE, 99) == 0 && tail[99] == 0 && tail[PAGE] == 0, "and zeros");
	memset(at, 'x', 2 * PAGE);
	memset(whole + 3 * PAGE, 'x', 2 * PAGE);
	munmap(at);
	check_file("data", whole, SIZE);
}
