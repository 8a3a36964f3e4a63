/* exec splits its line in the same way: blanks before, between and after the words. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static void few(void) { exec("  child-args   one two    three  "); }

static void many(void)
{
	exec("child-args a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 - + * / aa bb cc "
	     "dd ee ff gg hh ii");
}

void test_main(void)
{
	in_child("few", few, 4);
	in_child("many", many, 50);
}
