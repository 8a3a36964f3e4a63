/* Processes fork, each with memory of its own and open files, until one cannot be made; all end, some badly. The
 * second and the third time it goes about as deep: what they held is back. About, for when all is full the youngest of
 * the largest ends, and how much those hold that are just being made, or crash, is not the same each time. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define DEPTH_MOST  100
#define DEPTH_LEAST 8

static char memory[64 * PAGE];

static void open_many(void)
{
	for (int i = 0; i < 20; i++)
		open("sample.txt");
}

/* How deep it went from here. On the way back each process has another child, which a fault ends. */
static int deeper(int depth)
{
	pid_t pid;
	int reached = depth;

	if (depth == DEPTH_MOST)
		return depth;
	fill(memory, sizeof memory, depth);
	open_many();
	pid = fork("deeper");
	if (pid == 0) {
		reached = deeper(depth + 1);
		check_filled(memory, PAGE, depth + 1 == DEPTH_MOST ? depth : depth + 1, "memory");
		exit(reached);
	}
	if (pid > 0) {
		reached = wait(pid);
		if (reached < 0) /* memory ended only when it was touched */
			reached = depth;
		pid = fork("crash");
		if (pid == 0)
			*(volatile int *)NOT_THERE = depth;
		if (pid > 0 && wait(pid) != -1)
			fail("a crash that was none");
	}
	return reached;
}

void test_main(void)
{
	int first = deeper(0), again;

	if (first < DEPTH_LEAST)
		fail("only %d deep", first);
	quiet = true;
	for (int i = 0; i < 2; i++) {
		again = deeper(0);
		if (again * 4 < first * 3)
			fail("only %d deep after %d", again, first);
	}
	quiet = false;
	msg("as deep each time");
}
