/* What cannot be run leaves the process as it was. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	make_file("rubbish", 3 * PAGE, 1);
	create("empty", 0);
	mkdir("dir");
	CHECK(exec("missing") == -1, "a missing file");
	CHECK(exec("missing with words") == -1, "with arguments");
	CHECK(exec("rubbish") == -1, "no program");
	CHECK(exec("empty") == -1, "an empty file");
	CHECK(exec("dir") == -1, "a directory");
	CHECK(exec("") == -1 && exec("   ") == -1, "nothing");
}
