/* Forks while most of memory is on the swap disk: children read what was swapped out before they were born. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES (12 * 256)

static char memory[PAGES][PAGE];

static int look(int n)
{
	for (int i = n; i < PAGES; i += 4) {
		check_filled(memory[i], PAGE, i, "page");
		memory[i][0]++;
	}
	return n;
}

void test_main(void)
{
	for (int i = 0; i < PAGES; i++)
		fill(memory[i], PAGE, i);
	for (int round = 0; round < 3; round++) {
		pid_t pids[4];

		for (int i = 0; i < 4; i++) {
			pids[i] = fork("looker");
			if (pids[i] == 0)
				exit(look(i));
		}
		for (int i = 0; i < 4; i++) {
			int status = wait(pids[i]);

			if (status != i)
				fail("child %d returned %d", i, status);
		}
		msg("round %d", round);
	}
	for (int i = 0; i < PAGES; i++)
		check_filled(memory[i], PAGE, i, "page");
}
