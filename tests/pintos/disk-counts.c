/* A file that was read before comes from memory, and what a mapping wrote goes to the disk with munmap. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES 64
#define SIZE  (PAGES * PAGE)

void test_main(void)
{
	long long reads, writes;
	char *at = MAP_AT;

	make_file("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	reads = get_fs_disk_read_cnt();
	check_file_filled("data", SIZE, 1);
	check_file_filled("data", SIZE, 1);
	CHECK(get_fs_disk_read_cnt() - reads < 8, "what is cached is not read");

	CHECK(mmap(at, SIZE, 1, open_file("data"), 0) == at, "mmap");
	writes = get_fs_disk_write_cnt();
	for (int i = 0; i < PAGES; i++)
		at[i * PAGE]++;
	munmap(at);
	CHECK(get_fs_disk_write_cnt() - writes >= PAGES, "what was written goes to the disk with munmap");
}
