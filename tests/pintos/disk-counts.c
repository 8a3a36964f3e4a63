/* A file that was read before comes from memory; writing one reaches the disk in the end. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (64 * PAGE)

void test_main(void)
{
	long long reads, writes;

	make_file("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	reads = get_fs_disk_read_cnt();
	CHECK(reads > 0, "the disk was read");
	check_file_filled("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	CHECK(get_fs_disk_read_cnt() - reads < 8, "what is cached is not read");
	writes = get_fs_disk_write_cnt();
	CHECK(mmap(MAP_AT, SIZE, 1, open_file("data"), 0) == MAP_AT, "mmap");
	fill(MAP_AT, SIZE, 2);
	munmap(MAP_AT);
	CHECK(get_fs_disk_write_cnt() > writes, "munmap writes");
}
