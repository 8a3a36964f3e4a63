/* mv from to, mv from... directory: rename, within one file system. */
#include "lib.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc < 3 || argv[1][0] == '-')
		usage("mv from to, mv from... directory");
	const char *to = argv[argc - 1];
	bool into = is_directory(to);
	if (argc > 3 && !into)
		errx(1, "%s is not a directory", to);
	int status = 0;
	for (int i = 1; i < argc - 1; i++) {
		char *path = into ? path_in(to, argv[i]) : strdup(to);
		if (rename(argv[i], path) < 0) {
			warn("%s to %s", argv[i], path);
			status = 1;
		}
		free(path);
	}
	return status;
}
