/* What the tests of user programs share; see user.h. */
#include "tests/user/user.h"
#include <limits.h>
#include <sys/time.h>

bool user_only_quire(void)
{
	if (user_system == ON_QUIRE)
		return false;
	test_skip("asks for what only Quire forbids or shows");
	return true;
}

bool user_not_emulated(const char *what)
{
	if (user_system != ON_QEMU_USER)
		return false;
	char why[200];
	snprintf(why, sizeof why, "qemu-user has its own way of %s", what);
	test_skip(why);
	return true;
}

/* ---- children ---- */

pid_t user_child(void (*body)(void *), void *arg)
{
	pid_t pid = fork();
	if (pid == 0) {
		body(arg);
		_exit(test_failing());
	}
	CHECK(pid > 0);
	return pid;
}

int user_wait(pid_t pid)
{
	int status;
	return waitpid(pid, &status, 0) > 0 ? status : -1;
}

int user_status(void (*body)(void *), void *arg) { return user_wait(user_child(body, arg)); }

int user_signal(void (*body)(void *), void *arg)
{
	int status = user_status(body, arg);
	return status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The error goes through a pipe that a successful execve closes. */
int user_exec(const char *path, char *const argv[])
{
	static char *const no_environment[] = {NULL};
	int ends[2], error = 0;
	if (!CHECK(pipe2(ends, O_CLOEXEC) == 0))
		_exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		execve(path, argv, no_environment);
		error = errno;
		_exit(write(ends[1], &error, sizeof error) != sizeof error);
	}
	CHECK(pid > 0);
	close(ends[1]);
	if (read(ends[0], &error, sizeof error) != sizeof error)
		error = 0;
	close(ends[0]);
	int status = user_wait(pid);
	return error ? -error : status;
}

void user_become(const char *program, char *const argv[])
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof path, "%s/%s", user_programs, program);
	if (user_system != ON_QEMU_USER) {
		execve(path, argv, environ);
		return;
	}
	/* The kernel below knows no programs of this machine: EMULATOR -0 NAME PATH ARGUMENT... */
	char *words[64] = {getenv("TEST_EMULATOR"), (char *)"-0", argv[0], path};
	for (int i = 1; i < 60 && argv[i]; i++)
		words[3 + i] = argv[i];
	execve(words[0], words, environ);
}

int user_output(const char *program, char *const argv[], char *text, size_t size)
{
	int ends[2];
	size_t have = 0;
	if (!CHECK(pipe(ends) == 0))
		_exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		user_become(program, argv);
		_exit(126);
	}
	CHECK(pid > 0);
	close(ends[1]);
	for (ssize_t n; have < size - 1 && (n = read(ends[0], text + have, size - 1 - have)) > 0;)
		have += n;
	close(ends[0]);
	text[have] = '\0';
	return user_wait(pid);
}

double user_float_over(long call, long arg, double value, long *result)
{
	double seen;
#if defined(__x86_64__)
	__asm__ volatile("movapd %2, %%xmm7\n\tsyscall\n\tmovapd %%xmm7, %1"
			 : "+a"(call), "=x"(seen)
			 : "x"(value), "D"(arg), "S"(0)
			 : "rcx", "r11", "memory", "xmm7");
	*result = call;
#elif defined(__riscv)
	register long a0 __asm__("a0") = arg, a1 __asm__("a1") = 0, a7 __asm__("a7") = call;
	__asm__ volatile("fmv.d fs7, %2\n\tecall\n\tfmv.d %1, fs7"
			 : "+r"(a0), "=f"(seen)
			 : "f"(value), "r"(a1), "r"(a7)
			 : "memory", "fs7");
	*result = a0;
#endif
	return seen;
}

/* ---- memory ---- */

static char *map(size_t count, int prot, int flags)
{
	char *p = mmap(NULL, count * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);
	if (!CHECK(p != MAP_FAILED))
		_exit(1);
	return p;
}

char *user_pages(size_t count, int prot) { return map(count, prot, MAP_PRIVATE); }
char *user_shared(size_t count) { return map(count, RW, MAP_SHARED); }

static void read_there(void *at) { (void)*(volatile char *)at; }
static void write_there(void *at) { *(volatile char *)at = 1; }

static void jump_there(void *at)
{
	void (*code)(void);
	memcpy(&code, &at, sizeof code);
	code();
}

int user_reads(const void *at) { return user_signal(read_there, (void *)at); }
int user_writes(void *at) { return user_signal(write_there, at); }
int user_jumps(const void *at) { return user_signal(jump_there, (void *)at); }

bool user_all(const char *at, size_t size, char value)
{
	for (size_t i = 0; i < size; i++) {
		if (at[i] != value) {
			test_note("byte %zu is %d, expected %d", i, at[i], value);
			return false;
		}
	}
	return true;
}

bool user_resident(const void *at)
{
	unsigned char in = 0;
	void *page = (void *)((uintptr_t)at & -PAGE);
	CHECK(mincore(page, PAGE, &in) == 0);
	return in & 1;
}

char user_walk(const void *at, unsigned long *frame, char flags[12], unsigned *levels)
{
	char text[2048], kind[8] = "none";
	int fd = open("/proc/self/walk", O_RDONLY);
	ssize_t n = pread(fd, text, sizeof text - 1, (off_t)(uintptr_t)at);
	close(fd);
	if (!CHECK(n > 0))
		_exit(1);
	text[n] = '\0';
	*levels = 0;
	*frame = 0;
	flags[0] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%*u %*u %*x %*x %7s %lx %11s", kind, frame, flags) < 1)
			break;
		++*levels;
	}
	return kind[0];
}

static uint64_t mix(uint64_t seed, size_t i)
{
	uint64_t x = seed + (i + 1) * 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	return x ^ x >> 27;
}

void user_fill(void *at, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size / 8; i++)
		((uint64_t *)at)[i] = mix(seed, i);
}

bool user_filled(const void *at, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size / 8; i++) {
		uint64_t got = ((const uint64_t *)at)[i];
		if (got != mix(seed, i)) {
			test_note("word %zu is %#llx, expected %#llx", i, (unsigned long long)got,
				  (unsigned long long)mix(seed, i));
			return false;
		}
	}
	return true;
}

/* ---- files ---- */

unsigned char user_byte(size_t i) { return 1 + (i + i / 255) % 255; }

int user_file(const char *name, size_t size)
{
	unsigned char buffer[1024];
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (!CHECK(fd >= 0))
		_exit(1);
	for (size_t done = 0; done < size;) {
		size_t n = size - done < sizeof buffer ? size - done : sizeof buffer;
		for (size_t i = 0; i < n; i++)
			buffer[i] = user_byte(done + i);
		if (!CHECK_EQ(write(fd, buffer, n), n))
			_exit(1);
		done += n;
	}
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

bool user_bytes(const void *at, size_t from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char got = ((const unsigned char *)at)[i];
		if (got != user_byte(from + i)) {
			test_note("byte %zu is %u, expected %u", from + i, got, user_byte(from + i));
			return false;
		}
	}
	return true;
}

bool user_read_file(const char *path, char *text, size_t size)
{
	size_t have = 0;
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	for (ssize_t n; have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0;)
		have += n;
	close(fd);
	text[have] = '\0';
	return have > 0;
}

long user_value(const char *path, const char *name)
{
	static char text[16384];
	size_t len = strlen(name);
	if (!user_read_file(path, text, sizeof text))
		return -1;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, name, len) && strchr(": \t", line[len]))
			return strtol(line + len + strspn(line + len, ": \t"), NULL, 10);
	}
	return -1;
}
