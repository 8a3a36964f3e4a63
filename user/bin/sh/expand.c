/* Words as they were written to words as programs get them. */
#include "sh.h"
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The fields that words become, and the one that is being made. Where names are matched, a quoted character that
 * means something in a pattern has a \ in front until the field is complete. */
struct fields {
	char **list;
	size_t count, size;
	char *text;
	size_t length, room;
	bool begun;   /* there is a field, if an empty one */
	bool pattern; /* it has an unquoted * ? [ */
	bool split;   /* whether results are split and names are matched */
};

static void add(struct fields *f, char c, bool quoted)
{
	if (f->length + 3 > f->room) {
		size_t more = f->room ? f->room * 2 : 64;
		char *text = take(more);
		if (f->length)
			memcpy(text, f->text, f->length);
		f->text = text;
		f->room = more;
	}
	if (f->split && strchr("*?[\\", c)) {
		if (quoted || c == '\\')
			f->text[f->length++] = '\\';
		else
			f->pattern = true;
	}
	f->text[f->length++] = c;
	f->text[f->length] = '\0';
	f->begun = true;
}

static void add_to_list(struct fields *f, char *text)
{
	if (f->count + 2 > f->size) {
		f->size = f->size ? f->size * 2 : 8;
		char **more = take(f->size * sizeof *more);
		if (f->count)
			memcpy(more, f->list, f->count * sizeof *more);
		f->list = more;
	}
	f->list[f->count++] = text;
}

/* ---- names that match a pattern ---- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Add the names under DONE (a path that ends in /, or "") that match the pattern REST, component by component. */
static void match(struct fields *f, const char *done, const char *rest)
{
	size_t len = strcspn(rest, "/"), slashes = strspn(rest + len, "/");
	char *component = take_text(rest, len);
	DIR *dir = opendir(*done ? done : ".");
	if (!dir)
		return;
	for (struct dirent *e; (e = readdir(dir));) {
		if (fnmatch(component, e->d_name, FNM_PERIOD))
			continue;
		char *path = take(strlen(done) + strlen(e->d_name) + slashes + 1);
		sprintf(path, "%s%s%.*s", done, e->d_name, (int)slashes, rest + len);
		struct stat st;
		if (rest[len + slashes])
			match(f, path, rest + len + slashes);
		else if (!slashes || stat(path, &st) == 0)
			add_to_list(f, path);
	}
	closedir(dir);
}

static void end_field(struct fields *f)
{
	size_t before = f->count;
	if (f->begun && f->pattern) {
		size_t root = strspn(f->text, "/");
		match(f, take_text(f->text, root), f->text + root);
		qsort(f->list + before, f->count - before, sizeof *f->list, by_name);
	}
	if (f->begun && f->count == before) {
		char *to = take(f->length + 1), *start = to;
		for (size_t i = 0; i < f->length; i++) {
			if (f->split && f->text[i] == '\\')
				i++;
			*to++ = f->text[i];
		}
		add_to_list(f, start);
	}
	f->text = NULL;
	f->length = f->room = 0;
	f->begun = f->pattern = false;
}

/* ---- $ ---- */

static void add_value(struct fields *f, const char *value, bool quoted)
{
	for (; *value; value++) {
		if (f->split && !quoted && strchr(" \t\n", *value))
			end_field(f);
		else
			add(f, *value, quoted);
	}
}

/* $@ and $*: only a quoted $@ keeps the arguments apart. */
static void add_arguments(struct fields *f, char which, bool quoted)
{
	if (which == '@' && quoted && !shell.argument_count && !f->length)
		f->begun = false;
	for (int i = 0; i < shell.argument_count; i++) {
		if (i && f->split && !(which == '*' && quoted))
			end_field(f);
		else if (i)
			add(f, ' ', quoted);
		f->begun |= quoted;
		add_value(f, shell.arguments[i], quoted);
	}
}

static const char *special(char c)
{
	static char number[24];
	int value = 0;
	switch (c) {
	case '?': value = shell.status; break;
	case '$': value = shell.pid; break;
	case '#': value = shell.argument_count; break;
	case '0': return shell.name;
	case '!':
		if (!shell.last)
			return "";
		value = shell.last;
		break;
	default: return c - '0' <= shell.argument_count ? shell.arguments[c - '1'] : "";
	}
	snprintf(number, sizeof number, "%d", value);
	return number;
}

/* What stands behind a $ at AT; returns what follows it. */
static const char *add_parameter(struct fields *f, const char *at, bool quoted)
{
	bool brace = *at == '{';
	const char *start = at + brace;
	size_t len = name_length(start);
	if (!len && *start && (isdigit((unsigned char)*start) || strchr("?$#!@*", *start)))
		len = 1;
	if (!len && !brace) {
		add(f, '$', quoted);
		return at;
	}
	if (brace && (!len || start[len] != '}')) {
		warnx("bad substitution");
		shell.status = 2;
		if (!shell.interactive)
			exit(2);
		return at + strlen(at);
	}
	if (*start == '@' || *start == '*') {
		add_arguments(f, *start, quoted);
	} else if (name_length(start)) {
		const char *value = variable(take_text(start, len));
		add_value(f, value ? value : "", quoted);
	} else {
		add_value(f, special(*start), quoted);
	}
	return start + len + brace;
}

/* ---- whole words ---- */

static void expand(struct fields *f, const char *w)
{
	bool quoted = false;
	while (*w) {
		char c = *w++;
		if (c == '"') {
			quoted = !quoted;
			f->begun |= quoted;
		} else if (c == '\'' && !quoted) {
			f->begun = true;
			while (*w != '\'')
				add(f, *w++, true);
			w++;
		} else if (c == '\\' && *w == '\n') {
			w++;
		} else if (c == '\\' && *w && (!quoted || strchr("$`\"\\", *w))) {
			add(f, *w++, true);
		} else if (c == '$') {
			w = add_parameter(f, w, quoted);
		} else {
			add(f, c, quoted);
		}
	}
	end_field(f);
}

char **expand_words(char **words)
{
	struct fields f = {.split = true};
	for (; *words; words++)
		expand(&f, *words);
	return f.count ? f.list : take(sizeof *f.list);
}

char *expand_text(const char *word)
{
	struct fields f = {.split = false};
	f.begun = true;
	expand(&f, word);
	return f.count ? f.list[0] : take(1);
}
