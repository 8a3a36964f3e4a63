/* Each process has two children, to a depth of five: 63 in all. They count themselves by their statuses. */
#include <tests/lib.h>
#include <tests/main.h>

static int grow(int depth)
{
	pid_t left, right;
	int size = 1, status;

	if (depth == 0)
		return size;
	left = fork("node");
	if (left == 0)
		exit(grow(depth - 1));
	right = fork("node");
	if (right == 0)
		exit(grow(depth - 1));
	status = wait(right);
	size += status;
	status = wait(left);
	return size + status;
}

void test_main(void)
{
	int size = grow(5);

	CHECK(size == 63, "a tree of 63");
}
