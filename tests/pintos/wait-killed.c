/* A child that is ended has the status -1, also when its parent is not waiting yet; the parent goes on. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static void bad(void) { *(volatile int *)NOT_THERE = 1; }

static void parent_dies(void)
{
	if (fork("orphan") == 0)
		exit(0);
	bad();
}

void test_main(void)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork("killed");

		if (pid == 0)
			bad();
		if (wait(pid) != -1 || wait(pid) != -1)
			fail("wait for a killed child");
	}
	msg("ten times");
	in_child("parent", parent_dies, -1);
}
