/* Strings and memory. */
#ifndef PINTOS_STRING_H
#define PINTOS_STRING_H

#include <stddef.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);
size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strrchr(const char *, int);
char *strstr(const char *, const char *);
char *strpbrk(const char *, const char *);
size_t strspn(const char *, const char *);
size_t strcspn(const char *, const char *);
char *strtok_r(char *, const char *, char **);

/* Copy, or append, at most what leaves room for the null in SIZE bytes; return the length that was wanted. */
size_t strlcpy(char *, const char *, size_t size) __asm__("pintos_strlcpy");
size_t strlcat(char *, const char *, size_t size) __asm__("pintos_strlcat");

#endif
