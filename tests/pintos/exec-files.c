/* Open files stay open through exec, where they were, also under several descriptors. */
#include "kit.h"
#include <stdio.h>
#include <tests/lib.h>
#include <tests/main.h>

static int fd, dir;

static void child(void)
{
	char line[64];

	snprintf(line, sizeof line, "child-files %d %d", fd, dir);
	exec(line);
}

void test_main(void)
{
	char buffer[20];

	fd = open_file("sample.txt");
	read(fd, buffer, sizeof buffer);
	dup2(fd, 500);
	mkdir("a-dir");
	create("a-dir/inside", 0);
	dir = open_file("a-dir");
	in_child("child-files", child, 0);
	CHECK(tell(fd) == 20, "the parent's position is its own");
}
