/* Tests: one registration, one runner (tests/run.c), TAP out, the same on the host and in a guest.
 *
 *	TEST(last_sharer, "cow/last-sharer-reuses-the-frame")
 *	{
 *		CHECK(frame != NULL);
 *		CHECK_EQ(got, expected);
 *	}
 *
 * A failed check is printed with its values and the test goes on; CHECK's value is the condition, so
 * `if (!CHECK(p)) return;` leaves early. Every test starts from the same seed, so it can be run alone. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
};
#define TEST(id, title)                                                                                    \
	static void test_##id(void);                                                                       \
	static const struct test entry_##id __attribute__((used, section("quire_tests"), aligned(8))) = {  \
		title, test_##id};                                                                         \
	static void test_##id(void)

#define CHECK(e)       test_check((e), #e, __FILE__, __LINE__)
#define CHECK_EQ(a, b) test_check_eq((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, __LINE__)

bool test_check(bool ok, const char *what, const char *file, int line);
bool test_check_eq(uint64_t got, uint64_t want, const char *g, const char *w, const char *file, int line);
void test_skip(const char *why);                 /* this test does not apply here; return after it */
void test_note(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* a "# ..." line */
bool test_failing(void);                         /* did the running test fail already? */
uint64_t test_rand(void);
uint64_t test_seed(void);

/* Run those whose name matches PATTERN (shell wildcards * and ?; NULL: all); the number that failed, or -1
 * when nothing matched. Prints the plan first. */
int tests_run(const char *pattern, uint64_t seed);
void tests_list(const char *pattern);

/* Supplied by whoever hosts the tests. */
void test_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_before(const char *name); /* take the baseline */
void test_after(const char *name);  /* compare with it, by CHECKs */
extern const struct test __start_quire_tests[], __stop_quire_tests[];

#endif
