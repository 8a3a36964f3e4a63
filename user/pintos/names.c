/* What changes names: create, remove, mkdir, chdir, symlink. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool pintos_create(const char *name, unsigned size);
bool pintos_remove(const char *name);
bool pintos_chdir(const char *name);
bool pintos_mkdir(const char *name);
int pintos_symlink(const char *target, const char *linkpath);

/* A file that cannot have its size is not created at all. */
bool pintos_create(const char *name, unsigned size)
{
	int fd;
	bool done;

	if (!file_name_fits(name))
		return false;
	fd = (int)checked(openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0644));
	if (fd < 0)
		return false;
	done = ftruncate(fd, size) == 0;
	close(fd);
	if (!done)
		unlinkat(AT_FDCWD, name, 0);
	return done;
}

bool pintos_remove(const char *name)
{
	if (!file_name_fits(name))
		return false;
	if (checked(unlinkat(AT_FDCWD, name, 0)) == 0)
		return true;
	return (errno == EISDIR || errno == EPERM) && unlinkat(AT_FDCWD, name, AT_REMOVEDIR) == 0;
}

bool pintos_chdir(const char *name) { return checked(chdir(name)) == 0; }

bool pintos_mkdir(const char *name)
{
	return file_name_fits(name) && checked(mkdirat(AT_FDCWD, name, 0755)) == 0;
}

int pintos_symlink(const char *target, const char *linkpath)
{
	return file_name_fits(linkpath) ? (int)checked(symlinkat(target, AT_FDCWD, linkpath)) : -1;
}
