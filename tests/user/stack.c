/* The stack: it grows when it is used, to its limit and not to other things. */
#include "tests/user/user.h"
#include <alloca.h>
#include <sys/resource.h>

static int __attribute__((noinline)) descend(int depth)
{
	volatile char frame[1000];
	memset((char *)frame, depth, sizeof frame);
	int below = depth ? descend(depth - 1) : 0;
	return below + frame[500] - frame[999] + 1;
}

/* 2 MB in small steps. */
TEST(steps, "stack/grows-in-small-steps") { CHECK_EQ(descend(2000), 2001); }

static void grow(void *by)
{
	char *p = alloca((size_t)by);
	p[0] = 1; /* the lowest byte first */
	for (size_t at = 0; at < (size_t)by; at += PAGE)
		p[at] = 2;
}

/* A frame of 4 MB whose lowest byte is touched first. */
TEST(leap, "stack/grows-by-a-leap") { CHECK_EQ(user_signal(grow, (void *)(4UL << 20)), 0); }

static int __attribute__((noinline)) read_below(int fd, size_t by)
{
	char *p = alloca(by);
	CHECK_EQ(read(fd, p, 2 * PAGE), 2 * PAGE);
	return user_bytes(p, 0, 2 * PAGE);
}

/* The kernel may be the first to touch the new part. Linux asks that the stack was used down to there: it grows for
 * kernel accesses as for others. */
TEST(by_kernel, "stack/grows-by-a-system-call")
{
	int fd = user_file("f", 2 * PAGE);
	CHECK(read_below(fd, 512 << 10));
}

/* New stack is zero where nobody wrote. */
TEST(zero, "stack/new-stack-is-zero")
{
	if (user_not_emulated("growing a stack"))
		return;
	pid_t pid = fork();
	if (pid == 0) {
		char *p = alloca(1 << 20);
		_exit(!user_all(p, 512 << 10, 0));
	}
	CHECK_EQ(user_wait(pid), 0);
}

static void overflow(void *limit)
{
	struct rlimit r = {(size_t)limit, (size_t)limit};
	CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
	if (!test_failing())
		descend(1 << 20);
}

/* Endless recursion ends the process, and only it: SIGSEGV at the limit. */
TEST(limit, "stack/overflow-is-sigsegv")
{
	if (user_not_emulated("limiting a stack"))
		return;
	CHECK_EQ(user_signal(overflow, (void *)(1UL << 20)), SIGSEGV);
	CHECK_EQ(descend(10), 11);
}

/* A lower limit stops the stack earlier; within it all is well. */
static void small(void *depth)
{
	struct rlimit r = {256 << 10, 256 << 10};
	CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
	descend((int)(long)depth);
}
TEST(lower, "stack/limit-can-be-lowered")
{
	if (user_not_emulated("limiting a stack"))
		return;
	CHECK_EQ(user_signal(small, (void *)50L), 0);
	CHECK_EQ(user_signal(small, (void *)1000L), SIGSEGV);
}

/* After fork each process has its own stack to grow. */
TEST(forked, "stack/grows-apart-after-fork")
{
	char mine[3 * 4096];
	user_fill(mine, sizeof mine, 1);
	pid_t pid = fork();
	if (pid == 0) {
		user_fill(mine, sizeof mine, 2);
		_exit(descend(800) != 801 || !user_filled(mine, sizeof mine, 2));
	}
	CHECK_EQ(descend(700), 701);
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(mine, sizeof mine, 1));
}

/* Nothing on the stack is executable. */
TEST(data, "stack/is-not-executable")
{
	char code[16] = {0};
	CHECK_EQ(user_jumps(code), SIGSEGV);
}

/* The pages of the stack, from this frame up to what main was given, are readable, writable, and no more. */
TEST(strings, "stack/arguments-lie-above")
{
	char here;
	uintptr_t names = (uintptr_t)environ;
	CHECK(names > (uintptr_t)&here);
	CHECK(names - (uintptr_t)&here < (64 << 10));
	for (char **e = environ; *e; e++)
		CHECK(strchr(*e, '=') != NULL);
}

/* mmap chooses no place in the stack's way: far below this frame, but within the limit, nothing appears by itself. */
TEST(way, "stack/mmap-stays-out-of-the-way")
{
	char here, *p = user_pages(16, RW);
	struct rlimit r;
	CHECK(getrlimit(RLIMIT_STACK, &r) == 0);
	size_t room = r.rlim_cur == RLIM_INFINITY ? 8 << 20 : r.rlim_cur;
	CHECK(p > &here || (size_t)(&here - p) > (room > (64 << 20) ? 8 << 20 : room));
}

/* A mapping put close under the stack is not grown into: there stays a gap, or the access ends the process. */
static void into_mapping(void *arg)
{
	char here, *wall = (char *)((uintptr_t)&here & -PAGE) - 64 * PAGE;
	(void)arg;
	char *p = mmap(wall, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (p != wall) /* refused is right, too */
		kill(getpid(), SIGKILL);
	memset(p, 0x55, 8 * PAGE);
	for (int i = 0; i < 8; i++) {
		if (!user_all(p + i * PAGE, PAGE, 0x55))
			_exit(1);
	}
	descend(1000);
	_exit(user_all(p, 8 * PAGE, 0x55) ? 2 : 3);
}
/* Bad: mmap:stack-gap */
TEST(gap, "stack/does-not-grow-into-a-mapping")
{
	if (user_not_emulated("growing a stack"))
		return;
	int sig = user_signal(into_mapping, NULL);
	CHECK(sig == SIGSEGV || sig == SIGKILL);
}

/* A system call whose buffer lies in the never-used part below the stack's limit is EFAULT, not a crash. */
TEST(beyond, "stack/system-call-beyond-the-limit")
{
	char here;
	struct rlimit r;
	int fd = user_file("f", 100);
	CHECK(getrlimit(RLIMIT_STACK, &r) == 0);
	if (r.rlim_cur > 64 << 20) {
		test_skip("the stack has no limit here");
		return;
	}
	CHECK_EQ(result(syscall(SYS_read, fd, (uintptr_t)&here - r.rlim_cur - (1 << 20), 100)), -EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
}
