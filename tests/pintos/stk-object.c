/* An object of 64 KB on the stack, touched from its far end first. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	char object[64 * 1024];

	for (size_t i = 0; i < sizeof object; i += PAGE)
		object[i] = (char)i;
	fill(object, sizeof object, 3);
	check_filled(object, sizeof object, 3, "the object");
	msg("filled");
}
