/* The stack grows as functions call each other, is given back to none, and keeps what is in it. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static NO_INLINE unsigned down(unsigned depth)
{
	char frame[500];
	unsigned below = 0;

	fill(frame, sizeof frame, depth);
	if (depth > 0)
		below = down(depth - 1);
	check_filled(frame, sizeof frame, depth, "frame");
	return below + 1;
}

void test_main(void)
{
	CHECK(down(200) == 201, "200 calls down");
	CHECK(down(1000) == 1001, "1000 calls down");
}
