/* Mappings of files: their last page, what lies past it, truncation, and read and write on mapped memory. */
#include "tests/user/user.h"

static char *map(int fd, size_t size, int prot, int flags, off_t offset)
{
	char *p = mmap(NULL, size, prot, flags, fd, offset);
	if (!CHECK(p != MAP_FAILED))
		_exit(1);
	return p;
}

/* A mapping shows the file, from any page of it on, whatever the order of the looks. */
TEST(shows, "file/mapping-shows-the-file")
{
	int fd = user_file("f", 40 * PAGE);
	char *p = map(fd, 40 * PAGE, PROT_READ, MAP_PRIVATE, 0);
	for (int i = 0; i < 40; i++)
		CHECK(user_bytes(p + (i * 17 % 40) * PAGE, (i * 17 % 40) * PAGE, PAGE));
	char *q = map(fd, 3 * PAGE, PROT_READ, MAP_SHARED, 20 * PAGE);
	CHECK(user_bytes(q, 20 * PAGE, 3 * PAGE));
}

/* Writes to a private mapping stay out of the file, also after a later read of it. */
TEST(private, "file/private-writes-stay-private")
{
	int fd = user_file("f", 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_PRIVATE, 0), text[PAGE];
	memset(p, 'x', 4 * PAGE);
	CHECK(munmap(p, PAGE) == 0);
	CHECK_EQ(pread(fd, text, PAGE, 0), PAGE);
	CHECK(user_bytes(text, 0, PAGE));
	CHECK(user_all(p + PAGE, 3 * PAGE, 'x'));
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_EQ(pread(fd, text, PAGE, 2 * PAGE), PAGE);
	CHECK(user_bytes(text, 2 * PAGE, PAGE));
}

/* Behind the file's end its last page is zero. */
TEST(tail, "file/tail-of-the-last-page-is-zero")
{
	int fd = user_file("f", PAGE + 100);
	for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		char *p = map(fd, 2 * PAGE, PROT_READ, flags, 0);
		CHECK(user_bytes(p, 0, PAGE + 100) && user_all(p + PAGE + 100, PAGE - 100, 0));
	}
}

/* What is written behind the end through a mapping never becomes part of the file, even when it grows. */
TEST(tail_written, "file/writes-behind-the-end-are-lost")
{
	int fd = user_file("f", 100);
	char *p = map(fd, PAGE, RW, MAP_SHARED, 0), text[300];
	memset(p + 90, 'x', 200);
	CHECK(msync(p, PAGE, MS_SYNC) == 0 && munmap(p, PAGE) == 0);
	struct stat st;
	CHECK(fstat(fd, &st) == 0 && st.st_size == 100);
	CHECK(ftruncate(fd, 300) == 0);
	CHECK_EQ(pread(fd, text, 300, 0), 300);
	CHECK(user_bytes(text, 0, 90) && user_all(text + 90, 10, 'x') && user_all(text + 100, 200, 0));
}

/* Past the page with the end there is no file: SIGBUS, for reads and writes, shared and private. */
TEST(past, "file/past-the-end-is-sigbus")
{
	int fd = user_file("f", 100);
	for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		char *p = map(fd, 3 * PAGE, RW, flags, 0);
		CHECK_EQ(user_reads(p + PAGE), SIGBUS);
		CHECK_EQ(user_writes(p + 2 * PAGE), SIGBUS);
		CHECK_EQ(user_reads(p + PAGE - 1), 0);
	}
	CHECK_EQ(user_reads(map(user_file("empty", 0), PAGE, PROT_READ, MAP_SHARED, 0)), SIGBUS);
}

/* Truncated while it is mapped: what is gone is SIGBUS, what is left keeps its bytes, the cut page has a zero tail.
 * When the file grows again, what was cut is zero. Bad: file:truncate-mapped */
TEST(truncated, "file/truncated-while-mapped")
{
	int fd = user_file("f", 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	CHECK(user_bytes(p, 0, 4 * PAGE));
	p[3 * PAGE] = 'x';
	CHECK(ftruncate(fd, PAGE + 10) == 0);
	CHECK_EQ(user_reads(p + 2 * PAGE), SIGBUS);
	CHECK_EQ(user_writes(p + 3 * PAGE), SIGBUS);
	CHECK(user_bytes(p, 0, PAGE + 10) && user_all(p + PAGE + 10, PAGE - 10, 0));
	CHECK(ftruncate(fd, 4 * PAGE) == 0);
	CHECK(user_all(p + 2 * PAGE, 2 * PAGE, 0));
	p[3 * PAGE] = 'y';
	char c;
	CHECK(pread(fd, &c, 1, 3 * PAGE) == 1 && c == 'y');
}

/* A file that grows is seen through a mapping that was made before. */
TEST(grown, "file/grown-while-mapped")
{
	int fd = user_file("f", 100);
	char *p = map(fd, 3 * PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_EQ(p[99], (char)user_byte(99));
	CHECK_EQ(pwrite(fd, "end", 3, 2 * PAGE), 3);
	CHECK(!memcmp(p + 2 * PAGE, "end", 3));
	CHECK(user_all(p + 100, 2 * PAGE - 100, 0));
}

/* The mapping keeps the file: after close, after unlink, after another took its name. */
TEST(unlinked, "file/mapping-survives-close-and-unlink")
{
	int fd = user_file("f", 2 * PAGE);
	char *p = map(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
	fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(write(fd, "other", 5), 5);
	CHECK(user_bytes(p, 0, 2 * PAGE));
	p[PAGE] = 'x';
	pid_t pid = fork();
	if (pid == 0)
		_exit(p[PAGE] != 'x' || !user_bytes(p, 0, PAGE));
	CHECK_EQ(user_wait(pid), 0);
}

/* read() into the very page of the file that is read, and write() from it, do not stop for each other.
 * Bad: file:own-mapping */
TEST(own, "file/read-and-write-of-its-own-mapping")
{
	int fd = user_file("f", 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	CHECK_EQ(pread(fd, p, PAGE, 0), PAGE);
	CHECK(user_bytes(p, 0, PAGE));
	CHECK_EQ(pread(fd, p + PAGE, PAGE, 3 * PAGE), PAGE);
	CHECK(user_bytes(p + PAGE, 3 * PAGE, PAGE));
	CHECK_EQ(pwrite(fd, p + 3 * PAGE, PAGE, 3 * PAGE), PAGE);
	CHECK_EQ(pwrite(fd, p + 3 * PAGE, PAGE, 0), PAGE);
	CHECK(user_bytes(p, 3 * PAGE, PAGE));
	madvise(p, 4 * PAGE, MADV_DONTNEED);
	CHECK_EQ(pwrite(fd, p + PAGE, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	CHECK(user_bytes(p + 2 * PAGE, 3 * PAGE, PAGE));
}

/* write() from a private mapping of another file that nobody has touched yet. */
TEST(from_mapping, "file/write-from-an-untouched-mapping")
{
	int from = user_file("from", 8 * PAGE), to = user_file("to", 0);
	char *p = map(from, 8 * PAGE, PROT_READ, MAP_PRIVATE, 0);
	CHECK_EQ(write(to, p + 5, 8 * PAGE - 5), 8 * PAGE - 5);
	char *q = map(to, 8 * PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK(user_bytes(q, 5, 8 * PAGE - 5));
}

/* A hole in a file reads as zeros and is filled by the page that is written. */
TEST(holes, "file/holes-are-zero-and-can-be-filled")
{
	int fd = user_file("f", 0);
	CHECK(ftruncate(fd, 64 * PAGE) == 0);
	char *p = map(fd, 64 * PAGE, RW, MAP_SHARED, 0), text[PAGE];
	CHECK(user_all(p + 10 * PAGE, PAGE, 0));
	memset(p + 33 * PAGE, 'h', PAGE);
	p[10 * PAGE] = 'i';
	CHECK(msync(p, 64 * PAGE, MS_SYNC) == 0);
	CHECK_EQ(pread(fd, text, PAGE, 33 * PAGE), PAGE);
	CHECK(user_all(text, PAGE, 'h'));
	CHECK_EQ(pread(fd, text, PAGE, 10 * PAGE), PAGE);
	CHECK(text[0] == 'i' && user_all(text + 1, PAGE - 1, 0));
	CHECK_EQ(pread(fd, text, PAGE, 34 * PAGE), PAGE);
	CHECK(user_all(text, PAGE, 0));
}

/* A private page that was written is the process's own: the file's later changes do not reach it. */
TEST(apart, "file/written-private-page-does-not-follow")
{
	int fd = user_file("f", 2 * PAGE);
	char *p = map(fd, 2 * PAGE, RW, MAP_PRIVATE, 0);
	p[0] = 'x';
	CHECK_EQ(pwrite(fd, "changed", 7, 1), 7);
	CHECK(user_bytes(p + 1, 1, 7));
}

/* A page of one file that was thrown out comes back with its changes. */
TEST(thrown_out, "file/changed-page-comes-back")
{
	int fd = user_file("f", 32 * PAGE);
	char *p = map(fd, 32 * PAGE, RW, MAP_SHARED, 0);
	user_fill(p, 32 * PAGE, 9);
	madvise(p, 32 * PAGE, 21 /* MADV_PAGEOUT */);
	CHECK(user_filled(p, 32 * PAGE, 9));
	CHECK(fsync(fd) == 0 && munmap(p, 32 * PAGE) == 0);
	p = map(fd, 32 * PAGE, PROT_READ, MAP_PRIVATE, 0);
	CHECK(user_filled(p, 32 * PAGE, 9));
}

/* 8 MB through a mapping and back through read. */
TEST(large, "file/eight-megabytes-written-by-mapping")
{
	size_t size = 8 << 20;
	int fd = user_file("f", 0);
	CHECK(ftruncate(fd, size) == 0);
	char *p = map(fd, size, RW, MAP_SHARED, 0), text[PAGE], want[PAGE];
	for (size_t page = 0; page < size / PAGE; page++)
		user_fill(p + page * PAGE, PAGE, page);
	CHECK(munmap(p, size) == 0);
	for (size_t page = size / PAGE; page-- > 0;) {
		user_fill(want, PAGE, page);
		if (!CHECK_EQ(pread(fd, text, PAGE, page * PAGE), PAGE) || !CHECK(!memcmp(text, want, PAGE)))
			return;
	}
}
