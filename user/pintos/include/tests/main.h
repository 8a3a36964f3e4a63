/* What a test program defines: main of the library says "begin", calls it, says "end". */
#ifndef PINTOS_TESTS_MAIN_H
#define PINTOS_TESTS_MAIN_H

void test_main(void);

#endif
