/* Names: directories, links, rename, and paths that are too long, empty or go round in circles. */
#include "tests/user/user.h"
#include <dirent.h>
#include <limits.h>
#include <sys/statfs.h>
#include <time.h>

static int entries(const char *path, const char *wanted)
{
	DIR *dir = opendir(path);
	int n = 0, found = 0;
	if (!CHECK(dir != NULL))
		return -1;
	for (struct dirent *e; (e = readdir(dir));) {
		n++;
		found += wanted && !strcmp(e->d_name, wanted);
	}
	closedir(dir);
	return wanted ? found : n;
}

/* Three hundred names in a directory: each is listed once, and none when all are gone. */
TEST(listed, "names/three-hundred-in-a-directory")
{
	char name[40];
	CHECK(mkdir("d", 0755) == 0);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "d/a-file-with-a-longer-name-%d", i);
		close(user_file(name, 0));
	}
	CHECK_EQ(entries("d", NULL), 302);
	CHECK_EQ(entries("d", "a-file-with-a-longer-name-299"), 1);
	for (int i = 0; i < 300; i += 2) {
		snprintf(name, sizeof name, "d/a-file-with-a-longer-name-%d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK_EQ(entries("d", NULL), 152);
	CHECK_EQ(result(rmdir("d")), -ENOTEMPTY);
	for (int i = 1; i < 300; i += 2) {
		snprintf(name, sizeof name, "d/a-file-with-a-longer-name-%d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(rmdir("d") == 0);
}

/* Directories: link counts, what cannot be removed how. */
TEST(directories, "names/directories")
{
	struct stat st;
	CHECK(mkdir("d", 0755) == 0 && mkdir("d/e", 0700) == 0);
	CHECK(stat("d", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_nlink == 3 || st.st_nlink == 1));
	CHECK_EQ(result(mkdir("d", 0755)), -EEXIST);
	CHECK_EQ(result(mkdir("x/y", 0755)), -ENOENT);
	CHECK_EQ(result(unlink("d/e")), -EISDIR);
	CHECK_EQ(result(rmdir("d")), -ENOTEMPTY);
	CHECK_EQ(result(rmdir("d/.")), -EINVAL);
	CHECK_EQ(result(rmdir("d/e/..")), -ENOTEMPTY);
	CHECK(rmdir("d/e") == 0 && rmdir("d/") == 0);
	CHECK_EQ(result(rmdir("d")), -ENOENT);
	close(user_file("f", 0));
	CHECK_EQ(result(rmdir("f")), -ENOTDIR);
}

/* Hard links are the same file. */
TEST(links, "names/hard-links")
{
	struct stat a, b;
	int fd = user_file("f", 100);
	CHECK(link("f", "g") == 0 && stat("f", &a) == 0 && stat("g", &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_nlink == 2);
	CHECK_EQ(result(link("f", "g")), -EEXIST);
	CHECK_EQ(result(link("no", "h")), -ENOENT);
	CHECK(mkdir("d", 0755) == 0);
	CHECK_EQ(result(link("d", "h")), -EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK(unlink("f") == 0 && stat("g", &b) == 0 && b.st_nlink == 1);
	char c;
	CHECK(read(open("g", O_RDONLY), &c, 1) == 1 && c == 'x');
}

/* Symbolic links: short and long ones, relative and absolute, dangling. */
TEST(symlinks, "names/symbolic-links")
{
	char longer[300], text[400], target[PATH_MAX + 10];
	struct stat st;
	memset(longer, 'l', 255);
	longer[255] = '\0';
	close(user_file("f", 10));
	close(user_file(longer, 20));
	snprintf(target, sizeof target, "%s/f", user_directory);
	CHECK(symlink("f", "short") == 0 && symlink(longer, "long") == 0 && symlink(target, "absolute") == 0);
	CHECK(symlink("nowhere", "dangling") == 0);
	CHECK_EQ(readlink("short", text, 400), 1);
	CHECK_EQ(readlink("long", text, 400), 255);
	CHECK(!memcmp(text, longer, 255));
	CHECK_EQ(readlink("long", text, 10), 10);
	CHECK(stat("long", &st) == 0 && st.st_size == 20);
	CHECK(stat("absolute", &st) == 0 && st.st_size == 10);
	CHECK(lstat("long", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 255);
	CHECK_EQ(result(stat("dangling", &st)), -ENOENT);
	CHECK_EQ(result(open("dangling", O_RDONLY)), -ENOENT);
	CHECK_EQ(result(open("short", O_RDONLY | O_NOFOLLOW)), -ELOOP);
	CHECK_EQ(result(readlink("f", text, 10)), -EINVAL);
	CHECK_EQ(result(symlink("x", "short")), -EEXIST);
	CHECK_EQ(result(symlink("", "empty")), -ENOENT);
	int fd = open("dangling", O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0 && access("nowhere", F_OK) == 0);
}

/* Circles of links, and a chain of links that is too long. Bad: file:symlink-loop */
TEST(circles, "names/symbolic-link-circles")
{
	char a[20], b[20];
	CHECK(symlink("self", "self") == 0 && symlink("two", "one") == 0 && symlink("one", "two") == 0);
	CHECK_EQ(result(open("self", O_RDONLY)), -ELOOP);
	CHECK_EQ(result(open("one", O_RDONLY)), -ELOOP);
	CHECK_EQ(result(open("one/x", O_RDONLY)), -ELOOP);
	CHECK_EQ(result(mkdir("self/x", 0755)), -ELOOP);
	close(user_file("l0", 0));
	for (int i = 1; i <= 45; i++) {
		snprintf(a, sizeof a, "l%d", i - 1);
		snprintf(b, sizeof b, "l%d", i);
		CHECK(symlink(a, b) == 0);
	}
	CHECK(open("l8", O_RDONLY) >= 0);
	CHECK_EQ(result(open("l45", O_RDONLY)), -ELOOP);
	CHECK(unlink("self") == 0);
}

/* rename: over a file, over itself, of and over directories. Bad: file:rename-self */
TEST(renames, "names/rename")
{
	struct stat st;
	close(user_file("a", 10));
	close(user_file("b", 20));
	int old = open("b", O_RDONLY);
	CHECK(rename("a", "b") == 0 && stat("b", &st) == 0 && st.st_size == 10 && access("a", F_OK) == -1);
	CHECK(fstat(old, &st) == 0 && st.st_size == 20 && st.st_nlink == 0);
	CHECK(rename("b", "b") == 0 && access("b", F_OK) == 0);
	CHECK(link("b", "same") == 0 && rename("b", "same") == 0 && access("b", F_OK) == 0);
	CHECK(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("f", 0755) == 0);
	CHECK_EQ(result(rename("d", "d/e/g")), -EINVAL);
	CHECK_EQ(result(rename("f", "d")), -ENOTEMPTY);
	CHECK_EQ(result(rename("b", "d")), -EISDIR);
	CHECK_EQ(result(rename("d", "b")), -ENOTDIR);
	CHECK_EQ(result(rename("none", "x")), -ENOENT);
	CHECK(rename("d", "f") == 0 && stat("f/e", &st) == 0 && access("d", F_OK) == -1);
	CHECK(rename("f/e", "e") == 0 && stat("e/..", &st) == 0 && rmdir("f") == 0);
	struct stat here;
	CHECK(stat(".", &here) == 0 && here.st_ino == st.st_ino);
}

/* RENAME_NOREPLACE and RENAME_EXCHANGE, and what they refuse. */
TEST(renames_2, "names/renameat2-noreplace")
{
	close(user_file("a", 10));
	close(user_file("b", 20));
	CHECK_EQ(result(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1)), -EEXIST);
	CHECK_EQ(result(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 0x100)), -EINVAL);
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", 1), 0);
	CHECK_EQ(result(syscall(SYS_renameat2, AT_FDCWD, "c", 77, "b", 0)), -EBADF);
}

/* Empty paths, paths of 4096 bytes, components of 255 and 256.
 * Bad: file:empty-path file:path-4096 file:component-256 */
TEST(lengths, "names/lengths")
{
	static char path[4200];
	struct stat st;
	CHECK_EQ(result(open("", O_RDONLY)), -ENOENT);
	CHECK_EQ(result(stat("", &st)), -ENOENT);
	CHECK_EQ(result(mkdir("", 0755)), -ENOENT);
	CHECK_EQ(result(unlink("")), -ENOENT);
	CHECK_EQ(result(chdir("")), -ENOENT);
	memset(path, 'n', 256);
	CHECK_EQ(result(open(path, O_WRONLY | O_CREAT, 0644)), -ENAMETOOLONG);
	CHECK_EQ(result(mkdir(path, 0755)), -ENAMETOOLONG);
	path[255] = '\0';
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0 && unlink(path) == 0);
	for (size_t i = 0; i < 4100; i++)
		path[i] = i % 2 ? '/' : '.';
	path[4095] = '\0';
	CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
	path[4095] = '/', path[4096] = '\0';
	CHECK_EQ(result(stat(path, &st)), -ENAMETOOLONG);
	CHECK_EQ(result(open(path, O_RDONLY)), -ENAMETOOLONG);
}

/* Many ..: above the root is the root; slashes and dots change nothing. Bad: file:deep-dotdot */
TEST(dots, "names/dots-and-slashes")
{
	static char path[3100];
	struct stat root, st;
	for (int i = 0; i < 1000; i++)
		memcpy(path + 3 * i, "../", 3);
	CHECK(stat("/", &root) == 0 && stat(path, &st) == 0 && st.st_ino == root.st_ino &&
	      st.st_dev == root.st_dev);
	CHECK(stat("/..", &st) == 0 && st.st_ino == root.st_ino);
	CHECK(mkdir("d", 0755) == 0);
	close(user_file("d/f", 5));
	CHECK(stat(".//d/./../d///f", &st) == 0 && st.st_size == 5);
	CHECK_EQ(result(stat("d/f/", &st)), -ENOTDIR);
	CHECK_EQ(result(stat("d/f/..", &st)), -ENOTDIR);
	CHECK_EQ(result(open("d/new/", O_WRONLY | O_CREAT, 0644)), -EISDIR);
}

/* Where we are: after chdir, by fchdir, in a buffer that is too small, in a directory that is gone. */
TEST(where, "names/current-directory")
{
	char text[PATH_MAX], want[PATH_MAX + 10];
	CHECK(mkdir("d", 0755) == 0);
	int here = open(".", O_RDONLY);
	CHECK(chdir("d") == 0 && getcwd(text, sizeof text));
	snprintf(want, sizeof want, "%s/d", user_directory);
	CHECK(strstr(text, "/d") && (!strcmp(text, want) || user_system != ON_QUIRE));
	CHECK_EQ(result(syscall(SYS_getcwd, text, 2)), -ERANGE);
	CHECK_EQ(result(chdir("../nothing")), -ENOENT);
	CHECK(rmdir("../d") == 0);
	CHECK_EQ(result(open("x", O_WRONLY | O_CREAT, 0644)), -ENOENT);
	CHECK(result(syscall(SYS_getcwd, text, sizeof text)) == -ENOENT);
	CHECK(fchdir(here) == 0);
	close(user_file("f", 0));
	CHECK_EQ(result(chdir("f")), -ENOTDIR);
}

/* *at calls start from a directory's descriptor. */
TEST(at, "names/relative-to-a-descriptor")
{
	struct stat st;
	CHECK(mkdir("d", 0755) == 0);
	int d = open("d", O_RDONLY | O_DIRECTORY), fd = openat(d, "f", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0 && fstatat(d, "f", &st, 0) == 0 && stat("d/f", &st) == 0);
	CHECK(mkdirat(d, "e", 0755) == 0 && symlinkat("f", d, "l") == 0 &&
	      linkat(d, "f", AT_FDCWD, "g", 0) == 0);
	CHECK(renameat(d, "f", AT_FDCWD, "h") == 0 && unlinkat(d, "e", AT_REMOVEDIR) == 0);
	CHECK_EQ(result(unlinkat(d, "l", AT_REMOVEDIR)), -ENOTDIR);
	CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_nlink == 2);
	CHECK_EQ(result(fstatat(d, "", &st, 0)), -ENOENT);
	CHECK_EQ(result(unlinkat(d, "l", 0x1000)), -EINVAL);
}

/* Mode, owner and times can be set and are told. */
TEST(attributes, "names/mode-and-times")
{
	struct stat st;
	int fd = user_file("f", 10);
	struct timespec when[2] = {{1000000000, 0}, {1200000000, 0}};
	CHECK(chmod("f", 0640) == 0 && stat("f", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK(fchmod(fd, 0600) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(utimensat(AT_FDCWD, "f", when, 0) == 0 && stat("f", &st) == 0);
	CHECK(st.st_atime == 1000000000 && st.st_mtime == 1200000000);
	CHECK(fchown(fd, -1, -1) == 0);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK(fstat(fd, &st) == 0 && st.st_mtime != 1200000000);
	CHECK(access("f", R_OK | W_OK) == 0 && access("f", X_OK) == -1 && errno == EACCES);
	CHECK_EQ(result(access("f", 99)), -EINVAL);
}

/* statfs tells a file system with room. */
TEST(room, "names/statfs")
{
	struct statfs fs;
	CHECK(statfs(".", &fs) == 0 && fs.f_bsize >= 512 && fs.f_blocks >= fs.f_bfree && fs.f_bfree > 0);
	CHECK_EQ(result(statfs("nothing", &fs)), -ENOENT);
}

/* getdents with room for no entry is EINVAL; reading goes on where it stopped. */
TEST(portions, "names/listing-in-portions")
{
	char name[20], buffer[64];
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "file-%d", i);
		close(user_file(name, 0));
	}
	int d = open(".", O_RDONLY), seen = 0;
	CHECK_EQ(result(syscall(SYS_getdents64, d, buffer, 1)), -EINVAL);
	for (long n; (n = syscall(SYS_getdents64, d, buffer, sizeof buffer)) > 0;) {
		for (long at = 0; at < n; at += *(unsigned short *)(buffer + at + 16))
			seen++;
	}
	CHECK_EQ(seen, 32);
	CHECK(lseek(d, 0, SEEK_SET) == 0 && syscall(SYS_getdents64, d, buffer, sizeof buffer) > 0);
}

/* Two processes make and remove names in one directory: each ends with its own. */
TEST(together, "names/two-processes-in-a-directory")
{
	pid_t pids[2];
	for (int n = 0; n < 2; n++) {
		pids[n] = fork();
		if (pids[n] == 0) {
			char name[40], other[40];
			for (int i = 0; i < 100; i++) {
				snprintf(name, sizeof name, "p%d-%d", n, i);
				snprintf(other, sizeof other, "p%d-%d-moved", n, i);
				close(user_file(name, 100));
				CHECK(rename(name, other) == 0);
				CHECK(i % 4 == 0 || unlink(other) == 0);
			}
			_exit(test_failing());
		}
	}
	CHECK_EQ(user_wait(pids[0]), 0);
	CHECK_EQ(user_wait(pids[1]), 0);
	CHECK_EQ(entries(".", NULL), 52);
}
