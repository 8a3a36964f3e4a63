/* Private anonymous memory: zero on first look, kept afterwards. */
#include "tests/user/user.h"
#include <sys/resource.h>

/* Every byte is zero, in whatever order the pages are looked at, and keeps what was written. */
TEST(zeros, "anon/zero-then-kept")
{
	char *p = user_pages(64, RW);
	for (int i = 0; i < 64; i++)
		CHECK(user_all(p + (i * 37 % 64) * PAGE, PAGE, 0));
	user_fill(p, 64 * PAGE, 1);
	CHECK(user_filled(p, 64 * PAGE, 1));
}

/* Memory that another process had and gave back is zero again: nothing old is ever seen. */
TEST(reused, "anon/no-old-data")
{
	for (int round = 0; round < 4; round++) {
		pid_t pid = fork();
		if (pid == 0) {
			char *p = user_pages(512, RW);
			CHECK(user_all(p, 512 * PAGE, 0));
			memset(p, 0xee, 512 * PAGE);
			_exit(test_failing());
		}
		CHECK_EQ(user_wait(pid), 0);
	}
}

/* A page is there when it was touched, and not before. */
TEST(lazy, "anon/only-touched-pages-are-resident")
{
	char *p = user_pages(64, RW);
	madvise(p, 64 * PAGE, MADV_NOHUGEPAGE); /* keeps Linux from giving more at once */
	CHECK(!user_resident(p + 10 * PAGE));
	p[10 * PAGE] = 1;
	CHECK(user_resident(p + 10 * PAGE));
	CHECK(!user_resident(p + 50 * PAGE));
}

/* Each first touch is a fault that getrusage counts; a second touch is none. */
TEST(counted, "anon/faults-are-counted")
{
	if (user_not_emulated("counting faults"))
		return;
	char *p = user_pages(64, RW);
	struct rusage before, between, after;
	madvise(p, 64 * PAGE, MADV_NOHUGEPAGE);
	CHECK(getrusage(RUSAGE_SELF, &before) == 0);
	for (int i = 0; i < 64; i++)
		p[i * PAGE] = 1;
	CHECK(getrusage(RUSAGE_SELF, &between) == 0);
	for (int i = 0; i < 64; i++)
		p[i * PAGE] = 2;
	CHECK(getrusage(RUSAGE_SELF, &after) == 0);
	CHECK(between.ru_minflt - before.ru_minflt >= 64);
	CHECK(between.ru_minflt - before.ru_minflt <= 64 + 8);
	/* Unless some left meanwhile, where memory is short: the first to come back is read. */
	CHECK(after.ru_minflt - between.ru_minflt <= 8 || after.ru_majflt > before.ru_majflt);
}

/* A region far larger than memory costs what is touched of it. */
TEST(sparse, "anon/sparse-region")
{
	size_t size = (size_t)4 << 30;
	char *p = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!CHECK(p != MAP_FAILED))
		return;
	for (size_t at = 0; at < size; at += size / 61)
		p[at] = (char)(at >> 20) | 1;
	for (size_t at = 0; at < size; at += size / 61)
		CHECK_EQ(p[at], (char)((char)(at >> 20) | 1));
	CHECK(munmap(p, size) == 0);
}

/* DONTNEED throws content away: the pages are zero, and can be written again. */
TEST(dontneed, "anon/dontneed-makes-zeros")
{
	char *p = user_pages(8, RW);
	user_fill(p, 8 * PAGE, 1);
	CHECK(madvise(p + 2 * PAGE, 4 * PAGE, MADV_DONTNEED) == 0);
	CHECK(!user_resident(p + 3 * PAGE));
	CHECK(user_all(p + 2 * PAGE, 4 * PAGE, 0));
	p[3 * PAGE] = 5;
	CHECK_EQ(p[3 * PAGE], 5);
	char kept[PAGE];
	user_fill(kept, PAGE, 1);
	CHECK(!memcmp(p, kept, PAGE));
}

/* FREE keeps a page's content or makes it zero, nothing else; a write after it is kept. */
TEST(freed, "anon/free-is-old-or-zero")
{
	char *p = user_pages(8, RW);
	memset(p, 7, 8 * PAGE);
	CHECK(madvise(p, 8 * PAGE, MADV_FREE) == 0);
	p[PAGE] = 9;
	for (int i = 0; i < 8; i++)
		CHECK(p[i * PAGE + 5] == 7 || p[i * PAGE + 5] == 0);
	CHECK_EQ(p[PAGE], 9);
}

/* Advice that is only advice changes nothing. */
TEST(advice, "anon/advice-keeps-content")
{
	static const int advice[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
				     21 /* MADV_PAGEOUT */};
	char *p = user_pages(16, RW);
	user_fill(p, 16 * PAGE, 1);
	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
		long r = result(madvise(p, 16 * PAGE, advice[i]));
		CHECK(r == 0 ||
		      (user_system == ON_LINUX && r == -EBADF)); /* WILLNEED where there is no swap */
	}
	CHECK(user_filled(p, 16 * PAGE, 1));
}

/* madvise refuses what mmap would: a start inside a page, a hole, unknown advice.
 * Bad: mmap:advise */
TEST(bad_advice, "anon/bad-advice-is-refused")
{
	if (user_not_emulated("madvise"))
		return;
	char *p = user_pages(4, RW);
	CHECK_EQ(result(madvise(p + 1, PAGE, MADV_DONTNEED)), -EINVAL);
	CHECK_EQ(result(madvise(p, PAGE, 999)), -EINVAL);
	CHECK(munmap(p + PAGE, PAGE) == 0);
	CHECK_EQ(result(madvise(p, 4 * PAGE, MADV_DONTNEED)), -ENOMEM);
	CHECK_EQ(result(madvise(p, -PAGE, MADV_DONTNEED)), -EINVAL);
}

/* The break grows and shrinks; what was given up and comes back is zero. */
TEST(breaks, "anon/brk-grows-and-shrinks")
{
	char *start = (char *)syscall(SYS_brk, 0);
	start = (char *)(((uintptr_t)start + PAGE - 1) & -PAGE);
	CHECK_EQ(syscall(SYS_brk, start), (uintptr_t)start);
	CHECK_EQ(syscall(SYS_brk, start + 8 * PAGE), (uintptr_t)start + 8 * PAGE);
	CHECK(user_all(start, 8 * PAGE, 0));
	user_fill(start, 8 * PAGE, 1);
	CHECK_EQ(syscall(SYS_brk, start + 3 * PAGE + 5), (uintptr_t)start + 3 * PAGE + 5);
	CHECK_EQ(syscall(SYS_brk, start + 8 * PAGE), (uintptr_t)start + 8 * PAGE);
	CHECK(user_filled(start, 3 * PAGE, 1));
	CHECK(user_all(start + 4 * PAGE, 4 * PAGE, 0));
}

/* A break below its start, into a mapping or out of the user's half is refused: the answer is the old one.
 * Bad: mmap:brk-low mmap:brk-into */
TEST(bad_breaks, "anon/bad-brk-changes-nothing")
{
	uintptr_t now = syscall(SYS_brk, 0), wall = ((now + PAGE - 1) & -PAGE) + 16 * PAGE;
	CHECK_EQ(syscall(SYS_brk, 4096), now);
	CHECK_EQ(syscall(SYS_brk, -1L), now);
	CHECK_EQ(syscall(SYS_brk, 1UL << 63), now);
	CHECK_EQ(syscall(SYS_brk, 1UL << 47), now);
	void *p = mmap((void *)wall, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK_EQ((uintptr_t)p, wall);
	CHECK_EQ(syscall(SYS_brk, wall + 4 * PAGE), now);
	CHECK_EQ(syscall(SYS_brk, now), now);
}

/* 8 MB filled, checked backwards, changed at random places, checked. */
TEST(large, "anon/eight-megabytes")
{
	size_t words = (8 << 20) / 8;
	uint64_t *p = (uint64_t *)user_pages(2048, RW);
	for (size_t i = 0; i < words; i++)
		p[i] = i * 3;
	for (int i = 0; i < 20000; i++) {
		size_t at = test_rand() % words;
		p[at] = at * 3;
	}
	for (size_t i = words; i-- > 0;) {
		if (!CHECK_EQ(p[i], i * 3))
			return;
	}
}

/* mincore and mlock answer for what is mapped, and say ENOMEM for a hole.
 * Bad: mmap:core-lock */
TEST(locks, "anon/lock-makes-resident")
{
	char *p = user_pages(4, RW);
	unsigned char in[4];
	long r = result(mlock(p, 4 * PAGE));
	CHECK(r == 0);
	CHECK(mincore(p, 4 * PAGE, in) == 0);
	CHECK(in[0] & in[1] & in[2] & in[3] & 1);
	CHECK(munlock(p, 4 * PAGE) == 0);
	CHECK_EQ(result(mincore(p + 1, PAGE, in)), -EINVAL);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_EQ(result(mincore(p, 4 * PAGE, in)), -ENOMEM);
	CHECK_EQ(result(mlock(p, 4 * PAGE)), -ENOMEM);
	CHECK_EQ(result(syscall(SYS_mincore, p, PAGE, 8)), -EFAULT);
}
