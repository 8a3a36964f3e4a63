/* grep [-civnqEF] pattern [file]...: lines that match a regular expression. Status 0: some did, 1: none, 2: trouble.
 * -c only their number, -i upper and lower case are the same, -v those that do not match, -n with line numbers,
 * -q only the status, -E an extended expression, -F a plain string. */
#include "lib.h"
#include <err.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool count, invert, numbers, quiet, fixed;
static const char *pattern;
static regex_t regex;

static bool matches(const char *line)
{
	return (fixed ? strstr(line, pattern) != NULL : !regexec(&regex, line, 0, NULL, 0)) != invert;
}

/* How many lines matched. */
static unsigned long grep(FILE *f, const char *name)
{
	char *line = NULL;
	size_t room = 0;
	unsigned long found = 0, at = 0;
	for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		at++;
		if (!matches(line))
			continue;
		found++;
		if (quiet)
			break;
		if (count)
			continue;
		if (name)
			printf("%s:", name);
		if (numbers)
			printf("%lu:", at);
		puts(line);
	}
	free(line);
	if (count && !quiet)
		printf("%s%s%lu\n", name ? name : "", name ? ":" : "", found);
	return found;
}

static void options(int argc, char **argv)
{
	static const char how[] = "grep [-civnqEF] pattern [file]...";
	int flags = REG_NOSUB;
	for (int c; (c = getopt(argc, argv, "civnqEF")) != -1;) {
		switch (c) {
		case 'c': count = true; break;
		case 'i': flags |= REG_ICASE; break;
		case 'v': invert = true; break;
		case 'n': numbers = true; break;
		case 'q': quiet = true; break;
		case 'E': flags |= REG_EXTENDED; break;
		case 'F': fixed = true; break;
		default: usage(how);
		}
	}
	if (optind == argc)
		usage(how);
	pattern = argv[optind++];
	int error = regcomp(&regex, fixed ? "" : pattern, flags);
	if (error) {
		char why[100];
		regerror(error, &regex, why, sizeof why);
		errx(2, "%s: %s", pattern, why);
	}
}

int main(int argc, char **argv)
{
	options(argc, argv);
	int trouble = 0;
	unsigned long found = optind == argc ? grep(stdin, NULL) : 0;
	for (int i = optind; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");
		if (!f) {
			warn("%s", argv[i]);
			trouble = 2;
			continue;
		}
		found += grep(f, argc - optind > 1 ? argv[i] : NULL);
		if (ferror(f)) {
			warn("%s", argv[i]);
			trouble = 2;
		}
		fclose(f);
	}
	return trouble ? trouble : !found;
}
