/* What the programs of user/bin share. Errors are reported by <err.h>; status 1 is a failure, 2 a wrong usage. */
#ifndef USER_BIN_LIB_H
#define USER_BIN_LIB_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

_Noreturn void usage(const char *text); /* "usage: TEXT" on stderr, status 2 */

/* TEXT as a number that is not negative, with K, M or G behind it if SIZES; ends the program when it is none. */
unsigned long number(const char *text, bool sizes);

/* All of a small file, terminated; for the caller to free. NULL with errno when it cannot be read.
 * Files of /proc have no size, so it is read to its end. */
char *slurp(const char *path);
/* The number behind NAME where a line of TEXT begins with it; -1: there is none. */
long value_of(const char *text, const char *name);

/* Copy FROM to its end into TO. 0, or 1 after a message that names the file. */
int copy_out(int from, int to, const char *name);
/* DIR/NAME of PATH's last component, for the caller to free. */
char *path_in(const char *dir, const char *path);
bool is_directory(const char *path);

#endif
