/* The little of stdlib.h that such programs have. */
#ifndef PINTOS_STDLIB_H
#define PINTOS_STDLIB_H

#include <stddef.h>

int atoi(const char *);
void qsort(void *, size_t count, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *, size_t count, size_t size,
	      int (*compare)(const void *, const void *));

#endif
