/* GROUP [--list] [--limit=SECONDS] [PATTERN...]: run the tests of one group, all or those that match, and print TAP; a
 * test that hangs is ended and has failed. Exit status 0 when none failed. See user.h. */
#include "tests/user/user.h"
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#define SKIPPED 77 /* the status of a test that printed its own line */

enum user_system user_system;
char user_programs[PATH_MAX], user_directory[PATH_MAX];

static bool failing;
static unsigned number, limit = 120; /* s, for each test */
static const char *running;
static uint64_t random_state;

/* ---- tests/test.h ---- */

static void print(const char *prefix, const char *fmt, va_list args)
{
	char line[500];
	int used = snprintf(line, sizeof line, "%s", prefix);
	vsnprintf(line + used, sizeof line - used - 1, fmt, args);
	strcat(line, "\n");
	/* One write: what processes print at the same time stays whole. */
	if (write(1, line, strlen(line)) < 0)
		_exit(3);
}

void test_note(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print("# ", fmt, args);
	va_end(args);
}

void test_print(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print("", fmt, args);
	va_end(args);
}

bool test_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok) {
		int error = errno;
		test_note("%s:%d: %s: failed (errno %d, %s)", file, line, what, error, strerror(error));
		failing = true;
	}
	return ok;
}

bool test_check_eq(uint64_t got, uint64_t want, const char *g, const char *w, const char *file, int line)
{
	if (got != want) {
		test_note("%s:%d: %s is %lld (%#llx), expected %s, %lld (%#llx)", file, line, g,
			  (long long)got, (unsigned long long)got, w, (long long)want,
			  (unsigned long long)want);
		failing = true;
	}
	return got == want;
}

/* The line that says so is printed here; the reason is in no other place. */
void test_skip(const char *why)
{
	test_print("ok %u - %s # SKIP %s", number, running, why);
	_exit(SKIPPED);
}

bool test_failing(void) { return failing; }

uint64_t test_rand(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

uint64_t test_seed(void)
{
	const char *seed = getenv("SEED");
	return seed ? strtoull(seed, NULL, 0) : 1;
}

/* ---- one test ---- */

/* Remove all that is in the directory PATH. */
static void clear_directory(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (struct dirent *e; (e = readdir(dir));) {
		char name[PATH_MAX];
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name)
			continue;
		if (unlink(name) < 0) {
			clear_directory(name);
			rmdir(name);
		}
	}
	closedir(dir);
}

/* A process that ends PID when its time is up; it closes GO when it is all there. */
static pid_t watch(pid_t pid, int go)
{
	pid_t dog = fork();
	if (dog == 0) {
		close(go);
		sleep(limit);
		test_note("%s did not end within %u s", running, limit);
		_exit(kill(pid, SIGKILL));
	}
	return dog;
}

static bool run(const struct test *test)
{
	running = test->name;
	number++;
	int go[2];
	pid_t pid = pipe(go) == 0 ? fork() : -1;
	if (pid == 0) {
		char none;
		close(go[1]);
		if (read(go[0], &none, 1) == 0)
			close(go[0]);
		random_state = test_seed() * 0x9e3779b97f4a7c15 + 1;
		test->run();
		_exit(failing);
	}
	pid_t dog = pid < 0 ? -1 : watch(pid, go[1]);
	close(go[0]), close(go[1]);
	int status = pid < 0 ? -1 : user_wait(pid);
	if (dog > 0 && kill(dog, SIGKILL) == 0)
		user_wait(dog);
	for (int orphans = 0; orphans < 1000 && waitpid(-1, NULL, WNOHANG) > 0; orphans++)
		; /* what it left behind, when this is the first process */
	clear_directory(user_directory);
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		return true;
	if (pid < 0)
		test_note("fork: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		test_note("signal %d ended the test", WTERMSIG(status));
	test_print("%sok %u - %s", status ? "not " : "", number, test->name);
	return status == 0;
}

static bool wanted(const struct test *test, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++) {
		if (!fnmatch(*patterns, test->name, 0))
			return true;
	}
	return false;
}

/* Where are we, and where are the programs? */
static void look_around(const char *self)
{
	struct utsname name;
	if (uname(&name) == 0 && (strstr(name.version, "Quire") || strstr(name.sysname, "Quire")))
		user_system = ON_QUIRE;
	else if (getenv("TEST_EMULATOR"))
		user_system = ON_QEMU_USER;
	if (!realpath(strchr(self, '/') ? self : "/proc/self/exe", user_programs)) {
		fprintf(stderr, "%s: start this by its path\n", self);
		exit(2);
	}
	*strrchr(user_programs, '/') = '\0';
	const char *tmp = getenv("TMPDIR");
	snprintf(user_directory, sizeof user_directory, "%s/quire-test-%d", tmp ? tmp : "/tmp", getpid());
	if (mkdir(user_directory, 0755) < 0 || chdir(user_directory) < 0) {
		perror(user_directory);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	bool list = argc > 1 && !strcmp(argv[1], "--list");
	unsigned count = 0, failed = 0;
	if (argc > 1 && sscanf(argv[1], "--limit=%u", &limit) == 1)
		argv[1] = argv[0], argv++;
	for (const struct test *t = __start_quire_tests; t < __stop_quire_tests; t++) {
		count += wanted(t, argv + 1);
		if (list)
			test_print("%s", t->name);
	}
	if (list)
		return 0;
	if (!count) {
		fprintf(stderr, "%s: no test has such a name\n", argv[0]);
		return 2;
	}
	look_around(argv[0]);
	/* A crash that is expected leaves no file; a system without such files has no such limit. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	test_print("1..%u", count);
	for (const struct test *t = __start_quire_tests; t < __stop_quire_tests; t++) {
		if (wanted(t, argv + 1))
			failed += !run(t);
	}
	if (chdir("/") == 0)
		rmdir(user_directory);
	if (user_system == ON_QUIRE)
		test_note("swapped out: %ld pages", user_value("/proc/vmstat", "pswpout"));
	return failed != 0;
}
