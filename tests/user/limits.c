/* Limits: of descriptors, address space, stack and processes; and what happens when memory is gone. */
#include "tests/user/user.h"
#include <sys/resource.h>

#define LOW_USER 54321 /* on Linux, where the superuser has no limits */

static void limit(int what, unsigned long value)
{
	CHECK(setrlimit(what, &(struct rlimit){value, value}) == 0);
}

/* Descriptors end at the limit: every call that makes one says EMFILE, and a closed one can be had again. */
static void use_up(void *arg)
{
	int last = -1, fd, ends[2];
	(void)arg;
	limit(RLIMIT_NOFILE, 20);
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 19);
	CHECK_EQ(result(open("/", O_RDONLY)), -EMFILE);
	CHECK_EQ(result(pipe(ends)), -EMFILE);
	CHECK_EQ(result(dup2(0, 20)), -EBADF);
	CHECK_EQ(result(fcntl(0, F_DUPFD, 20)), -EINVAL);
	CHECK_EQ(result(fcntl(0, F_DUPFD, 3)), -EMFILE);
	close(12);
	CHECK_EQ(result(pipe(ends)), -EMFILE);
	CHECK_EQ(open("/", O_RDONLY), 12);
}
TEST(files, "limits/descriptors") { CHECK_EQ(user_status(use_up, NULL), 0); }

/* Address space: mmap and brk stop at the limit, munmap gives room back. */
static void use_space(void *arg)
{
	(void)arg;
	limit(RLIMIT_AS, 64 << 20);
	void *p = mmap(NULL, 128 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	char *part[64];
	int n = 0;
	while (n < 64 &&
	       (part[n] = mmap(NULL, 4 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
		n++;
	CHECK(n > 4 && n < 16);
	uintptr_t now = syscall(SYS_brk, 0);
	CHECK_EQ(syscall(SYS_brk, now + (8 << 20)), now);
	CHECK_EQ(result((long)mremap(part[0], 4 << 20, 12 << 20, MREMAP_MAYMOVE)), -ENOMEM);
	CHECK(munmap(part[0], 4 << 20) == 0);
	CHECK(mmap(NULL, 4 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
TEST(space, "limits/address-space")
{
	if (user_not_emulated("RLIMIT_AS"))
		return;
	CHECK_EQ(user_status(use_space, NULL), 0);
}

/* malloc sees the same: NULL, and the program goes on. */
static void use_heap(void *arg)
{
	size_t got = 0;
	(void)arg;
	limit(RLIMIT_AS, 48 << 20);
	void *blocks[200], *p;
	int n = 0;
	while (n < 200 && (p = malloc(1 << 20))) {
		memset(p, 1, 1000);
		blocks[n++] = p;
		got++;
	}
	CHECK(got > 4 && got < 48);
	while (n > 0)
		free(blocks[--n]);
	CHECK((p = malloc(4 << 20)) != NULL);
	free(p);
}
TEST(heap, "limits/malloc-returns-null")
{
	if (user_not_emulated("RLIMIT_AS"))
		return;
	CHECK_EQ(user_status(use_heap, NULL), 0);
}

/* A process that forks for ever stops at the limit with EAGAIN; when the children are gone it can fork again.
 * Bad: proc:fork-bomb */
static void bomb(void *arg)
{
	int ends[2], count = 0;
	pid_t pids[64];
	(void)arg;
	CHECK(pipe(ends) == 0);
	limit(RLIMIT_NPROC, 20);
	while (count < 64 && (pids[count] = fork()) >= 0) {
		char c;
		if (pids[count] == 0) {
			close(ends[1]);
			_exit(read(ends[0], &c, 1) != 0);
		}
		count++;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(count > 0 && count <= 20);
	close(ends[1]);
	for (int i = 0; i < count; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK(pid > 0 && user_wait(pid) == 0);
}
static void bomb_as_low_user(void *arg)
{
	if (user_system != ON_QUIRE && setresuid(LOW_USER, LOW_USER, LOW_USER) < 0)
		_exit(77);
	bomb(arg);
}
TEST(processes, "limits/processes")
{
	if (user_system == ON_LINUX && getuid() != 0) {
		test_skip("other processes of this user count as well");
		return;
	}
	if (user_not_emulated("RLIMIT_NPROC"))
		return;
	CHECK_EQ(user_status(bomb_as_low_user, NULL), 0);
}

/* Limits are inherited by fork and exec. */
static void show_limit(void *arg)
{
	char *words[] = {(char *)"show", (char *)"limit", NULL}, text[100];
	(void)arg;
	limit(RLIMIT_NOFILE, 33);
	limit(RLIMIT_STACK, 4 << 20);
	CHECK_EQ(user_output("show", words, text, sizeof text), 0);
	CHECK(!strcmp(text, "33 4194304\n"));
}
TEST(inherited, "limits/are-inherited")
{
	if (user_not_emulated("limits"))
		return;
	CHECK_EQ(user_status(show_limit, NULL), 0);
}

/* Unknown limits, a soft one above the hard one, bad places. Bad: proc:limits */
TEST(bad, "limits/bad-limits-are-refused")
{
	struct rlimit r = {10, 5}, old;
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur >= 20);
	CHECK_EQ(result(setrlimit(RLIMIT_NOFILE, &r)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_prlimit64, 0, 99, NULL, &r)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_prlimit64, 0, -1, NULL, &r)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, 8)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 8, NULL)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_prlimit64, 0x7fffffff, RLIMIT_NOFILE, NULL, &r)), -ESRCH);
	CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == old.rlim_cur && r.rlim_max == old.rlim_max);
}

/* When memory and swap are gone, the process that holds the most is ended, and the others go on.
 * Bad: proc:fork-no-frames */
static void take_all(void *shared)
{
	const size_t size = (size_t)16 << 30;
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_NORESERVE;
	char *p = mmap(NULL, size, RW, flags, -1, 0);
	if (!CHECK(p != MAP_FAILED))
		return;
	for (size_t at = 0; at < size; at += PAGE)
		user_fill(p + at, PAGE, at);
}
TEST(exhausted, "limits/memory-hog-is-ended")
{
	if (user_only_quire())
		return;
	char *p = user_pages(16, RW);
	user_fill(p, 16 * PAGE, 1);
	CHECK_EQ(user_signal(take_all, NULL), SIGKILL);
	CHECK(user_filled(p, 16 * PAGE, 1));
	CHECK_EQ(user_signal(take_all, NULL), SIGKILL);
}

/* It is the same with memory that it could share. */
TEST(exhausted_shared, "limits/hog-of-shared-memory-is-ended")
{
	if (user_only_quire())
		return;
	char *p = user_pages(16, RW), yes;
	user_fill(p, 16 * PAGE, 1);
	CHECK_EQ(user_signal(take_all, &yes), SIGKILL);
	CHECK(user_filled(p, 16 * PAGE, 1));
}

/* Forking while another process has all the memory: it works or it is ENOMEM or EAGAIN, and nothing is lost. */
TEST(fork_hungry, "limits/fork-while-memory-is-short")
{
	if (user_only_quire())
		return;
	pid_t hog = user_child(take_all, NULL);
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(5);
		CHECK(pid > 0 || errno == ENOMEM || errno == EAGAIN);
		if (pid > 0)
			CHECK_EQ(WEXITSTATUS(user_wait(pid)), 5);
	}
	int status = user_wait(hog);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
