/* Sorting a megabyte in pieces, each by a child in a file of its own. */
#ifndef PINTOS_MERGE_H
#define PINTOS_MERGE_H

#include <stdbool.h>

#define PIECES     8
#define PIECE_SIZE (128 * 1024)

/* CHILD is given its file's name; AT_ONCE starts all before the first is waited for. */
void merge_by(const char *child, bool at_once);

#endif
