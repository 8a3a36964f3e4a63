/* Memory that leaves for swap and comes back. On a machine with little memory it leaves by itself; everywhere else
 * it is asked to (MADV_PAGEOUT). SWAP_MB says how much each test takes, 4 unless it is given. */
#include "tests/user/user.h"

#define PAGEOUT 21

static size_t size_pages(void)
{
	const char *mb = getenv("SWAP_MB");
	return (mb ? strtoul(mb, NULL, 0) : 4) << 8;
}

static char *filled(size_t pages, uint64_t seed)
{
	char *p = user_pages(pages, RW);
	for (size_t i = 0; i < pages; i++)
		user_fill(p + i * PAGE, PAGE, seed + i);
	return p;
}

static bool still(const char *p, size_t pages, uint64_t seed)
{
	for (size_t i = 0; i < pages; i++) {
		size_t page = i * 7919 % pages;
		if (!user_filled(p + page * PAGE, PAGE, seed + page)) {
			test_note("in page %zu", page);
			return false;
		}
	}
	return true;
}

/* Pages out and in again, twice: the bytes are the same. */
TEST(again, "swap/out-and-in-twice")
{
	size_t pages = size_pages();
	char *p = filled(pages, 1);
	for (int round = 0; round < 2; round++) {
		madvise(p, pages * PAGE, PAGEOUT);
		CHECK(still(p, pages, 1));
	}
}

/* On Quire, MADV_PAGEOUT really takes pages: they are not resident, and /proc/vmstat counts them both ways. */
TEST(counts, "swap/pageout-leaves-and-is-counted")
{
	if (user_only_quire())
		return;
	char *p = filled(64, 1);
	long out = user_value("/proc/vmstat", "pswpout"), in = user_value("/proc/vmstat", "pswpin");
	if (user_value("/proc/meminfo", "SwapTotal") == 0) {
		test_skip("there is no swap");
		return;
	}
	CHECK(madvise(p, 64 * PAGE, PAGEOUT) == 0);
	int there = 0;
	for (int i = 0; i < 64; i++)
		there += user_resident(p + i * PAGE);
	CHECK_EQ(there, 0);
	CHECK(user_value("/proc/vmstat", "pswpout") - out >= 64);
	CHECK(still(p, 64, 1));
	CHECK(user_value("/proc/vmstat", "pswpin") - in >= 64);
}

/* A page that is changed after it came back leaves with the change. */
TEST(changed, "swap/changes-after-coming-back-are-kept")
{
	size_t pages = size_pages() / 4;
	char *p = filled(pages, 1);
	madvise(p, pages * PAGE, PAGEOUT);
	for (size_t i = 0; i < pages; i += 3)
		user_fill(p + i * PAGE, PAGE, 1000 + i);
	madvise(p, pages * PAGE, PAGEOUT);
	for (size_t i = 0; i < pages; i++)
		CHECK(user_filled(p + i * PAGE, PAGE, i % 3 ? 1 + i : 1000 + i));
}

/* fork while everything is out: both have it, each changes its own.
 * Bad: proc:fork-swapped */
TEST(forked, "swap/fork-of-what-is-out")
{
	size_t pages = size_pages() / 4;
	char *p = filled(pages, 1);
	madvise(p, pages * PAGE, PAGEOUT);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(still(p, pages, 1));
		for (size_t i = 0; i < pages; i++)
			user_fill(p + i * PAGE, PAGE, 2 + i);
		madvise(p, pages * PAGE, PAGEOUT);
		CHECK(still(p, pages, 2));
		_exit(test_failing());
	}
	madvise(p, pages * PAGE, PAGEOUT);
	CHECK_EQ(user_wait(pid), 0);
	CHECK(still(p, pages, 1));
}

/* A chain of three that share what is out, where the middle one ends first. */
TEST(chain, "swap/shared-by-three-generations")
{
	char *p = filled(64, 1);
	int go[2];
	char c;
	CHECK(pipe(go) == 0);
	madvise(p, 64 * PAGE, PAGEOUT);
	pid_t pid = fork();
	if (pid == 0) {
		madvise(p, 64 * PAGE, PAGEOUT);
		if (fork() == 0) {
			bool good = still(p, 64, 1);
			_exit(write(go[1], good ? "y" : "n", 1) != 1);
		}
		_exit(0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(read(go[0], &c, 1) == 1 && c == 'y');
	CHECK(still(p, 64, 1));
}

/* Shared anonymous memory that is out is still shared. */
TEST(shared, "swap/shared-memory-stays-shared")
{
	char *p = user_shared(128);
	for (int i = 0; i < 128; i++)
		user_fill(p + i * PAGE, PAGE, 1 + i);
	madvise(p, 128 * PAGE, PAGEOUT);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(still(p, 128, 1));
		for (int i = 0; i < 128; i++)
			user_fill(p + i * PAGE, PAGE, 500 + i);
		madvise(p, 128 * PAGE, PAGEOUT);
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(still(p, 128, 500));
}

/* Protection and unmapping work on what is out; what was unmapped is zero when it is mapped again. */
TEST(edited, "swap/protect-and-unmap-what-is-out")
{
	char *p = filled(32, 1);
	madvise(p, 32 * PAGE, PAGEOUT);
	CHECK(mprotect(p, 8 * PAGE, PROT_NONE) == 0 && munmap(p + 8 * PAGE, 8 * PAGE) == 0);
	CHECK_EQ(user_reads(p), SIGSEGV);
	CHECK(mprotect(p, 8 * PAGE, PROT_READ) == 0);
	CHECK(mmap(p + 8 * PAGE, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      p + 8 * PAGE);
	CHECK(user_all(p + 8 * PAGE, 8 * PAGE, 0));
	for (int i = 0; i < 32; i++)
		CHECK(i / 8 == 1 || user_filled(p + i * PAGE, PAGE, 1 + i));
	CHECK_EQ(user_writes(p), SIGSEGV);
}

/* mremap moves what is out. */
TEST(moved, "swap/mremap-of-what-is-out")
{
	char *p = filled(32, 1);
	madvise(p, 32 * PAGE, PAGEOUT);
	char *q = mremap(p, 32 * PAGE, 256 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && still(q, 32, 1) && user_all(q + 32 * PAGE, PAGE, 0));
}

/* The kernel reads and writes what is out on a process's behalf. */
TEST(by_kernel, "swap/system-calls-on-what-is-out")
{
	char *p = filled(16, 1);
	int fd = user_file("f", 0);
	madvise(p, 16 * PAGE, PAGEOUT);
	CHECK_EQ(write(fd, p, 16 * PAGE), 16 * PAGE);
	memset(p, 0, 16 * PAGE);
	madvise(p, 16 * PAGE, PAGEOUT);
	CHECK_EQ(pread(fd, p, 16 * PAGE, 0), 16 * PAGE);
	CHECK(still(p, 16, 1));
}

/* Several at once, each with its own numbers, while each pushes its own out. */
TEST(parallel, "swap/four-processes-at-once")
{
	size_t pages = size_pages() / 4;
	pid_t pids[4];
	for (int n = 0; n < 4; n++) {
		pids[n] = fork();
		if (pids[n] == 0) {
			char *p = filled(pages, n * 100000);
			for (int round = 0; round < 3; round++) {
				madvise(p, pages * PAGE, PAGEOUT);
				CHECK(still(p, pages, n * 100000));
			}
			_exit(test_failing());
		}
	}
	for (int n = 0; n < 4; n++)
		CHECK_EQ(user_wait(pids[n]), 0);
}

/* Whoever is ended while its pages come back leaves nothing behind; others have theirs.
 * Bad: proc:exit-during-swap */
TEST(killed, "swap/ended-while-pages-come-back")
{
	size_t pages = size_pages() / 8;
	char *p = filled(pages, 1);
	for (int round = 0; round < 8; round++) {
		int go[2];
		char c;
		CHECK(pipe(go) == 0);
		pid_t pid = fork();
		if (pid == 0) {
			CHECK_EQ(write(go[1], "", 1), 1);
			for (;;) {
				madvise(p, pages * PAGE, PAGEOUT);
				if (!still(p, pages, 1))
					_exit(1);
			}
		}
		CHECK_EQ(read(go[0], &c, 1), 1);
		for (int turn = 0; turn < round; turn++)
			sched_yield();
		CHECK(kill(pid, SIGKILL) == 0);
		CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
		close(go[0]), close(go[1]);
	}
	CHECK(still(p, pages, 1));
}

static int sum_of(const volatile int *p, int n)
{
	int sum = 0;
	for (int i = 0; i < n; i++)
		sum += p[i];
	return sum;
}

/* Parent and child go on from one stack, and each has its own from the fork on, while memory is short: what either
 * writes there is not the other's. */
TEST(apart, "swap/forks-leave-the-stacks-apart")
{
	size_t pages = size_pages() / 8;
	for (int round = 0; round < 40; round++) {
		volatile int mine[64];
		for (int i = 0; i < 64; i++)
			mine[i] = round;
		madvise((char *)((uintptr_t)mine & -PAGE), PAGE, PAGEOUT);
		pid_t pid = fork();
		for (int i = 0; i < 64; i++)
			mine[i] += pid ? 1 : 2;
		char *p = filled(pages, round);
		bool good = still(p, pages, round) && sum_of(mine, 64) == 64 * (round + (pid ? 1 : 2));
		munmap(p, pages * PAGE);
		if (pid == 0)
			_exit(!good);
		CHECK(good);
		CHECK_EQ(user_wait(pid), 0);
	}
}

/* A random program of 4 times the machine's memory finds all as it left it, twice; where there is no swap for that it is
 * ended, and others go on. */
TEST(four, "swap/four-times-the-memory")
{
	char size[32], text[1000], *argv[] = {(char *)"memhog", size, NULL};
	long memory = user_value("/proc/meminfo", "MemTotal"),
	     swap = user_value("/proc/meminfo", "SwapTotal");
	unsigned long out, in;
	if (user_system != ON_QUIRE)
		memory = 2048;
	snprintf(size, sizeof size, "%ldK", 4 * memory);
	int status = user_output("memhog", argv, text, sizeof text);
	if (user_system == ON_QUIRE && swap < 4 * memory) {
		CHECK_EQ(WTERMSIG(status), SIGKILL);
		return;
	}
	test_note("%ld KB of memory: %s", memory, text);
	CHECK_EQ(status, 0);
	CHECK(strstr(text, "round 2: sum") && !strstr(text, "WRONG"));
	if (user_system != ON_QUIRE)
		return;
	const char *at = strstr(text, "written, ");
	if (CHECK(at && sscanf(at, "written, %lu swapped out, %lu swapped in", &out, &in) == 2))
		CHECK(4 * out >= 2 * (unsigned long)memory && 4 * in >= 2 * (unsigned long)memory);
}

/* Swap goes and comes again: what was there is kept, and no slot of those who have ended is left. */
TEST(off, "swap/off-and-on-again")
{
	if (user_only_quire())
		return;
	size_t pages = size_pages() / 8;
	char text[500], device[64], *p = filled(pages, 1);
	if (!user_value("/proc/meminfo", "SwapTotal")) {
		test_skip("there is no swap");
		return;
	}
	CHECK(user_read_file("/proc/swaps", text, sizeof text));
	CHECK(sscanf(strchr(text, '\n'), " %63s", device) == 1);
	madvise(p, pages * PAGE, PAGEOUT);
	CHECK(user_value("/proc/vmstat", "nr_slots_used") >= (long)pages);
	CHECK_EQ(result(syscall(SYS_swapon, device, 0)), -EBUSY);
	CHECK_EQ(result(syscall(SYS_swapoff, device)), 0);
	CHECK_EQ(result(syscall(SYS_swapoff, device)), -EINVAL);
	CHECK_EQ(user_value("/proc/meminfo", "SwapTotal"), 0);
	CHECK_EQ(user_value("/proc/vmstat", "nr_slots_used"), 0);
	CHECK(still(p, pages, 1));
	CHECK_EQ(result(syscall(SYS_swapon, device, 0x80000)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_swapon, device, 0)), 0);
	madvise(p, pages * PAGE, PAGEOUT);
	CHECK(user_value("/proc/vmstat", "nr_slots_used") >= (long)pages);
	CHECK(still(p, pages, 1));
}

/* swapon and swapoff of what is no swap device, by a bad pointer, or by a user: errors. Bad: swap:devices */
TEST(devices, "swap/bad-devices-are-refused")
{
	user_file("f", PAGE);
	CHECK(result(syscall(SYS_swapon, "no-such-file", 0)) < 0);
	CHECK(result(syscall(SYS_swapon, ".", 0)) < 0);
	CHECK(result(syscall(SYS_swapoff, "f")) < 0);
	CHECK(result(syscall(SYS_swapoff, "no-such-file")) < 0);
	CHECK(result(syscall(SYS_swapoff, (char *)8)) < 0);
}
