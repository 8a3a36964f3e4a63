/* The host program of the file system's tests: fs [--test PATTERN] [--seed N] [--list]. Each test must leave as many
 * objects behind as it found. Exit status: 0 all passed, 1 not, 2 bad usage or nothing to run. */
#include "fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long before;
static const char *program;
static unsigned long long seed = 1;

void test_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

void test_note(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	test_print("# %s\n", text);
}

void test_before(const char *name)
{
	(void)name;
	before = port_objects();
}

void test_after(const char *name)
{
	port_fail_alloc(0, false);
	CHECK_EQ(port_objects(), before);
	if (test_failing())
		test_print("# again: %s --test '%s' --seed %llu\n", program, name, seed);
}

int main(int argc, char **argv)
{
	const char *pattern = NULL;
	int failed;

	program = argv[0];
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--list")) {
			tests_list(pattern);
			return 0;
		}
		if (i + 1 < argc && !strcmp(argv[i], "--test")) {
			pattern = argv[++i];
		} else if (i + 1 < argc && !strcmp(argv[i], "--seed")) {
			seed = strtoull(argv[++i], NULL, 0);
		} else {
			fprintf(stderr, "usage: %s [--test PATTERN] [--seed N] [--list]\n", program);
			return 2;
		}
	}
	failed = tests_run(pattern, seed);
	return failed < 0 ? 2 : failed != 0;
}
