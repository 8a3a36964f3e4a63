/* The line at exit has the name that fork gave, 15 characters of it; exec does not change it. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static void none(void) {}
static void plain(void) { exec("child-plain"); }

void test_main(void)
{
	in_child("short", none, 0);
	in_child("fifteen-letters", none, 0);
	in_child("more-than-fifteen-letters", none, 0);
	in_child("other name", plain, 81);
	in_child("", none, 0);
}
