/* Buffers that lie across a page's end are read into and written from whole. */
#include "kit.h"
#include "sample.h"
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	int n = (int)sizeof sample - 1, fd;

	for (int before = 0; before <= n; before += 17) {
		char *buffer = page_edge() - before;

		fd = open_file("sample.txt");
		memset(buffer, 0, n);
		if (read(fd, buffer, n) != n || memcmp(buffer, sample, n) != 0)
			fail("read with %d bytes before the edge", before);
		close(fd);
		create("copy", 0);
		fd = open_file("copy");
		if (write(fd, buffer, n) != n)
			fail("write with %d bytes before the edge", before);
		close(fd);
		quiet = true;
		check_file("copy", sample, n);
		quiet = false;
		remove("copy");
	}
	msg("read and written at every place");
}
