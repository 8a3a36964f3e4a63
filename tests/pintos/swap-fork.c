/* A parent with more memory than fits has ten children, who change a part of it, each for itself. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE     (6 * 1024 * 1024)
#define CHILDREN 10
#define PART     (512 * 1024)

static char memory[SIZE];

static int child(int n)
{
	char *part = memory + n * PART;

	check_filled(memory, PART, 1, "the beginning");
	fill(part, PART, n + 2);
	check_filled(part, PART, n + 2, "the child's part");
	return n;
}

void test_main(void)
{
	pid_t pids[CHILDREN];

	fill(memory, SIZE, 1);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork("child");
		if (pids[i] == 0)
			exit(child(i));
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status = wait(pids[i]);

		CHECK(status == i, "child %d returned %d", i, status);
	}
	check_filled(memory, SIZE, 1, "the parent's");
	msg("the parent's is as it was");
}
