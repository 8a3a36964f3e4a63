/* pmap pid: a process's regions, in KiB: length, resident, of that shared with others and dirty, swapped.
 * /proc/<pid>/smaps has, for each region, its line of /proc/<pid>/maps and then "Name: number kB" lines. */
#include "lib.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE, RSS, SHARED, DIRTY, SWAP, COUNTS };
static const struct {
	const char *name;
	int count;
} fields[] = {
	{"Size:", SIZE},           {"Rss:", RSS},
	{"Shared_Clean:", SHARED}, {"Shared_Dirty:", SHARED},
	{"Shared_Dirty:", DIRTY},  {"Private_Dirty:", DIRTY},
	{"Swap:", SWAP},
};

static void show(const char *region, const long count[COUNTS])
{
	unsigned long from;
	char mode[5];
	int name = 0;
	if (sscanf(region, "%lx-%*x %4s %*x %*s %*u %n", &from, mode, &name) < 2)
		return;
	printf("%016lx %s", from, mode);
	for (int i = 0; i < COUNTS; i++)
		printf(" %8ld", count[i]);
	printf("  %s\n", name && region[name] ? region + name : "[anon]");
}

/* One region after the other, and their sums. */
static void show_all(char *text, long total[COUNTS])
{
	long count[COUNTS] = {0};
	const char *region = NULL;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strchr(line, '-') && strspn(line, "0123456789abcdef") == strcspn(line, "-")) {
			if (region)
				show(region, count);
			region = line;
			memset(count, 0, sizeof count);
			continue;
		}
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
			size_t len = strlen(fields[i].name);
			if (strncmp(line, fields[i].name, len))
				continue;
			long n = strtol(line + len, NULL, 10);
			count[fields[i].count] += n;
			total[fields[i].count] += n;
		}
	}
	if (region)
		show(region, count);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		usage("pmap pid");
	char path[40];
	snprintf(path, sizeof path, "/proc/%lu/smaps", number(argv[1], false));
	char *text = slurp(path);
	if (!text)
		err(1, "%s", path);
	long total[COUNTS] = {0};
	printf("%-16s %s %8s %8s %8s %8s %8s\n", "address", "mode", "size", "rss", "shared", "dirty", "swap");
	show_all(text, total);
	printf("%-21s", "total");
	for (int i = 0; i < COUNTS; i++)
		printf(" %8ld", total[i]);
	putchar('\n');
	return fflush(stdout) != 0;
}
