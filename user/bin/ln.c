/* ln [-s] target [name]: another name for a file, a symbolic one with -s; in a directory under the target's own. */
#include "lib.h"
#include <err.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char how[] = "ln [-s] target [name]";
	bool symbolic = false;
	for (int c; (c = getopt(argc, argv, "s")) != -1;) {
		if (c == '?')
			usage(how);
		symbolic = true;
	}
	argc -= optind, argv += optind;
	if (argc < 1 || argc > 2)
		usage(how);
	const char *name = argc == 2 ? argv[1] : ".";
	if (is_directory(name))
		name = path_in(name, argv[0]);
	if ((symbolic ? symlink : link)(argv[0], name) < 0)
		err(1, "%s", name);
	return 0;
}
