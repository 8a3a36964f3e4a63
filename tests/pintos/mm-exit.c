/* A process that ends without munmap, well or badly, has written its mappings. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static unsigned seed;

static void map_and_fill(void)
{
	int fd = open_file("data");

	if (mmap(MAP_AT, 3 * PAGE, 1, fd, 0) != MAP_AT)
		fail("mmap");
	fill(MAP_AT, 3 * PAGE, seed);
}

static void well(void)
{
	seed = 1;
	map_and_fill();
}

static void badly(void)
{
	seed = 2;
	map_and_fill();
	*(volatile char *)NOT_THERE = 1;
}

static void by_exec(void)
{
	seed = 3;
	map_and_fill();
	exec("child-plain");
}

void test_main(void)
{
	create("data", 3 * PAGE);
	in_child("well", well, 0);
	check_file_filled("data", 3 * PAGE, 1);
	in_child("badly", badly, -1);
	check_file_filled("data", 3 * PAGE, 2);
	in_child("exec", by_exec, 81);
	check_file_filled("data", 3 * PAGE, 3);
}
