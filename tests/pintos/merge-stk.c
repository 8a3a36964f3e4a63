/* As merge-par, by children that sort on their stacks. */
#include "merge.h"
#include <tests/main.h>

void test_main(void) { merge_by("child-sort-stk", true); }
