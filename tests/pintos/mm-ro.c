/* A mapping that is not writable ends whom writes it: the program itself, and the kernel by read. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

static void store(void) { *(volatile char *)MAP_AT = 1; }
static void store_zeros(void) { ((volatile char *)MAP_AT)[2 * PAGE] = 1; }
static void read_into(void) { read(open_file("sample.txt"), MAP_AT, 1); }

void test_main(void)
{
	int fd = open_file("sample.txt");

	CHECK(mmap(MAP_AT, 3 * PAGE, 0, fd, 0) == MAP_AT, "mmap");
	in_child("store", store, -1);
	in_child("store behind", store_zeros, -1);
	in_child("read", read_into, -1);
	CHECK(memcmp(MAP_AT, sample, sizeof sample - 1) == 0, "it is as it was");
	check_file("sample.txt", sample, sizeof sample - 1);
}
