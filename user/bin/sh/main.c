/* sh [-c text [name [argument]...]] [file [argument]...]: a small shell. See sh.h for what it understands.
 * Without arguments it reads standard input, and is interactive when that is a terminal. */
#include "sh.h"
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell shell;

/* ---- memory of a line ---- */

static struct piece {
	struct piece *next;
	max_align_t start[];
} * pieces;

void *take(size_t size)
{
	struct piece *piece = calloc(1, sizeof *piece + size);
	if (!piece)
		err(2, "this line");
	piece->next = pieces;
	pieces = piece;
	return piece->start;
}

char *take_text(const char *from, size_t len) { return memcpy(take(len + 1), from, len); }

static void give_back(void)
{
	for (struct piece *next; pieces; pieces = next) {
		next = pieces->next;
		free(pieces);
	}
}

/* ---- variables: exported ones are the environment, the others stay here ---- */

static struct variable {
	struct variable *next;
	char *value;
	char name[];
} * variables;

static struct variable *find(const char *name)
{
	struct variable *v = variables;
	while (v && strcmp(v->name, name))
		v = v->next;
	return v;
}

const char *variable(const char *name)
{
	struct variable *v = find(name);
	return v && v->value ? v->value : getenv(name);
}

void variable_set(const char *name, const char *value)
{
	struct variable *v = find(name);
	if (getenv(name)) {
		if (setenv(name, value, 1) < 0)
			err(2, "%s", name);
		return;
	}
	if (!v) {
		v = calloc(1, sizeof *v + strlen(name) + 1);
		if (!v)
			err(2, "%s", name);
		strcpy(v->name, name);
		v->next = variables;
		variables = v;
	}
	free(v->value);
	v->value = strdup(value);
	if (!v->value)
		err(2, "%s", name);
}

void variable_export(const char *name)
{
	struct variable *v = find(name);
	if (getenv(name) || !v || !v->value)
		return;
	if (setenv(name, v->value, 1) < 0)
		err(2, "%s", name);
	free(v->value);
	v->value = NULL;
}

size_t name_length(const char *text)
{
	size_t n = 0;
	while (text[n] == '_' || isalpha((unsigned char)text[n]) || (n && isdigit((unsigned char)text[n])))
		n++;
	return n;
}

/* ---- where the input comes from ---- */

/* Keep the input out of the way of redirections and of the programs that are started. */
static int high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (moved < 0)
		err(2, "input");
	close(fd);
	return moved;
}

static void arguments(int argc, char **argv)
{
	int next = 1;
	shell.name = argv[0];
	shell.input = 0;
	if (argc > 1 && !strcmp(argv[1], "-c")) {
		if (argc < 3)
			errx(2, "-c needs a line");
		shell.text = argv[2];
		shell.input = -1;
		next = 3;
	} else if (argc > 1 && argv[1][0] == '-') {
		errx(2, "usage: sh [-c text [name [argument]...]] [file [argument]...]");
	} else if (argc > 1) {
		int fd = open(argv[1], O_RDONLY);
		if (fd < 0) {
			warn("%s", argv[1]);
			exit(errno == ENOENT ? 127 : 126);
		}
		shell.input = high(fd);
	}
	if (next < argc)
		shell.name = argv[next++];
	shell.arguments = argv + next;
	shell.argument_count = next < argc ? argc - next : 0;
	shell.interactive = argc == 1 && isatty(0) && isatty(2);
}

int main(int argc, char **argv)
{
	arguments(argc, argv);
	shell.pid = getpid();
	if (shell.interactive) {
		/* ^C ends what runs in the foreground, which is a group of its own. */
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		signal(SIGTTOU, SIG_IGN);
		setpgid(0, 0);
		shell.group = getpgrp();
		tcsetpgrp(0, shell.group);
	}
	if (!getenv("PATH"))
		setenv("PATH", "/bin:/tests", 1);
	for (struct list *line; parse_line(&line); give_back())
		run_lists(line);
	return shell.status;
}
