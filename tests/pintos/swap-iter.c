/* Anonymous memory, a mapping and the stack compete for the frames, round after round. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES 1024

static char memory[PAGES * PAGE];

void test_main(void)
{
	char stack[64 * PAGE], *at = MAP_AT;

	create("data", PAGES * PAGE);
	CHECK(mmap(at, PAGES * PAGE, 1, open_file("data"), 0) == at, "mmap");
	for (int round = 0; round < 4; round++) {
		fill(memory, sizeof memory, round);
		fill(at, PAGES * PAGE, round + 10);
		fill(stack, sizeof stack, round + 20);
		check_filled(memory, sizeof memory, round, "memory");
		check_filled(stack, sizeof stack, round + 20, "stack");
		check_filled(at, PAGES * PAGE, round + 10, "mapping");
		msg("round %d", round);
	}
	munmap(at);
	check_file_filled("data", PAGES * PAGE, 13);
}
