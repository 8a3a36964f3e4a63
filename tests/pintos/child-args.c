/* Says its arguments; returns how many. */
#include <stdio.h>
#include <string.h>
#include <tests/lib.h>

int main(int argc, char **argv)
{
	test_name = argv[0];
	for (int i = 0; i < argc; i++) {
		if (argc < 10 || strlen(argv[i]) > 1)
			msg("argv[%d] = '%s'", i, argv[i]);
	}
	return argv[argc] ? -1 : argc;
}
