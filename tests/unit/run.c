/* The runner's own parts: which names a pattern means, and the random numbers. */
#include "tests/run.h"

TEST(match, "unit/run-patterns-match-whole-names")
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} t[] = {
		{"a/b", "a/b", true}, {"a/b", "a/bc", false}, {"a/bc", "a/b", false}, {"", "", true}, {"", "a", false},
		{"*", "", true}, {"*", "a/b", true}, {"a*", "a/b", true}, {"*b", "a/b", true}, {"*b", "a/bc", false},
		{"a?b", "a/b", true}, {"a?b", "ab", false}, {"?", "", false}, {"*a*b*", "xaxxbx", true},
		{"*a*b*", "xbxxax", false}, {"a*ab", "aaab", true}, {"**a", "a", true}, {"a**", "a", true},
		{"*ab", "aab", true}, {"a*b*c", "abbc", true}, {"a*b*c", "abb", false},
	};

	for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
		if (!CHECK_EQ(tests_match(t[i].pattern, t[i].name), t[i].want))
			test_note("pattern '%s', name '%s'", t[i].pattern, t[i].name);
	}
}

TEST(order, "unit/run-every-test-has-one-place-in-the-order-of-names")
{
	struct tests_pass all = {.pattern = "unit/*"};
	unsigned n = tests_count(&all);

	CHECK(n >= 2);
	CHECK(!tests_name(&all, n));
	for (unsigned i = 0; i + 1 < n; i++) {
		const char *a = tests_name(&all, i), *b = tests_name(&all, i + 1);

		while (*a && *a == *b)
			a++, b++;
		if (!CHECK((unsigned char)*a < (unsigned char)*b)) /* equal: two tests have one name */
			test_note("%s", tests_name(&all, i));
	}
}

TEST(random, "unit/run-random-numbers-depend-on-the-seed-and-spread")
{
	uint64_t ones = 0, zeros = 0, before = 0;

	for (unsigned i = 0; i < 64; i++) {
		uint64_t r = test_rand();

		CHECK(r != before);
		before = r;
		ones |= r;
		zeros |= ~r;
	}
	CHECK_EQ(ones, ~0ull);
	CHECK_EQ(zeros, ~0ull);
}
