/* Processes: signals and their default actions, groups, time, /proc, and calls that do not exist. */
#include "tests/user/user.h"
#include <limits.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>

static void wait_for_ever(void *fd)
{
	char c;
	while (read((int)(long)fd, &c, 1) != 0)
		;
}

/* A signal's default action: most end the process and are its status, some do nothing. */
TEST(defaults, "proc/default-actions")
{
	static const int ending[] = {SIGHUP, SIGINT, SIGTERM, SIGKILL, SIGUSR1, SIGALRM, SIGPIPE},
			 nothing[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
	int ends[2];
	CHECK(pipe(ends) == 0);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		pid_t pid = user_child(wait_for_ever, (void *)(long)ends[0]);
		CHECK(kill(pid, ending[i]) == 0);
		int status = user_wait(pid);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), ending[i]);
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		wait_for_ever((void *)(long)ends[0]);
		_exit(3);
	}
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		CHECK(kill(pid, nothing[i]) == 0);
	close(ends[1]);
	CHECK_EQ(WEXITSTATUS(user_wait(pid)), 3);
}

/* A process may end itself; what runs without a system call can be ended, too. */
TEST(itself, "proc/kill-itself-and-who-runs")
{
	pid_t pid = fork();
	if (pid == 0) {
		kill(getpid(), SIGTERM);
		_exit(1);
	}
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGTERM);
	pid = fork();
	if (pid == 0) {
		for (volatile unsigned long i = 0;; i++)
			;
	}
	CHECK(kill(pid, 0) == 0 && kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
	CHECK_EQ(result(kill(pid, 0)), -ESRCH);
}

/* Faults end a process by the signal that says why. */
static void divide(void *zero)
{
	volatile int n = 1, by = (int)(long)zero;
	n = n / by;
}
static void trap(void *arg)
{
	(void)arg;
	__builtin_trap();
}
TEST(faults, "proc/faults-are-signals")
{
	int sig = user_signal(trap, NULL);
	CHECK(sig == SIGILL || sig == SIGTRAP); /* x86 has an undefined instruction, RISC-V a breakpoint */
	sig = user_signal(divide, NULL);
	CHECK(sig == SIGFPE || sig == 0); /* RISC-V divides by zero without complaint */
	CHECK_EQ(user_reads((void *)0x10), SIGSEGV);
}

/* Whom to signal, and with what: errors that change nothing. (Never kill(-1, ...) with a real signal here.)
 * Bad: proc:kill-0 proc:kill-minus-1 proc:kill-int-min proc:signal-0 proc:signal-minus-1 proc:signal-65 */
TEST(bad_kill, "proc/bad-kills-are-refused")
{
	CHECK_EQ(result(kill(getpid(), -1)), -EINVAL);
	CHECK_EQ(result(kill(getpid(), 65)), -EINVAL);
	CHECK_EQ(result(kill(getpid(), INT_MAX)), -EINVAL);
	CHECK_EQ(result(kill(INT_MAX, 0)), -ESRCH);
	CHECK_EQ(result(kill(INT_MIN, 0)), -ESRCH);
	CHECK_EQ(result(kill(-INT_MAX, 0)), -ESRCH);
	CHECK_EQ(result(kill(-1, 65)), -EINVAL);
	CHECK_EQ(result(kill(0, 65)), -EINVAL);
	long all = result(kill(-1, 0));
	CHECK(all == 0 || all == -ESRCH);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		CHECK(kill(0, 0) == 0);
		_exit(test_failing() || kill(0, SIGKILL));
	}
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
}

/* Process groups: a signal to a group reaches its members and nobody else. */
TEST(groups, "proc/groups")
{
	int ends[2];
	pid_t pids[3], group = 0;
	CHECK(pipe(ends) == 0);
	for (int i = 0; i < 3; i++) {
		pids[i] = user_child(wait_for_ever, (void *)(long)ends[0]);
		CHECK(setpgid(pids[i], group) == 0);
		group = group ? group : pids[i];
		CHECK_EQ(getpgid(pids[i]), group);
	}
	CHECK(getpgrp() != group);
	CHECK_EQ(result(setpgid(INT_MAX, 0)), -ESRCH);
	CHECK_EQ(result(setpgid(0, -1)), -EINVAL);
	CHECK_EQ(result(getpgid(INT_MAX)), -ESRCH);
	CHECK(kill(-group, SIGTERM) == 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(WTERMSIG(user_wait(pids[i])), SIGTERM);
	CHECK_EQ(result(kill(-group, 0)), -ESRCH);
}

/* A session's leader has a group of its own, and cannot make another session. */
TEST(sessions, "proc/sessions")
{
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_EQ(result(setsid()), -EPERM);
		CHECK_EQ(result(setpgid(0, 0)), -EPERM);
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
}

/* Numbers that are no system call: ENOSYS, also large and negative ones.
 * Bad: proc:syscall-minus-1 proc:syscall-2-63 */
TEST(unknown, "proc/unknown-calls-are-enosys")
{
	static const long numbers[] = {-1, 511, 1023, 4000, INT_MAX, LONG_MIN, LONG_MAX, 0x40000000};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		/* qemu-user and Linux look at 32 bits only: a high bit may be lost, then it is another call. */
		if ((int)numbers[i] != numbers[i] && user_system != ON_QUIRE)
			continue;
		if (!CHECK_EQ(result(syscall(numbers[i], 0, 0, 0, 0, 0, 0)), -ENOSYS))
			test_note("number %ld", numbers[i]);
	}
}

/* A call that there is none of is told by name, once, whoever asks how often.
 * Says: quire: proc\[\d+\] asks for the system call mlockall \(\d+\), which there is none of */
TEST(missing, "proc/missing-call-is-told-once")
{
	if (user_only_quire())
		return;
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(result(syscall(SYS_mlockall, 0)) != -ENOSYS || syscall(SYS_mlockall, 0) != -1);
		CHECK_EQ(user_wait(pid), 0);
	}
}

/* Who dies of a fault has a line that says of what, and where.
 * Says: proc\[\d+\]: ended at 0x[0-9a-f]+: no memory is mapped there \(0x7abcd8\)
 * Says: proc\[\d+\]: ended at 0x[0-9a-f]+: writing to memory that is read-only \(0x7abd0000\) */
TEST(told, "proc/fault-is-told")
{
	if (user_only_quire())
		return;
	CHECK_EQ(user_reads((void *)0x7abcd8), SIGSEGV);
	CHECK(mmap((void *)0x7abd0000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	      MAP_FAILED);
	CHECK_EQ(user_writes((void *)0x7abd0000), SIGSEGV);
}

/* A thread pointer that is no address is refused, and the old one stays. Bad: proc:tls-base */
TEST(tls, "proc/bad-thread-pointer-is-refused")
{
#ifdef SYS_arch_prctl
	CHECK_EQ(result(syscall(SYS_arch_prctl, 0x1002, 1UL << 63)), -EPERM);
	CHECK_EQ(result(syscall(SYS_arch_prctl, 0x1002, 1UL << 47)), -EPERM);
	CHECK_EQ(result(syscall(SYS_arch_prctl, 0x1003, 8)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_arch_prctl, 0x7777, 0)), -EINVAL);
	CHECK(errno == EINVAL); /* errno lies where the thread pointer says */
#else
	test_skip("this machine's thread pointer is an ordinary register");
#endif
}

/* Time goes on, by all clocks; a sleep lasts as long as it should, at least. */
TEST(clocks, "proc/clocks-and-sleep")
{
	struct timespec a, b, nap = {0, 20000000};
	for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
		CHECK(syscall(SYS_clock_gettime, clock, &a) == 0 && a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
		CHECK_EQ(nanosleep(&nap, NULL), 0);
		CHECK(syscall(SYS_clock_gettime, clock, &b) == 0);
		long ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
		CHECK(ns >= 20000000);
	}
	CHECK_EQ(result(syscall(SYS_clock_gettime, 9999, &a)), -EINVAL);
	nap.tv_nsec = 1000000000;
	CHECK_EQ(result(syscall(SYS_nanosleep, &nap, NULL)), -EINVAL);
	nap = (struct timespec){-1, 0};
	CHECK_EQ(result(syscall(SYS_nanosleep, &nap, NULL)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_clock_nanosleep, 9999, 0, &nap, NULL)), -EINVAL);
}

/* Used time is counted, and a child's is its parent's when it was waited for. */
TEST(usage, "proc/used-time")
{
	struct rusage self, children;
	struct tms t;
	pid_t pid = fork();
	if (pid == 0) {
		struct timespec now;
		do {
			if (syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
				_exit(1);
		} while (now.tv_sec == 0 && now.tv_nsec < 30000000);
		_exit(0);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK(getrusage(RUSAGE_SELF, &self) == 0 && getrusage(RUSAGE_CHILDREN, &children) == 0);
	CHECK(children.ru_utime.tv_usec + children.ru_stime.tv_usec + 1000000 * children.ru_utime.tv_sec > 0);
	CHECK(times(&t) != (clock_t)-1 && t.tms_cutime + t.tms_cstime > 0);
	CHECK_EQ(result(getrusage(77, &self)), -EINVAL);
}

/* uname, sysinfo, getrandom and the user's numbers. */
TEST(system_info, "proc/what-the-system-says")
{
	struct utsname name;
	struct sysinfo info;
	unsigned char a[32] = {0}, b[32] = {0};
	CHECK(uname(&name) == 0 && atoi(name.release) >= 4);
	CHECK(sysinfo(&info) == 0 && info.totalram > 0 && info.freeram <= info.totalram && info.mem_unit > 0);
	CHECK_EQ(syscall(SYS_getrandom, a, sizeof a, 0), sizeof a);
	CHECK_EQ(syscall(SYS_getrandom, b, sizeof b, 0), sizeof b);
	CHECK(memcmp(a, b, sizeof a));
	CHECK(getuid() == geteuid() && getgid() == getegid());
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CHECK(sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) >= 1);
}

/* /proc/self/maps shows what was mapped, and where its protection changes. */
TEST(maps, "proc/maps-shows-the-regions")
{
	static char text[65536];
	char want[60];
	char *p = user_pages(5, RW);
	if (user_not_emulated("/proc"))
		return;
	CHECK(mprotect(p + 2 * PAGE, PAGE, PROT_READ) == 0);
	CHECK(user_read_file("/proc/self/maps", text, sizeof text));
	snprintf(want, sizeof want, "%08lx-%08lx r--p", (unsigned long)p + 2 * PAGE,
		 (unsigned long)p + 3 * PAGE);
	CHECK(strstr(text, want) != NULL);
	snprintf(want, sizeof want, "-%08lx rw-p", (unsigned long)p + 2 * PAGE);
	CHECK(strstr(text, want) != NULL);
	CHECK(strstr(text, "[stack]") && strstr(text, "r-xp") && strstr(text, "/proc\n"));
}

/* The numbers in kB that smaps tells of the region that begins at P, by NAME. */
static long smaps_of(const char *p, const char *name)
{
	static char text[131072];
	char want[60];
	CHECK(user_read_file("/proc/self/smaps", text, sizeof text));
	snprintf(want, sizeof want, "%08lx-", (unsigned long)p);
	char *region = strstr(text, want);
	snprintf(want, sizeof want, "\n%s:", name);
	char *line = region ? strstr(region, want) : NULL;
	return line ? atol(line + strlen(want)) : -1;
}

/* smaps counts what is resident in a region. */
TEST(smaps, "proc/smaps-counts-resident-pages")
{
	if (user_not_emulated("/proc"))
		return;
	char *p = user_shared(16);
	memset(p, 1, 7 * PAGE);
	CHECK_EQ(smaps_of(p, "Size"), 64);
	CHECK_EQ(smaps_of(p, "Rss"), 28);
}

/* What a fork shares is shared until it is written, whatever it was mapped as; what is not in memory is in swap. */
TEST(smaps_shared, "proc/smaps-tells-shared-from-private")
{
	if (user_not_emulated("/proc"))
		return;
	char *p = user_pages(8, RW);
	memset(p, 1, 8 * PAGE);
	CHECK_EQ(smaps_of(p, "Private_Dirty"), 32);
	CHECK_EQ(smaps_of(p, "Swap"), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(smaps_of(p, "Private_Dirty"), 0);
		p[0] = p[5 * PAGE] = 2;
		CHECK_EQ(smaps_of(p, "Shared_Dirty") + smaps_of(p, "Shared_Clean"), 24);
		CHECK_EQ(smaps_of(p, "Private_Dirty"), 8);
		CHECK(madvise(p, 8 * PAGE, 21) == 0); /* MADV_PAGEOUT */
		CHECK_EQ(smaps_of(p, "Rss") + smaps_of(p, "Swap"), 32);
		_exit(test_failing());
	}
	CHECK_EQ(user_wait(pid), 0);
}

/* /proc/meminfo and /proc/vmstat have what free and vmstat need; memory that is used is missing from what is free. */
TEST(counters, "proc/meminfo-and-vmstat")
{
	long total = user_value("/proc/meminfo", "MemTotal"), left = user_value("/proc/meminfo", "MemFree");
	CHECK(total > 0 && left > 0 && left <= total);
	CHECK(user_value("/proc/meminfo", "MemAvailable") > 0);
	CHECK(user_value("/proc/meminfo", "SwapTotal") >= user_value("/proc/meminfo", "SwapFree"));
	long faults = user_value("/proc/vmstat", "pgfault");
	memset(user_pages(64, RW), 1, 64 * PAGE);
	CHECK(user_value("/proc/vmstat", "pgfault") > faults);
	CHECK(user_value("/proc/vmstat", "pswpin") >= 0 && user_value("/proc/vmstat", "pswpout") >= 0);
}

/* /proc/self/exe and /proc/<pid>/status name the program; a process that is gone has no directory. */
TEST(self, "proc/self-and-status")
{
	char exe[PATH_MAX], name[60], text[3000];
	if (user_not_emulated("/proc"))
		return;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	CHECK(n > 0 && !memcmp(exe + n - 5, "/proc", 5));
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	siginfo_t info;
	CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
	snprintf(name, sizeof name, "/proc/%d/status", pid);
	CHECK(user_read_file(name, text, sizeof text));
	CHECK(strstr(text, "Name:\tproc\n") && strstr(text, "State:\tZ"));
	CHECK_EQ(user_value(name, "PPid"), getpid());
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(result(open(name, O_RDONLY)), -ENOENT);
	CHECK(user_value("/proc/self/status", "VmRSS") > 0);
}

/* /proc/self/walk shows the translation of an address and does not bring the page in. */
TEST(walk, "proc/walk-shows-the-translation")
{
	unsigned long frame;
	unsigned levels;
	char flags[12];
	if (user_only_quire())
		return;
	char *p = user_pages(2, RW);
	CHECK_EQ(user_walk(p, &frame, flags, &levels), 'n');
	CHECK(levels >= 1 && levels <= 5 && !user_resident(p));
	p[100] = 1;
	CHECK_EQ(user_walk(p + 100, &frame, flags, &levels), 'l');
	CHECK(levels >= 3 && levels <= 5 && frame != 0 && frame % PAGE == 0);
	CHECK(strchr(flags, 'u') && strchr(flags, 'w') && strchr(flags, 'd') && !strchr(flags, 'x'));
	CHECK_EQ(user_walk((void *)(uintptr_t)user_walk, &frame, flags, &levels), 'l');
	CHECK(strchr(flags, 'x') && !strchr(flags, 'w'));
	CHECK(mprotect(p, PAGE, PROT_READ) == 0);
	CHECK(user_walk(p, &frame, flags, &levels) == 'l' && !strchr(flags, 'w'));
}

/* One read gives one walk: it ends with one line about the page or its absence, however long the buffer is. */
TEST(one_walk, "proc/walk-is-told-once-a-read")
{
	char text[8192];
	if (user_only_quire())
		return;
	int fd = open("/proc/self/walk", O_RDONLY), ends = 0;
	ssize_t n = pread(fd, text, sizeof text - 1, (off_t)(uintptr_t)text);
	if (!CHECK(n > 0))
		return;
	text[n] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ends += !strncmp(line, "page", 4) || !strcmp(line, "no region");
	CHECK_EQ(ends, 1);
}

/* Floating point numbers survive other processes and the kernel. */
TEST(floating, "proc/floating-point-is-kept")
{
	pid_t pids[3];
	for (int n = 0; n < 3; n++) {
		pids[n] = fork();
		if (pids[n] == 0) {
			double sum[8] = {0};
			for (int i = 1; i <= 20000; i++) {
				for (int k = 0; k < 8; k++)
					sum[k] += (double)i * (n + 1) * (k + 1);
				if (i % 500 == 0)
					sched_yield();
			}
			for (int k = 0; k < 8; k++)
				CHECK(sum[k] == 200010000.0 * (n + 1) * (k + 1));
			for (int i = 0; i < 200; i++) {
				long got;
				CHECK(user_float_over(SYS_sched_yield, 0, n + i, &got) == n + i && !got);
			}
			_exit(test_failing());
		}
	}
	for (int n = 0; n < 3; n++)
		CHECK_EQ(user_wait(pids[n]), 0);
}

/* exit with a child still there, with open pipes and mapped files: all is put away, whoever reads sees the end. */
TEST(untidy, "proc/untidy-exit")
{
	int ends[2];
	char c;
	CHECK(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = user_file("f", 10 * PAGE);
		char *p = mmap(NULL, 10 * PAGE, RW, MAP_SHARED, fd, 0);
		memset(p, 'x', 10 * PAGE);
		if (fork() == 0) {
			CHECK_EQ(write(ends[1], "x", 1), 1);
			_exit(0);
		}
		_exit(0);
	}
	close(ends[1]);
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(read(ends[0], &c, 1), 0);
	char text[PAGE];
	CHECK_EQ(pread(open("f", O_RDONLY), text, PAGE, 9 * PAGE), PAGE);
	CHECK(user_all(text, PAGE, 'x'));
}
