/* What one process writes after fork the other does not see: data, zeros, stack. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static char data[2 * PAGE] = {1};
static char zeros[2 * PAGE];

void test_main(void)
{
	char stack[2 * PAGE];
	pid_t pid;
	int status;

	fill(data, sizeof data, 1);
	fill(stack, sizeof stack, 2);
	pid = fork("child");
	check_filled(data, sizeof data, 1, "data");
	check_filled(stack, sizeof stack, 2, "stack");
	if (pid == 0) {
		fill(data, sizeof data, 3);
		fill(stack, sizeof stack, 4);
		fill(zeros, sizeof zeros, 5);
		check_filled(data, sizeof data, 3, "child's data");
		check_filled(stack, sizeof stack, 4, "child's stack");
		exit(1);
	}
	status = wait(pid);
	CHECK(status == 1, "the child has its own");
	check_filled(data, sizeof data, 1, "data");
	check_filled(stack, sizeof stack, 2, "stack");
	for (size_t i = 0; i < sizeof zeros; i++) {
		if (zeros[i])
			fail("zeros");
	}
}
