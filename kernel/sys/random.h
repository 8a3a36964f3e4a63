/* Numbers that a program cannot foresee by accident: seeded by clocks, not for keys. */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H
#include <stddef.h>

void random_bytes(void *buf, size_t n); /* any context */

#endif
