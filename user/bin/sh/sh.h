/* The shell's parts: parse.c reads a line into lists, expand.c makes words of it, run.c runs them, builtin.c has the
 * commands that need no program, main.c decides where the input comes from and holds the variables.
 *
 *	list:      pipeline { (&& | ||) pipeline } (; | & | newline)
 *	pipeline:  [!] command { | command }
 *	command:   { name=word } { word | [n]<word [n]>word [n]>>word [n]>&m [n]<&m }
 *
 * A word keeps its quotes until it is expanded: '' "" \ quote, $name ${name} $? $$ $! $# $0..$9 $@ $* are replaced,
 * unquoted results are split at blanks, and unquoted * ? [ match names. There are no functions, no loops and no $(). */
#ifndef USER_BIN_SH_H
#define USER_BIN_SH_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct redirect {
	struct redirect *next;
	int fd;
	enum { INPUT, OUTPUT, APPEND, DUPLICATE } kind;
	char *word;
};
struct command {
	struct command *next; /* of the same pipeline */
	char **words;         /* as they were written, NULL at the end */
	struct redirect *redirects;
};
struct pipeline {
	struct pipeline *next; /* of the same list */
	enum { ALWAYS, IF_OK, IF_FAILED } when;
	bool invert;
	struct command *commands;
};
struct list {
	struct list *next; /* of the same line */
	struct pipeline *pipelines;
	bool background;
};

/* ---- main.c ---- */
struct shell {
	bool interactive;
	int status;             /* $? */
	pid_t pid, group, last; /* $$, its group, $! */
	int input;              /* where lines are read from, or -1: from text */
	const char *text;
	const char *name; /* $0 */
	char **arguments; /* $1 ... */
	int argument_count;
};
extern struct shell shell;

/* Memory until the line has run. */
void *take(size_t size);
char *take_text(const char *from, size_t len);

const char *variable(const char *name); /* NULL: not set */
void variable_set(const char *name, const char *value);
void variable_export(const char *name);
/* The length of the name that TEXT begins with, 0: none. */
size_t name_length(const char *text);

/* ---- parse.c ---- */
/* Read a line, with as many more as it needs. False: the input has ended. A wrong line is *LINE = NULL after a
 * message, with $? = 2, and ends a shell that is not interactive. */
bool parse_line(struct list **line);

/* ---- expand.c ---- */
char **expand_words(char **words);   /* with splitting and matching of names */
char *expand_text(const char *word); /* one word as one */

/* ---- run.c ---- */
void run_lists(struct list *lists);
/* Wait for a child; its status as $? shows it, 127 when there is none. */
int wait_status(pid_t pid);

/* ---- builtin.c ---- */
struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
	bool special; /* assignments and redirections before it stay, and a wrong one ends a script */
};
const struct builtin *builtin_find(const char *name);
_Noreturn void builtin_exec(char **argv); /* become a program; ends with 126 or 127 */

#endif
