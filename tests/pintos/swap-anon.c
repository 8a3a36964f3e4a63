/* More memory than there is: each page comes back from the swap disk as it was, twice, in two orders. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

#define PAGES (20 * 256)

static char memory[PAGES][PAGE];

static void check_page(int i) { check_filled(memory[i], PAGE, i, "page"); }

void test_main(void)
{
	for (int i = 0; i < PAGES; i++)
		fill(memory[i], PAGE, i);
	msg("written");
	for (int i = 0; i < PAGES; i++)
		check_page(i);
	msg("read in order");
	for (int i = 0; i < PAGES; i++)
		check_page((int)(i * 2017LL % PAGES));
	msg("read in no order");
}
