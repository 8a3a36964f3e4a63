/* Symbolic links: to files and directories, to nothing, in circles. */
#include "kit.h"
#include "sample.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	CHECK(symlink("sample.txt", "link") == 0, "symlink");
	check_file("link", sample, sizeof sample - 1);
	CHECK(symlink("x", "link") == -1, "the name is taken");
	CHECK(mkdir("d") && symlink("d", "to-d") == 0 && create("to-d/x", 3), "create through a link");
	CHECK(open("d/x") > 1, "it is there");
	CHECK(symlink("../sample.txt", "d/up") == 0, "a link leads on from where it is");
	check_file("d/up", sample, sizeof sample - 1);
	CHECK(symlink("nowhere", "lost") == 0 && open("lost") == -1, "a link to nothing");
	CHECK(symlink("b", "a") == 0 && symlink("a", "b") == 0 && open("a") == -1, "a circle");
	CHECK(remove("link") && open("sample.txt") > 1, "remove takes the link only");
}
