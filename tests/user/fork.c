/* fork, vfork, wait and what a child inherits. */
#include "tests/user/user.h"
#include <sys/resource.h>

static int global = 7;

/* The child has the parent's memory as it was at the fork, also after the parent went on. */
TEST(copies, "fork/child-sees-memory-as-it-was")
{
	char *p = user_pages(8, RW);
	int go[2];
	user_fill(p, 8 * PAGE, 1);
	CHECK(pipe(go) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		CHECK(read(go[0], &c, 1) == 1);
		_exit(!user_filled(p, 8 * PAGE, 1) || global != 7);
	}
	user_fill(p, 8 * PAGE, 2);
	global = 8;
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 8 * PAGE, 2));
}

/* fork's results and getpid, getppid, gettid agree with each other. */
TEST(numbers, "fork/processes-know-their-numbers")
{
	pid_t parent = getpid();
	CHECK_EQ(gettid(), parent);
	pid_t pid = fork();
	if (pid == 0)
		_exit(getppid() != parent || getpid() == parent || gettid() != getpid());
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* The low 8 bits of the exit status arrive. */
TEST(status, "fork/status-has-eight-bits")
{
	for (int i = 0; i < 5; i++) {
		static const int given[] = {0, 1, 255, 256 + 3, -1}, seen[] = {0, 1, 255, 3, 255};
		pid_t pid = fork();
		if (pid == 0)
			_exit(given[i]);
		int status = user_wait(pid);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), seen[i]);
	}
}

/* A child can be waited for once, in any order; afterwards there is none. */
TEST(order, "fork/children-are-waited-for-once-in-any-order")
{
	pid_t pids[10];
	for (int i = 0; i < 10; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(i);
	}
	for (int i = 9; i >= 0; i -= 2)
		CHECK_EQ(WEXITSTATUS(user_wait(pids[i])), i);
	for (int i = 0; i < 5; i++) {
		int status;
		pid_t pid = wait(&status);
		CHECK(pid > 0 && pids[WEXITSTATUS(status)] == pid);
	}
	CHECK_EQ(result(wait(NULL)), -ECHILD);
	CHECK_EQ(result(waitpid(pids[0], NULL, 0)), -ECHILD);
}

/* WNOHANG does not wait; waitid with WNOWAIT leaves the child to be waited for. */
TEST(options, "fork/wait-options")
{
	int go[2], status;
	CHECK(pipe(go) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		close(go[1]);
		_exit(read(go[0], &c, 1) == 0 ? 42 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	close(go[1]);
	siginfo_t info = {0};
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	CHECK(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 42);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), pid);
	CHECK_EQ(WEXITSTATUS(status), 42);
}

/* Wrong things to wait for, and wrong places for the answer, are errors; the child is still there.
 * Bad: proc:wait-pid proc:wait-status */
TEST(bad_wait, "fork/bad-waits-are-refused")
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(5);
	CHECK_EQ(result(waitpid(getpid(), NULL, 0)), -ECHILD);
	CHECK_EQ(result(waitpid(0x7fffffff, NULL, 0)), -ECHILD);
	CHECK_EQ(result(waitpid(-0x7fffffff, NULL, 0)), -ECHILD);
	CHECK_EQ(result(syscall(SYS_wait4, (int)0x80000000, NULL, 0, NULL)), -ESRCH);
	CHECK_EQ(result(waitpid(pid, NULL, 0x40000)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_waitid, 77, pid, NULL, WEXITED, NULL)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_waitid, P_PID, pid, NULL, 0, NULL)), -EINVAL);
	siginfo_t info;
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(result(syscall(SYS_wait4, pid, (int *)8, WNOHANG, NULL)), -EFAULT);
}

/* Who loses its parent gets another one, which is not the grandparent. */
TEST(orphan, "fork/orphan-gets-another-parent")
{
	int answer[2];
	pid_t grandparent = getpid(), seen = 0;
	CHECK(pipe(answer) == 0);
	pid_t middle = fork();
	if (middle == 0) {
		pid_t mine = getpid();
		if (fork() == 0) {
			while (getppid() == mine)
				sched_yield();
			pid_t now = getppid();
			_exit(write(answer[1], &now, sizeof now) != sizeof now);
		}
		_exit(0);
	}
	CHECK_EQ(user_wait(middle), 0);
	CHECK_EQ(read(answer[0], &seen, sizeof seen), sizeof seen);
	CHECK(seen > 0 && seen != middle && seen != grandparent);
}

static void chain(void *depth)
{
	long left = (long)depth;
	int mine = (int)left;
	if (left)
		CHECK_EQ(user_status(chain, (void *)(left - 1)), 0);
	CHECK_EQ(mine, left);
}

/* A child's child's child ... each with a stack of its own. */
TEST(deep, "fork/chain-of-twenty") { CHECK_EQ(user_status(chain, (void *)20L), 0); }

/* Many, one after the other: nothing runs out. */
TEST(many, "fork/two-hundred-one-by-one")
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(i & 127);
		if (!CHECK(pid > 0) || !CHECK_EQ(WEXITSTATUS(user_wait(pid)), i & 127))
			return;
	}
}

/* Many at once, each with pages of its own. */
TEST(crowd, "fork/forty-at-once")
{
	char *p = user_pages(16, RW);
	user_fill(p, 16 * PAGE, 1);
	pid_t pids[40];
	for (int i = 0; i < 40; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			user_fill(p + (i % 16) * PAGE, PAGE, i);
			sched_yield();
			_exit(!user_filled(p + (i % 16) * PAGE, PAGE, i));
		}
	}
	for (int i = 0; i < 40; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	CHECK(user_filled(p, 16 * PAGE, 1));
}

/* After vfork the parent goes on when the child has ended or become a program. */
TEST(with_vfork, "fork/vfork-waits-for-the-child")
{
	if (user_not_emulated("vfork"))
		return;
	int ends[2];
	char text[10] = "";
	CHECK(pipe(ends) == 0);
	pid_t pid = vfork();
	if (pid == 0) {
		for (int i = 0; i < 300; i++)
			sched_yield();
		_exit(write(ends[1], "x", 1) == 1 ? 9 : 1);
	}
	CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	CHECK_EQ(read(ends[0], text, sizeof text), 1);
	CHECK_EQ(WEXITSTATUS(user_wait(pid)), 9);
}

/* A child shares its parent's open files with their offsets, and has descriptors of its own. */
TEST(offsets, "fork/descriptors-share-their-offset")
{
	int fd = user_file("shared", 1000);
	unsigned char b[10];
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(read(fd, b, 10), 10);
		_exit(close(fd) != 0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(read(fd, b, 10), 10);
	CHECK(user_bytes(b, 10, 10));
}

/* Directory, umask, process group and limits are inherited. */
TEST(inherits, "fork/child-inherits-directory-umask-and-group")
{
	CHECK(mkdir("d", 0755) == 0 && chdir("d") == 0);
	umask(077);
	pid_t group = getpgrp();
	pid_t pid = fork();
	if (pid == 0) {
		struct stat st;
		int fd = open("new", O_WRONLY | O_CREAT, 0666);
		CHECK(fd >= 0 && fstat(fd, &st) == 0);
		_exit((st.st_mode & 0777) != 0600 || getpgrp() != group || stat("../d/new", &st) != 0);
	}
	CHECK_EQ(user_wait(pid), 0);
}

/* A mapping that the child removes or protects stays as it was in the parent, and the other way round. */
TEST(spaces, "fork/mappings-are-apart")
{
	char *p = user_pages(6, RW);
	user_fill(p, 6 * PAGE, 5);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(munmap(p + PAGE, PAGE) == 0 && mprotect(p + 2 * PAGE, PAGE, PROT_NONE) == 0);
		CHECK_EQ(user_reads(p + PAGE), SIGSEGV);
		CHECK_EQ(user_reads(p + 2 * PAGE), SIGSEGV);
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(user_filled(p, 6 * PAGE, 5));
	CHECK_EQ(user_writes(p + 2 * PAGE), 0);
}

/* Two hundred regions are copied, each with its protection and content. */
TEST(regions, "fork/many-regions-are-copied")
{
	char *p = user_pages(400, RW);
	for (int i = 0; i < 400; i++)
		p[i * PAGE] = i;
	for (int i = 0; i < 400; i += 2)
		CHECK(mprotect(p + i * PAGE, PAGE, PROT_READ) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 400; i++)
			CHECK_EQ(p[i * PAGE], (char)i);
		for (int i = 1; i < 400; i += 2)
			p[i * PAGE] = 1;
		_exit(test_failing() || user_writes(p + 200 * PAGE) != SIGSEGV);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(p[201 * PAGE], (char)201);
}

/* The rusage of a child that ended is its own. */
TEST(usage, "fork/wait4-tells-usage")
{
	struct rusage usage;
	memset(&usage, 0xff, sizeof usage);
	pid_t pid = fork();
	if (pid == 0) {
		char *p = user_pages(64, RW);
		for (int i = 0; i < 64; i++)
			p[i * PAGE] = 1;
		_exit(0);
	}
	CHECK_EQ(wait4(pid, NULL, 0, &usage), pid);
	CHECK(usage.ru_minflt >= (user_system == ON_QEMU_USER ? 0 : 32) && usage.ru_minflt < 100000);
}

/* Who waits for its vfork()ed child can be ended all the same. */
TEST(ended, "fork/vfork-parent-can-be-ended")
{
	if (user_not_emulated("vfork"))
		return;
	int ready[2], never[2];
	char c;
	CHECK(pipe(ready) == 0 && pipe(never) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (vfork() == 0) {
			close(never[1]);
			if (write(ready[1], "", 1) == 1)
				_exit(read(never[0], &c, 1) != 0);
		}
		_exit(1);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
	close(never[1]);
}

/* The child begins with the parent's floating-point registers, not with those of another time. */
TEST(registers, "fork/child-has-the-floating-point-registers")
{
#ifdef SYS_fork
	const long call = SYS_fork;
#else
	const long call = SYS_clone;
#endif
	for (int i = 1; i <= 20; i++) {
		long pid;
		double seen = user_float_over(call, SIGCHLD, i + 0.5, &pid);
		if (pid == 0)
			_exit(seen == i + 0.5 ? 0 : 1);
		CHECK(pid > 0 && seen == i + 0.5);
		CHECK_EQ(user_wait(pid), 0);
	}
}

/* waitid tells an exit and its status, a signal and which; wait4 finds both in one number. */
TEST(how, "fork/waitid-tells-how-a-child-ended")
{
	for (int sig = 0; sig <= SIGTERM; sig += SIGTERM) {
		siginfo_t info = {0};
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			if (sig)
				kill(getpid(), sig);
			_exit(0x1234);
		}
		CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
		CHECK(info.si_pid == pid && info.si_signo == SIGCHLD);
		CHECK_EQ(info.si_code, sig ? CLD_KILLED : CLD_EXITED);
		CHECK_EQ(info.si_status, sig ? sig : 0x34);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, sig ? sig : 0x3400);
	}
}
