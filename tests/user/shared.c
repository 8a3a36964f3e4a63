/* Shared mappings, of anonymous memory and of files. */
#include "tests/user/user.h"

/* Parent and child see each other's writes. */
TEST(both_ways, "shared/both-see-writes")
{
	volatile char *p = user_shared(2);
	pid_t pid = fork();
	if (pid == 0) {
		while (!p[0])
			sched_yield();
		p[PAGE] = 2;
		_exit(0);
	}
	p[0] = 1;
	while (!p[PAGE])
		sched_yield();
	CHECK_EQ(p[PAGE], 2);
	CHECK_EQ(user_wait(pid), 0);
}

/* Pages that only the child touched are the parent's, too, when the child has ended. */
TEST(survives, "shared/survives-who-wrote-it")
{
	char *p = user_shared(32);
	pid_t pid = fork();
	if (pid == 0) {
		user_fill(p, 32 * PAGE, 3);
		_exit(0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 32 * PAGE, 3));
}

/* Nobody has touched it: zero for all, and one page for all. */
TEST(first_touch, "shared/first-touch-is-one-page-for-all")
{
	int *p = (int *)user_shared(64);
	pid_t pids[4];
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int page = 0; page < 64; page++)
				__atomic_add_fetch(&p[page * 1024 + 7], 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	for (int page = 0; page < 64; page++)
		CHECK_EQ(p[page * 1024 + 7], 4);
}

/* An atomic counter that four processes increment misses none. */
TEST(counter, "shared/atomic-counter")
{
	long *p = (long *)user_shared(1);
	pid_t pids[4];
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int n = 0; n < 5000; n++)
				__atomic_add_fetch(p, 1, __ATOMIC_RELAXED);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	CHECK_EQ(*p, 20000);
}

/* Shared and private neighbours in one process: fork treats each as what it is. */
TEST(mixed, "shared/beside-private")
{
	char *p = user_pages(3, RW);
	CHECK(mmap(p + PAGE, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + PAGE);
	pid_t pid = fork();
	if (pid == 0) {
		memset(p, 5, 3 * PAGE);
		_exit(0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_all(p, PAGE, 0) && user_all(p + PAGE, PAGE, 5) && user_all(p + 2 * PAGE, PAGE, 0));
}

/* One side unmaps: the other still has it. */
TEST(unmapped, "shared/unmap-is-one-sided")
{
	char *p = user_shared(4);
	user_fill(p, 4 * PAGE, 1);
	pid_t pid = fork();
	if (pid == 0)
		_exit(munmap(p, 4 * PAGE) != 0 || user_reads(p) != SIGSEGV);
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 4 * PAGE, 1));
}

/* DONTNEED drops the mapping of a shared page, never its content. */
TEST(dontneed, "shared/dontneed-keeps-content")
{
	char *p = user_shared(4);
	user_fill(p, 4 * PAGE, 1);
	CHECK(madvise(p, 4 * PAGE, MADV_DONTNEED) == 0);
	CHECK(user_filled(p, 4 * PAGE, 1));
}

/* Two mappings of one file, in one process, show the same bytes; so do read and write. */
TEST(aliases, "shared/two-mappings-of-a-file")
{
	int fd = user_file("f", 3 * PAGE);
	char *a = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0),
	     *b = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, PAGE);
	char c;
	if (!CHECK(a != MAP_FAILED && b != MAP_FAILED))
		return;
	CHECK(user_bytes(a, 0, 3 * PAGE) && user_bytes(b, PAGE, 2 * PAGE));
	a[PAGE + 10] = 'x';
	b[PAGE + 10] = 'y';
	CHECK_EQ(b[10], 'x');
	CHECK_EQ(a[2 * PAGE + 10], 'y');
	CHECK(pread(fd, &c, 1, PAGE + 10) == 1 && c == 'x');
	CHECK_EQ(pwrite(fd, "z", 1, 5), 1);
	CHECK_EQ(a[5], 'z');
}

/* Two processes that open the file each by itself share its pages. */
TEST(processes, "shared/file-between-processes")
{
	close(user_file("f", 2 * PAGE));
	int fd = open("f", O_RDWR);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	pid_t pid = fork();
	if (pid == 0) {
		int mine = open("f", O_RDWR);
		char *q = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, mine, 0);
		q[100] = 'a';
		q[PAGE + 100] = 'b';
		_exit(munmap(p, 2 * PAGE) != 0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(p[100] == 'a' && p[PAGE + 100] == 'b' && user_bytes(p, 0, 100));
}

/* What was written through a mapping is in the file after munmap and msync, for who opens it later. */
TEST(written, "shared/writes-reach-the-file")
{
	int fd = user_file("f", 2 * PAGE + 100);
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0), text[PAGE];
	if (!CHECK(p != MAP_FAILED))
		return;
	memset(p + PAGE, 'q', PAGE);
	CHECK(msync(p, 3 * PAGE, MS_SYNC) == 0);
	p[2 * PAGE] = 'r';
	CHECK(munmap(p, 3 * PAGE) == 0 && close(fd) == 0);
	fd = open("f", O_RDONLY);
	CHECK(pread(fd, text, PAGE, PAGE) == (ssize_t)PAGE && user_all(text, PAGE, 'q'));
	CHECK(pread(fd, text, PAGE, 2 * PAGE) == 100 && text[0] == 'r' &&
	      user_bytes(text + 1, 2 * PAGE + 1, 99));
	CHECK(pread(fd, text, PAGE, 0) == (ssize_t)PAGE && user_bytes(text, 0, PAGE));
}

/* msync wants whole pages, known flags and no holes. An unmapped part is ENOMEM after the mapped ones were written.
 * Bad: mmap:sync */
TEST(bad_sync, "shared/bad-msync-is-refused")
{
	int fd = user_file("f", 2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_EQ(result(msync(p + 1, PAGE, MS_SYNC)), -EINVAL);
	CHECK_EQ(result(msync(p, PAGE, MS_SYNC | MS_ASYNC)), -EINVAL);
	CHECK_EQ(result(msync(p, PAGE, 0x100)), -EINVAL);
	CHECK(munmap(p, PAGE) == 0);
	CHECK_EQ(result(msync(p, 2 * PAGE, MS_SYNC)), -ENOMEM);
	CHECK_EQ(result(msync(p + PAGE, -PAGE, MS_SYNC)), -ENOMEM);
}

/* A private mapping of the file does not see its own writes come back, and the file does not see them at all. */
TEST(private_too, "shared/private-mapping-of-the-same-file")
{
	int fd = user_file("f", PAGE);
	char *s = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	p[10] = 'p';
	s[10] = 's';
	CHECK_EQ(p[10], 'p');
	CHECK_EQ(s[10], 's');
	CHECK(user_bytes(p + 11, 11, 100) && user_bytes(s + 11, 11, 100));
}

/* A grandchild, whose parent has ended, still shares with us. */
TEST(grandchild, "shared/with-a-grandchild")
{
	volatile char *p = user_shared(8);
	pid_t pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			while (!p[0])
				sched_yield();
			user_fill((char *)p + PAGE, 7 * PAGE, 4);
			__atomic_store_n(&p[1], 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EQ(user_wait(pid), 0);
	p[0] = 1;
	while (!__atomic_load_n(&p[1], __ATOMIC_SEQ_CST))
		sched_yield();
	CHECK(user_filled((char *)p + PAGE, 7 * PAGE, 4));
}
