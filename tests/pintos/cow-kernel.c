/* When read writes to a shared page, it is the reader's copy that changes. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static _Alignas(PAGE) char memory[2 * PAGE];

static void child(void)
{
	int n = (int)sizeof sample - 1;

	CHECK(read(open_file("sample.txt"), memory + PAGE - 10, n) == n, "read over a page's end");
	CHECK(memcmp(memory + PAGE - 10, sample, n) == 0, "the child sees it");
}

void test_main(void)
{
	fill(memory, sizeof memory, 1);
	in_child("child", child, 0);
	check_filled(memory, sizeof memory, 1, "parent");
	msg("the parent does not");
}
