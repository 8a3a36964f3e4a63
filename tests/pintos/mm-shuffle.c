/* A mapping of 128 KB is shuffled byte by byte, and is the file in the end. */
#include "kit.h"
#include <random.h>
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (128 * 1024)

void test_main(void)
{
	static unsigned char copy[SIZE];
	unsigned char *at = MAP_AT;
	size_t counts[256], now[256];
	int fd;

	make_file("data", SIZE, 1);
	fd = open_file("data");
	CHECK(mmap(at, SIZE, true, fd, 0) == at, "mmap");
	count_bytes(at, SIZE, counts);
	random_init(0);
	for (int i = 0; i < 3; i++)
		shuffle(at, SIZE, 1);
	for (size_t i = 0; i < SIZE; i++)
		copy[i] = at[i];
	munmap(at);
	check_file("data", copy, SIZE);
	count_bytes(copy, SIZE, now);
	for (int i = 0; i < 256; i++) {
		if (now[i] != counts[i])
			fail("%zu times byte %d, not %zu", now[i], i, counts[i]);
	}
}
