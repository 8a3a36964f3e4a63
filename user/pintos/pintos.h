/* libpintos: Pintos-KAIST's user interface on Linux' system calls, by static glibc.
 *
 * A program is compiled against include/ alone, and linked with --wrap=main: start.c's main prepares and then calls
 * the program's. The same program runs on Quire booted with pintos=1, and on Linux under tests/tools/pintos.
 *
 * What it asks of Quire, beside the system calls of every program:
 *  - pintos=1 puts PINTOS=1 into the first process's environment, where Linux' way is not enough:
 *    si_status of waitid is then all 32 bits of the child's status, and halt is reboot(POWER_OFF)
 *  - pintos=1 prints "NAME: exit(STATUS)" as a process ends, before its parent can know: all 32 bits of
 *    exit_group's argument, -1 for any signal; NAME is what prctl(PR_SET_NAME) said last, by exec the file's name
 *  - pintos=1 grows the stack only for accesses from sp - 8 on, and maps nothing around a page that faults
 *  - /proc/self/phys: 8 bytes at offset VA are the address of the frame that VA's page has, 0 when it has none;
 *    reading it brings in nothing
 *  - /proc/quire/fs_reads and /proc/quire/fs_writes: pages of files that were got from where they are kept and put
 *    there, a decimal number
 *
 * The environment, which exec passes on: PINTOS_NAME the process's name, PINTOS_FDS what file.c needs, and on Linux
 * PINTOS_LINES the descriptor for the lines at exit, PINTOS_DEPTH how many forks led here, PINTOS_EMULATOR what
 * runs another machine's programs. */
#ifndef PINTOS_PINTOS_H
#define PINTOS_PINTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096
#define KERN_BASE 0x8004000000 /* where Pintos has its kernel */
#define NAME_SIZE 16

/* ---- start.c ---- */

extern char process_name[NAME_SIZE];
void process_set_name(const char *name);
void pintos_exit(int status) __attribute__((noreturn));
/* RESULT, unless it is -1 for a bad pointer: that ends the process. */
long checked(long result);

/* ---- file.c ---- */

void file_start(void);
/* What a later file_start needs after exec, as "PINTOS_FDS=...". */
const char *file_pack(void);
int pintos_write(int fd, const void *buffer, unsigned size);
/* A kernel descriptor to map FD by, which the caller gives back by file_mapped; -1 when FD is no file or may
 * not be mapped that way. SIZE becomes the file's. */
int file_to_map(int fd, bool writable, uint64_t *size);
void file_mapped(int fd, int kfd);

/* ---- native.c: on Linux, what Quire's kernel does itself ---- */

extern bool native;
extern int native_depth; /* how many forks led here */
/* Looks at the environment; when native, goes on with BODY on a stack that grows as Pintos' does. */
void native_start(void (*body)(void));
void native_line(int status);
/* Linux cannot grow that stack for itself: BUFFER's pages of it, and what glibc's fork is about to use below sp. */
void native_touch(const void *buffer, size_t size);
void native_touch_below(void);
const char *native_emulator(void);

#endif
