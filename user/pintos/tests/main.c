/* main of the programs that define test_main. */
#include <tests/lib.h>
#include <tests/main.h>

int main(int argc, char **argv);

int main(int argc UNUSED, char **argv)
{
	test_name = argv[0];
	msg("begin");
	test_main();
	msg("end");
	return 0;
}
