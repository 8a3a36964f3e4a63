/* Sixty processes share 8 MB by copy-on-write; each changes a few pages of it. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE     (8 * 1024 * 1024)
#define CHILDREN 60

static char memory[SIZE];

static int child(int n)
{
	for (int i = 0; i < 4; i++) {
		char *page = memory + (n * 4 + i) * PAGE;

		fill(page, PAGE, n + i);
		check_filled(page, PAGE, n + i, "the child's page");
	}
	return n;
}

void test_main(void)
{
	pid_t pids[CHILDREN];
	int ok = 0;

	fill(memory, SIZE, 9);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork("child");
		if (pids[i] == 0)
			exit(child(i));
		if (pids[i] == PID_ERROR)
			fail("fork %d", i);
	}
	for (int i = 0; i < CHILDREN; i++)
		ok += wait(pids[i]) == i;
	CHECK(ok == CHILDREN, "sixty children");
	check_filled(memory, SIZE, 9, "the parent's");
}
