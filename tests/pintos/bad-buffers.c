/* read and write end the process for a bad buffer; read also for one that it may not write. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static const char constant[64] = "constant";
static char *buffer;
static unsigned size;

static void do_read(void) { read(open_file("sample.txt"), buffer, size); }
static void do_write(void) { write(open_file("sample.txt"), buffer, size); }
static void do_print(void) { write(1, buffer, size); }

static void both(const char *what, void *at, unsigned n)
{
	msg("%s", what);
	buffer = at;
	size = n;
	in_child("read", do_read, -1);
	in_child("write", do_write, -1);
}

void test_main(void)
{
	char *edge = before_hole("z", true) + 2;

	both("null", NULL, 100);
	both("nothing there", NOT_THERE, 100);
	both("the kernel", KERNEL, 100);
	in_child("print", do_print, -1);
	both("the last addresses", (char *)-100, 100);
	both("over the last address", (char *)-10, 100);
	both("into a hole", edge - 50, 100);
	both("up to a hole and one more", edge - 50, 51);
	msg("read-only");
	buffer = (char *)constant;
	in_child("read", do_read, -1);
	buffer = (char *)test_main;
	in_child("read", do_read, -1);
	msg("nothing wanted, nothing touched");
	size = 0;
	buffer = edge - 50;
	in_child("read", do_read, 0);
}
