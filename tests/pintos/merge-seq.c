/* A megabyte is sorted in pieces by one child after another, through files; the parent merges. */
#include "merge.h"
#include <tests/main.h>

void test_main(void) { merge_by("child-sort", false); }
