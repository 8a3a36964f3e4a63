/* What is written to a mapping is in the file after munmap, up to the file's end; other processes see it by read. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (5 * PAGE + 123)

static void look(void) { check_file_filled("data", SIZE, 7); }

void test_main(void)
{
	char *at = MAP_AT;
	int fd;

	CHECK(create("data", SIZE), "create");
	fd = open_file("data");
	CHECK(mmap(at, SIZE, true, fd, 0) == at, "mmap");
	close(fd);
	fill(at, 6 * PAGE, 7);
	munmap(at);
	check_file_filled("data", SIZE, 7);
	msg("the file has it");
	in_child("look", look, 0);
	fd = open_file("data");
	CHECK(filesize(fd) == SIZE, "it is no longer than before");
}
