/* Every allocation of the kernel that a system call makes fails once: the call says so or does without, the next try
 * works, and nothing is left behind. Only Quire can be told to. */
#include "tests/user/user.h"
#include <poll.h>
#include <dirent.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#define ALLOC_FAIL 0x51750001 /* prctl: the Nth allocation from now on fails; how many were left before */
#define SEVERAL    -1ul /* for N: each one of several pages fails, as where no two free ones are side by side */
#define MOST       3000

/* What is done: 0 or more when it worked, -1 and errno when it did not. */
typedef long work_fn(void);

/* WORK with its Nth allocation failing, in a process of its own. True: there was none. */
static bool fails_nth(work_fn *work, unsigned long n)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(ALLOC_FAIL, n);
		long got = work();
		int error = errno;
		bool over = prctl(ALLOC_FAIL, 0) != 0;
		CHECK(got >= 0 || error == ENOMEM || error == EAGAIN || error == ENOSPC || error == ENOLCK);
		if (!CHECK(!over || got >= 0))
			test_note("it fails by itself: %s", strerror(error));
		if (!CHECK(work() >= 0))
			test_note("the next try fails, too");
		_exit(test_failing() ? 1 : over ? 2 : 0);
	}
	int status = pid > 0 ? user_wait(pid) : -1;
	if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1))
		test_note("allocation %lu: status %#x", n, status);
	return test_failing() || WEXITSTATUS(status) == 2;
}

static unsigned long each(work_fn *work)
{
	unsigned long n = 1;
	while (n < MOST && !fails_nth(work, n))
		n++;
	return n - 1;
}

/* Twice: what is kept for the next time is there when it begins again, and then the counts are the same. */
static void every(work_fn *work)
{
	if (user_only_quire())
		return;
	user_value("/proc/vmstat", "nr_objects"); /* has its own pages */
	unsigned long met = each(work);
	long objects = user_value("/proc/vmstat", "nr_objects"),
	     threads = user_value("/proc/vmstat", "nr_threads");
	CHECK(met > 0 && met < MOST && objects > 0);
	each(work);
	CHECK_EQ(user_value("/proc/vmstat", "nr_objects"), objects);
	CHECK_EQ(user_value("/proc/vmstat", "nr_threads"), threads);
	test_note("%lu allocations failed", met);
}

static long do_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(3);
	return pid < 0 ? -1 : WEXITSTATUS(user_wait(pid)) == 3 ? 0 : -1;
}
TEST(forks, "nomem/fork") { every(do_fork); }

static long do_vfork(void)
{
	pid_t pid = vfork();
	if (pid == 0)
		_exit(3);
	return pid < 0 ? -1 : user_wait(pid) == 3 << 8 ? 0 : -1;
}
TEST(vforks, "nomem/vfork") { every(do_vfork); }

/* The child's allocations fail, in execve. */
static unsigned long nth;
static long exec_child(void)
{
	char path[PATH_MAX + 20];
	char *argv[] = {(char *)"show", (char *)"bss", NULL};
	snprintf(path, sizeof path, "%s/show", user_programs);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(ALLOC_FAIL, nth);
		execv(path, argv);
		_exit(errno == ENOMEM || errno == EAGAIN ? 100 : 101);
	}
	return pid < 0 ? -1 : user_wait(pid);
}
static void exec_all(void)
{
	for (nth = 1; nth <= 120; nth++) {
		long status = exec_child();
		if (!CHECK(status == 0 || status == 100 << 8))
			test_note("allocation %lu: status %#lx", nth, status);
	}
}
TEST(execs, "nomem/execve")
{
	if (user_only_quire())
		return;
	user_value("/proc/vmstat", "nr_objects");
	exec_all();
	long objects = user_value("/proc/vmstat", "nr_objects");
	exec_all();
	CHECK_EQ(user_value("/proc/vmstat", "nr_objects"), objects);
}

static long do_pipe(void)
{
	int ends[2];
	char text[9000] = "";
	if (pipe(ends) < 0)
		return -1;
	ssize_t n = write(ends[1], text, sizeof text), got = n > 0 ? read(ends[0], text, sizeof text) : -1;
	int error = errno;
	close(ends[0]), close(ends[1]);
	errno = error;
	return n < 0 || got != n ? -1 : 0;
}
TEST(pipes, "nomem/pipe") { every(do_pipe); }

static long do_files(void)
{
	int fd = open("f", O_RDWR | O_CREAT, 0644), more = fd < 0 ? -1 : fcntl(fd, F_DUPFD, 200);
	char text[5000] = "";
	long got = more < 0 || pwrite(fd, text, 5000, 1 << 20) < 0 || ftruncate(fd, 100) < 0 ? -1 : 0;
	int error = errno;
	close(fd), close(more);
	unlink("f");
	errno = error;
	return got;
}
TEST(files, "nomem/files") { every(do_files); }

static void no_names(void) { unlink("l"), unlink("m"), unlink("d/n"), rmdir("d"); }
static long do_names(void)
{
	char text[PATH_MAX], names[1000];
	struct stat st;
	no_names();
	long got = mkdir("d", 0755) < 0 || symlink("d", "l") < 0 || rename("l", "m") < 0 ||
				   stat("m/.", &st) < 0 || link("m", "d/n") < 0 ||
				   !getcwd(text, sizeof text) || readlink("m", text, 10) < 0
			   ? -1
			   : 0;
	int d = got < 0 ? -1 : open("d", O_RDONLY);
	if (d < 0 || syscall(SYS_getdents64, d, names, sizeof names) < 0)
		got = -1;
	int error = errno;
	close(d);
	no_names();
	errno = error;
	return got;
}
TEST(names, "nomem/names") { every(do_names); }

static long do_memory(void)
{
	char *p = mmap(NULL, 64 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *more = MAP_FAILED;
	if (p == MAP_FAILED)
		return -1;
	long got = mprotect(p + 8 * PAGE, PAGE, PROT_READ) < 0 || madvise(p, 64 * PAGE, MADV_DONTNEED) < 0 ||
				   mlock(p, 4 * PAGE) < 0 || munmap(p + 20 * PAGE, PAGE) < 0 ||
				   (more = mremap(p + 32 * PAGE, 4 * PAGE, 40 * PAGE, MREMAP_MAYMOVE)) ==
					   MAP_FAILED
			   ? -1
			   : 0;
	int error = errno;
	munmap(p, 64 * PAGE);
	if (more != MAP_FAILED)
		munmap(more, 40 * PAGE);
	errno = error;
	return got;
}
TEST(memory, "nomem/memory-calls") { every(do_memory); }

/* No call to say so: a fault that finds no memory takes some from others. */
static long do_faults(void)
{
	char *p = mmap(NULL, 8 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	for (size_t at = 0; at < 8 << 20; at += 1 << 20)
		p[at] = 1;
	return munmap(p, 8 << 20);
}
TEST(faults, "nomem/page-faults") { every(do_faults); }

static long do_waits(void)
{
	struct pollfd fds[40];
	struct iovec v[20];
	char c[20];
	int zero = open("/dev/zero", O_RDONLY);
	if (zero < 0)
		return -1;
	for (int i = 0; i < 40; i++)
		fds[i] = (struct pollfd){zero, POLLIN, 0};
	for (int i = 0; i < 20; i++)
		v[i] = (struct iovec){c + i, 1};
	long got = poll(fds, 40, 0) < 0 || readv(zero, v, 20) < 0 ? -1 : 0;
	int error = errno;
	close(zero);
	errno = error;
	return got;
}
TEST(waits, "nomem/poll-and-vectors") { every(do_waits); }

static long do_proc(void)
{
	char text[300];
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	int error = errno;
	close(fd);
	errno = error;
	return n;
}
TEST(proc, "nomem/proc-files") { every(do_proc); }

static long do_records(void)
{
	struct flock all = {.l_type = F_WRLCK}, part = {.l_type = F_RDLCK, .l_start = 5, .l_len = 1};
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	long got = fd < 0 || fcntl(fd, F_SETLK, &all) < 0 || fcntl(fd, F_SETLK, &part) < 0 ? -1 : 0;
	int error = errno;
	close(fd);
	unlink("f");
	errno = error;
	return got;
}
TEST(records, "nomem/record-locks") { every(do_records); }

static long do_large(void)
{
	static char text[1 << 16];
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	long got = fd < 0 || write(fd, text, sizeof text) != sizeof text ? -1 : 0;
	if (!got && pread(fd, text, sizeof text, 0) != sizeof text)
		got = -1;
	close(fd);
	return got;
}
static long do_directory(void)
{
	char name[300], names[20000];
	mkdir("many", 0755);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "many/%0200d", i);
		close(open(name, O_WRONLY | O_CREAT, 0644));
	}
	int d = open("many", O_RDONLY);
	long got = syscall(SYS_getdents64, d, names, sizeof names), n = got;
	while (n > 0)
		got += n = syscall(SYS_getdents64, d, names, sizeof names);
	close(d);
	return n < 0 || got < 50 * 220 ? -1 : 0;
}
static long do_exec(void)
{
	nth = SEVERAL;
	return exec_child() == 0 ? 0 : -1;
}

/* A machine whose memory was all in use for a while may have no two free pages side by side: what programs do every day
 * works there as well. */
TEST(apart, "nomem/no-two-pages-side-by-side")
{
	static const struct {
		const char *name;
		work_fn *work;
	} all[] = {{"fork", do_fork},     {"vfork", do_vfork},         {"execve", do_exec},
		   {"pipe", do_pipe},     {"files", do_files},         {"names", do_names},
		   {"memory", do_memory}, {"waits", do_waits},         {"records", do_records},
		   {"large", do_large},   {"directory", do_directory}, {"proc", do_proc}};
	if (user_only_quire())
		return;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		prctl(ALLOC_FAIL, SEVERAL);
		long got = all[i].work();
		int error = errno;
		prctl(ALLOC_FAIL, 0);
		if (!CHECK(got >= 0))
			test_note("%s: %s", all[i].name, strerror(error));
	}
}
