/* dup2: both names share one position, and the file stays open until the last of them is closed. */
#include "kit.h"
#include "sample.h"
#include <stdio.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char a[10], b[10];
	int fd = open_file("sample.txt"), other = open_file("sample.txt"), out;

	CHECK(dup2(fd, 1000) == 1000, "dup2 to an unused descriptor");
	CHECK(read(fd, a, 10) == 10 && read(1000, b, 10) == 10 && memcmp(b, sample + 10, 10) == 0,
	      "one position");
	CHECK(dup2(fd, other) == other && tell(other) == 20, "dup2 over an open one");
	CHECK(dup2(fd, fd) == fd && tell(fd) == 20, "dup2 onto itself");
	CHECK(dup2(77, fd) == -1 && tell(fd) == 20, "dup2 of a bad one changes nothing");
	CHECK(dup2(fd, -1) == -1, "dup2 to a bad one");
	close(fd);
	CHECK(read(1000, a, 10) == 10 && memcmp(a, sample + 20, 10) == 0, "closing one leaves the others");
	close(other);
	close(1000);
	CHECK(read(1000, a, 10) == -1, "all closed");
	create("out", 0);
	out = open_file("out");
	dup2(1, 50);
	dup2(out, 1);
	printf("into the file\n");
	dup2(50, 1);
	check_file("out", "into the file\n", 14);
}
