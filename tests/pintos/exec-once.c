/* exec replaces the process: it keeps its name and does not return. */
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	exec("child-plain");
	fail("exec returned");
}
