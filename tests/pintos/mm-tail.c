/* What is written to a mapping behind the file's end is nowhere: neither in the file, nor in another mapping, nor when
 * the file grows over it. */
#include "kit.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (PAGE + 123)

void test_main(void)
{
	static char want[2 * PAGE];
	char *at = MAP_AT;
	int fd;

	make_file("data", SIZE, 7);
	fd = open_file("data");
	CHECK(mmap(at, 2 * PAGE, true, fd, 0) == at, "mmap");
	memset(at + SIZE, 'x', 2 * PAGE - SIZE);
	munmap(at);
	CHECK(filesize(fd) == SIZE, "the file is no longer than before");
	CHECK(mmap(at, 2 * PAGE, false, fd, 0) == at && at[SIZE] == 0 && at[2 * PAGE - 1] == 0,
	      "zeros behind its end");
	munmap(at);
	seek(fd, 2 * PAGE - 1);
	write(fd, "y", 1);
	fill(want, SIZE, 7);
	want[2 * PAGE - 1] = 'y';
	check_file("data", want, sizeof want);
}
