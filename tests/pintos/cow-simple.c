/* fork copies nothing: both have the same frames until one of them writes. */
#include "kit.h"
#include <stdint.h>
#include <tests/lib.h>
#include <tests/main.h>

static _Alignas(PAGE) char memory[3 * PAGE];

void test_main(void)
{
	void *frames[3];
	pid_t pid;
	int status;

	fill(memory, sizeof memory, 1);
	for (int i = 0; i < 3; i++)
		frames[i] = get_phys_addr(memory + i * PAGE);
	pid = fork("child");
	if (pid == 0) {
		for (int i = 0; i < 3; i++) {
			if (get_phys_addr(memory + i * PAGE) != frames[i])
				fail("page %d was copied", i);
		}
		check_filled(memory, sizeof memory, 1, "child");
		memory[PAGE] = 77;
		CHECK(get_phys_addr(memory + PAGE) != frames[1], "a written page is another");
		CHECK(get_phys_addr(memory) == frames[0] && get_phys_addr(memory + 2 * PAGE) == frames[2],
		      "its neighbours are the same");
		exit(memory[PAGE]);
	}
	status = wait(pid);
	CHECK(status == 77, "the child has its own");
	check_filled(memory, sizeof memory, 1, "parent");
}
