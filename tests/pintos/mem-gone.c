/* Memory and swap end: the process that holds most is ended, its parent goes on, and can do it again. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static char memory[256 * 1024 * 1024];

static void eat(void)
{
	for (size_t i = 0; i < sizeof memory; i += PAGE)
		fill(memory + i, PAGE, (unsigned)i);
}

void test_main(void)
{
	for (int i = 0; i < 3; i++) {
		in_child("eater", eat, -1);
		fill(memory, 64 * PAGE, i);
		check_filled(memory, 64 * PAGE, i, "a little");
	}
}
