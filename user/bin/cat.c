/* cat [file]...: the files, or standard input, on standard output. "-" is standard input. */
#include "lib.h"
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = 0;
	if (argc == 1)
		return copy_out(0, 1, "standard input");
	for (int i = 1; i < argc; i++) {
		int fd = strcmp(argv[i], "-") ? open(argv[i], O_RDONLY) : 0;
		if (fd < 0) {
			warn("%s", argv[i]);
			status = 1;
			continue;
		}
		status |= copy_out(fd, 1, argv[i]);
		if (fd)
			close(fd);
	}
	return status;
}
