/* Line editing, commands, and the ring behind the console's input. */
#include "kernel/lib/line.h"

#include "kernel/lib/lib.h"
#include "kernel/lib/ring.h"
#include "tests/test.h"

static char screen[1024]; /* what a terminal would have been sent */
static unsigned shown;

static void show(const char *s, size_t n)
{
	if (!CHECK(shown + n < sizeof screen))
		return;
	memcpy(screen + shown, s, n);
	shown += (unsigned)n;
	screen[shown] = 0;
}

/* Types KEYS; the event of the last one. */
static enum line_event type(struct line *l, const char *keys)
{
	enum line_event e = LINE_MORE;

	shown = 0;
	screen[0] = 0;
	for (; *keys; keys++)
		e = line_feed(l, *keys);
	return e;
}

static void reads(const char *keys, enum line_event event, const char *text, const char *echo)
{
	static struct line l;

	l = (struct line){.echo = show};
	line_begin(&l);
	bool right = CHECK_EQ(type(&l, keys), event) && CHECK_EQ(strcmp(l.text, text), 0);
	if (!right || !CHECK_EQ(strcmp(screen, echo), 0))
		test_note("typed \"%s\": got \"%s\", shown \"%s\"; want \"%s\", \"%s\"", keys, l.text, screen,
			  text, echo);
}

TEST(line_edit, "unit/line-editing")
{
	reads("help", LINE_MORE, "help", "help");
	reads("help\r", LINE_DONE, "help", "help\n");
	reads("help\n", LINE_DONE, "help", "help\n");
	reads("hex\blp\r", LINE_DONE, "help", "hex\b \blp\n");
	reads("hex\177lp\r", LINE_DONE, "help", "hex\b \blp\n");
	reads("\b\b\177ok\r", LINE_DONE, "ok", "ok\n");
	reads("abc\025de\r", LINE_DONE, "de", "abc\b \b\b \b\b \bde\n");
	reads("abc\003", LINE_CANCELLED, "abc", "abc^C\n");
	reads("a\tb\001c", LINE_MORE, "abc", "a\ab\ac");
	reads("a\303\251b", LINE_MORE, "ab", "a\a\ab");
	reads("a b!~\037\177", LINE_MORE, "a b!", "a b!~\a\b \b");
	reads("a\033[Ab\033[3~c\033ODd\r", LINE_DONE, "abcd", "abcd\n");
	reads("a\033[1 qb\033[@c\033xd", LINE_MORE, "abcd", "abcd");
}

TEST(line_again, "unit/line-begins-anew-and-is-terminated-at-each-key")
{
	static struct line l;

	l = (struct line){.echo = show};
	memset(l.text, 'z', sizeof l.text);
	line_begin(&l);
	CHECK_EQ(strlen(l.text), 0);
	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(line_feed(&l, 'a'), LINE_MORE);
		CHECK_EQ(strlen(l.text), i + 1);
	}
	CHECK_EQ(line_feed(&l, '\b'), LINE_MORE);
	CHECK_EQ(strlen(l.text), 4);
	CHECK_EQ(line_feed(&l, '\033'), LINE_MORE);
	line_begin(&l);
	CHECK_EQ(type(&l, "new\r"), LINE_DONE); /* not the rest of a cursor key */
	CHECK_EQ(strcmp(l.text, "new"), 0);
}

TEST(line_crlf, "unit/line-takes-cr-lf-as-one-end")
{
	static struct line l;

	l = (struct line){.echo = show};
	line_begin(&l);
	CHECK_EQ(type(&l, "a\r"), LINE_DONE);
	line_begin(&l);
	CHECK_EQ(type(&l, "\n"), LINE_MORE);
	CHECK_EQ(shown, 0);
	CHECK_EQ(type(&l, "\n"), LINE_DONE);
}

TEST(line_full, "unit/line-that-is-full-takes-no-more")
{
	static struct line l;

	l = (struct line){.echo = show};
	line_begin(&l);
	for (unsigned i = 0; i < LINE_MAX; i++)
		CHECK_EQ(line_feed(&l, 'x'), LINE_MORE);
	CHECK_EQ(type(&l, "yy"), LINE_MORE);
	CHECK_EQ(strcmp(screen, "\a\a"), 0);
	CHECK_EQ(l.len, LINE_MAX);
	CHECK_EQ(strlen(l.text), LINE_MAX);
	CHECK_EQ(type(&l, "\bz\r"), LINE_DONE);
	CHECK_EQ(l.text[LINE_MAX - 1], 'z');
}

TEST(line_split, "unit/line-is-cut-into-commands-and-words")
{
	char text[] = " ; walk  0x10 20 ;;off; ", *at = text, blanks[] = "  \t ";
	char *c = line_command(&at);

	CHECK(c && strcmp(c, "walk  0x10 20") == 0);
	char *rest = line_rest(c);
	CHECK_EQ(strcmp(c, "walk"), 0);
	CHECK_EQ(strcmp(rest, "0x10 20"), 0);
	c = line_command(&at);
	CHECK(c && strcmp(c, "off") == 0);
	CHECK_EQ(strcmp(line_rest(c), ""), 0);
	CHECK(line_command(&at) == NULL);
	CHECK(line_command(&at) == NULL);
	at = blanks + 1;
	CHECK(line_command(&at) == NULL);
	CHECK_EQ(blanks[0], ' '); /* what lies before is not touched */
}

TEST(line_nearest, "unit/line-nearest-word-is-one-that-was-meant")
{
	static const char *const words[] = {"help", "mem", "cpus", "threads", "walk", "tlb", "maps", "off"};
	int n = sizeof words / sizeof words[0];

	CHECK_EQ(line_nearest("halp", words, n), 0);
	CHECK_EQ(line_nearest("memm", words, n), 1);
	CHECK_EQ(line_nearest("thraeds", words, n), 3);
	CHECK_EQ(line_nearest("map", words, n), 6);
	CHECK_EQ(line_nearest("of", words, n), 7);
	CHECK_EQ(line_nearest("frobnicate", words, n), -1);
	CHECK_EQ(line_nearest("zzz", words, n), -1);
	CHECK_EQ(line_nearest("threadsthreadsthreadsthreads", words, n), -1);
}

TEST(ring, "unit/ring-keeps-order-and-refuses-when-full")
{
	static struct ring r;
	uint8_t b = 0;

	r = (struct ring){.in = UINT32_MAX - 5, .out = UINT32_MAX - 5}; /* the counts wrap on the way */
	CHECK(!ring_get(&r, &b));
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < RING_SIZE; i++)
			CHECK(ring_put(&r, (uint8_t)(i ^ round)));
		CHECK(!ring_put(&r, 0xee));
		for (unsigned i = 0; i < RING_SIZE; i++)
			if (!CHECK(ring_get(&r, &b)) || !CHECK_EQ(b, (uint8_t)(i ^ round)))
				return;
		CHECK(!ring_get(&r, &b));
	}
}
