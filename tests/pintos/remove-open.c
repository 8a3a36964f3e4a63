/* A file without a name lives until it is closed. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	static char data[3 * PAGE], back[3 * PAGE];
	int fd;

	make_file("doomed", sizeof data, 1);
	fd = open_file("doomed");
	CHECK(remove("doomed") && open("doomed") == -1 && !remove("doomed"), "remove an open file");
	CHECK(create("doomed", 1), "its name is free");
	CHECK(read(fd, back, sizeof back) == sizeof back, "read it");
	check_filled(back, sizeof back, 1, "the old file");
	fill(data, sizeof data, 2);
	seek(fd, 0);
	CHECK(write(fd, data, sizeof data) == sizeof data, "write it");
	seek(fd, 0);
	read(fd, back, sizeof back);
	check_filled(back, sizeof back, 2, "the old file");
	check_file("doomed", "", 1);
}
