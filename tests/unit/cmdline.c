/* The boot command line. */
#include "kernel/lib/lib.h"
#include "tests/test.h"

static char value[64];

static bool has(const char *line, const char *name, const char *want)
{
	strlcpy(value, "untouched", sizeof value);
	bool found = cmdline_find(line, name, value, sizeof value);

	if (CHECK_EQ(found, want != NULL) && CHECK_EQ(strcmp(value, want ? want : "untouched"), 0))
		return true;
	test_note("%s in <%s>: got \"%s\", want \"%s\"", name, line, value, want ? want : "nothing");
	return false;
}

TEST(cmdline_words, "unit/cmdline-finds-whole-words-only")
{
	const char *line = "  pt=sv48 debug test=unit/* seed=7\tempty=  last";

	has(line, "pt", "sv48");
	has(line, "debug", "");
	has(line, "test", "unit/*");
	has(line, "seed", "7");
	has(line, "empty", "");
	has(line, "last", "");
	has(line, "p", NULL);
	has(line, "ptx", NULL);
	has(line, "sv48", NULL);
	has(line, "see", NULL);
	has("", "pt", NULL);
	has("   ", "pt", NULL);
	has("a=b=c", "a", "b=c");
	has("pt=sv39 pt=sv57", "pt", "sv57");
	has("pt=sv39\n", "pt", "sv39"); /* some loaders leave a newline */
}

TEST(cmdline_quotes, "unit/cmdline-keeps-blanks-inside-quotes")
{
	has("cmd=\"mem; off\" x=1", "cmd", "mem; off");
	has("cmd=\"mem; off\" x=1", "x", "1");
	has("\"cmd=mem; off\" x=1", "cmd", "mem; off");
	has("cmd=\"a=1 b=2\"", "b", NULL);
	has("cmd=\"never closed x=1", "cmd", "never closed x=1");
	has("a=\"\" b", "a", "");
	has("a=x\" \"y", "a", "x y");
}

TEST(cmdline_long, "unit/cmdline-cuts-what-is-too-long")
{
	static char line[2000];
	char small[4];

	CHECK(cmdline_find("name=abcdef", "name", small, sizeof small));
	CHECK_EQ(strcmp(small, "abc"), 0);
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "name=", 5);
	CHECK(cmdline_find(line, "name", value, sizeof value));
	CHECK_EQ(strlen(value), sizeof value - 1);
	memcpy(line + sizeof line - 9, " last=1", 8);
	CHECK(cmdline_find(line, "last", value, sizeof value));
	CHECK_EQ(strcmp(value, "1"), 0);
}

#if __STDC_HOSTED__ /* a guest's own command line must stay */
TEST(cmdline_boot, "unit/cmdline-of-the-boot-is-kept")
{
	char line[] = "seed=0x10 mem=2M name=x";

	cmdline_init(line);
	memset(line, '#', sizeof line - 1); /* it is a copy */
	CHECK(cmdline_get("name", value, sizeof value));
	CHECK_EQ(strcmp(value, "x"), 0);
	CHECK(!cmdline_get("nam", value, sizeof value));
	CHECK_EQ(cmdline_u64("seed", 7), 16);
	CHECK_EQ(cmdline_u64("mem", 7), 2 << 20);
	CHECK_EQ(cmdline_u64("name", 7), 7);
	CHECK_EQ(cmdline_u64("absent", 7), 7);
	cmdline_init("");
	CHECK(!cmdline_get("name", value, sizeof value));
}
#endif
