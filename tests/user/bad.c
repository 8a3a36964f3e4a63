/* Bad pointers and lengths, given to every call that takes one. A call is described by what it does with a place:
 * CALLS below lists them, PLACES are addresses that are none. Each call must say EFAULT for each place, and do its
 * work for a good one before and after. */
#include "tests/user/user.h"
#include <limits.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

static int plain, directory, ends[2]; /* a file of 3 pages, a directory, a pipe with something in it */

static void prepare(void)
{
	plain = user_file("plain", 3 * PAGE);
	directory = open(".", O_RDONLY);
	CHECK(pipe(ends) == 0 && write(ends[1], "0123456789", 10) == 10);
	CHECK(symlink("plain", "link") == 0);
}

/* ---- calls that write to a place ---- */

static long do_read(uintptr_t at) { return syscall(SYS_pread64, plain, at, 100, 0); }
static long do_read_pipe(uintptr_t at)
{
	long r = syscall(SYS_read, ends[0], at, 1);
	if (r == 1)
		write(ends[1], "x", 1);
	return r;
}
static long do_readv(uintptr_t at)
{
	struct iovec v = {(void *)at, 100};
	lseek(plain, 0, SEEK_SET);
	return syscall(SYS_readv, plain, &v, 1);
}
static long do_fstat(uintptr_t at) { return syscall(SYS_fstat, plain, at); }
static long do_stat(uintptr_t at) { return syscall(SYS_newfstatat, AT_FDCWD, "plain", at, 0); }
static long do_getdents(uintptr_t at)
{
	lseek(directory, 0, SEEK_SET);
	return syscall(SYS_getdents64, directory, at, 1000);
}
static long do_getcwd(uintptr_t at) { return syscall(SYS_getcwd, at, 1000); }
static long do_readlink(uintptr_t at) { return syscall(SYS_readlinkat, AT_FDCWD, "link", at, 100); }
static long do_statfs(uintptr_t at) { return syscall(SYS_statfs, ".", at); }
static long do_uname(uintptr_t at) { return syscall(SYS_uname, at); }
static long do_getrusage(uintptr_t at) { return syscall(SYS_getrusage, RUSAGE_SELF, at); }
static long do_times(uintptr_t at) { return syscall(SYS_times, at); }
static long do_sysinfo(uintptr_t at) { return syscall(SYS_sysinfo, at); }
static long do_clock(uintptr_t at) { return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at); }
static long do_random(uintptr_t at) { return syscall(SYS_getrandom, at, 16, 0); }
static long do_limit(uintptr_t at) { return syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, at); }
static long do_affinity(uintptr_t at) { return syscall(SYS_sched_getaffinity, 0, 128, at); }
static long do_mincore(uintptr_t at) { return syscall(SYS_mincore, (uintptr_t)do_mincore & -PAGE, PAGE, at); }
static long do_wait(uintptr_t at)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	long r = syscall(SYS_wait4, pid, at, 0, NULL);
	int error = errno;
	waitpid(pid, NULL, 0); /* Linux has waited for it before it fails */
	errno = error;
	return r;
}

/* ---- calls that read a place ---- */

static long do_write(uintptr_t at) { return syscall(SYS_pwrite64, plain, at, 100, 0); }
static long do_write_pipe(uintptr_t at)
{
	char c;
	long r = syscall(SYS_write, ends[1], at, 1);
	if (r == 1)
		read(ends[0], &c, 1);
	return r;
}
static long do_writev(uintptr_t at)
{
	struct iovec v = {(void *)at, 100};
	return syscall(SYS_writev, plain, &v, 1);
}
static long do_iovec(uintptr_t at) { return syscall(SYS_writev, plain, at, 2); }
static long do_nanosleep(uintptr_t at) { return syscall(SYS_nanosleep, at, NULL); }
static long do_utimens(uintptr_t at) { return syscall(SYS_utimensat, AT_FDCWD, "plain", at, 0); }
static long do_set_limit(uintptr_t at) { return syscall(SYS_prlimit64, 0, RLIMIT_CORE, at, NULL); }

/* ---- calls that read a name: good ones fail by ENOENT, as no such file is there ---- */

static long do_open(uintptr_t at) { return syscall(SYS_openat, AT_FDCWD, at, O_RDONLY); }
static long do_name_stat(uintptr_t at)
{
	struct stat st;
	return syscall(SYS_newfstatat, AT_FDCWD, at, &st, 0);
}
static long do_unlink(uintptr_t at) { return syscall(SYS_unlinkat, AT_FDCWD, at, 0); }
static long do_chdir(uintptr_t at) { return syscall(SYS_chdir, at); }
static long do_rename(uintptr_t at) { return syscall(SYS_renameat2, AT_FDCWD, at, AT_FDCWD, "new", 0); }
static long do_rename_to(uintptr_t at) { return syscall(SYS_renameat2, AT_FDCWD, "plain", AT_FDCWD, at, 0); }
static long do_link(uintptr_t at) { return syscall(SYS_linkat, AT_FDCWD, at, AT_FDCWD, "new", 0); }
static long do_symlink(uintptr_t at) { return syscall(SYS_symlinkat, at, AT_FDCWD, "nothing/new"); }
static long do_mkdir(uintptr_t at) { return syscall(SYS_mkdirat, AT_FDCWD, at, 0755); }
static long do_name_readlink(uintptr_t at)
{
	char text[10];
	return syscall(SYS_readlinkat, AT_FDCWD, at, text, 10);
}
static long do_truncate(uintptr_t at) { return syscall(SYS_truncate, at, 0); }
static long do_chmod(uintptr_t at) { return syscall(SYS_fchmodat, AT_FDCWD, at, 0644); }
static long do_access(uintptr_t at) { return syscall(SYS_faccessat, AT_FDCWD, at, 0); }
static long do_name_statfs(uintptr_t at)
{
	struct statfs fs;
	return syscall(SYS_statfs, at, &fs);
}
static long do_exec(uintptr_t at) { return syscall(SYS_execve, at, NULL, NULL); }

struct call {
	const char *name;
	long (*call)(uintptr_t at);
	enum { WRITES, READS, NAME } kind;
};
static const struct call calls[] = {
	{"read", do_read, WRITES},
	{"read of a pipe", do_read_pipe, WRITES},
	{"readv", do_readv, WRITES},
	{"fstat", do_fstat, WRITES},
	{"fstatat", do_stat, WRITES},
	{"getdents64", do_getdents, WRITES},
	{"getcwd", do_getcwd, WRITES},
	{"readlink", do_readlink, WRITES},
	{"statfs", do_statfs, WRITES},
	{"uname", do_uname, WRITES},
	{"getrusage", do_getrusage, WRITES},
	{"times", do_times, WRITES},
	{"sysinfo", do_sysinfo, WRITES},
	{"clock_gettime", do_clock, WRITES},
	{"getrandom", do_random, WRITES},
	{"prlimit", do_limit, WRITES},
	{"sched_getaffinity", do_affinity, WRITES},
	{"mincore", do_mincore, WRITES},
	{"wait4", do_wait, WRITES},
	{"write", do_write, READS},
	{"write to a pipe", do_write_pipe, READS},
	{"writev", do_writev, READS},
	{"iovec", do_iovec, READS},
	{"nanosleep", do_nanosleep, READS},
	{"utimensat", do_utimens, READS},
	{"setting a limit", do_set_limit, READS},
	{"open", do_open, NAME},
	{"stat of a name", do_name_stat, NAME},
	{"unlink", do_unlink, NAME},
	{"chdir", do_chdir, NAME},
	{"rename", do_rename, NAME},
	{"rename to", do_rename_to, NAME},
	{"link", do_link, NAME},
	{"symlink", do_symlink, NAME},
	{"mkdir", do_mkdir, NAME},
	{"readlink of a name", do_name_readlink, NAME},
	{"truncate", do_truncate, NAME},
	{"chmod", do_chmod, NAME},
	{"access", do_access, NAME},
	{"statfs of a name", do_name_statfs, NAME},
	{"execve", do_exec, NAME},
};
#define CALLS (sizeof calls / sizeof *calls)

/* Does a null pointer mean something to this call? */
static bool knows_null(const struct call *c)
{
	return c->call == do_wait || c->call == do_limit || c->call == do_utimens ||
	       c->call == do_set_limit || c->call == do_times || c->call == do_mincore;
}

/* Calls that qemu-user answers without looking at a bad place. */
static bool emulated(const struct call *c)
{
	return user_system == ON_QEMU_USER && (c->call == do_nanosleep || c->call == do_sysinfo);
}

/* All calls of a kind must refuse AT. */
static void refuse(uintptr_t at, unsigned kinds)
{
	for (size_t i = 0; i < CALLS; i++) {
		if (!(kinds >> calls[i].kind & 1) || (!at && knows_null(&calls[i])) || emulated(&calls[i]))
			continue;
		long got = result(calls[i].call(at));
		if (got != -EFAULT) {
			CHECK(false);
			test_note("%s at %#lx gives %ld, expected -EFAULT (-14)", calls[i].name,
				  (unsigned long)at, got);
		}
	}
}

#define ALL   7U /* by kinds */
#define WRITE 1U

/* Calls do their work for a good place: what follows is not refused for another reason. */
TEST(good, "bad/good-places-are-taken")
{
	prepare();
	for (size_t i = 0; i < CALLS; i++) {
		char *p = user_pages(2, RW);
		if (calls[i].kind == NAME)
			strcpy(p, "nothing/here");
		if (calls[i].call == do_utimens)
			memset(p, 0, 64);
		long got = result(calls[i].call((uintptr_t)p));
		if (!CHECK(calls[i].kind == NAME ? got == -ENOENT || got == -ENOTDIR : got >= 0))
			test_note("%s: %ld", calls[i].name, got);
	}
}

/* The first page. Bad: ptr:null ptr:one ptr:0xfff */
TEST(first, "bad/first-page")
{
	prepare();
	refuse(0, ALL);
	refuse(1, ALL);
	refuse(0xfff, ALL);
}

/* Where the user's half ends, and what is no address at all.
 * Bad: ptr:user-top ptr:2-47 ptr:2-47-minus-1 ptr:2-63 ptr:minus-1 ptr:minus-4096 ptr:last-user-byte */
TEST(top, "bad/top-of-the-users-half")
{
	prepare();
	refuse(1UL << 47, ALL);
	refuse((1UL << 47) - 1, WRITE);
	refuse((1UL << 47) - PAGE, WRITE & (user_system == ON_QUIRE));
	/* The last byte may be mapped; what is longer than one does not fit. */
	CHECK_EQ(result(do_read((1UL << 47) - PAGE - 1)), -EFAULT);
	CHECK_EQ(result(do_fstat((1UL << 47) - PAGE - 1)), -EFAULT);
	CHECK_EQ(result(do_write((1UL << 47) - PAGE - 1)), -EFAULT);
	refuse(1UL << 63, ALL);
	refuse(-1UL, ALL);
	refuse(-4096UL, ALL);
	refuse(0x0000900000000000, ALL);
}

/* The kernel's half, wherever it keeps something: text, stacks, memory, tables. No answer differs from another.
 * Bad: ptr:kernel-text ptr:kernel-stack ptr:direct-map ptr:page-table */
TEST(kernel, "bad/kernel-half")
{
	char c;
	prepare();
	refuse(0xffffffff80000000, ALL);
	refuse(0xffffffff80200000, ALL);
	refuse(0xffff800000000000, ALL);
	refuse(0xffff800000100000, ALL);
	refuse(0xffff888000001000, ALL);
	for (uintptr_t at = 0xffff800000000000; at; at += 1UL << 39) {
		if (!CHECK_EQ(result(syscall(SYS_pread64, plain, at, 100, 0)), -EFAULT))
			test_note("at %#lx", (unsigned long)at);
	}
	for (uintptr_t at = 0; at < 256UL << 20; at += 1 << 20) {
		CHECK_EQ(result(syscall(SYS_pread64, plain, 0xffff800000000000 + at, 1, 0)), -EFAULT);
		CHECK_EQ(result(syscall(SYS_pwrite64, plain, 0xffff800000000000 + at, 1, 0)), -EFAULT);
	}
	for (uintptr_t at = 0xffffffff80000000; at < 0xffffffff81000000; at += 64 << 10)
		CHECK_EQ(result(syscall(SYS_pwrite64, plain, at, 1, 0)), -EFAULT);
	CHECK(pread(plain, &c, 1, 0) == 1 && user_bytes(&c, 0, 1));
}

/* Not mapped, without access, read-only for what is to be written.
 * Bad: ptr:unmapped ptr:none ptr:read-only */
TEST(mapped, "bad/unmapped-none-and-read-only")
{
	prepare();
	char *p = user_pages(3, RW);
	CHECK(munmap(p, PAGE) == 0 && mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	CHECK(mprotect(p + 2 * PAGE, PAGE, PROT_READ) == 0);
	refuse((uintptr_t)p, ALL);
	refuse((uintptr_t)p + 100, ALL);
	refuse((uintptr_t)p + PAGE, ALL);
	refuse((uintptr_t)p + 2 * PAGE, WRITE);
	static const char constant[4096];
	refuse((uintptr_t)constant, WRITE);
}

/* A buffer that begins well and runs into a hole: what was copied is told, nothing behind is touched, and no byte
 * of the file is lost. Bad: ptr:crosses-hole */
TEST(crossing, "bad/running-into-a-hole")
{
	prepare();
	char *p = user_pages(3, RW);
	memset(p, 'x', 3 * PAGE);
	CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	static const size_t sizes[] = {101, 200, PAGE + 100, 2 * PAGE + 100};
	for (size_t i = 0; i < 4; i++) {
		lseek(plain, 0, SEEK_SET);
		long got = result(read(plain, p + PAGE - 100, sizes[i]));
		CHECK(got == -EFAULT || (got > 0 && got <= 100));
		CHECK_EQ(lseek(plain, 0, SEEK_CUR), got > 0 ? got : 0);
		CHECK(got < 0 || user_bytes(p + PAGE - 100, 0, got));
		lseek(plain, 2 * PAGE, SEEK_SET);
		got = result(write(plain, p + PAGE - 100, sizes[i]));
		CHECK(got == -EFAULT || (got > 0 && got <= 100));
		CHECK_EQ(lseek(plain, 0, SEEK_CUR), 2 * PAGE + (got > 0 ? got : 0));
	}
	CHECK(user_all(p + 2 * PAGE, PAGE, 'x'));
	char tail[200];
	CHECK(pread(plain, tail, 200, 2 * PAGE + 100) == 200 && user_bytes(tail, 2 * PAGE + 100, 200));
	struct stat st;
	CHECK(fstat(plain, &st) == 0 && st.st_size == 3 * (off_t)PAGE);
	CHECK_EQ(result(syscall(SYS_fstat, plain, p + PAGE - 8)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_uname, p + PAGE - 8)), -EFAULT);
}

/* Nothing to copy: the place does not matter, or is refused; never a crash. Bad: ptr:len-0 */
TEST(zero, "bad/length-zero")
{
	static const uintptr_t at[] = {0, 8, 1UL << 47, 1UL << 63, -1UL, 0xffffffff80000000};
	prepare();
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		long r = result(syscall(SYS_pread64, plain, at[i], 0, 0)),
		     w = result(syscall(SYS_pwrite64, plain, at[i], 0, 0));
		CHECK(r == 0 || r == -EFAULT);
		CHECK(w == 0 || w == -EFAULT);
		struct iovec v = {(void *)at[i], 0};
		r = result(syscall(SYS_readv, plain, &v, 1));
		CHECK(r == 0 || r == -EFAULT);
	}
}

/* Lengths that no memory has: what is there is transferred, or the call says why not.
 * Bad: ptr:len-2-31 ptr:len-2-63 ptr:wraps ptr:top-crossing */
TEST(lengths, "bad/huge-lengths")
{
	static const size_t sizes[] = {1UL << 31, (1UL << 31) + 1, 1UL << 32, 1UL << 47,
				       1UL << 62, 1UL << 63,       -1UL,      -4096UL};
	prepare();
	char *p = user_pages(4, RW);
	CHECK(munmap(p + 3 * PAGE, PAGE) == 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		long r = result(syscall(SYS_pread64, plain, p, sizes[i], 0));
		if (!CHECK(r == 3 * (long)PAGE || r == -EFAULT || r == -EINVAL))
			test_note("%#zx: %ld", sizes[i], r);
		r = result(syscall(SYS_pwrite64, plain, p, sizes[i], 0));
		CHECK((r > 0 && r <= 3 * (long)PAGE) || r == -EFAULT || r == -EINVAL);
		r = result(syscall(SYS_getrandom, p, sizes[i], 0));
		CHECK((r > 0 && r <= 3 * (long)PAGE) || r == -EFAULT || r == -EINVAL);
		CHECK_EQ(result(syscall(SYS_pread64, plain, -sizes[i] & -PAGE, sizes[i] + 2 * PAGE, 0)) < 0,
			 1);
	}
	CHECK_EQ(result(syscall(SYS_pread64, plain, (1UL << 47) - 1, 2, 0)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_pread64, plain, -1UL, 2, 0)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_pwrite64, plain, -1UL, 2, 0)), -EFAULT);
}

/* A name that ends nowhere, in front of a hole and of the end of what users have. Bad: ptr:unterminated */
TEST(unterminated, "bad/unterminated-names")
{
	prepare();
	char *p = user_pages(2, RW);
	memset(p, 'n', 2 * PAGE);
	CHECK(munmap(p + PAGE, PAGE) == 0);
	for (size_t i = 0; i < CALLS; i++) {
		if (calls[i].kind != NAME)
			continue;
		for (size_t left = 1; left <= 200; left += 199) {
			long got = result(calls[i].call((uintptr_t)p + PAGE - left));
			if (!CHECK_EQ(got, -EFAULT))
				test_note("%s with %zu bytes", calls[i].name, left);
		}
	}
	p[PAGE - 1] = '\0';
	CHECK_EQ(result(do_open((uintptr_t)p + PAGE - 5)), -ENOENT);
}

/* The buffer is a shared mapping of a file that another process cuts meanwhile: an error or a short count, whole
 * bytes, and the process goes on. */
TEST(cut, "bad/buffer-is-cut-meanwhile")
{
	if (user_not_emulated("copying from and to buffers"))
		return;
	prepare();
	int fd = user_file("cut", 4 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			CHECK(ftruncate(fd, 0) == 0);
			CHECK(ftruncate(fd, 4 * PAGE) == 0);
		}
	}
	for (int i = 0; i < 2000; i++) {
		long r = result(pread(plain, p, 3 * PAGE, 0)), w = result(pwrite(plain, p, PAGE, 0));
		CHECK(r == -EFAULT || (r > 0 && r <= 3 * (long)PAGE));
		CHECK(w == -EFAULT || (w > 0 && w <= (long)PAGE));
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
}

/* Random arguments to all calls that cannot hurt the tester: no crash, no hang; memory and files are as they were. */
TEST(fuzz, "bad/random-arguments")
{
	static const long safe[] = {SYS_read,       SYS_write,
				    SYS_pread64,    SYS_pwrite64,
				    SYS_readv,      SYS_writev,
				    SYS_lseek,      SYS_fstat,
				    SYS_newfstatat, SYS_getdents64,
				    SYS_getcwd,     SYS_readlinkat,
				    SYS_faccessat,  SYS_uname,
				    SYS_getrusage,  SYS_times,
				    SYS_sysinfo,    SYS_getpgid,
				    SYS_getpid,     SYS_mincore,
				    SYS_msync,      SYS_wait4,
				    SYS_fcntl,      SYS_statfs,
				    SYS_getrandom,  SYS_sched_getaffinity,
				    SYS_mlock,      SYS_munlock};
	if (user_not_emulated("most calls"))
		return;
	prepare();
	char *p = user_pages(4, RW), *q = user_pages(2, PROT_READ);
	user_fill(p + PAGE, PAGE, 1);
	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	const uint64_t places[] = {0,
				   1,
				   3,
				   5,
				   (uint64_t)plain,
				   (uint64_t)directory,
				   100,
				   4095,
				   4096,
				   8192,
				   (uintptr_t)p,
				   (uintptr_t)p + PAGE,
				   (uintptr_t)p + 2 * PAGE - 3,
				   (uintptr_t)q,
				   1UL << 31,
				   1UL << 47,
				   1UL << 63,
				   -1UL,
				   -4096UL,
				   0xffffffff80000000,
				   0xffff800000000000,
				   INT_MAX};
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0), dup2(null, 1), dup2(null, 2); /* nothing waits, nothing is printed */
		close(ends[0]), close(ends[1]);
		for (int i = 0; i < 20000; i++) {
			uint64_t a[6];
			for (int n = 0; n < 6; n++)
				a[n] = test_rand() % 8
					       ? places[test_rand() % (sizeof places / sizeof *places)]
					       : test_rand();
			syscall(safe[test_rand() % (sizeof safe / sizeof *safe)], a[0], a[1], a[2], a[3],
				a[4], a[5]);
		}
		_exit(!user_filled(p + PAGE, PAGE, 1));
	}
	CHECK_EQ(user_wait(pid), 0);
}
