/* Descriptors of a process. */
#include "kernel/file/file.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "tests/test.h"

/* All pages, but every second in the order of their addresses. */
struct taken {
	struct taken *next;
};

static struct taken *scatter(void)
{
	struct taken *even = NULL, *odd = NULL, *page;

	while ((page = palloc_get_page(0))) {
		struct taken **list = vtop(page) / PT_PAGE_SIZE % 2 ? &odd : &even;

		page->next = *list;
		*list = page;
	}
	while ((page = even)) {
		even = page->next;
		palloc_free_page(page);
	}
	return odd;
}

TEST(scattered, "kernel/all-descriptors-are-copied-where-no-two-pages-lie-side-by-side")
{
	static const struct file_ops nothing = {.read = NULL};
	struct file *f = file_new(&nothing, 0);
	struct files *fs = files_new(), *copy = NULL;
	struct taken *taken = scatter(), *page;
	bool good = f && fs && !palloc_get_multiple(0, 2);

	for (int fd = 0; fd < FILES_MAX && good; fd++)
		good = files_put_at(fs, file_get(f), fd, false) == fd;
	if (good)
		copy = files_copy(fs);
	while ((page = taken)) {
		taken = page->next;
		palloc_free_page(page);
	}
	CHECK(good);
	if (CHECK(copy)) {
		CHECK(files_find(copy, FILES_MAX - 1) == f);
		files_free(copy);
	}
	files_free(fs);
	CHECK_EQ(f->refs, 1);
	file_put(f);
}
