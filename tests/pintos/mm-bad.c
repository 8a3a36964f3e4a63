/* What mmap refuses, each time leaving nothing mapped. */
#include "kit.h"
#include <limits.h>
#include <tests/lib.h>
#include <tests/main.h>

static void touch(void) { msg("%d", *(volatile char *)MAP_AT); }

void test_main(void)
{
	char *at = MAP_AT;
	int fd = open_file("sample.txt"), empty, dir;

	create("empty", 0);
	mkdir("dir");
	empty = open_file("empty");
	dir = open_file("dir");
	CHECK(!mmap(NULL, PAGE, 0, fd, 0), "address 0");
	CHECK(!mmap((void *)0x10123420, PAGE, 0, fd, 0) && !mmap(at + 1, PAGE, 0, fd, 0),
	      "an address inside a page");
	CHECK(!mmap(at, 0, 0, fd, 0), "length 0");
	CHECK(!mmap(at, (size_t)-1, 0, fd, 0) && !mmap(at, (size_t)-PAGE, 0, fd, 0), "a length that wraps");
	CHECK(!mmap(at, PAGE, 0, fd, 1) && !mmap(at, PAGE, 0, fd, 0x1234), "an offset inside a page");
	CHECK(!mmap(at, PAGE, 0, fd, -PAGE), "an offset before the file");
	CHECK(!mmap(at, PAGE, 0, 0, 0) && !mmap(at, PAGE, 1, 1, 0), "the console");
	CHECK(!mmap(at, PAGE, 0, -1, 0) && !mmap(at, PAGE, 0, 0x5678, 0) && !mmap(at, PAGE, 0, INT_MIN, 0),
	      "bad descriptors");
	CHECK(!mmap(at, PAGE, 0, empty, 0), "an empty file");
	CHECK(!mmap(at, PAGE, 0, dir, 0), "a directory");
	CHECK(!mmap(KERNEL, PAGE, 0, fd, 0) && !mmap((char *)KERNEL + 64 * PAGE, PAGE, 0, fd, 0) &&
		      !mmap((void *)-PAGE, PAGE, 0, fd, 0),
	      "the kernel");
	CHECK(!mmap((char *)KERNEL - PAGE, 2 * PAGE, 0, fd, 0), "into the kernel");
	close(fd);
	CHECK(!mmap(at, PAGE, 0, fd, 0), "a closed file");
	in_child("touch", touch, -1);
}
