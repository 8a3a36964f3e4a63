/* A running program's file is opened and read, but writing it writes nothing. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char buffer[16];
	int fd = open_file("rox-self");

	CHECK(read(fd, buffer, 16) == 16 && buffer[1] == 'E', "read it");
	CHECK(write(fd, buffer, 16) == 0, "write it");
	seek(fd, 0);
	CHECK(write(fd, buffer, 16) == 0, "write it again");
}
