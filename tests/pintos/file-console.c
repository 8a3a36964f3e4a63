/* Descriptor 0 is only read, 1 only written. */
#include <stdio.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	const char *text = "text\n";
	char c;

	CHECK(write(1, text, strlen(text)) == 5, "write to 1");
	CHECK(write(0, text, strlen(text)) == -1, "write to 0");
	CHECK(read(1, &c, 1) == -1, "read from 1");
	CHECK(read(0, &c, 0) == 0, "read nothing from 0");
	CHECK(filesize(0) == -1 && inumber(1) == -1 && !isdir(1), "it is no file");
	close(1);
	printf("not seen\n");
	dup2(0, 1);
	printf("nor this\n");
}
