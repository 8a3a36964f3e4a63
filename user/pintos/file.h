/* The open files of a process, as file.c keeps them. */
#ifndef PINTOS_FILE_H
#define PINTOS_FILE_H

#include "pintos.h"

#define FILES_MAX 512 /* open at once */

enum file_kind { CONSOLE_IN, CONSOLE_OUT, REGULAR, DIRECTORY };

struct file {
	int refs; /* descriptors of it; dup2 makes more than one */
	int kfd;  /* the kernel's descriptor */
	enum file_kind kind;
	long long position; /* of a directory: where the kernel's list goes on */
	char path[96];      /* from the root: only of a file that can be executed, see file.c */
};

struct file *file_of(int fd);
/* Is every part of this path short enough for Pintos? A bad pointer ends the process. */
bool file_name_fits(const char *name);

int pintos_open(const char *name);
void pintos_close(int fd);
int pintos_dup2(int oldfd, int newfd);
int pintos_filesize(int fd);
int pintos_inumber(int fd);
bool pintos_isdir(int fd);
void pintos_seek(int fd, unsigned position);
unsigned pintos_tell(int fd);

#endif
