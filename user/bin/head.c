/* head [-n lines] [file]...: the first lines, ten unless said otherwise. */
#include "lib.h"
#include <err.h>
#include <stdio.h>
#include <unistd.h>

static int head(FILE *f, const char *name, unsigned long lines)
{
	int c = 0;
	while (lines && (c = getc(f)) != EOF) {
		putchar(c);
		lines -= c == '\n';
	}
	if (ferror(f))
		warn("%s", name);
	return ferror(f) != 0;
}

int main(int argc, char **argv)
{
	unsigned long lines = 10;
	for (int c; (c = getopt(argc, argv, "n:")) != -1;) {
		if (c == '?')
			usage("head [-n lines] [file]...");
		lines = number(optarg, false);
	}
	if (optind == argc)
		return head(stdin, "standard input", lines);
	int status = 0;
	for (int i = optind; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");
		if (!f) {
			warn("%s", argv[i]);
			status = 1;
			continue;
		}
		if (argc - optind > 1)
			printf("%s==> %s <==\n", i > optind ? "\n" : "", argv[i]);
		status |= head(f, argv[i], lines);
		fclose(f);
	}
	return fflush(stdout) ? 1 : status;
}
