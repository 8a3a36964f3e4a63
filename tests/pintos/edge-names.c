/* Names and lines that lie across a page's end, or end right before a hole, are good ones. */
#include "kit.h"
#include "sample.h"
#include <tests/lib.h>
#include <tests/main.h>

static void exec_edge(void) { exec(on_edge("child-plain")); }

void test_main(void)
{
	pid_t pid;
	int status;

	CHECK(create(on_edge("edge.dat"), 10), "create");
	CHECK(open(on_edge("edge.dat")) > 1, "open");
	CHECK(remove(on_edge("edge.dat")), "remove");
	check_file(on_edge("sample.txt"), sample, sizeof sample - 1);
	pid = fork(on_edge("edge-child"));
	if (pid == 0)
		exit(7);
	status = wait(pid);
	CHECK(status == 7, "fork");
	in_child("exec", exec_edge, 81);
	CHECK(open(before_hole("sample.txt", true)) > 1, "right before a hole");
}
