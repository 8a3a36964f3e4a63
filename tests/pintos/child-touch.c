/* Must be ended: nothing is mapped there. */
#include "kit.h"
#include <tests/lib.h>

const char *test_name = "child-touch";

int main(void)
{
	msg("run");
	msg("found %d", *(volatile char *)MAP_AT);
	return 0;
}
