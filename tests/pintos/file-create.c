#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	static char zeros[5000], name[512];
	int fd;

	CHECK(create("new.dat", 5000), "create with a size");
	check_file("new.dat", zeros, sizeof zeros);
	CHECK(!create("new.dat", 0), "a second time fails");
	CHECK(!create("", 0), "no name fails");
	CHECK(create("exactly-14.abc", 0), "14 characters are a name");
	CHECK(!create("exactly-15.abcd", 0), "15 are too long");
	memset(name, 'x', sizeof name - 1);
	CHECK(!create(name, 0), "511 are too long");
	CHECK(!create("no-dir/x", 0), "a missing directory fails");
	CHECK((fd = open("new.dat")) > 1 && filesize(fd) == 5000, "the file is as it was");
}
