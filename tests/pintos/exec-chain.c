/* A process runs one program after another, ten times; the last one ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <tests/lib.h>

const char *test_name = "exec-chain";

int main(int argc, char **argv)
{
	char line[32];
	int n = argc > 1 ? atoi(argv[1]) : 10;

	msg("%d to go", n);
	if (n == 0)
		return 33;
	snprintf(line, sizeof line, "exec-chain %d", n - 1);
	return exec(line);
}
