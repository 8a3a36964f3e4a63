/* Private pages after fork: shared until one side writes. */
#include "tests/user/user.h"

/* What the child writes stays in the child. */
TEST(child_writes, "cow/child-writes-are-its-own")
{
	char *p = user_pages(16, RW);
	user_fill(p, 16 * PAGE, 1);
	pid_t pid = fork();
	if (pid == 0) {
		user_fill(p, 16 * PAGE, 2);
		_exit(!user_filled(p, 16 * PAGE, 2));
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 16 * PAGE, 1));
}

/* One byte written copies the rest of its page, on both sides. */
TEST(rest, "cow/copy-has-the-rest-of-the-page")
{
	char *p = user_pages(1, RW);
	user_fill(p, PAGE, 3);
	char want[PAGE];
	memcpy(want, p, PAGE);
	pid_t pid = fork();
	if (pid == 0) {
		p[17]++, want[17]++;
		_exit(memcmp(p, want, PAGE) != 0);
	}
	p[4095]++, want[4095]++;
	CHECK_EQ(user_wait(pid), 0);
	CHECK(!memcmp(p, want, PAGE));
}

/* Two children and their parent have three contents. */
TEST(three, "cow/siblings-do-not-meet")
{
	char *p = user_pages(4, RW);
	user_fill(p, 4 * PAGE, 1);
	pid_t pids[2];
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			CHECK(user_filled(p, 4 * PAGE, 1));
			user_fill(p, 4 * PAGE, 10 + i);
			for (int turn = 0; turn < 10; turn++)
				sched_yield();
			_exit(!user_filled(p, 4 * PAGE, 10 + i));
		}
	}
	CHECK_EQ(user_wait(pids[0]), 0);
	CHECK_EQ(user_wait(pids[1]), 0);
	CHECK(user_filled(p, 4 * PAGE, 1));
}

static void generation(void *arg)
{
	static char *p;
	static long depth;
	if (!p)
		p = arg;
	CHECK(user_filled(p, 4 * PAGE, depth));
	user_fill(p, PAGE, ++depth);
	user_fill(p + PAGE, 3 * PAGE, depth);
	user_fill(p, 4 * PAGE, depth);
	long mine = depth;
	if (depth < 6)
		CHECK_EQ(user_status(generation, p), 0);
	CHECK(user_filled(p, 4 * PAGE, mine));
}

/* A chain of generations, where each changes what it inherited. */
TEST(generations, "cow/six-generations")
{
	char *p = user_pages(4, RW);
	user_fill(p, 4 * PAGE, 0);
	CHECK_EQ(user_status(generation, p), 0);
	CHECK(user_filled(p, 4 * PAGE, 0));
}

/* A page is one frame for both until somebody writes; then the writer has another one. */
TEST(one_frame, "cow/one-frame-until-written")
{
	unsigned long before, after;
	unsigned levels;
	char flags[12];
	if (user_only_quire())
		return;
	char *p = user_pages(1, RW);
	user_fill(p, PAGE, 1);
	CHECK_EQ(user_walk(p, &before, flags, &levels), 'l');
	CHECK(strchr(flags, 'w') != NULL);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(user_filled(p, PAGE, 1));
		CHECK_EQ(user_walk(p, &after, flags, &levels), 'l');
		CHECK(after == before && !strchr(flags, 'w'));
		p[0] ^= 1;
		CHECK(user_walk(p, &after, flags, &levels) == 'l' && after != before && strchr(flags, 'w'));
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_walk(p, &after, flags, &levels) == 'l' && after == before);
}

/* The last one that has a page writes it without a copy: the frame stays. */
TEST(reused, "cow/last-sharer-keeps-the-frame")
{
	unsigned long before, after;
	unsigned levels;
	char flags[12];
	if (user_only_quire())
		return;
	char *p = user_pages(1, RW);
	user_fill(p, PAGE, 1);
	CHECK_EQ(user_walk(p, &before, flags, &levels), 'l');
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK_EQ(user_wait(pid), 0);
	p[0] ^= 1;
	CHECK(user_walk(p, &after, flags, &levels) == 'l' && after == before && strchr(flags, 'w'));
}

/* The last one that has a page may write all of it, and it has what was in it. */
TEST(last, "cow/last-sharer-writes")
{
	char *p = user_pages(8, RW);
	user_fill(p, 8 * PAGE, 1);
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK_EQ(user_wait(pid), 0);
	for (int i = 0; i < 8; i++)
		p[i * PAGE] ^= 1;
	for (int i = 0; i < 8; i++)
		p[i * PAGE] ^= 1;
	CHECK(user_filled(p, 8 * PAGE, 1));
}

/* When the kernel writes for a process (read into a shared page), that copies as well. */
TEST(kernel, "cow/kernel-writes-copy")
{
	char *p = user_pages(3, RW);
	int fd = user_file("source", 3 * PAGE);
	user_fill(p, 3 * PAGE, 1);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(pread(fd, p + 100, 2 * PAGE, 50), 2 * PAGE);
		_exit(!user_bytes(p + 100, 50, 2 * PAGE));
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 3 * PAGE, 1));
	pid = fork();
	if (pid == 0) {
		for (int turn = 0; turn < 20; turn++)
			sched_yield();
		_exit(!user_filled(p, 3 * PAGE, 1));
	}
	CHECK_EQ(pread(fd, p, 3 * PAGE, 0), 3 * PAGE);
	CHECK_EQ(user_wait(pid), 0);
}

/* A page that was only read before the fork is zero for both, and each may write it. */
TEST(zero, "cow/pages-never-written-are-zero-for-both")
{
	char *p = user_pages(8, RW);
	CHECK(user_all(p, 4 * PAGE, 0));
	pid_t pid = fork();
	if (pid == 0) {
		memset(p, 1, 8 * PAGE);
		_exit(!user_all(p, 8 * PAGE, 1));
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_all(p, 8 * PAGE, 0));
}

/* A private mapping of a file: written pages are the writer's, the others stay the file's. */
TEST(file, "cow/private-file-pages")
{
	int fd = user_file("f", 4 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	if (!CHECK(p != MAP_FAILED))
		return;
	p[0] = 'p';
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(p[0] == 'p' && user_bytes(p + 1, 1, 4 * PAGE - 1));
		p[PAGE] = 'c';
		p[0] = 'c';
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(p[0] == 'p' && user_bytes(p + 1, 1, 4 * PAGE - 1));
	char b;
	CHECK(pread(fd, &b, 1, 0) == 1 && user_bytes(&b, 0, 1));
}

/* A page made read-only before the fork and writable after it is still copied. */
TEST(protected, "cow/protection-changed-across-fork")
{
	char *p = user_pages(2, RW);
	user_fill(p, 2 * PAGE, 1);
	CHECK(mprotect(p, PAGE, PROT_READ) == 0 && mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(user_writes(p), SIGSEGV);
		CHECK(mprotect(p, 2 * PAGE, RW) == 0);
		CHECK(user_filled(p, 2 * PAGE, 1));
		user_fill(p, 2 * PAGE, 2);
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(mprotect(p, 2 * PAGE, RW) == 0);
	CHECK(user_filled(p, 2 * PAGE, 1));
}

/* What the child throws away is still the parent's. */
TEST(dontneed, "cow/throwing-away-is-private")
{
	char *p = user_pages(4, RW);
	user_fill(p, 4 * PAGE, 1);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(madvise(p, 4 * PAGE, MADV_DONTNEED) == 0);
		_exit(!user_all(p, 4 * PAGE, 0));
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 4 * PAGE, 1));
}

/* Stack and data segment are copied like the rest, also while both sides run. */
TEST(both, "cow/both-sides-write-at-once")
{
	static char data[16 * 4096];
	char stack[4 * 4096];
	user_fill(data, sizeof data, 1);
	user_fill(stack, sizeof stack, 2);
	pid_t pid = fork();
	uint64_t mine = pid == 0 ? 10 : 20;
	for (int round = 0; round < 20; round++) {
		size_t at = round % 16 * PAGE;
		user_fill(data + at, PAGE, mine + round);
		user_fill(stack + at % sizeof stack, PAGE, mine + round);
		sched_yield();
		CHECK(user_filled(data + at, PAGE, mine + round));
		CHECK(user_filled(stack + at % sizeof stack, PAGE, mine + round));
	}
	if (pid == 0)
		_exit(test_failing());
	CHECK_EQ(user_wait(pid), 0);
}

/* A child that ends while its parent copies the same pages, again and again, leaves them whole. */
TEST(race, "cow/exit-against-copies")
{
	char *p = user_pages(32, RW);
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 32; i++)
			user_fill(p + i * PAGE, PAGE, round);
		pid_t pid = fork();
		if (pid == 0)
			_exit(!user_filled(p + round * PAGE, PAGE, round));
		for (int i = 31; i >= 0; i--)
			p[i * PAGE] ^= 1;
		if (!CHECK_EQ(user_wait(pid), 0))
			return;
		for (int i = 0; i < 32; i++)
			p[i * PAGE] ^= 1;
		for (int i = 0; i < 32; i++)
			CHECK(user_filled(p + i * PAGE, PAGE, round));
		if (test_failing())
			return;
	}
}
