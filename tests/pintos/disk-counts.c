/* A file that was read before comes from memory. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define SIZE (64 * PAGE)

void test_main(void)
{
	long long reads, writes;

	writes = get_fs_disk_write_cnt();
	make_file("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	reads = get_fs_disk_read_cnt();
	CHECK(reads > 0, "the disk was read");
	check_file_filled("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	CHECK(get_fs_disk_read_cnt() - reads < 8, "what is cached is not read");
	CHECK(get_fs_disk_write_cnt() >= writes, "writes are only added");
}
