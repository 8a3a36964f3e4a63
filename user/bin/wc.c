/* wc [-lwc] [file]...: count lines, words and bytes of files or of standard input. */
#include "lib.h"
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool lines, words, bytes;

static void show(const unsigned long count[3], const char *name)
{
	const bool wanted[] = {lines, words, bytes};
	const char *gap = "";
	for (int i = 0; i < 3; i++) {
		if (wanted[i]) {
			printf(lines + words + bytes > 1 ? "%s%7lu" : "%s%lu", gap, count[i]);
			gap = " ";
		}
	}
	printf("%s%s\n", name ? " " : "", name ? name : "");
}

static int count(int fd, const char *name, unsigned long total[3])
{
	static char buffer[16384];
	unsigned long sum[3] = {0};
	bool inside = false;
	ssize_t n;
	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		sum[2] += n;
		for (ssize_t i = 0; i < n; i++) {
			bool space = isspace((unsigned char)buffer[i]);
			sum[0] += buffer[i] == '\n';
			sum[1] += inside && space;
			inside = !space;
		}
	}
	sum[1] += inside;
	if (n < 0) {
		warn("%s", name ? name : "standard input");
		return 1;
	}
	show(sum, name);
	for (int i = 0; i < 3; i++)
		total[i] += sum[i];
	return 0;
}

int main(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "lwc")) != -1;) {
		if (c == '?')
			usage("wc [-lwc] [file]...");
		*(c == 'l' ? &lines : c == 'w' ? &words : &bytes) = true;
	}
	if (!lines && !words && !bytes)
		lines = words = bytes = true;
	unsigned long total[3] = {0};
	int status = 0;
	if (optind == argc)
		return count(0, NULL, total);
	for (int i = optind; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);
		if (fd < 0) {
			warn("%s", argv[i]);
			status = 1;
			continue;
		}
		status |= count(fd, argv[i], total);
		close(fd);
	}
	if (argc - optind > 1)
		show(total, "total");
	return status;
}
