/* The kernel's command line is split at runs of blanks; argv ends with a null pointer. */
#include <stdio.h>
#include <tests/lib.h>

const char *test_name = "args-split";

int main(int argc, char **argv)
{
	msg("begin");
	for (int i = 0; i < argc; i++)
		msg("argv[%d] = '%s'", i, argv[i]);
	CHECK(argv[argc] == NULL, "argv[argc] is null");
	CHECK((size_t)__builtin_frame_address(0) % 16 == 0 && (size_t)argv % 8 == 0, "the stack is aligned");
	msg("end");
	return 0;
}
