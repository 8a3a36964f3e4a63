/* pagewalk pid address: how the machine translates an address of a process, level by level. Only on Quire.
 *
 * /proc/<pid>/walk is a file whose offset is the address: pread() at offset VA gives the lines of VA's walk, cut at
 * the buffer's end, and does not fault the page in. One read is one whole walk: it does not go on where the last one
 * ended. A line per level that was reached, from the root (the highest LEVEL) to the leaf:
 *	LEVEL INDEX ENTRY-ADDRESS RAW-ENTRY KIND [FRAME FLAGS]
 * LEVEL and INDEX are decimal, the others hexadecimal without 0x; ENTRY-ADDRESS is the entry's physical address,
 * KIND is none, table or leaf. A leaf has the physical address of the frame it maps, and FLAGS, the letters w x u g
 * a d as far as it has them, "-" for none of them.
 * Then one line about what the VM layer knows: "page TYPE [STATE]", or "no region". */
#include "lib.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		usage("pagewalk pid address");
	char path[40], text[4096], *end;
	snprintf(path, sizeof path, "/proc/%lu/walk", number(argv[1], false));
	errno = 0;
	unsigned long va = strtoul(argv[2], &end, 16);
	if (end == argv[2] || *end || errno)
		errx(2, "%s is not a hexadecimal address", argv[2]);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	ssize_t n = pread(fd, text, sizeof text - 1, va);
	if (n < 0)
		err(1, "%s", argv[2]);
	text[n] = '\0';
	printf("%-5s %5s %-16s %-16s %-5s %-12s %s\n", "level", "index", "entry at", "entry", "kind", "frame",
	       "flags");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned level, index;
		char at[20], raw[20], kind[8], frame[20] = "", flags[12] = "";
		if (sscanf(line, "%u %u %19s %19s %7s %19s %11s", &level, &index, at, raw, kind, frame,
			   flags) >= 5)
			printf("%-5u %5u %16s %16s %-5s %-12s %s\n", level, index, at, raw, kind, frame,
			       flags);
		else
			puts(line);
	}
	return fflush(stdout) != 0;
}
