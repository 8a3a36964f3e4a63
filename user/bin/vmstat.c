/* vmstat [seconds [lines]]: what the VM layer did, from /proc/vmstat: since boot, then in each interval.
 * Without an interval only the first line; without a number of lines until it is ended.
 *	faults   pgfault         all page faults
 *	major    pgmajfault      those that waited for a disk
 *	evicted  pgsteal_kswapd + pgsteal_direct     frames taken from their pages
 *	in, out  pswpin, pswpout                     pages read from and written to swap
 *	free     nr_free_pages   frames, now */
#include "lib.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COLUMNS 5
static const char *const names[COLUMNS][2] = {
	{"pgfault", NULL}, {"pgmajfault", NULL}, {"pgsteal_kswapd", "pgsteal_direct"},
	{"pswpin", NULL},  {"pswpout", NULL},
};

/* Read the counters into NOW; the number of free frames is returned. */
static long sample(long now[COLUMNS])
{
	char *text = slurp("/proc/vmstat");
	if (!text)
		err(1, "/proc/vmstat");
	for (int i = 0; i < COLUMNS; i++) {
		now[i] = 0;
		for (int part = 0; part < 2 && names[i][part]; part++) {
			long n = value_of(text, names[i][part]);
			now[i] += n < 0 ? 0 : n;
		}
	}
	long left = value_of(text, "nr_free_pages");
	free(text);
	return left;
}

int main(int argc, char **argv)
{
	if (argc > 3)
		usage("vmstat [seconds [lines]]");
	struct timespec interval = {.tv_sec = argc > 1 ? number(argv[1], false) : 0};
	unsigned long lines = argc > 2 ? number(argv[2], false) : argc > 1 ? -1UL : 1;
	if (argc > 1 && !interval.tv_sec)
		errx(2, "an interval is at least a second");
	long before[COLUMNS] = {0}, now[COLUMNS];
	for (unsigned long line = 0; line < lines; line++) {
		if (line)
			nanosleep(&interval, NULL);
		if (line % 20 == 0)
			printf("%10s %8s %10s %8s %8s %10s\n", "faults", "major", "evicted", "in", "out",
			       "free");
		long left = sample(now);
		for (int i = 0; i < COLUMNS; i++) {
			printf(i == 0 || i == 2 ? "%10ld " : "%8ld ", now[i] - before[i]);
			before[i] = now[i];
		}
		printf("%10ld\n", left);
		if (fflush(stdout))
			return 1;
	}
	return 0;
}
