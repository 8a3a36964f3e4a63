/* Editing a line, cutting it into commands. No state but the caller's. */
#include "kernel/lib/line.h"

#include "kernel/lib/lib.h"

enum key { CTRL_C = 3, BACKSPACE = 8, CTRL_U = 21, ESC = 27, DEL = 127 };

static void echo(struct line *l, const char *s)
{
	l->echo(s, strlen(s));
}

void line_begin(struct line *l)
{
	l->len = 0;
	l->escape = 0;
	l->text[0] = 0;
}

static void erase(struct line *l)
{
	if (l->len == 0)
		return;
	l->text[--l->len] = 0;
	echo(l, "\b \b");
}

static void insert(struct line *l, char c)
{
	if (c < ' ' || c > '~' || l->len == LINE_MAX) {
		echo(l, "\a");
		return;
	}
	l->text[l->len++] = c;
	l->text[l->len] = 0;
	l->echo(&c, 1);
}

/* Cursor keys send ESC, mostly a '[', then up to a letter or '~': all of it is swallowed. */
static bool in_escape(struct line *l, char c)
{
	if (c == ESC) {
		l->escape = 1;
		return true;
	}
	if (!l->escape)
		return false;
	bool opens = l->escape == 1 && (c == '[' || c == 'O');
	l->escape = opens || (l->escape == 2 && c >= ' ' && c < '@') ? 2 : 0;
	return true;
}

enum line_event line_feed(struct line *l, char c)
{
	char before = l->last;

	l->last = c;
	if (in_escape(l, c))
		return LINE_MORE;
	switch (c) {
	case '\n':
		if (before == '\r')
			return LINE_MORE;
		/* fall through */
	case '\r':
		echo(l, "\n");
		return LINE_DONE;
	case CTRL_C:
		echo(l, "^C\n");
		return LINE_CANCELLED;
	case CTRL_U:
		while (l->len)
			erase(l);
		return LINE_MORE;
	case BACKSPACE:
	case DEL:
		erase(l);
		return LINE_MORE;
	default:
		insert(l, c);
		return LINE_MORE;
	}
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

char *line_command(char **text)
{
	while (**text) {
		char *start = *text, *end = start;
		while (*end && *end != ';')
			end++;
		*text = *end ? end + 1 : end;
		while (start < end && blank(*start))
			start++;
		while (end > start && blank(end[-1]))
			end--;
		*end = 0;
		if (start < end)
			return start;
	}
	return NULL;
}

char *line_rest(char *command)
{
	while (*command && !blank(*command))
		command++;
	while (blank(*command))
		*command++ = 0;
	return command;
}

#define WORD_MAX 16

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* How many letters to insert, drop or change to make one of the other; longer words: as if cut. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	unsigned na = (unsigned)strnlen(a, WORD_MAX), nb = (unsigned)strnlen(b, WORD_MAX);

	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned corner = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned change = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			row[j] = least(change, 1 + least(row[j], row[j - 1]));
		}
	}
	return row[nb];
}

int line_nearest(const char *word, const char *const words[], int n)
{
	unsigned best = 3; /* more than two letters off is another word */
	int which = -1;

	for (int i = 0; i < n; i++) {
		unsigned d = distance(word, words[i]);
		bool alike = d < strnlen(words[i], WORD_MAX); /* a letter at least is shared */
		if (d < best && alike)
			best = d, which = i;
	}
	return which;
}
