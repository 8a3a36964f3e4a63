/* As merge-par, by children that sort in a mapping of their file. */
#include "merge.h"
#include <tests/main.h>

void test_main(void) { merge_by("child-sort-mm", true); }
