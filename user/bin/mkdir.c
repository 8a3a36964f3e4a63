/* mkdir [-p] directory...: make directories; -p also those above, and existing ones are right. */
#include "lib.h"
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(const char *path)
{
	if (mkdir(path, 0777) == 0)
		return 0;
	warn("%s", path);
	return 1;
}

static int make_all(char *path)
{
	for (char *end = path; end;) {
		end = strchr(end + strspn(end, "/"), '/');
		if (end)
			*end = '\0';
		if (mkdir(path, 0777) < 0 && (errno != EEXIST || !is_directory(path))) {
			warn("%s", path);
			return 1;
		}
		if (end)
			*end = '/';
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char how[] = "mkdir [-p] directory...";
	bool parents = false;
	for (int c; (c = getopt(argc, argv, "p")) != -1;) {
		if (c == '?')
			usage(how);
		parents = true;
	}
	if (optind == argc)
		usage(how);
	int status = 0;
	for (int i = optind; i < argc; i++)
		status |= parents ? make_all(argv[i]) : make(argv[i]);
	return status;
}
