/* child-sort-mm FILE: sorts it in a mapping, which its end writes back. */
#include "kit.h"
#include "merge.h"
#include <tests/lib.h>

const char *test_name = "child-sort-mm";

static unsigned char scratch[PIECE_SIZE];

int main(int argc UNUSED, char **argv)
{
	int fd = open_file(argv[1]);

	if (mmap(MAP_AT, PIECE_SIZE, true, fd, 0) != MAP_AT)
		fail("mmap");
	close(fd);
	merge_sort(MAP_AT, scratch, PIECE_SIZE);
	return 80;
}
