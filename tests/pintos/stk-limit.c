/* The stack ends: a process that calls itself for ever is ended, its parent is not. 900 KB fit. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static volatile bool go_on = true;

static NO_INLINE int for_ever(volatile char *above)
{
	volatile char frame[2000];

	frame[0] = *above;
	return go_on ? for_ever(frame) + frame[0] : 0;
}

static void recurse(void)
{
	char c = 0;

	exit(for_ever(&c));
}

static void large(void)
{
	char object[900 * 1024];

	fill(object, sizeof object, 1);
	check_filled(object, sizeof object, 1, "the object");
}

void test_main(void)
{
	in_child("recurse", recurse, -1);
	in_child("large", large, 0);
}
