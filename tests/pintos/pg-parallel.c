/* Four processes page at once. */
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	pid_t children[4];

	exec_children("child-linear", children, 4);
	wait_children(children, 4);
}
