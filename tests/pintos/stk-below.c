/* What lies far below the stack pointer is no stack. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static NO_INLINE char *sp(void) { return __builtin_frame_address(0); }
static void read_below(void) { msg("read %d", *(volatile char *)(sp() - 16 * PAGE)); }
static void write_below(void) { *(volatile char *)(sp() - 16 * PAGE) = 1; }
static void write_near(void) { *(volatile char *)(sp() - 2 * PAGE) = 1; }

void test_main(void)
{
	in_child("read", read_below, -1);
	in_child("write", write_below, -1);
	in_child("near", write_near, -1);
}
