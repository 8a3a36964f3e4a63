/* A mapping never lies over another, over the program, its data or its stack, not by a page at either end. */
#include "kit.h"
#include <stdint.h>
#include <tests/lib.h>
#include <tests/main.h>

static char data[PAGE] = {1};
static char zeros[3 * PAGE];

static void *page_of(void *p) { return (void *)((uintptr_t)p & ~(uintptr_t)(PAGE - 1)); }

void test_main(void)
{
	char *at = MAP_AT, stack = 0;
	int fd, other;

	make_file("long", 4 * PAGE, 1);
	make_file("short", PAGE, 2);
	fd = open_file("long");
	other = open_file("short");
	CHECK(mmap(at, 4 * PAGE, 1, fd, 0) == at, "mmap of four pages");
	CHECK(!mmap(at, PAGE, 0, other, 0) && !mmap(at + 3 * PAGE, PAGE, 0, other, 0),
	      "its first and last page");
	CHECK(!mmap(at - PAGE, 2 * PAGE, 0, other, 0) && !mmap(at + 3 * PAGE, 2 * PAGE, 0, other, 0),
	      "its ends");
	CHECK(!mmap(at - PAGE, 6 * PAGE, 0, other, 0), "all of it");
	check_filled(at, 4 * PAGE, 1, "what was mapped");
	CHECK(mmap(at - PAGE, PAGE, 0, other, 0) && mmap(at + 4 * PAGE, PAGE, 0, other, 0),
	      "right beside it");
	check_filled(at - PAGE, PAGE, 2, "before it");
	check_filled(at + 4 * PAGE, PAGE, 2, "behind it");
	CHECK(!mmap(page_of((void *)test_main), PAGE, 0, other, 0), "code");
	CHECK(!mmap(page_of(data), PAGE, 0, other, 0), "data");
	CHECK(!mmap(page_of(zeros + PAGE), PAGE, 0, other, 0), "zeros");
	CHECK(!mmap(page_of(&stack), PAGE, 0, other, 0), "stack");
}
