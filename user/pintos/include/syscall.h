/* The system calls of a Pintos-KAIST user program. Each is a function of libpintos on Linux' system calls; the
 * assembler names keep them apart from glibc's functions of the same name, with which they are linked. */
#ifndef PINTOS_SYSCALL_H
#define PINTOS_SYSCALL_H

#include <debug.h>
#include <stdbool.h>
#include <stddef.h>

typedef int pid_t;
typedef int off_t;
#define PID_ERROR       ((pid_t)-1)
#define MAP_FAILED      ((void *)NULL)
#define READDIR_MAX_LEN 14 /* bytes of a file name, without the null */

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* Ends the machine. */
void halt(void) __asm__("pintos_halt") NO_RETURN;
void exit(int status) __asm__("pintos_exit") NO_RETURN;
/* The child is called NAME (15 bytes of it), goes on with 0, and has its own positions in the open files. */
pid_t fork(const char *name) __asm__("pintos_fork");
/* The first word of LINE is the program, all words are its arguments; open files stay open. Returns only when
 * that failed, -1. */
int exec(const char *line) __asm__("pintos_exec");
/* The status of a child, once; -1 when it was ended, and for all that is no child or was waited for. */
int wait(pid_t) __asm__("pintos_wait");

bool create(const char *name, unsigned size) __asm__("pintos_create");
bool remove(const char *name) __asm__("pintos_remove");
/* Above 1, or -1. */
int open(const char *name) __asm__("pintos_open");
int filesize(int fd) __asm__("pintos_filesize");
int read(int fd, void *buffer, unsigned size) __asm__("pintos_read");
/* 0 when the file is being executed. */
int write(int fd, const void *buffer, unsigned size) __asm__("pintos_write");
void seek(int fd, unsigned position) __asm__("pintos_seek");
unsigned tell(int fd) __asm__("pintos_tell");
void close(int fd) __asm__("pintos_close");
int dup2(int oldfd, int newfd) __asm__("pintos_dup2");

void *mmap(void *addr, size_t length, int writable, int fd, off_t offset) __asm__("pintos_mmap");
void munmap(void *addr) __asm__("pintos_munmap");

bool chdir(const char *name) __asm__("pintos_chdir");
bool mkdir(const char *name) __asm__("pintos_mkdir");
bool readdir(int fd, char name[READDIR_MAX_LEN + 1]) __asm__("pintos_readdir");
bool isdir(int fd) __asm__("pintos_isdir");
int inumber(int fd) __asm__("pintos_inumber");
int symlink(const char *target, const char *linkpath) __asm__("pintos_symlink");

/* The frame that holds USER_ADDR, NULL when none does; the page is not brought in. */
void *get_phys_addr(void *user_addr) __asm__("pintos_get_phys_addr");
/* Requests to the file system's disk since power-on. */
long long get_fs_disk_read_cnt(void) __asm__("pintos_get_fs_disk_read_cnt");
long long get_fs_disk_write_cnt(void) __asm__("pintos_get_fs_disk_write_cnt");

#endif
