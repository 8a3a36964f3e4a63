/* Lists to processes. In an interactive shell each pipeline is a process group, which has the terminal meanwhile. */
#include "sh.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int wait_status(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid)
		return 127;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGPIPE)
		fprintf(stderr, "%s\n", strsignal(WTERMSIG(status)));
	return 128 + WTERMSIG(status);
}

/* Fork a member of GROUP (0: the first of a new one). In the child it returns 0. */
static pid_t start(pid_t group, bool background)
{
	pid_t pid = fork();
	if (pid < 0) {
		warn("fork");
		shell.status = 2;
	} else if (shell.interactive) {
		setpgid(pid, group);
		if (!pid && !background) {
			tcsetpgrp(0, group ? group : getpid());
			signal(SIGINT, SIG_DFL);
			signal(SIGQUIT, SIG_DFL);
		}
		if (!pid)
			signal(SIGTTOU, SIG_DFL);
	} else if (!pid && background) {
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	}
	if (!pid)
		shell.interactive = false;
	return pid;
}

/* ---- redirections ---- */

/* The descriptor that a redirection opens, -1 after a message. */
static int opened(const struct redirect *r)
{
	static const int how[] = {[INPUT] = O_RDONLY,
				  [OUTPUT] = O_WRONLY | O_CREAT | O_TRUNC,
				  [APPEND] = O_WRONLY | O_CREAT | O_APPEND};
	const char *name = expand_text(r->word);
	int fd;
	if (r->kind != DUPLICATE)
		fd = open(name, how[r->kind], 0666);
	else
		fd = *name >= '0' && *name <= '9' ? dup(atoi(name)) : (errno = EBADF, -1);
	if (fd < 0)
		warn("%s", name);
	return fd;
}

struct saved {
	struct saved *next;
	int fd, copy; /* copy -1: it was closed */
};

/* Do all redirections; with SAVED, note there what was before. False after a message. */
static bool redirect(const struct redirect *r, struct saved **saved)
{
	for (; r; r = r->next) {
		bool closing = r->kind == DUPLICATE && !strcmp(r->word, "-");
		int fd = closing ? -1 : opened(r);
		if (fd < 0 && !closing)
			return false;
		if (saved) {
			struct saved *s = take(sizeof *s);
			s->fd = r->fd;
			s->copy = fd == r->fd ? -1 : fcntl(r->fd, F_DUPFD_CLOEXEC, 10);
			s->next = *saved;
			*saved = s;
		}
		if (closing) {
			close(r->fd);
		} else if (fd != r->fd) {
			if (dup2(fd, r->fd) < 0) {
				warn("%d", r->fd);
				close(fd);
				return false;
			}
			close(fd);
		}
	}
	return true;
}

static void restore(struct saved *s)
{
	for (; s; s = s->next) {
		if (s->copy < 0) {
			close(s->fd);
			continue;
		}
		dup2(s->copy, s->fd);
		close(s->copy);
	}
}

/* ---- commands ---- */

/* How many of the words in front are assignments. */
static int assignments(char **words)
{
	int n = 0;
	while (words[n] && name_length(words[n]) && words[n][name_length(words[n])] == '=')
		n++;
	return n;
}

static void assign(char **words, int count, bool exported)
{
	for (int i = 0; i < count; i++) {
		size_t len = name_length(words[i]);
		char *name = take_text(words[i], len);
		variable_set(name, expand_text(words[i] + len + 1));
		if (exported)
			variable_export(name);
	}
}

/* A builtin, or nothing but assignments and redirections (builtin NULL), in this process. */
static int run_here(const struct command *c, const struct builtin *builtin, char **argv, int assigned)
{
	struct saved *saved = NULL;
	int argc = 0, status = 2;
	bool stays = builtin && !strcmp(builtin->name, "exec");
	while (argv[argc])
		argc++;
	if (redirect(c->redirects, stays ? NULL : &saved)) {
		if (!builtin || builtin->special)
			assign(c->words, assigned, false);
		status = builtin ? builtin->run(argc, argv) : 0;
	} else if (builtin && builtin->special && !shell.interactive) {
		exit(2);
	}
	fflush(stdout);
	restore(saved);
	return status;
}

/* Run one command, in this process if it is a child made for it. */
static int run_command(const struct command *c, bool child)
{
	int assigned = assignments(c->words);
	char **argv = expand_words(c->words + assigned);
	const struct builtin *builtin = argv[0] ? builtin_find(argv[0]) : NULL;
	if (!argv[0] || builtin)
		return run_here(c, builtin, argv, assigned);
	if (!child) {
		bool terminal = shell.interactive;
		pid_t pid = start(0, false);
		if (pid < 0)
			return 2;
		if (pid) {
			int status = wait_status(pid);
			if (terminal)
				tcsetpgrp(0, shell.group);
			return status;
		}
	}
	if (!redirect(c->redirects, NULL))
		_exit(2);
	assign(c->words, assigned, true);
	builtin_exec(argv);
}

/* The child between two pipes: IN and OUT become its input and output, unless they are 0 and 1. */
_Noreturn static void run_between(const struct command *c, int in, int out, int unused)
{
	if (unused >= 0)
		close(unused);
	if (in != 0) {
		dup2(in, 0);
		close(in);
	}
	if (out != 1) {
		dup2(out, 1);
		close(out);
	}
	_exit(run_command(c, true));
}

static int run_pipes(const struct command *c, bool background)
{
	size_t count = 0, started = 0;
	for (const struct command *each = c; each; each = each->next)
		count++;
	pid_t group = 0, *pids = take(count * sizeof *pids);
	int in = 0, status = 2;
	for (; c; c = c->next) {
		int ends[2] = {-1, 1};
		if (c->next && pipe(ends) < 0) {
			warn("pipe");
			break;
		}
		pid_t pid = start(group, background);
		if (!pid)
			run_between(c, in, ends[1], ends[0]);
		if (in != 0)
			close(in);
		in = ends[0];
		if (c->next)
			close(ends[1]);
		if (pid < 0)
			break;
		pids[started++] = pid;
		group = group ? group : pid;
	}
	if (in > 0)
		close(in);
	for (size_t i = 0; i < started; i++)
		status = wait_status(pids[i]);
	if (shell.interactive && !background)
		tcsetpgrp(0, shell.group);
	return started < count ? 2 : status;
}

static void run_list(const struct list *l, bool child)
{
	for (const struct pipeline *p = l->pipelines; p; p = p->next) {
		if ((p->when == IF_OK && shell.status) || (p->when == IF_FAILED && !shell.status))
			continue;
		bool only = child && !p->next && !p->invert;
		int status =
			p->commands->next ? run_pipes(p->commands, child) : run_command(p->commands, only);
		shell.status = p->invert ? !status : status;
	}
}

/* A whole list in the background: a child runs it, and reads nothing from where the shell reads. */
static void run_in_background(const struct list *l)
{
	bool interactive = shell.interactive;
	pid_t pid = start(0, true);
	if (pid < 0)
		return;
	if (!pid) {
		int null = interactive ? -1 : open("/dev/null", O_RDONLY);
		if (null > 0) {
			dup2(null, 0);
			close(null);
		}
		run_list(l, true);
		_exit(shell.status);
	}
	shell.last = pid;
	shell.status = 0;
	if (interactive)
		fprintf(stderr, "[%d]\n", pid);
}

void run_lists(struct list *lists)
{
	for (struct list *l = lists; l; l = l->next) {
		if (l->background)
			run_in_background(l);
		else
			run_list(l, false);
	}
}
