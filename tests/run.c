/* The runner of tests/test.h: selects, orders and runs tests and prints TAP version 13.
 *
 * Freestanding: needs nothing but what tests/test.h asks of the host of the tests. Tests run in the order of
 * their names, whatever order they were linked in. Several CPUs may check at once: counts are atomic. */
#include "tests/run.h"

#include <stdarg.h>

#define MAX_COMPLAINTS 12 /* a test's further failed checks are only counted */
#define NAME_MAX_LEN   96

static struct {                    /* the running test */
	_Atomic unsigned complaints;
	const char *skipped;
	_Atomic uint64_t random;
	uint64_t seed;
} now;

static int name_cmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

bool tests_match(const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (*pattern == *name || *pattern == '?') {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool chosen(const struct tests_pass *p, const struct test *t)
{
	return (!p->pattern || tests_match(p->pattern, t->name)) && (!p->wanted || p->wanted(t->name));
}

/* The test that runs after AFTER (NULL: the first); equal names by address. */
static const struct test *next_test(const struct tests_pass *p, const struct test *after)
{
	const struct test *best = NULL;

	for (const struct test *t = __start_quire_tests; t < __stop_quire_tests; t++) {
		int cmp = after ? name_cmp(t->name, after->name) : 1;

		if (!chosen(p, t) || cmp < 0 || (cmp == 0 && t <= after))
			continue;
		if (!best || name_cmp(t->name, best->name) < 0)
			best = t;
	}
	return best;
}

unsigned tests_count(const struct tests_pass *pass)
{
	unsigned n = 0;

	for (const struct test *t = __start_quire_tests; t < __stop_quire_tests; t++)
		n += chosen(pass, t);
	return n;
}

static const struct test *nth_test(const struct tests_pass *pass, unsigned n)
{
	const struct test *t = next_test(pass, NULL);

	while (t && n--)
		t = next_test(pass, t);
	return t;
}

const char *tests_name(const struct tests_pass *pass, unsigned n)
{
	const struct test *t = nth_test(pass, n);

	return t ? t->name : NULL;
}

/* ---- one test ---- */

bool tests_complain(void)
{
	unsigned n = ++now.complaints;

	if (n == MAX_COMPLAINTS + 1)
		test_print("# ... and more\n");
	return n <= MAX_COMPLAINTS;
}

bool test_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok && tests_complain())
		test_print("# %s:%d: expected: %s\n", file, line, what);
	return ok;
}

bool test_check_eq(uint64_t got, uint64_t want, const char *g, const char *w, const char *file, int line)
{
	if (got != want && tests_complain())
		test_print("# %s:%d: %s: expected %llu (0x%llx: %s), got %llu (0x%llx)\n", file, line, g,
			   (unsigned long long)want, (unsigned long long)want, w, (unsigned long long)got,
			   (unsigned long long)got);
	return got == want;
}

void test_skip(const char *why) { now.skipped = why; }

bool test_failing(void) { return now.complaints != 0; }

uint64_t test_seed(void) { return now.seed; }

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

uint64_t test_rand(void) { return mix((uint64_t)(now.random += 0x9e3779b97f4a7c15ull)); }

static uint64_t name_hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3ull;
	return h;
}

void tests_result(struct tests_pass *pass, bool ok, const char *skipped)
{
	unsigned n = ++pass->number;
	const char *label = pass->label ? pass->label : "", *gap = *label ? " " : "";

	test_print("%s %u - %s%s%s%s%s\n", ok ? "ok" : "not ok", n, tests_name(pass, pass->ended), gap, label,
		   ok && skipped ? " # SKIP " : "", ok && skipped ? skipped : "");
	pass->ended++;
	pass->failed += !ok;
}

static void run_one(struct tests_pass *pass, const struct test *t)
{
	now.complaints = 0;
	now.skipped = NULL;
	now.seed = pass->seed;
	now.random = mix(pass->seed) ^ name_hash(t->name);
	pass->begun++;
	test_before(t->name);
	t->run();
	test_after(t->name);
	tests_result(pass, !test_failing(), now.skipped);
}

void tests_do(struct tests_pass *pass)
{
	for (const struct test *t = nth_test(pass, pass->begun); t; t = next_test(pass, t))
		run_one(pass, t);
}

int tests_run(const char *pattern, uint64_t seed)
{
	struct tests_pass pass = {.pattern = pattern, .seed = seed};
	unsigned n = tests_count(&pass);

	if (!n) {
		tests_suggest(pattern);
		return -1;
	}
	test_print("TAP version 13\n1..%u\n", n);
	tests_do(&pass);
	return (int)pass.failed;
}

void tests_list(const char *pattern)
{
	struct tests_pass pass = {.pattern = pattern};

	for (const struct test *t = next_test(&pass, NULL); t; t = next_test(&pass, t))
		test_print("%s\n", t->name);
}

/* ---- suggestions ---- */

/* Edits that make A out of B, both cut to NAME_MAX_LEN. */
static unsigned edits(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	unsigned width = 0;

	for (; width <= NAME_MAX_LEN && (width == 0 || b[width - 1]); width++)
		row[width] = width;
	for (unsigned i = 0; a[i] && i < NAME_MAX_LEN; i++) {
		unsigned diagonal = row[0]++;

		for (unsigned j = 1; j < width; j++) {
			unsigned best = diagonal + (a[i] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width - 1];
}

void tests_suggest(const char *pattern)
{
	unsigned worst = 0;

	test_print("# no test matches '%s'; the nearest:\n", pattern ? pattern : "*");
	for (unsigned shown = 0; shown < 3;) {
		unsigned best = ~0u;

		for (const struct test *t = __start_quire_tests; t < __stop_quire_tests; t++) {
			unsigned d = edits(pattern ? pattern : "", t->name);

			if (d >= worst && d < best)
				best = d;
		}
		if (best == ~0u)
			return;
		for (const struct test *t = __start_quire_tests; t < __stop_quire_tests && shown < 3; t++) {
			if (edits(pattern ? pattern : "", t->name) == best) {
				test_print("#   %s\n", t->name);
				shown++;
			}
		}
		worst = best + 1;
	}
}
