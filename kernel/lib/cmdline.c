/* The boot command line: words apart by blanks, "name=value" or a bare name. A value with blanks stands in
 * double quotes, either around it or around the whole word. The last of several of one name counts.
 * Fixed after cmdline_init(): no locks. */
#include "kernel/lib/lib.h"

#define WORD_MAX 512

static char boot_line[WORD_MAX];

/* Longer than there is room for: cut. */
void cmdline_init(const char *line)
{
	strlcpy(boot_line, line, sizeof boot_line);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word from S, without its quotes, into WORD; where it ended, or NULL: no word is left. */
static const char *next_word(const char *s, char word[WORD_MAX])
{
	bool quoted = false;
	size_t n = 0;

	while (blank(*s))
		s++;
	if (!*s)
		return NULL;
	for (; *s && (quoted || !blank(*s)); s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (n < WORD_MAX - 1)
			word[n++] = *s;
	}
	word[n] = 0;
	return s;
}

bool cmdline_find(const char *line, const char *name, char *value, size_t size)
{
	char word[WORD_MAX];
	size_t len = strlen(name);
	bool found = false;

	for (const char *s = line; (s = next_word(s, word));) {
		if (strncmp(word, name, len) != 0 || (word[len] != '=' && word[len] != 0))
			continue;
		strlcpy(value, word[len] == '=' ? word + len + 1 : "", size);
		found = true;
	}
	return found;
}

bool cmdline_get(const char *name, char *value, size_t size)
{
	return cmdline_find(boot_line, name, value, size);
}

uint64_t cmdline_u64(const char *name, uint64_t otherwise)
{
	char value[32];
	uint64_t v;

	return cmdline_get(name, value, sizeof value) && parse_u64(value, &v) ? v : otherwise;
}
