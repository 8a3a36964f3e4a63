/* child-rox N: N processes that run this file, each trying to write it. */
#include "kit.h"
#include <stdio.h>
#include <stdlib.h>
#include <tests/lib.h>

const char *test_name = "child-rox";

static void try_to_write(void)
{
	int fd = open_file("child-rox");
	char c;

	read(fd, &c, 1);
	seek(fd, 0);
	CHECK(write(fd, &c, 1) == 0, "try to write the program");
	close(fd);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1, status;

	try_to_write();
	if (n > 1) {
		char line[32];
		pid_t pid = fork("child-rox");

		snprintf(line, sizeof line, "child-rox %d", n - 1);
		if (pid == 0)
			exit(exec(line));
		status = wait(pid);
		CHECK(status == 12, "the next one is done");
		try_to_write();
	}
	return 12;
}
