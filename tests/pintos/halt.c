/* The machine ends at once: nothing more is printed. */
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	halt();
	fail("halt returned");
}
