/* The runner's parts, for a host of tests that needs more than tests_run(): a plan that covers several
 * passes over the tests (one per machine configuration), and going on behind a test that ended the process. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H
#include "tests/test.h"

struct tests_pass {
	const char *pattern;               /* as for tests_run */
	bool (*wanted)(const char *name);  /* a further choice; NULL: all */
	const char *label;                 /* printed after each name; NULL: nothing */
	uint64_t seed;
	unsigned number;                   /* the number of the last TAP line; counts on */
	/* Progress: how many of this pass's tests were begun, ended, failed. Tests already begun are not
	 * begun again, so whoever finds BEGUN above ENDED can report that test and call tests_do() anew. */
	volatile unsigned begun, ended, failed;
};

bool tests_match(const char *pattern, const char *name);
/* How many tests the pass has; the name of its N-th, in the order in which they run. */
unsigned tests_count(const struct tests_pass *pass);
const char *tests_name(const struct tests_pass *pass, unsigned n);
/* Run what is left of the pass. */
void tests_do(struct tests_pass *pass);
/* The line that ends the test that was begun last. */
void tests_result(struct tests_pass *pass, bool ok, const char *skipped);
/* The running test fails, for a reason that the caller prints if this is true (few are printed). */
bool tests_complain(void);
/* Say that PATTERN matches nothing, and which names are near it. */
void tests_suggest(const char *pattern);

#endif
