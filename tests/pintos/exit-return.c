/* What main returns is the status. */
#include <tests/lib.h>

const char *test_name = "exit-return";

int main(void)
{
	msg("run");
	return 42;
}
