/* Reading and writing what is open. The kernel may stop in the middle where the buffer turns bad: each call goes on
 * until all is done, the file ends, or the kernel says that the pointer is bad, which ends the process. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MOST 14

int pintos_read(int fd, void *buffer, unsigned size);
bool pintos_readdir(int fd, char name[NAME_MOST + 1]);

int pintos_read(int fd, void *buffer, unsigned size)
{
	struct file *f = file_of(fd);
	unsigned done = 0;

	if (!f || f->kind == CONSOLE_OUT || f->kind == DIRECTORY)
		return -1;
	native_touch(buffer, size);
	while (done < size) {
		char *to = (char *)buffer + done;
		long n = checked(f->kind == CONSOLE_IN ? read(f->kfd, to, size - done)
						       : pread(f->kfd, to, size - done, f->position));

		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			break;
		if (n > 0) {
			done += n;
			f->position += n;
		}
	}
	return done;
}

/* All of it, to the kernel's descriptor; less when that is full. */
static unsigned write_all(int kfd, struct file *f, const char *buffer, unsigned size)
{
	unsigned done = 0;

	while (done < size) {
		long n = checked(f->kind == CONSOLE_OUT
					 ? write(kfd, buffer + done, size - done)
					 : pwrite(kfd, buffer + done, size - done, f->position));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
		f->position += n;
	}
	return done;
}

int pintos_write(int fd, const void *buffer, unsigned size)
{
	struct file *f = file_of(fd);
	unsigned done;
	int kfd;

	if (!f || f->kind == CONSOLE_IN || f->kind == DIRECTORY)
		return -1;
	native_touch(buffer, size);
	if (!f->path[0])
		return write_all(f->kfd, f, buffer, size);
	kfd = openat(AT_FDCWD, f->path, O_WRONLY);
	if (kfd < 0)
		return 0;
	done = write_all(kfd, f, buffer, size);
	close(kfd);
	return done;
}

/* A kernel's list of a directory is read again from the position of the last name that was given out. */
bool pintos_readdir(int fd, char name[NAME_MOST + 1])
{
	static struct {
		unsigned long inode;
		long next;
		unsigned short length;
		unsigned char type;
		char name[1024];
	} entry;
	struct file *f = file_of(fd);

	if (!f || f->kind != DIRECTORY)
		return false;
	do {
		if (lseek(f->kfd, f->position, SEEK_SET) < 0 ||
		    syscall(SYS_getdents64, f->kfd, &entry, sizeof entry) <= 0)
			return false;
		f->position = entry.next;
	} while (strcmp(entry.name, ".") == 0 || strcmp(entry.name, "..") == 0 ||
		 strlen(entry.name) > NAME_MOST);
	strcpy(name, entry.name);
	return true;
}

/* ---- names ---- */

bool file_name_fits(const char *name)
{
	size_t length = 0;

	checked(faccessat(AT_FDCWD, name, F_OK, 0));
	for (; *name; name++) {
		length = *name == '/' ? 0 : length + 1;
		if (length > NAME_MOST)
			return false;
	}
	return true;
}
