/* The commands that need no program, because they change the shell or cost less so. Status 2 is a wrong usage. */
#include "sh.h"
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int builtin_true(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int builtin_false(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 1;
}

static int builtin_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : variable("HOME");
	if (chdir(to ? to : "/") == 0)
		return 0;
	warn("cd: %s", to);
	return 2;
}

static int builtin_pwd(int argc, char **argv)
{
	char path[PATH_MAX];
	(void)argc, (void)argv;
	if (!getcwd(path, sizeof path)) {
		warn("pwd");
		return 1;
	}
	puts(path);
	return 0;
}

static int builtin_echo(int argc, char **argv)
{
	bool newline = argc < 2 || strcmp(argv[1], "-n");
	for (int i = newline ? 1 : 2; i < argc; i++)
		printf("%s%s", argv[i], i + 1 < argc ? " " : "");
	if (newline)
		putchar('\n');
	if (fflush(stdout) == 0)
		return 0;
	warn("echo");
	return 1;
}

/* The whole of TEXT as a number, or -1. */
static long whole(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);
	return *text && !*end && n >= 0 ? n : -1;
}

static int builtin_exit(int argc, char **argv)
{
	long status = argc > 1 ? whole(argv[1]) : shell.status;
	if (status < 0) {
		warnx("exit: %s is no status", argv[1]);
		status = 2;
	}
	exit(status & 255);
}

static int builtin_export(int argc, char **argv)
{
	for (char **e = environ; argc == 1 && *e; e++)
		printf("export %s\n", *e);
	for (int i = 1; i < argc; i++) {
		size_t len = name_length(argv[i]);
		char *name = take_text(argv[i], len);
		if (!len || (argv[i][len] && argv[i][len] != '=')) {
			warnx("export: %s is no name", argv[i]);
			return 2;
		}
		if (argv[i][len])
			variable_set(name, argv[i] + len + 1);
		variable_export(name);
	}
	return 0;
}

static int builtin_wait(int argc, char **argv)
{
	int status = 0;
	while (argc == 1 && wait(NULL) > 0)
		;
	for (int i = 1; i < argc; i++) {
		long pid = whole(argv[i]);
		status = pid > 0 && pid <= INT_MAX ? wait_status(pid) : 2;
	}
	return status;
}

void builtin_exec(char **argv)
{
	execvp(argv[0], argv);
	int status = errno == ENOENT || errno == ENOTDIR ? 127 : 126;
	warn("%s", argv[0]);
	_exit(status);
}

static int builtin_become(int argc, char **argv)
{
	if (argc == 1)
		return 0;
	builtin_exec(argv + 1);
}

/* ---- test ---- */

static int test_file(char what, const char *path)
{
	struct stat st;
	if (what == 'L')
		return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	if (strchr("rwx", what))
		return access(path, what == 'r' ? R_OK : what == 'w' ? W_OK : X_OK) == 0;
	if (stat(path, &st) < 0)
		return 0;
	return what == 'd'   ? S_ISDIR(st.st_mode)
	       : what == 'f' ? S_ISREG(st.st_mode)
	       : what == 's' ? st.st_size > 0
			     : 1;
}

/* 1, 0, or -1: it is none of these questions. */
static int test_one(const char *what, const char *word)
{
	if (what[0] != '-' || !what[1] || what[2])
		return -1;
	if (what[1] == 'n' || what[1] == 'z')
		return (*word != '\0') == (what[1] == 'n');
	return strchr("efdsrwxL", what[1]) ? test_file(what[1], word) : -1;
}

static int test_two(const char *a, const char *op, const char *b)
{
	static const char names[][4] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
	if (!strcmp(op, "="))
		return !strcmp(a, b);
	if (!strcmp(op, "!="))
		return strcmp(a, b) != 0;
	char *a_end, *b_end;
	long x = strtol(a, &a_end, 10), y = strtol(b, &b_end, 10);
	if (!*a || !*b || *a_end || *b_end)
		return -1;
	const bool answers[] = {x == y, x != y, x<y, x <= y, x> y, x >= y};
	for (int i = 0; i < 6; i++) {
		if (!strcmp(op, names[i]))
			return answers[i];
	}
	return -1;
}

static int builtin_test(int argc, char **argv)
{
	bool invert = false;
	if (!strcmp(argv[0], "[") && strcmp(argv[--argc], "]")) {
		warnx("[: ] is missing");
		return 2;
	}
	argv++, argc--;
	while (argc > 1 && !strcmp(argv[0], "!")) {
		invert = !invert;
		argv++, argc--;
	}
	int answer = argc == 0   ? 0
		     : argc == 1 ? *argv[0] != '\0'
		     : argc == 2 ? test_one(argv[0], argv[1])
		     : argc == 3 ? test_two(argv[0], argv[1], argv[2])
				 : -1;
	if (answer < 0) {
		warnx("test: this is no question");
		return 2;
	}
	return answer == invert;
}

static const struct builtin builtins[] = {
	{":", builtin_true, true},      {"true", builtin_true, false},    {"false", builtin_false, false},
	{"cd", builtin_cd, false},      {"pwd", builtin_pwd, false},      {"echo", builtin_echo, false},
	{"exit", builtin_exit, true},   {"export", builtin_export, true}, {"wait", builtin_wait, false},
	{"exec", builtin_become, true}, {"test", builtin_test, false},    {"[", builtin_test, false},
};

const struct builtin *builtin_find(const char *name)
{
	for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	}
	return NULL;
}
