/* child-sort FILE: sorts it in memory. */
#include "kit.h"
#include "merge.h"
#include <tests/lib.h>

const char *test_name = "child-sort";

static unsigned char bytes[PIECE_SIZE], scratch[PIECE_SIZE];

int main(int argc UNUSED, char **argv)
{
	int fd = open_file(argv[1]);

	if (read(fd, bytes, sizeof bytes) != sizeof bytes)
		fail("read");
	merge_sort(bytes, scratch, sizeof bytes);
	seek(fd, 0);
	if (write(fd, bytes, sizeof bytes) != sizeof bytes)
		fail("write");
	return 80;
}
