/* As merge-seq, with all children at once. */
#include "merge.h"
#include <tests/main.h>

void test_main(void) { merge_by("child-sort", true); }
