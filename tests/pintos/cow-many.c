/* One page has eight owners; each writes and sees its own, whoever came first; the last one finds what was there. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static _Alignas(PAGE) char memory[16 * PAGE];

/* Ends with the number of processes below it that found everything right. */
static int chain(int depth)
{
	pid_t pid;
	int below = 0;

	if (depth < 8) {
		pid = fork("owner");
		if (pid == 0)
			exit(chain(depth + 1));
		if (depth % 2)
			fill(memory + depth * PAGE, PAGE, 100 + depth);
		below = wait(pid);
	}
	check_filled(memory + 15 * PAGE, PAGE, 15, "shared by all");
	if (depth > 0)
		check_filled(memory + (depth - 1) * PAGE, PAGE, depth - 1, "not the parent's");
	fill(memory, sizeof memory, depth);
	check_filled(memory, sizeof memory, depth, "all of it");
	return below + 1;
}

void test_main(void)
{
	int n;

	for (int i = 0; i < 16; i++)
		fill(memory + i * PAGE, PAGE, i);
	n = chain(0);
	CHECK(n == 9, "nine processes");
}
