/* As rox-child, with five processes that run the file, one inside another. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static int fd;
static char buffer[16];

static int write_again(void)
{
	seek(fd, 0);
	return write(fd, buffer, sizeof buffer);
}

static void child(void) { exec("child-rox 5"); }

void test_main(void)
{
	fd = open_file("child-rox");
	read(fd, buffer, sizeof buffer);
	CHECK(write_again() == 16, "write it before");
	in_child("child-rox", child, 12);
	CHECK(write_again() == 16, "write it afterwards");
}
