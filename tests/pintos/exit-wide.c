/* The line at exit has all bits of the status. */
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void) { exit(-123456789); }
