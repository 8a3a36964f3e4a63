/* What a command line on a console needs: editing, splitting into commands, and the nearest of some words.
 * Knows no console: characters come one by one, the echo goes to a function. */
#ifndef KERNEL_LINE_H
#define KERNEL_LINE_H
#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX 127

struct line {
	char text[LINE_MAX + 1]; /* terminated after each line_feed() */
	unsigned len;
	char last;               /* the character before: \n after \r is no second line */
	unsigned escape;         /* inside a cursor key's sequence */
	void (*echo)(const char *s, size_t n);
};
enum line_event { LINE_MORE, LINE_DONE, LINE_CANCELLED };

void line_begin(struct line *l); /* an empty one; echo is kept */
/* Backspace and DEL take back a character, ^U all of them, ^C the line; return ends it. */
enum line_event line_feed(struct line *l, char c);

/* The next command of TEXT, where commands are apart by ';': cut out of TEXT and without blanks around it.
 * NULL: no more. Empty ones are skipped. */
char *line_command(char **text);
/* Cut a command into its first word and the rest, which may be "". */
char *line_rest(char *command);
/* Which of the N words is most like WORD: -1 when none is like it at all. */
int line_nearest(const char *word, const char *const words[], int n);

#endif
