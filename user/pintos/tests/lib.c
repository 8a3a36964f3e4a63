/* include/tests/lib.h, as a Pintos program itself: on the calls of include/syscall.h alone. */
#include <tests/lib.h>
#include <stdio.h>
#include <string.h>

__attribute__((weak)) const char *test_name = "test";
bool quiet;

static void say(const char *format, va_list args, const char *suffix)
{
	char text[1024];

	vsnprintf(text, sizeof text, format, args);
	printf("(%s) %s%s\n", test_name, text, suffix);
}

void msg(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	say(format, args, "");
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, ": FAILED");
	va_end(args);
	exit(1);
}

void exec_children(const char *name, pid_t pids[], size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		char line[128];

		snprintf(line, sizeof line, "%s %zu", name, i);
		pids[i] = fork(name);
		if (pids[i] == 0)
			exit(exec(line));
		CHECK(pids[i] != PID_ERROR, "exec child %zu of %zu: \"%s\"", i + 1, cnt, line);
	}
}

void wait_children(pid_t pids[], size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		int status = wait(pids[i]);

		CHECK(status == (int)i, "wait for child %zu of %zu returned %d (expected %zu)", i + 1, cnt,
		      status, i);
	}
}

void compare_bytes(const void *read_, const void *expected_, size_t size, size_t ofs, const char *file_name)
{
	const char *got = read_, *expected = expected_;
	size_t at = 0, show;

	if (memcmp(got, expected, size) == 0)
		return;
	while (got[at] == expected[at])
		at++;
	show = size - at < 32 ? size - at : 32;
	quiet = false;
	msg("\"%s\" differs from what was expected at byte %zu:", file_name, ofs + at);
	msg("read:");
	hex_dump(ofs + at, got + at, show, true);
	msg("expected:");
	hex_dump(ofs + at, expected + at, show, true);
	fail("\"%s\" does not hold what it should", file_name);
}

void check_file_handle(int fd, const char *file_name, const void *expected, size_t size)
{
	static char block[512];
	size_t ofs = 0;

	if (filesize(fd) != (int)size)
		fail("filesize of \"%s\" is %d, expected %zu", file_name, filesize(fd), size);
	while (ofs < size) {
		size_t want = size - ofs < sizeof block ? size - ofs : sizeof block;
		int got = read(fd, block, (unsigned)want);

		if (got != (int)want)
			fail("read of %zu bytes at %zu of \"%s\" returned %d", want, ofs, file_name, got);
		compare_bytes(block, (const char *)expected + ofs, want, ofs, file_name);
		ofs += want;
	}
	if (read(fd, block, 1) != 0)
		fail("\"%s\" goes on behind its %zu bytes", file_name, size);
	msg("verified contents of \"%s\"", file_name);
}

void check_file(const char *file_name, const void *expected, size_t size)
{
	int fd = open(file_name);

	CHECK(fd > 1, "open \"%s\" for verification", file_name);
	check_file_handle(fd, file_name, expected, size);
	msg("close \"%s\"", file_name);
	close(fd);
}
