/* Memory is there when it is first touched, page by page; asking does not touch. */
#include "kit.h"
#include <stdint.h>
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES 64

static char memory[(PAGES + 1) * PAGE];

void test_main(void)
{
	char *first = (char *)(((uintptr_t)memory + PAGE - 1) & ~(uintptr_t)(PAGE - 1));

	for (int i = 1; i < PAGES; i++) {
		char *page = first + i * PAGE;

		if (get_phys_addr(page))
			fail("page %d is there before it was touched", i);
		page[i] = (char)i;
		if (!get_phys_addr(page) || get_phys_addr(page) != get_phys_addr(page))
			fail("page %d is not there", i);
		if (page[0] || page[i] != (char)i)
			fail("page %d is not zeros", i);
	}
	msg("each page at its time");
	CHECK(!get_phys_addr(NOT_THERE) && !get_phys_addr(NULL) && !get_phys_addr(KERNEL),
	      "nothing elsewhere");
}
