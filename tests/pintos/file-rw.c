/* Reads and writes move one position; a file ends where it ends, and grows where it is written. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char buffer[sizeof sample];
	int fd = open_file("sample.txt"), n = (int)sizeof sample - 1;

	check_file("sample.txt", sample, n);
	CHECK(filesize(fd) == n && tell(fd) == 0, "size and position");
	CHECK(read(fd, buffer, 20) == 20 && memcmp(buffer, sample, 20) == 0 && tell(fd) == 20,
	      "read 20 bytes");
	CHECK(read(fd, buffer, sizeof buffer) == n - 20 && memcmp(buffer, sample + 20, n - 20) == 0,
	      "read the rest");
	CHECK(read(fd, buffer, 1) == 0, "the end");
	seek(fd, 100000);
	CHECK(read(fd, buffer, 1) == 0 && tell(fd) == 100000, "behind the end");
	CHECK(read(fd, buffer, 0) == 0 && write(fd, buffer, 0) == 0, "nothing");
	seek(fd, 5);
	CHECK(write(fd, "XYZ", 3) == 3 && tell(fd) == 8, "write in the middle");
	seek(fd, 0);
	CHECK(read(fd, buffer, 10) == 10 && memcmp(buffer + 5, "XYZ", 3) == 0 && buffer[8] == sample[8],
	      "read it");
	seek(fd, n);
	CHECK(write(fd, "more", 4) == 4 && filesize(fd) == n + 4, "write at the end");
}
