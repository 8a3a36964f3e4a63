/* Files, directories and the console, by descriptors of our own.
 *  - Pintos' fork gives the child positions of its own in the open files, Linux shares them: a position is kept here
 *    and given with every read and write
 *  - a program's file can be written but while it runs, when a write writes nothing; Linux says so at open, and would
 *    refuse to run what is open for writing: executables are opened to be read, and again for each write
 *  - which descriptors there are goes through exec in the environment */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file files[FILES_MAX];
static struct {
	int fd; /* -1: not in use */
	struct file *file;
} handles[FILES_MAX];
static struct stat st;

static size_t handle_of(int fd)
{
	size_t i = 0;

	while (i < FILES_MAX && (fd < 0 || handles[i].fd != fd))
		i++;
	return i;
}

struct file *file_of(int fd)
{
	size_t i = handle_of(fd);

	return i < FILES_MAX ? handles[i].file : NULL;
}

static bool handle_add(int fd, struct file *file)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (handles[i].fd < 0) {
			handles[i].fd = fd;
			handles[i].file = file;
			file->refs++;
			return true;
		}
	}
	return false;
}

static struct file *file_new(int kfd, enum file_kind kind)
{
	for (struct file *f = files; f < files + FILES_MAX; f++) {
		if (f->refs == 0) {
			f->kfd = kfd;
			f->kind = kind;
			f->position = 0;
			f->path[0] = 0;
			return f;
		}
	}
	return NULL;
}

/* ---- across exec: "fd,file,kfd,kind,position,path;" for each descriptor ---- */

static char packed[65536];

const char *file_pack(void)
{
	int n = snprintf(packed, sizeof packed, "PINTOS_FDS=");

	for (size_t i = 0; i < FILES_MAX && n < (int)sizeof packed; i++) {
		const struct file *f = handles[i].file;

		if (handles[i].fd >= 0)
			n += snprintf(packed + n, sizeof packed - n, "%d,%d,%d,%d,%lld,%s;", handles[i].fd,
				      (int)(f - files), f->kfd, (int)f->kind, f->position, f->path);
	}
	return packed;
}

static void unpack(const char *from)
{
	int fd, index, kfd, kind, used;
	long long position;

	while (sscanf(from, "%d,%d,%d,%d,%lld,%n", &fd, &index, &kfd, &kind, &position, &used) == 5) {
		struct file *f = &files[index];
		size_t length = strcspn(from + used, ";");

		f->kfd = kfd;
		f->kind = kind;
		f->position = position;
		snprintf(f->path, sizeof f->path, "%.*s", (int)length, from + used);
		handle_add(fd, f);
		from += used + length;
		from += *from == ';';
	}
}

void file_start(void)
{
	const char *from = getenv("PINTOS_FDS");

	for (size_t i = 0; i < FILES_MAX; i++)
		handles[i].fd = -1;
	if (from) {
		unpack(from);
	} else {
		handle_add(0, file_new(0, CONSOLE_IN));
		handle_add(1, file_new(1, CONSOLE_OUT));
	}
}

/* ---- open and close ---- */

/* Opens NAME for all that may be done with it; the kind and the path are in *F then. */
static int open_kernel(const char *name, struct file *f)
{
	int fd = (int)checked(openat(AT_FDCWD, name, O_RDONLY)), both;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fd;
	f->kind = S_ISDIR(st.st_mode) ? DIRECTORY : REGULAR;
	if (f->kind == DIRECTORY)
		return fd;
	if (st.st_mode & 0111) {
		if (name[0] == '/')
			snprintf(f->path, sizeof f->path, "%s", name);
		else if (getcwd(f->path, sizeof f->path))
			snprintf(f->path + strlen(f->path), sizeof f->path - strlen(f->path), "/%s", name);
		return fd;
	}
	both = openat(AT_FDCWD, name, O_RDWR);
	if (both < 0)
		return fd;
	close(fd);
	return both;
}

int pintos_open(const char *name)
{
	struct file *f = file_new(-1, REGULAR);
	int fd = 2;

	if (!file_name_fits(name) || !f)
		return -1;
	f->kfd = open_kernel(name, f);
	if (f->kfd < 0)
		return -1;
	while (handle_of(fd) < FILES_MAX)
		fd++;
	if (handle_add(fd, f))
		return fd;
	close(f->kfd);
	return -1;
}

void pintos_close(int fd)
{
	size_t i = handle_of(fd);

	if (i == FILES_MAX)
		return;
	handles[i].fd = -1;
	if (--handles[i].file->refs == 0 && handles[i].file->kind >= REGULAR)
		close(handles[i].file->kfd);
}

int pintos_dup2(int oldfd, int newfd)
{
	struct file *f = file_of(oldfd);

	if (!f || newfd < 0)
		return -1;
	if (oldfd != newfd) {
		pintos_close(newfd);
		if (!handle_add(newfd, f))
			return -1;
	}
	return newfd;
}

/* ---- what is asked of an open file ---- */

/* The metadata of FD in st; false when it is not open, or is the console. */
static bool look(int fd)
{
	struct file *f = file_of(fd);

	return f && f->kind >= REGULAR && fstat(f->kfd, &st) == 0;
}

int pintos_filesize(int fd) { return look(fd) ? (int)st.st_size : -1; }

int pintos_inumber(int fd) { return look(fd) ? (int)st.st_ino : -1; }

bool pintos_isdir(int fd) { return look(fd) && S_ISDIR(st.st_mode); }

void pintos_seek(int fd, unsigned position)
{
	struct file *f = file_of(fd);

	if (f)
		f->position = position;
}

unsigned pintos_tell(int fd)
{
	struct file *f = file_of(fd);

	return f ? (unsigned)f->position : 0;
}

int file_to_map(int fd, bool writable, uint64_t *size)
{
	struct file *f = file_of(fd);

	if (!f || f->kind != REGULAR || !look(fd))
		return -1;
	*size = st.st_size;
	return writable && f->path[0] ? openat(AT_FDCWD, f->path, O_RDWR) : f->kfd;
}

void file_mapped(int fd, int kfd)
{
	struct file *f = file_of(fd);

	if (kfd >= 0 && f->kfd != kfd)
		close(kfd);
}
