/* wait: once for each child, in any order, also after its end; -1 for all others. */
#include <limits.h>
#include <tests/lib.h>
#include <tests/main.h>

static pid_t start(int status)
{
	pid_t pid = fork("child");

	if (pid == 0)
		exit(status);
	return pid;
}

void test_main(void)
{
	pid_t one = start(1), two, three;
	int a = wait(one), b, c;

	CHECK(a == 1, "the status");
	CHECK(wait(one) == -1, "only once");
	two = start(2);
	three = start(3);
	b = wait(three);
	a = wait(two);
	CHECK(a == 2 && b == 3, "in another order");
	CHECK(wait(PID_ERROR) == -1 && wait(0) == -1 && wait(INT_MAX) == -1 && wait(INT_MIN) == -1,
	      "no child");
	two = fork("middle");
	if (two == 0)
		exit(wait(one) == -1 && wait(start(4)) == 4 ? 5 : 6);
	a = wait(two);
	CHECK(a == 5, "a child's child is the child's");
	a = wait(start(-1));
	b = wait(start(-77));
	c = wait(start(127));
	CHECK(a == -1 && b == -77 && c == 127, "other statuses");
}
