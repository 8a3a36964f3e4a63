/* child-files FD DIR: sample.txt at 20, also as 500, and a directory with one file. */
#include "sample.h"
#include <stdlib.h>
#include <string.h>
#include <tests/lib.h>

const char *test_name = "child-files";

int main(int argc, char **argv)
{
	int fd = argc == 3 ? atoi(argv[1]) : -1, dir = argc == 3 ? atoi(argv[2]) : -1;
	char buffer[30], name[READDIR_MAX_LEN + 1];

	CHECK(tell(fd) == 20 && tell(500) == 20, "the position");
	CHECK(read(fd, buffer, 30) == 30 && memcmp(buffer, sample + 20, 30) == 0, "read on");
	CHECK(tell(500) == 50, "still one position for both");
	CHECK(readdir(dir, name) && strcmp(name, "inside") == 0 && !readdir(dir, name), "the directory");
	return 0;
}
