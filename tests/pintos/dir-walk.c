/* Directories are made, entered, listed and removed. */
#include "kit.h"
#include <stdio.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

#define FILES 30

static void list(void)
{
	char name[READDIR_MAX_LEN + 1];
	int fd = open_file("."), number, sum = 0, n = 0;

	while (readdir(fd, name)) {
		if (name[0] != 'f')
			fail("readdir: \"%s\"", name);
		number = name[1] * 10 + name[2] - '0' * 11;
		sum += number;
		n++;
	}
	CHECK(n == FILES && sum == FILES * (FILES - 1) / 2, "each name once, no . and ..");
	CHECK(!readdir(fd, name), "and no more");
	close(fd);
}

void test_main(void)
{
	char name[READDIR_MAX_LEN + 1];
	int a, b, file;

	CHECK(mkdir("dir"), "mkdir");
	CHECK(!mkdir("dir") && !mkdir("") && !mkdir("missing/x"), "bad names");
	a = open_file("dir");
	CHECK(isdir(a) && !readdir(a, name), "it is a directory, and empty");
	CHECK(chdir("dir"), "chdir");
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%02d", i);
		create(name, i);
	}
	list();
	CHECK(!chdir("f00") && !chdir("missing"), "chdir to what is no directory");
	CHECK((file = open("../dir/f07")) > 1 && filesize(file) == 7 && !isdir(file), "a path with ..");
	b = open_file("../dir");
	CHECK(inumber(a) == inumber(b) && inumber(a) != inumber(file), "inumber");
	CHECK(write(a, name, 1) == -1 && read(a, name, 1) == -1, "a directory is neither read nor written");
	CHECK(!remove("../dir"), "what is not empty stays");
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%02d", i);
		if (!remove(name))
			fail("remove %s", name);
	}
	CHECK(chdir("..") && remove("dir") && open("dir") == -1, "what is empty goes");
}
