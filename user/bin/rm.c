/* rm [-rf] file...: remove names; -r directories and all in them, -f says nothing about what is not there. */
#include "lib.h"
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool recursive, force;
static int rm(const char *path);

/* A name that was removed while the directory is read may make others appear twice or be missed, so it is read
 * again until a pass finds nothing to remove. */
static int empty(const char *path)
{
	int status = 0, removed;
	do {
		DIR *dir = opendir(path);
		if (!dir) {
			warn("%s", path);
			return 1;
		}
		removed = 0;
		for (struct dirent *e; (e = readdir(dir));) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			char *name = path_in(path, e->d_name);
			int failed = rm(name);
			status |= failed;
			removed += !failed;
			free(name);
		}
		closedir(dir);
	} while (removed && !status);
	return status;
}

static int rm(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0) {
		if (force && errno == ENOENT)
			return 0;
	} else if (!S_ISDIR(st.st_mode)) {
		if (unlink(path) == 0)
			return 0;
	} else if (!recursive) {
		errno = EISDIR;
	} else {
		if (empty(path))
			return 1;
		if (rmdir(path) == 0)
			return 0;
	}
	warn("%s", path);
	return 1;
}

int main(int argc, char **argv)
{
	static const char how[] = "rm [-rf] file...";
	for (int c; (c = getopt(argc, argv, "rRf")) != -1;) {
		if (c == '?')
			usage(how);
		*(c == 'f' ? &force : &recursive) = true;
	}
	if (optind == argc && !force)
		usage(how);
	int status = 0;
	for (int i = optind; i < argc; i++)
		status |= rm(argv[i]);
	return status;
}
