/* free: memory and swap in KiB, from /proc/meminfo. */
#include "lib.h"
#include <err.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		usage("free");
	const char *text = slurp("/proc/meminfo");
	if (!text)
		err(1, "/proc/meminfo");
	long total = value_of(text, "MemTotal"), left = value_of(text, "MemFree");
	long swap = value_of(text, "SwapTotal"), swap_left = value_of(text, "SwapFree");
	printf("%-6s %12s %12s %12s %12s\n", "", "total", "used", "free", "available");
	printf("%-6s %12ld %12ld %12ld %12ld\n", "Mem:", total, total - left, left,
	       value_of(text, "MemAvailable"));
	printf("%-6s %12ld %12ld %12ld\n", "Swap:", swap, swap - swap_left, swap_left);
	return fflush(stdout) != 0;
}
