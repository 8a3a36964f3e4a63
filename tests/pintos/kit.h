/* What several of these programs do alike. */
#ifndef PINTOS_KIT_H
#define PINTOS_KIT_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE      4096
#define MAP_AT    ((void *)0x10000000) /* nothing is there unless a program maps it */
#define NOT_THERE ((void *)0x20101234)
#define KERNEL    ((void *)0x8004000000)

/* ACTION in a child called NAME, which must end with STATUS. */
void in_child(const char *name, void (*action)(void), int status);

/* Bytes that SEED determines, each page different. */
void fill(void *, size_t, unsigned seed);
/* Fails, saying WHAT, unless the bytes are those. */
void check_filled(const void *, size_t, unsigned seed, const char *what);

/* A file of such bytes: made, opened, and checked. */
void make_file(const char *name, size_t, unsigned seed);
int open_file(const char *name);
void check_file_filled(const char *name, size_t, unsigned seed);

/* The first byte of a page; there are 2,048 bytes of static memory on either side. */
char *page_edge(void);
/* STRING with its middle at page_edge(). */
char *on_edge(const char *string);
/* STRING right before a page that is not mapped, with its null or without. */
char *before_hole(const char *string, bool with_null);

/* Sorts bytes by merging; scratch has the same size. */
void merge_sort(unsigned char *, unsigned char *scratch, size_t);
/* Fails unless they are sorted, and as many of each byte as in COUNTS. */
void count_bytes(const unsigned char *, size_t, size_t counts[256]);
void check_sorted(const unsigned char *, size_t, const size_t counts[256]);

#endif
