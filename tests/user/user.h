/* Tests of the system as user programs see it: one program per group, each test in a process of its own, so that a
 * crash is one failure. The same programs run on Linux, natively and (for the other machine) under qemu-user: Linux
 * is the judge of the tests, so what fails there is wrong. tests/test.h says how a test is written; here are the
 * parts that only user programs need.
 *
 * Where a test covers items of bad-inputs.txt, the comment in front of it names them behind "Bad:". */
#ifndef TESTS_USER_H
#define TESTS_USER_H
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/test.h"

#define PAGE ((size_t)4096)
#define RW   (PROT_READ | PROT_WRITE)

enum user_system { ON_LINUX, ON_QEMU_USER, ON_QUIRE };
extern enum user_system user_system;
extern char user_programs[];  /* the directory that has this program and those of alone/ */
extern char user_directory[]; /* an empty directory to work in; each test starts there */

/* True, after the test was skipped with that reason: it asks for Quire's own, stricter behaviour; qemu-user does
 * WHAT in a way of its own. */
bool user_only_quire(void);
bool user_not_emulated(const char *what);

/* A system call's result as the kernel gives it: -errno when it failed. */
static inline long result(long r) { return r == -1 ? -errno : r; }

/* ---- children ---- */
/* Run BODY in a child; it ends with status 1 when a check failed in it, 0 otherwise. */
pid_t user_child(void (*body)(void *), void *arg);
int user_wait(pid_t pid); /* its status as wait gives it; -1: no such child. PID -1: any child */
int user_status(void (*body)(void *), void *arg); /* both */
int user_signal(void (*body)(void *), void *arg); /* the signal that ended it, 0: none did */
int user_exec(const char *path,
	      char *const argv[]); /* execve in a child: its status, or -errno of the execve */
/* Become PROGRAM of user_programs, with qemu-user by its emulator. Returns only when that fails. */
void user_become(const char *program, char *const argv[]);
/* What PROGRAM prints, at most SIZE - 1 bytes, and its status. */
int user_output(const char *program, char *const argv[], char *text, size_t size);

/* What is in a floating-point register that had VALUE before the system call CALL(ARG, 0) and was left alone. */
double user_float_over(long call, long arg, double value, long *result);

/* ---- memory ---- */
char *user_pages(size_t count, int prot); /* private anonymous; the test ends when there are none */
char *user_shared(size_t count);          /* shared anonymous */
/* The signal that a read, a write or a jump there ends with, tried in a child; 0: it is allowed. */
int user_reads(const void *at);
int user_writes(void *at);
int user_jumps(const void *at);
bool user_all(const char *at, size_t size, char value); /* are all these bytes VALUE? */
bool user_resident(const void *at);
/* The last line of the page's walk that is about an entry (see user/bin/pagewalk.c), only on Quire: its KIND's first
 * letter ('n', 't' or 'l'), for a leaf with the frame and the flags. *LEVELS: how many lines there were. */
char user_walk(const void *at, unsigned long *frame, char flags[12], unsigned *levels);
/* Fill SIZE bytes with numbers that SEED makes; check them later. */
void user_fill(void *at, size_t size, uint64_t seed);
bool user_filled(const void *at, size_t size, uint64_t seed);

/* ---- files ---- */
/* A new file of SIZE bytes, where byte I is user_byte(I), open for reading and writing. */
int user_file(const char *name, size_t size);
unsigned char user_byte(size_t i);
bool user_bytes(const void *at, size_t from, size_t size); /* are they user_byte(FROM)...? */
bool user_read_file(const char *path, char *text, size_t size);
long user_value(const char *path, const char *name); /* the number behind NAME in a file of /proc, -1: none */

#endif
