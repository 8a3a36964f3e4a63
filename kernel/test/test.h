/* What the parts of the test image share; tests/test.h and tests/arch/machine.h are what tests see. */
#ifndef KERNEL_TEST_H
#define KERNEL_TEST_H
#include <stdbool.h>

/* machine.c: once, before the first test; and after each test, so that it leaves no mapping behind. */
void machine_init(void);
void machine_reset(void);
/* crash.c: do what the panic of that name is for. False: there is none, or the machine survived it. */
bool crash_run(const char *name);

#endif
