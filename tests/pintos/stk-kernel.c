/* A buffer on the stack that only the kernel touches first: read grows the stack as an access of the program would. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static NO_INLINE void from_file(void)
{
	char buffer[30 * PAGE];
	int fd = open_file("sample.txt"), n = (int)sizeof sample - 1;

	CHECK(read(fd, buffer + 100, n) == n && memcmp(buffer + 100, sample, n) == 0, "read onto the stack");
}

static NO_INLINE void to_file(void)
{
	char buffer[60 * PAGE];
	int fd;

	create("out", 0);
	fd = open_file("out");
	CHECK(write(fd, buffer, 2 * PAGE) == 2 * PAGE, "write from the stack");
	memset(buffer, 0, 2 * PAGE);
	check_file("out", buffer, 2 * PAGE);
}

void test_main(void)
{
	from_file();
	to_file();
}
