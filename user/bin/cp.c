/* cp [-r] from to, cp [-r] from... directory: copy files, with -r directories and what is in them. */
#include "lib.h"
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool recursive;
static struct stat made; /* the outermost directory that was made, which is not copied into itself */
static int copy(const char *from, const char *to);

static int copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY);
	if (in < 0) {
		warn("%s", from);
		return 1;
	}
	struct stat a, b;
	if (fstat(in, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		warnx("%s and %s are the same file", from, to);
		close(in);
		return 1;
	}
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);
	int status = out < 0 || copy_out(in, out, to);
	if (out < 0)
		warn("%s", to);
	else if (close(out) < 0)
		warn("%s", to), status = 1;
	close(in);
	return status;
}

static int copy_directory(const char *from, const char *to)
{
	if (mkdir(to, 0777) < 0 && (errno != EEXIST || !is_directory(to))) {
		warn("%s", to);
		return 1;
	}
	if (!made.st_ino && stat(to, &made) < 0) {
		warn("%s", to);
		return 1;
	}
	DIR *dir = opendir(from);
	if (!dir) {
		warn("%s", from);
		return 1;
	}
	int status = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char *a = path_in(from, e->d_name), *b = path_in(to, e->d_name);
		status |= copy(a, b);
		free(a);
		free(b);
	}
	closedir(dir);
	return status;
}

static int copy(const char *from, const char *to)
{
	struct stat st;
	char target[PATH_MAX];
	ssize_t len;
	if ((recursive ? lstat : stat)(from, &st) < 0) {
		warn("%s", from);
		return 1;
	}
	if (made.st_ino && st.st_ino == made.st_ino && st.st_dev == made.st_dev) {
		warnx("%s is not copied into itself", from);
		return 1;
	}
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, st.st_mode);
	if (S_ISDIR(st.st_mode) && recursive)
		return copy_directory(from, to);
	if (!S_ISLNK(st.st_mode)) {
		warnx("%s is %s", from, S_ISDIR(st.st_mode) ? "a directory; -r copies it" : "no file");
		return 1;
	}
	if ((len = readlink(from, target, sizeof target - 1)) < 0 ||
	    (target[len] = '\0', symlink(target, to)) < 0) {
		warn("%s", to);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char how[] = "cp [-r] from to, cp [-r] from... directory";
	for (int c; (c = getopt(argc, argv, "rR")) != -1;) {
		if (c == '?')
			usage(how);
		recursive = true;
	}
	argc -= optind, argv += optind;
	if (argc < 2)
		usage(how);
	const char *to = argv[argc - 1];
	bool into = is_directory(to);
	if (argc > 2 && !into)
		errx(1, "%s is not a directory", to);
	int status = 0;
	for (int i = 0; i < argc - 1; i++) {
		char *path = into ? path_in(to, argv[i]) : strdup(to);
		status |= copy(argv[i], path);
		free(path);
	}
	return status;
}
