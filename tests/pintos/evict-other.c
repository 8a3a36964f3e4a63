/* A child dirties a mapping and a heap of memory, and sleeps in wait; the parent takes every frame from it. What the
 * child wrote to the mapping is in the file at its end, what it wrote to memory is still there. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define MAPPED (256 * PAGE)

static char mine[4 * 1024 * 1024];
static char others[12 * 1024 * 1024];

static void eat(void)
{
	for (unsigned round = 0; round < 2; round++) {
		fill(others, sizeof others, round);
		check_filled(others, sizeof others, round, "the eater's");
	}
}

static void owner(void)
{
	if (mmap(MAP_AT, MAPPED, 1, open_file("data"), 0) != MAP_AT)
		fail("mmap");
	fill(MAP_AT, MAPPED, 1);
	fill(mine, sizeof mine, 2);
	in_child("eater", eat, 0);
	check_filled(mine, sizeof mine, 2, "the owner's memory");
	check_filled(MAP_AT, MAPPED, 1, "the owner's mapping");
	((char *)MAP_AT)[0] = 'x';
}

void test_main(void)
{
	int fd;
	char first;

	create("data", MAPPED);
	in_child("owner", owner, 0);
	fd = open_file("data");
	CHECK(read(fd, &first, 1) == 1 && first == 'x', "the last write is in the file");
	CHECK(mmap(MAP_AT, MAPPED, 1, fd, 0) == MAP_AT, "mmap it");
	fill(mine, PAGE, 1);
	*(char *)MAP_AT = mine[0];
	check_filled(MAP_AT, MAPPED, 1, "the file");
}
