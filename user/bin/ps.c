/* ps: all processes: number, parent, state, resident and swapped memory in KiB, name. Reads /proc/<pid>/status. */
#include "lib.h"
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word behind NAME, cut out of TEXT's line; "?" when there is none. */
static void word_of(const char *text, const char *name, char *word, size_t size)
{
	const char *line = strstr(text, name);
	snprintf(word, size, "?");
	if (!line)
		return;
	line += strlen(name);
	line += strspn(line, " \t");
	snprintf(word, size, "%.*s", (int)strcspn(line, "\n"), line);
}

static void show(long pid)
{
	char path[40], name[32], state[2];
	snprintf(path, sizeof path, "/proc/%ld/status", pid);
	char *text = slurp(path);
	if (!text)
		return; /* it ended meanwhile */
	word_of(text, "Name:", name, sizeof name);
	word_of(text, "State:", state, sizeof state);
	long rss = value_of(text, "VmRSS"), swap = value_of(text, "VmSwap");
	printf("%7ld %7ld %s %8ld %8ld %s\n", pid, value_of(text, "PPid"), state, rss < 0 ? 0 : rss,
	       swap < 0 ? 0 : swap, name);
	free(text);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		usage("ps");
	DIR *dir = opendir("/proc");
	if (!dir)
		err(1, "/proc");
	puts("    PID    PPID S      RSS     SWAP NAME");
	for (struct dirent *e; (e = readdir(dir));) {
		if (isdigit((unsigned char)e->d_name[0]))
			show(strtol(e->d_name, NULL, 10));
	}
	return fflush(stdout) != 0;
}
