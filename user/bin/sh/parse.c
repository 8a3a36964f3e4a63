/* Characters to lists. Each character is read alone: whatever follows the line belongs to the programs it starts. */
#include "sh.h"
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum token {
	WORD,
	NEWLINE,
	END,
	SEMICOLON,
	AMPERSAND,
	AND,
	OR,
	PIPE,
	LESS,
	GREATER,
	TWICE,
	LESS_AND,
	GREATER_AND,
	OTHER
};

static int held = -1;    /* a character that was read too far */
static enum token token; /* the next one, not yet used */
static char *word;       /* of a WORD; the digits before a redirection, or NULL */
static bool wrong;       /* the line is */

static int next_char(void)
{
	unsigned char c;
	if (held >= 0) {
		c = held;
		held = -1;
		return c;
	}
	if (shell.input < 0)
		return *shell.text ? (unsigned char)*shell.text++ : EOF;
	ssize_t n = read(shell.input, &c, 1);
	if (n < 0)
		warn("input");
	return n == 1 ? c : EOF;
}

static void hold(int c) { held = c; }

static bool take_char(int c)
{
	int got = next_char();
	if (got == c)
		return true;
	hold(got);
	return false;
}

static void complain(const char *what)
{
	if (!wrong)
		warnx("syntax error: %s", what);
	wrong = true;
}

static void prompt(const char *text)
{
	if (shell.interactive) {
		fputs(text, stderr);
		fflush(stderr);
	}
}

/* ---- words ---- */

static char *text; /* the word that is read; its room grows */
static size_t length, room;

static void put(int c)
{
	if (length + 2 > room) {
		room = room ? room * 2 : 64;
		text = realloc(text, room);
		if (!text)
			err(2, "this word");
	}
	text[length++] = c;
	text[length] = '\0';
}

/* The rest of a quoted part, with its closing quote. */
static void read_quoted(int quote)
{
	for (int c; (c = next_char()) != quote;) {
		if (c == EOF) {
			complain("a quote is not closed");
			return;
		}
		put(c);
		if (c == '\n')
			prompt("> ");
		if (c == '\\' && quote == '"' && (c = next_char()) != EOF)
			put(c);
	}
	put(quote);
}

static void read_word(int c)
{
	length = 0;
	for (; c != EOF && !strchr(" \t\n;&|<>()", c); c = next_char()) {
		if (c != '\\') {
			put(c);
		} else if ((c = next_char()) == '\n') {
			prompt("> ");
			continue;
		} else {
			put('\\');
			if (c != EOF)
				put(c);
			continue;
		}
		if (c == '\'' || c == '"')
			read_quoted(c);
	}
	hold(c);
	word = take_text(length ? text : "", length);
}

/* ---- tokens ---- */

static enum token operator(int c) {
	switch (c){
		case EOF: return END; case '\n': return NEWLINE; case ';': return SEMICOLON;
		case '&': return take_char('&') ? AND : AMPERSAND;
		case '|': return take_char('|') ? OR : PIPE;
		case '<': return take_char('&') ? LESS_AND : LESS;
		case '>': return take_char('>') ? TWICE
		: take_char('&')                ? GREATER_AND
						: GREATER;
		default: return OTHER;
	}
}

static void advance(void)
{
	int c;
	word = NULL;
	while ((c = next_char()) == ' ' || c == '\t' || c == '\\') {
		if (c != '\\')
			continue;
		if (!take_char('\n'))
			break;
		prompt("> ");
	}
	if (c == '#') {
		while ((c = next_char()) != '\n' && c != EOF)
			;
	}
	if (c == EOF || strchr("\n;&|<>()", c)) {
		token = operator(c);
		return;
	}
	read_word(c);
	token = WORD;
	bool digits = word[0] && strspn(word, "0123456789") == strlen(word);
	c = digits ? next_char() : 0;
	if (c == '<' || c == '>')
		token = operator(c);
	else if (digits)
		hold(c);
}

/* ---- grammar ---- */

static void redirect(struct redirect ***end)
{
	struct redirect *r = take(sizeof *r);
	r->kind = token == LESS ? INPUT : token == GREATER ? OUTPUT : token == TWICE ? APPEND : DUPLICATE;
	r->fd = word ? atoi(word) : token != LESS && token != LESS_AND;
	advance();
	if (token != WORD)
		complain("a redirection names no file");
	else
		r->word = word;
	**end = r;
	*end = &r->next;
}

static struct command *command(void)
{
	struct command *c = take(sizeof *c);
	struct redirect **end = &c->redirects;
	size_t count = 0, size = 0;
	for (; !wrong; advance()) {
		if (token >= LESS && token <= GREATER_AND) {
			redirect(&end);
			continue;
		}
		if (token != WORD)
			break;
		if (count + 2 > size) {
			size = size ? size * 2 : 8;
			char **more = take(size * sizeof *more);
			if (count)
				memcpy(more, c->words, count * sizeof *more);
			c->words = more;
		}
		c->words[count++] = word;
	}
	if (!count) {
		c->words = take(sizeof *c->words);
		if (!c->redirects)
			complain(token == END ? "the input ends where a command should be"
					      : "a command is missing");
	}
	return c;
}

static void skip_newlines(void)
{
	while (token == NEWLINE) {
		prompt("> ");
		advance();
	}
}

static struct pipeline *pipeline(void)
{
	struct pipeline *p = take(sizeof *p);
	while (token == WORD && !strcmp(word, "!")) {
		p->invert = !p->invert;
		advance();
	}
	struct command **end = &p->commands;
	for (;;) {
		*end = command();
		end = &(*end)->next;
		if (token != PIPE || wrong)
			return p;
		advance();
		skip_newlines();
	}
}

static struct list *list(void)
{
	struct list *l = take(sizeof *l);
	struct pipeline **end = &l->pipelines;
	int when = ALWAYS;
	for (;;) {
		*end = pipeline();
		(*end)->when = when;
		end = &(*end)->next;
		if ((token != AND && token != OR) || wrong)
			break;
		when = token == AND ? IF_OK : IF_FAILED;
		advance();
		skip_newlines();
	}
	l->background = token == AMPERSAND;
	return l;
}

/* Children in the background that ended meanwhile. */
static void report_ended(void)
{
	int status;
	for (pid_t pid; shell.interactive && (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		fprintf(stderr, "[%d] ended\n", pid);
}

bool parse_line(struct list **line)
{
	struct list **end = line;
	*line = NULL;
	wrong = false;
	report_ended();
	prompt("$ ");
	advance();
	while (token != NEWLINE && token != END && !wrong) {
		*end = list();
		end = &(*end)->next;
		if (token == SEMICOLON || token == AMPERSAND)
			advance();
		else if (token != NEWLINE && token != END)
			complain("this is no place for an operator");
	}
	if (!wrong)
		return *line || token != END;
	if (!shell.interactive)
		exit(2);
	while (token != NEWLINE && token != END)
		advance();
	*line = NULL;
	shell.status = 2;
	return token != END;
}
