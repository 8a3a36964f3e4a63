/* A chain of programs, each waiting for the next one; statuses come back through all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <tests/lib.h>

const char *test_name = "deep-recurse";

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, status;
	pid_t pid;

	msg("begin %d", n);
	if (n > 0) {
		char line[32];

		snprintf(line, sizeof line, "deep-recurse %d", n - 1);
		pid = fork(line);
		if (pid == 0)
			exit(exec(line));
		status = wait(pid);
		CHECK(status == n - 1, "%d waited", n);
	}
	return n;
}
