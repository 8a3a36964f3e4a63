#include <limits.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	static const int bad[] = {-1, -5, 2546, 0x20101234, INT_MIN, INT_MAX};
	int one = open("sample.txt"), two = open("sample.txt");
	char c;

	CHECK(one > 1 && two > 1 && one != two, "two descriptors for one file");
	CHECK(open("missing") == -1, "a missing file");
	CHECK(open("") == -1, "no name");
	CHECK(open("sample.txt/x") == -1, "a file is no directory");
	close(one);
	close(one);
	CHECK(read(one, &c, 1) == -1 && filesize(one) == -1, "closed");
	CHECK(read(two, &c, 1) == 1, "the other is still open");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		close(bad[i]);
		if (read(bad[i], &c, 1) != -1 || write(bad[i], &c, 1) != -1 || filesize(bad[i]) != -1)
			fail("descriptor %d", bad[i]);
		seek(bad[i], 0);
		tell(bad[i]);
	}
	msg("bad descriptors");
}
