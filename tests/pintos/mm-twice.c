/* Two mappings of one file at once show the same, also what is written to one, and so does read. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char *one = MAP_AT, *two = (char *)MAP_AT + 0x100000, buffer[10];
	int a, b;

	make_file("data", 2 * PAGE, 1);
	a = open_file("data");
	b = open_file("data");
	CHECK(mmap(one, 2 * PAGE, 1, a, 0) == one && mmap(two, 2 * PAGE, 0, b, 0) == two, "mmap twice");
	check_filled(one, 2 * PAGE, 1, "the first");
	check_filled(two, 2 * PAGE, 1, "the second");
	memcpy(one + 100, "0123456789", 10);
	CHECK(memcmp(two + 100, "0123456789", 10) == 0, "written here, seen there");
	seek(b, 100);
	CHECK(read(b, buffer, 10) == 10 && memcmp(buffer, "0123456789", 10) == 0, "and by read");
	seek(a, PAGE);
	CHECK(write(a, "abcdef", 6) == 6 && memcmp(two + PAGE, "abcdef", 6) == 0,
	      "written by write, seen in both");
	munmap(two);
	CHECK(memcmp(one + PAGE, "abcdef", 6) == 0, "one remains");
}
