/* The key stream of RC4, keyed by the four bytes of a seed, the lowest first. Seed 0 unless another was given. */
#ifndef PINTOS_RANDOM_H
#define PINTOS_RANDOM_H

#include <stddef.h>

void random_init(unsigned seed) __asm__("pintos_random_init");
void random_bytes(void *buffer, size_t size) __asm__("pintos_random_bytes");
unsigned long random_ulong(void) __asm__("pintos_random_ulong");

#endif
