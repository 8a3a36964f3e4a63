/* The child has the open files, at positions of its own; what it opens and closes is its own, too. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static int fd;

static void child(void)
{
	char buffer[40];

	CHECK(tell(fd) == 20 && read(fd, buffer, 40) == 40 && memcmp(buffer, sample + 20, 40) == 0,
	      "child reads on");
	seek(fd, 3);
	close(fd);
	CHECK(read(fd, buffer, 1) == -1, "child closed it");
}

void test_main(void)
{
	char buffer[40];

	fd = open_file("sample.txt");
	read(fd, buffer, 20);
	in_child("child", child, 0);
	CHECK(tell(fd) == 20 && read(fd, buffer, 40) == 40 && memcmp(buffer, sample + 20, 40) == 0,
	      "parent, too");
}
