/* Frames. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define NOTES 64

static bool all_are(const void *page, size_t bytes, uint64_t value)
{
	const uint64_t *word = page;

	for (size_t i = 0; i < bytes / 8; i++)
		if (word[i] != value)
			return false;
	return true;
}

static void fill(void *page, size_t bytes, uint64_t value)
{
	uint64_t *word = page;

	for (size_t i = 0; i < bytes / 8; i++)
		word[i] = value;
}

TEST(zero, "kernel/palloc-zeroes-what-is-asked-for-as-zero")
{
	void *page[8];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 8; i++) {
			page[i] = palloc_get_page(PAL_ZERO);
			if (CHECK(page[i])) {
				CHECK(all_are(page[i], PT_PAGE_SIZE, 0));
				fill(page[i], PT_PAGE_SIZE, ~0ull);
			}
		}
		for (unsigned i = 0; i < 8; i++)
			palloc_free_page(page[i]);
	}
	page[0] = palloc_get_multiple(PAL_ZERO, 5);
	if (CHECK(page[0]))
		CHECK(all_are(page[0], 5 * PT_PAGE_SIZE, 0));
	palloc_free_multiple(page[0], 5);
}

TEST(user_limit, "kernel/pal-user-is-a-limit-on-the-same-memory")
{
	size_t limit = palloc_user_limit(), used = palloc_user_used();
	void *page[3], *other, *three;

	palloc_set_user_limit(used + 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK(page[i] = palloc_get_page(PAL_USER));
	CHECK_EQ(palloc_user_used(), used + 3);
	CHECK(!palloc_get_page(PAL_USER));
	CHECK(other = palloc_get_page(0)); /* the kernel is not limited */
	CHECK_EQ(palloc_user_used(), used + 3);
	palloc_free_page(other);
	CHECK(!palloc_get_page(PAL_USER));
	palloc_free_page(page[1]);
	CHECK(!palloc_get_multiple(PAL_USER, 2));
	CHECK(page[1] = palloc_get_page(PAL_USER));
	for (unsigned i = 0; i < 3; i++)
		palloc_free_page(page[i]);
	CHECK(three = palloc_get_multiple(PAL_USER, 3));
	CHECK(!palloc_get_page(PAL_USER));
	palloc_free_multiple(three, 3);
	CHECK_EQ(palloc_user_used(), used);
	palloc_set_user_limit(limit);
}

TEST(exhaustion, "kernel/palloc-says-null-when-memory-ends-and-all-comes-back")
{
	size_t used = palloc_used(), free = palloc_total() - used, n = 0, wrong = 0;
	struct link {
		struct link *next;
		size_t number;
	} *first = NULL, *page;

	while ((page = palloc_get_page(0))) {
		*page = (struct link){first, n++};
		first = page;
	}
	CHECK_EQ(n, free);
	CHECK_EQ(palloc_used(), palloc_total());
	CHECK(!palloc_get_page(PAL_ZERO));
	CHECK(!palloc_get_multiple(0, 2));
	while ((page = first)) {
		first = page->next;
		wrong += page->number != --n; /* each page was given out once */
		palloc_free_page(page);
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(palloc_used(), used);
	page = palloc_get_page(0);
	CHECK(page);
	palloc_free_page(page);
}

TEST(aligned, "kernel/contiguous-pages-are-aligned-as-asked")
{
	CHECK(!palloc_get_multiple(0, 0));
	CHECK(!palloc_get_multiple(0, palloc_total() + 1));
	CHECK(!palloc_get_multiple(0, ~(size_t)0));
	for (size_t align = 1; align <= 64; align *= 2) {
		void *single = palloc_get_page(0);
		char *pages = palloc_get_aligned(0, 3, align);

		if (CHECK(single && pages)) {
			CHECK_EQ(vtop(pages) % (align * PT_PAGE_SIZE), 0);
			CHECK_EQ(palloc_count(pages), 3);
			CHECK_EQ(palloc_count(pages + PT_PAGE_SIZE), 0); /* nothing begins there */
		}
		palloc_free_multiple(pages, 3);
		palloc_free_page(single);
	}
}

/* ---- any order, any size, all CPUs ---- */

struct note {
	void *pages;
	size_t count;
	uint64_t value;
};

/* Allocate and free at random; what is held keeps its contents. True if nothing went wrong. */
static bool shuffle(unsigned rounds)
{
	struct note notes[NOTES] = {{NULL, 0, 0}};
	bool good = true;

	for (unsigned i = 0; i < rounds + NOTES; i++) {
		struct note *n = &notes[i < rounds ? test_rand() % NOTES : i - rounds];

		if (n->pages) {
			good &= all_are(n->pages, n->count * PT_PAGE_SIZE, n->value);
			palloc_free_multiple(n->pages, n->count);
			n->pages = NULL;
		} else if (i < rounds) {
			n->count = test_rand() % 4 ? 1 : 1 + test_rand() % 9;
			n->value = test_rand();
			n->pages = palloc_get_multiple(test_rand() & 1 ? PAL_USER : 0, n->count);
			good &= n->pages != NULL;
			if (n->pages)
				fill(n->pages, n->count * PT_PAGE_SIZE, n->value);
		}
	}
	return good;
}

TEST(random, "kernel/pages-are-nobody-elses-while-they-are-held") { CHECK(shuffle(2000)); }

static _Atomic unsigned bad;

static void shuffler(void *unused)
{
	(void)unused;
	bad += !shuffle(300);
}

TEST(random_smp, "kernel/pages-are-nobody-elses-on-many-cpus")
{
	struct crew crew = {0};

	bad = 0;
	crew_spread(&crew, 2 * cpu_count < 8 ? 2 * cpu_count : 8, shuffler, NULL);
	crew_join(&crew);
	CHECK_EQ(bad, 0);
}
