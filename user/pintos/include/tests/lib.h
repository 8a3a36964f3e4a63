/* What test programs say and check. Each line on the console begins with the test's name in parentheses. */
#ifndef PINTOS_TESTS_LIB_H
#define PINTOS_TESTS_LIB_H

#include <debug.h>
#include <stdbool.h>
#include <stddef.h>
#include <syscall.h>

/* argv[0] for a test with test_main; other programs define it or set it. */
extern const char *test_name;
/* msg says nothing while it is true. */
extern bool quiet;

void msg(const char *, ...) PRINTF_FORMAT(1, 2);
/* Says why, and exits with 1. */
void fail(const char *, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* Says what is to come, and fails with the same words when SUCCESS is not so. */
#define CHECK(SUCCESS, ...)                                                                                  \
	do {                                                                                                 \
		msg(__VA_ARGS__);                                                                            \
		if (!(SUCCESS))                                                                              \
			fail(__VA_ARGS__);                                                                   \
	} while (0)

/* Start CNT children "NAME 0", "NAME 1" and so on; wait for them, which must return 0, 1 and so on. */
void exec_children(const char *name, pid_t pids[], size_t cnt);
void wait_children(pid_t pids[], size_t cnt);

/* The file must hold just these SIZE bytes. */
void check_file_handle(int fd, const char *file_name, const void *expected, size_t size);
void check_file(const char *file_name, const void *expected, size_t size);
/* Fails, showing where, unless READ equals EXPECTED; OFS is where in the file they begin. */
void compare_bytes(const void *read, const void *expected, size_t size, size_t ofs, const char *file_name);

/* Put CNT elements of SIZE bytes into an order of random.h's. */
void shuffle(void *, size_t cnt, size_t size);

#endif
