/* Files by descriptors: read, write, seek, truncate, and what is refused. Names and directories are in names.c. */
#include "tests/user/user.h"
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* Written, read, read from the middle; the offset moves by what was transferred. */
TEST(basic, "fs/write-seek-read")
{
	int fd = user_file("f", 10000);
	unsigned char text[10000];
	CHECK_EQ(read(fd, text, 3000), 3000);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3000);
	CHECK_EQ(lseek(fd, -500, SEEK_END), 9500);
	CHECK_EQ(read(fd, text, 3000), 500);
	CHECK(user_bytes(text, 9500, 500));
	CHECK_EQ(read(fd, text, 3000), 0);
	CHECK_EQ(pread(fd, text, 10000, 4090), 10000 - 4090);
	CHECK(user_bytes(text, 4090, 10000 - 4090));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10000);
}

/* Writes of odd sizes across blocks, over old ones, and appended. */
TEST(overwrite, "fs/overwrite-and-append")
{
	int fd = user_file("f", 9000);
	char text[9010];
	memset(text, 'x', 200);
	CHECK_EQ(pwrite(fd, text, 200, 4000), 200);
	close(fd);
	fd = open("f", O_RDWR | O_APPEND);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 9010);
	CHECK_EQ(pread(fd, text, sizeof text, 0), 9010);
	CHECK(user_bytes(text, 0, 4000) && user_all(text + 4000, 200, 'x') &&
	      user_bytes(text + 4200, 4200, 4800));
	CHECK(!memcmp(text + 9000, "0123456789", 10));
}

/* A write far behind the end leaves a hole of zeros, which takes no room. */
TEST(hole, "fs/holes")
{
	int fd = user_file("f", 10);
	char text[4096];
	struct stat st;
	CHECK_EQ(pwrite(fd, "end", 3, 20 << 20), 3);
	CHECK(fstat(fd, &st) == 0 && st.st_size == (20 << 20) + 3 && st.st_blocks < 1000);
	CHECK_EQ(pread(fd, text, 4096, 5), 4096);
	CHECK(user_bytes(text, 5, 5) && user_all(text + 5, 4091, 0));
	CHECK_EQ(pread(fd, text, 4096, 10 << 20), 4096);
	CHECK(user_all(text, 4096, 0));
}

/* A block in each place that a file's blocks can have: direct, and behind one, two and three tables. */
TEST(indirect, "fs/blocks-near-and-far")
{
	static const off_t at[] = {0,
				   11 << 12,
				   12 << 12,
				   100 << 12,
				   1035 << 12,
				   1036 << 12,
				   3000 << 12,
				   700L << 20,
				   (1036L + (1L << 20) - 1) << 12,
				   (1036L + (1L << 20)) << 12,
				   5L << 30};
	int fd = user_file("f", 0);
	char text[8];
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		CHECK_EQ(pwrite(fd, &at[i], 8, at[i]), 8);
	CHECK(fsync(fd) == 0 && close(fd) == 0);
	fd = open("f", O_RDWR);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		CHECK_EQ(pread(fd, text, 8, at[i]), 8);
		if (!CHECK(!memcmp(text, &at[i], 8)))
			test_note("at %ld", (long)at[i]);
	}
	CHECK(ftruncate(fd, 1036 << 12) == 0);
	CHECK_EQ(pread(fd, text, 8, 1035 << 12), 8);
	CHECK_EQ(*(off_t *)text, 1035 << 12);
	CHECK_EQ(pread(fd, text, 8, 1036 << 12), 0);
}

/* Shorter and longer: what was cut is zero when it comes back. */
TEST(truncated, "fs/truncate-shortens-and-extends")
{
	int fd = user_file("f", 10000);
	char text[10000];
	CHECK(ftruncate(fd, 5000) == 0 && ftruncate(fd, 9000) == 0);
	CHECK_EQ(pread(fd, text, 10000, 0), 9000);
	CHECK(user_bytes(text, 0, 5000) && user_all(text + 5000, 4000, 0));
	CHECK(truncate("f", 0) == 0);
	CHECK_EQ(pread(fd, text, 100, 0), 0);
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK(ftruncate(fd, 100) == -1 && (errno == EINVAL || errno == EBADF));
}

/* How files are opened: new, existing, to be made once, as a directory. */
TEST(opening, "fs/open-flags")
{
	close(user_file("f", 10));
	struct stat st;
	CHECK_EQ(result(open("g", O_RDONLY)), -ENOENT);
	CHECK_EQ(result(open("f", O_WRONLY | O_CREAT | O_EXCL, 0644)), -EEXIST);
	CHECK_EQ(result(open("f", O_RDONLY | O_DIRECTORY)), -ENOTDIR);
	CHECK_EQ(result(open(".", O_WRONLY)), -EISDIR);
	CHECK_EQ(result(open(".", O_RDWR | O_CREAT, 0644)), -EISDIR);
	CHECK_EQ(result(open("f/x", O_RDONLY)), -ENOTDIR);
	CHECK(open("f", O_WRONLY | O_TRUNC) >= 0 && stat("f", &st) == 0 && st.st_size == 0);
	CHECK(open("h", O_WRONLY | O_CREAT, 0604) >= 0 && stat("h", &st) == 0 &&
	      (st.st_mode & 07777) == 0604);
	int fd = open("h", O_WRONLY);
	char c;
	CHECK_EQ(result(read(fd, &c, 1)), -EBADF);
	fd = open("h", O_RDONLY);
	CHECK_EQ(result(write(fd, "x", 1)), -EBADF);
}

/* Descriptors that are none: every call that takes one says EBADF.
 * Bad: file:fd-minus-1 file:fd-max file:fd-closed */
TEST(bad_fd, "fs/bad-descriptors")
{
	int closed = dup(0);
	close(closed);
	const int bad[] = {-1, INT_MAX, INT_MIN, 100000, closed};
	char b[200];
	struct iovec v = {b, 1};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int fd = bad[i];
		CHECK_EQ(result(syscall(SYS_read, fd, b, 1)), -EBADF);
		CHECK_EQ(result(syscall(SYS_write, fd, b, 1)), -EBADF);
		CHECK_EQ(result(syscall(SYS_pread64, fd, b, 1, 0)), -EBADF);
		CHECK_EQ(result(syscall(SYS_pwrite64, fd, b, 1, 0)), -EBADF);
		CHECK_EQ(result(syscall(SYS_readv, fd, &v, 1)), -EBADF);
		CHECK_EQ(result(syscall(SYS_writev, fd, &v, 1)), -EBADF);
		CHECK_EQ(result(syscall(SYS_lseek, fd, 0, SEEK_SET)), -EBADF);
		CHECK_EQ(result(syscall(SYS_close, fd)), -EBADF);
		CHECK_EQ(result(syscall(SYS_fstat, fd, b)), -EBADF);
		CHECK_EQ(result(syscall(SYS_ftruncate, fd, 0)), -EBADF);
		CHECK_EQ(result(syscall(SYS_fsync, fd)), -EBADF);
		CHECK_EQ(result(syscall(SYS_getdents64, fd, b, 100)), -EBADF);
		CHECK_EQ(result(syscall(SYS_dup, fd)), -EBADF);
		CHECK_EQ(result(syscall(SYS_fcntl, fd, F_GETFD, 0)), -EBADF);
		CHECK_EQ(result(syscall(SYS_ioctl, fd, TCGETS, b)), -EBADF);
		CHECK_EQ(result(syscall(SYS_fchdir, fd)), -EBADF);
		if (fd != AT_FDCWD)
			CHECK_EQ(result(openat(fd, "x", O_RDONLY)), -EBADF);
	}
}

/* The right descriptor of the wrong type. Bad: file:wrong-type */
TEST(wrong_type, "fs/wrong-kind-of-descriptor")
{
	int directory = open(".", O_RDONLY), fd = user_file("f", 10);
	char b[100];
	CHECK_EQ(result(read(directory, b, 10)), -EISDIR);
	CHECK_EQ(result(pread(directory, b, 10, 0)), -EISDIR);
	CHECK_EQ(result(write(directory, b, 10)), -EBADF);
	CHECK_EQ(result(syscall(SYS_getdents64, fd, b, 100)), -ENOTDIR);
	CHECK_EQ(result(fchdir(fd)), -ENOTDIR);
	CHECK_EQ(result(openat(fd, "x", O_RDONLY)), -ENOTDIR);
	CHECK_EQ(result(ioctl(fd, TCGETS, b)), -ENOTTY);
	CHECK(user_system == ON_QEMU_USER || result(ioctl(fd, 0x7fffffff, b)) == -ENOTTY);
	CHECK_EQ(result(fcntl(fd, 0x7fffffff, 0)), -EINVAL);
}

/* A file that is closed by one descriptor while another process still reads it by its own.
 * Bad: file:closed-during-read */
TEST(closed, "fs/closed-while-others-use-it")
{
	int fd = user_file("f", 256 << 10), go[2];
	char text[4096];
	CHECK(pipe(go) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(write(go[1], "", 1), 1);
		size_t have = 0;
		for (ssize_t n; (n = read(fd, text, sizeof text)) > 0; have += n)
			CHECK(user_bytes(text, have, n));
		CHECK_EQ(have, 256 << 10);
		_exit(test_failing());
	}
	CHECK_EQ(read(go[0], text, 1), 1);
	CHECK(close(fd) == 0 && unlink("f") == 0);
	CHECK_EQ(user_wait(pid), 0);
}

/* Offsets below 0 and beyond what a file can have.
 * Bad: file:negative-offset file:offset-max file:seek-overflow */
TEST(offsets, "fs/bad-offsets")
{
	int fd = user_file("f", 100);
	char b[10];
	CHECK_EQ(result(pread(fd, b, 1, -1)), -EINVAL);
	CHECK_EQ(result(pwrite(fd, b, 1, -1)), -EINVAL);
	CHECK_EQ(result(pread(fd, b, 1, LONG_MIN)), -EINVAL);
	CHECK_EQ(result(lseek(fd, -1, SEEK_SET)), -EINVAL);
	CHECK_EQ(result(lseek(fd, -101, SEEK_END)), -EINVAL);
	CHECK_EQ(result(lseek(fd, 0, 99)), -EINVAL);
	CHECK_EQ(result(ftruncate(fd, -1)), -EINVAL);
	CHECK_EQ(result(truncate("f", -1)), -EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK(result(pwrite(fd, b, 1, LONG_MAX)) < 0);
	CHECK(result(pwrite(fd, b, 10, LONG_MAX - 5)) < 0);
	CHECK(result(ftruncate(fd, LONG_MAX)) < 0);
	CHECK(result(pread(fd, b, 10, LONG_MAX - 5)) <= 0);
	off_t far = lseek(fd, LONG_MAX, SEEK_SET);
	CHECK(far == LONG_MAX || (far == -1 && errno == EINVAL));
	CHECK(far == -1 || (result(lseek(fd, 1, SEEK_CUR)) < 0 && result(write(fd, b, 10)) < 0));
	struct stat st;
	CHECK(fstat(fd, &st) == 0 && st.st_size == 100);
}

/* Vectors: none, too many, a negative number, lengths that overflow together, a bad place among good ones.
 * Bad: file:iov-0 file:iov-minus-1 file:iov-1025 file:iov-overflow */
TEST(vectors, "fs/vectors")
{
	static struct iovec many[1025];
	int fd = user_file("f", 0);
	char a[100], b[100];
	memset(a, 'a', 100), memset(b, 'b', 100);
	struct iovec good[] = {{a, 50}, {NULL, 0}, {b, 60}}, far[] = {{a, SSIZE_MAX}, {b, SSIZE_MAX}},
		     hole[] = {{a, 50}, {(void *)8, 50}};
	CHECK_EQ(writev(fd, good, 3), 110);
	CHECK_EQ(syscall(SYS_writev, fd, good, 0), 0);
	CHECK_EQ(result(syscall(SYS_writev, fd, good, -1)), -EINVAL);
	for (int i = 0; i < 1025; i++)
		many[i] = (struct iovec){a, 1};
	CHECK_EQ(result(syscall(SYS_writev, fd, many, 1025)), -EINVAL);
	CHECK_EQ(syscall(SYS_writev, fd, many, 1024), 1024);
	long r = result(syscall(SYS_writev, fd, far, 2));
	CHECK(r == -EINVAL || r == -EFAULT ||
	      r > 0); /* Linux cuts the lengths before it looks at the places */
	CHECK_EQ(result(syscall(SYS_writev, fd, &(struct iovec){a, -1}, 1)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_writev, fd, 8, 1)), -EFAULT);
	r = result(syscall(SYS_writev, fd, hole, 2));
	CHECK(r == 50 || r == -EFAULT);
	memset(a, 0, 100), memset(b, 0, 100);
	CHECK_EQ(pread(fd, b, 100, 20), 100);
	CHECK(user_all(b, 30, 'a') && user_all(b + 30, 60, 'b'));
	struct iovec in[] = {{a, 10}, {b, 100}};
	CHECK_EQ(lseek(fd, 45, SEEK_SET), 45);
	CHECK_EQ(readv(fd, in, 2), 110);
	CHECK(user_all(a, 5, 'a') && user_all(a + 5, 5, 'b') && user_all(b, 55, 'b'));
}

/* dup, dup2, dup3, F_DUPFD: the lowest free one, the asked one, onto itself, beyond the limit.
 * Bad: proc:dup2-self proc:dup2-max */
TEST(duplicates, "fs/duplicates")
{
	int fd = user_file("f", 100), other = dup(fd);
	char c;
	CHECK(other > fd && read(other, &c, 1) == 1 && lseek(fd, 0, SEEK_CUR) == 1);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(result(dup3(fd, fd, 0)), -EINVAL);
	CHECK_EQ(result(dup2(fd, INT_MAX)), -EBADF);
	CHECK_EQ(result(dup2(fd, -1)), -EBADF);
	CHECK_EQ(result(dup2(-1, fd)), -EBADF);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(dup2(fd, 40), 40);
	CHECK_EQ(dup3(fd, 41, O_CLOEXEC), 41);
	CHECK_EQ(fcntl(41, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(40, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_DUPFD, 50), 50);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 50), 51);
	CHECK_EQ(result(fcntl(fd, F_DUPFD, INT_MAX)), -EINVAL);
	CHECK(close(fd) == 0 && read(40, &c, 1) == 1);
}

/* An unlinked file lives as long as somebody has it open. Bad: file:unlink-open */
TEST(unlinked, "fs/unlinked-file-lives-while-open")
{
	int fd = user_file("f", 20000);
	char text[20000];
	struct stat st;
	CHECK(unlink("f") == 0 && access("f", F_OK) == -1);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
	CHECK_EQ(pread(fd, text, 20000, 0), 20000);
	CHECK(user_bytes(text, 0, 20000));
	CHECK_EQ(pwrite(fd, "more", 4, 30000), 4);
	CHECK_EQ(pread(fd, text, 4, 30000), 4);
}

/* The devices that programs expect. */
TEST(devices, "fs/null-zero-full")
{
	char text[100];
	memset(text, 'x', 100);
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR),
	    full = open("/dev/full", O_RDWR);
	CHECK(null >= 0 && zero >= 0 && full >= 0);
	CHECK_EQ(read(null, text, 100), 0);
	CHECK_EQ(write(null, text, 100), 100);
	CHECK_EQ(read(zero, text, 100), 100);
	CHECK(user_all(text, 100, 0));
	CHECK_EQ(result(write(full, text, 100)), -ENOSPC);
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, zero, 0);
	CHECK(p == MAP_FAILED || user_all(p, PAGE, 0));
}

/* They have a position, which is 0 for ever. */
TEST(device_seeks, "fs/seeks-in-devices")
{
	static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};
	char c = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int fd = open(names[i], O_RDWR);
		CHECK_EQ(result(lseek(fd, 100, SEEK_SET)), 0);
		CHECK_EQ(result(lseek(fd, 0, SEEK_END)), 0);
		CHECK_EQ(result(pread(fd, &c, 1, 100)), i != 0);
		CHECK_EQ(result(lseek(fd, 0, SEEK_CUR)), 0);
		CHECK_EQ(result(lseek(fd, 0, 77)), -EINVAL);
		CHECK_EQ(result(pwrite(fd, &c, 1, 100)), i == 2 ? -ENOSPC : 1);
	}
}

/* sync, fsync, fdatasync succeed; what was written is still there. */
TEST(synced, "fs/sync")
{
	int fd = user_file("f", 30000);
	char text[30000];
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
	sync();
	CHECK_EQ(pread(fd, text, 30000, 0), 30000);
	CHECK(user_bytes(text, 0, 30000));
}

/* Random writes against the same in memory. */
TEST(model, "fs/random-writes-against-memory")
{
	static char want[60000], got[60000];
	int fd = user_file("f", 0);
	size_t size = 0;
	memset(want, 0, sizeof want);
	for (int i = 0; i < 500; i++) {
		size_t at = test_rand() % 50000, len = test_rand() % 10000;
		if (i % 17 == 0) {
			CHECK(ftruncate(fd, at) == 0);
			if (at < size)
				memset(want + at, 0, size - at);
			size = at;
			continue;
		}
		memset(got, 1 + i % 255, len);
		CHECK_EQ(pwrite(fd, got, len, at), len);
		memcpy(want + at, got, len);
		size = len && at + len > size ? at + len : size;
	}
	CHECK_EQ(pread(fd, got, sizeof got, 0), size);
	CHECK(!memcmp(got, want, size));
}

/* A read of 256 MB in one call ends early when its process is to end. */
TEST(long_read, "fs/long-read-can-be-ended")
{
	enum { PARTS = 1024, PART = 1 << 18 };
	static struct iovec v[PARTS];
	volatile char *p = user_shared(2 * PART / PAGE);
	int fd = user_file("f", 0);
	CHECK(ftruncate(fd, (off_t)PARTS * PART) == 0 && pwrite(fd, "x", 1, 0) == 1);
	for (int i = 0; i < PARTS; i++)
		v[i] = (struct iovec){(char *)p + (i ? PART : 0), PART};
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			lseek(fd, 0, SEEK_SET);
			if (readv(fd, v, PARTS) != (ssize_t)PARTS * PART)
				_exit(1);
		}
	}
	while (p[0] != 'x')
		sched_yield();
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
	CHECK(lseek(fd, 0, SEEK_CUR) < (off_t)PARTS * PART);
}

/* The offset may lie behind the end: nothing is read there, and a write there makes the hole. */
TEST(behind, "fs/seek-past-the-end")
{
	int fd = user_file("f", 100);
	char text[400];
	CHECK_EQ(lseek(fd, 300, SEEK_SET), 300);
	CHECK_EQ(read(fd, text, 10), 0);
	CHECK_EQ(lseek(fd, 50, SEEK_END), 150);
	CHECK_EQ(lseek(fd, 50, SEEK_CUR), 200);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(pread(fd, text, sizeof text, 0), 201);
	CHECK(user_bytes(text, 0, 100) && user_all(text + 100, 100, 0) && text[200] == 'x');
}
