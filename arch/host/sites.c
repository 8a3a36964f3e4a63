/* Whom a failure was made to meet: the places in vm/ that asked when it did, by file and line. */
#include "host.h"
#include "tests/arch/machine.h"

#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITES 128
#define WIDTH 96

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *met[SITES]; /* return addresses [lock] */
static unsigned nmet;          /* [lock] */

void m_failed_at(const void *caller)
{
	unsigned i = 0;

	pthread_mutex_lock(&lock);
	while (i < nmet && met[i] != caller)
		i++;
	if (i == nmet && nmet < SITES)
		met[nmet++] = caller;
	pthread_mutex_unlock(&lock);
}

/* vm/FILE:LINE of the call that returns to PC; "" when the call is not vm/'s. */
static void site_name(const char *pc, char name[WIDTH])
{
	char text[400], *vm = NULL;

	__sanitizer_symbolize_pc((void *)(uintptr_t)(pc - 1), "%s:%l", text, sizeof text);
	for (char *p = text; (p = strstr(p, "vm/")); p++)
		vm = p == text || p[-1] == '/' ? p : vm;
	snprintf(name, WIDTH, "%.*s", WIDTH - 1, vm && !strstr(text, "tests/") ? vm : "");
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

void m_failed_tell(void)
{
	char name[SITES][WIDTH];

	for (unsigned i = 0; i < nmet; i++)
		site_name(met[i], name[i]);
	qsort(name, nmet, sizeof name[0], compare);
	for (unsigned i = 0; i < nmet; i++) {
		if (name[i][0] && (!i || strcmp(name[i], name[i - 1])))
			test_note("made to fail: %s", name[i]);
	}
	nmet = 0;
}
