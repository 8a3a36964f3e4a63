#include <tests/lib.h>

const char *test_name = "child-plain";

int main(void)
{
	msg("run");
	return 81;
}
