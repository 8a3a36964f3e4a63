/* A page below the stack pointer is no stack, also for a program that has called little yet. */
#include "kit.h"
#include "sample.h"
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	check_file("sample.txt", sample, sizeof sample - 1);
	msg("read %d", *((volatile char *)__builtin_frame_address(0) - PAGE - 256));
	fail("read a page below the stack");
}
