/* What the programs of user/bin share; see lib.h. */
#include "lib.h"
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void usage(const char *text)
{
	fprintf(stderr, "usage: %s\n", text);
	exit(2);
}

unsigned long number(const char *text, bool sizes)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 0), unit = 1;
	if (sizes && *end)
		unit = *end == 'K' ? 1UL << 10 : *end == 'M' ? 1UL << 20 : *end == 'G' ? 1UL << 30 : 0;
	if (!isdigit((unsigned char)*text) || errno || (unit == 1 ? *end : !unit || end[1]) ||
	    __builtin_mul_overflow(n, unit, &n))
		errx(2, "%s is not a %s", text, sizes ? "size such as 512K or 16M" : "number");
	return n;
}

char *slurp(const char *path)
{
	size_t have = 0, room = 4096;
	char *text = malloc(room);
	ssize_t n = -1;
	int fd = open(path, O_RDONLY);
	if (fd >= 0 && text) {
		while ((n = read(fd, text + have, room - have - 1)) > 0) {
			have += n;
			char *more = have + 1 < room ? text : realloc(text, room *= 2);
			if (!more)
				err(1, "%s", path);
			text = more;
		}
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		errno = error;
		return NULL;
	}
	text[have] = '\0';
	return text;
}

long value_of(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && (line[len] == ' ' || line[len] == ':' || line[len] == '\t'))
			return strtol(line + len + strspn(line + len, ": \t"), NULL, 10);
		if (!*line)
			break;
	}
	return -1;
}

int copy_out(int from, int to, const char *name)
{
	static char buffer[16384];
	ssize_t n;
	while ((n = read(from, buffer, sizeof buffer)) > 0) {
		for (ssize_t done = 0, put; done < n; done += put) {
			put = write(to, buffer + done, n - done);
			if (put < 0) {
				warn("writing %s", name);
				return 1;
			}
		}
	}
	if (n < 0)
		warn("%s", name);
	return n < 0;
}

char *path_in(const char *dir, const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	size_t start = len;
	while (start > 0 && path[start - 1] != '/')
		start--;
	char *joined;
	if (asprintf(&joined, "%s%s%.*s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", (int)(len - start),
		     path + start) < 0)
		err(1, "%s", path);
	return joined;
}

bool is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
