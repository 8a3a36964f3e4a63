/* exec: what a new program finds, and what is no program. The parts that bend a program's file are in badexec.c. */
#include "tests/user/user.h"
#include <limits.h>
#include <sys/sendfile.h>

static char *const *words(const char *name, ...)
{
	static char *list[16];
	__builtin_va_list more;
	int n = 1;
	list[0] = (char *)name;
	__builtin_va_start(more, name);
	while (n < 15 && (list[n] = __builtin_va_arg(more, char *)))
		n++;
	__builtin_va_end(more);
	return list;
}

static int run(const char *program, char *const argv[])
{
	char text[2000];
	int status = user_output(program, argv, text, sizeof text);
	if (*text && status)
		test_note("%.300s", text);
	return status;
}

/* An ordinary static program runs, gets its words, and its status arrives. */
TEST(hello, "exec/static-program-runs")
{
	char text[100];
	int status = user_output("hello", words("hello", "a", "b c", NULL), text, sizeof text);
	CHECK(!strcmp(text, "hello a b c\n"));
	CHECK_EQ(WEXITSTATUS(status), 2);
}

/* Arguments and environment arrive as they were given, also empty ones and long ones. */
TEST(words_arrive, "exec/arguments-and-environment-arrive")
{
	static char *const environment[] = {(char *)"A=1", (char *)"B=", NULL};
	static char text[70000], longest[60000];
	memset(longest, 'x', sizeof longest - 1);
	environ = (char **)environment;
	if (user_not_emulated("passing an environment on"))
		return;
	CHECK_EQ(user_output("show", words("show", "", "two words", "", NULL), text, sizeof text), 0);
	CHECK(!strcmp(text, "[show][][two words][]{A=1}{B=}\n"));
	CHECK_EQ(user_output("show", words("show", longest, "end", NULL), text, sizeof text), 0);
	CHECK(!strncmp(text, "[show][xxxx", 11) && strlen(text) == 6 + sizeof longest + 1 + 5 + 9 + 1);
	CHECK(strstr(text, "x][end]{A=1}{B=}\n") != NULL);
}

/* The auxiliary vector says what is true; the stack is aligned. */
TEST(vector, "exec/auxiliary-vector-is-right") { CHECK_EQ(run("show", words("show", "auxv", NULL)), 0); }

/* Data has its values, all that has none is zero, to the last byte of the bss. */
TEST(bss, "exec/data-and-bss") { CHECK_EQ(run("show", words("show", "bss", NULL)), 0); }

/* Descriptors stay open, unless they are marked. */
TEST(descriptors, "exec/close-on-exec-and-the-others")
{
	char text[300];
	int stays = open(".", O_RDONLY), goes = open(".", O_RDONLY | O_CLOEXEC), set = dup(stays);
	CHECK(fcntl(set, F_SETFD, FD_CLOEXEC) == 0 && goes >= 0);
	CHECK_EQ(user_output("show", words("show", "fds", NULL), text, sizeof text), 0);
	char seen[64] = {0}, *at = text, *end;
	for (long fd; fd = strtol(at, &end, 10), end != at; at = end)
		seen[fd & 63] = 1;
	CHECK(seen[stays] && !seen[goes] && !seen[set] && seen[1]);
}

/* An interpreter is started with its word, the script's name and the script's arguments. */
static void script(const char *name, const char *format)
{
	char line[PATH_MAX + 100];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	int n = snprintf(line, sizeof line, format, user_programs);
	CHECK_EQ(write(fd, line, n), n);
	close(fd);
}

static int script_output(const char *name, char *text, size_t size)
{
	static char *const no_environment[] = {NULL};
	int ends[2];
	size_t have = 0;
	CHECK(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]), close(ends[1]);
		execve(name, words("ignored", "a", NULL), no_environment);
		_exit(100 + errno % 100);
	}
	close(ends[1]);
	for (ssize_t n; have < size - 1 && (n = read(ends[0], text + have, size - 1 - have)) > 0;)
		have += n;
	text[have] = '\0';
	close(ends[0]);
	return user_wait(pid);
}

TEST(scripts, "exec/script-starts-its-interpreter")
{
	char text[500];
	if (user_not_emulated("execve"))
		return;
	script("plain", "#!%s/show\nwhatever\n");
	CHECK_EQ(script_output("./plain", text, sizeof text), 0);
	CHECK(strstr(text, "/show][./plain][a]\n") != NULL);
	script("word", "#! %s/show  one two \n");
	CHECK_EQ(script_output("./word", text, sizeof text), 0);
	CHECK(strstr(text, "/show][one two][./word][a]\n") != NULL);
}

/* Scripts without an interpreter that exists, or that is itself: errors.
 * Bad: exec:script */
TEST(bad_scripts, "exec/bad-scripts-are-refused")
{
	if (user_not_emulated("execve"))
		return;
	script("empty", "#!\n");
	CHECK_EQ(user_exec("./empty", words("x", NULL)), -ENOEXEC);
	script("blanks", "#!   \n");
	CHECK_EQ(user_exec("./blanks", words("x", NULL)), -ENOEXEC);
	script("missing", "#!/no/such/program\n");
	CHECK_EQ(user_exec("./missing", words("x", NULL)), -ENOENT);
	script("itself", "#!./itself\n");
	CHECK_EQ(user_exec("./itself", words("x", NULL)), -ELOOP);
	script("directory", "#!/\n");
	CHECK_EQ(user_exec("./directory", words("x", NULL)), -EACCES);
}

/* A program knows what file it is, however long its path; its child, too. */
TEST(exe, "exec/exe-is-told-however-deep")
{
	char where[PATH_MAX], want[2 * PATH_MAX + 20], got[2 * PATH_MAX + 20] = "";
	char name[101] = "";
	struct stat st;
	if (user_not_emulated("/proc"))
		return;
	snprintf(where, sizeof where, "%s/show", user_programs);
	int in = open(where, O_RDONLY);
	memset(name, 'n', 100);
	for (int i = 0; i < 20; i++)
		CHECK(mkdir(name, 0755) == 0 && chdir(name) == 0);
	int out = open("show", O_WRONLY | O_CREAT, 0755);
	CHECK(fstat(in, &st) == 0 && sendfile(out, in, NULL, st.st_size) == st.st_size);
	close(in), close(out);
	CHECK(getcwd(where, sizeof where) != NULL);
	snprintf(want, sizeof want, "%s/show\n%s/show\n", where, where);
	strcpy(user_programs, where);
	CHECK_EQ(user_output("show", words("show", "exe", NULL), got, sizeof got), 0);
	CHECK(!strcmp(got, want));
}

/* What is no program says so, with the name's own error where the name is wrong. */
TEST(names, "exec/bad-names-are-refused")
{
	static char name[5000];
	memset(name, 'n', sizeof name - 1);
	close(user_file("plain", 100));
	CHECK(symlink("loop", "loop") == 0);
	CHECK_EQ(user_exec("no-such-file", words("x", NULL)), -ENOENT);
	CHECK_EQ(user_exec("", words("x", NULL)), -ENOENT);
	CHECK_EQ(user_exec("plain/x", words("x", NULL)), -ENOTDIR);
	CHECK_EQ(user_exec(".", words("x", NULL)), -EACCES);
	CHECK_EQ(user_exec("plain", words("x", NULL)), -EACCES);
	CHECK_EQ(user_exec("loop", words("x", NULL)), -ELOOP);
	CHECK_EQ(user_exec(name, words("x", NULL)), -ENAMETOOLONG);
}

/* A failed exec leaves the process as it was. */
TEST(failed, "exec/failure-leaves-all-as-it-was")
{
	char *p = user_pages(4, RW), *shared = user_shared(1);
	int fd = open(".", O_RDONLY | O_CLOEXEC);
	user_fill(p, 4 * PAGE, 1);
	shared[0] = 1;
	close(user_file("noise", 5000));
	CHECK(chmod("noise", 0755) == 0);
	CHECK(execve("noise", words("x", NULL), environ) == -1 && errno == ENOEXEC);
	CHECK(execve("missing", words("x", NULL), environ) == -1 && errno == ENOENT);
	CHECK(user_filled(p, 4 * PAGE, 1) && shared[0] == 1);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

/* Addresses for the names: none, not mapped, the kernel's; an array that runs into a hole.
 * Bad: exec:argv-null exec:argv-bad exec:argv-unterminated */
TEST(vectors, "exec/bad-argument-vectors")
{
	if (user_not_emulated("execve"))
		return;
	char program[PATH_MAX + 20], *edge = user_pages(2, RW) + PAGE;
	snprintf(program, sizeof program, "%s/hello", user_programs);
	CHECK(munmap(edge, PAGE) == 0);
	((char **)edge)[-1] = program;
	edge[-9] = 'x'; /* a string that ends nowhere would be edge - 9 */
	char *bad[] = {program, (char *)8, NULL}, *far[] = {program, (char *)(-PAGE), NULL};
	static const uintptr_t at[] = {1, 0xfff, 1UL << 47, 0xffffffff80000000, -8UL};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		CHECK_EQ(result(syscall(SYS_execve, program, at[i], NULL)), -EFAULT);
		CHECK_EQ(result(syscall(SYS_execve, program, NULL, at[i])), -EFAULT);
		CHECK_EQ(result(syscall(SYS_execve, at[i], NULL, NULL)), -EFAULT);
	}
	CHECK_EQ(result(syscall(SYS_execve, program, edge - 8, NULL)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_execve, program, bad, NULL)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_execve, program, far, NULL)), -EFAULT);
	pid_t pid = fork();
	if (pid == 0) {
		close(1);
		_exit(100 + (syscall(SYS_execve, program, NULL, NULL) == -1));
	}
	int status = user_wait(pid);
	CHECK(WIFEXITED(status)); /* without words it may run, with none or an empty one, or be refused */
}

/* A string that ends nowhere. Bad: exec:string-unterminated */
TEST(strings, "exec/unterminated-strings")
{
	char program[PATH_MAX + 20], *edge = user_pages(2, RW) + PAGE;
	snprintf(program, sizeof program, "%s/hello", user_programs);
	CHECK(munmap(edge, PAGE) == 0);
	memset(edge - 50, 'x', 50);
	char *bad[] = {program, edge - 50, NULL};
	CHECK_EQ(result(syscall(SYS_execve, program, bad, NULL)), -EFAULT);
	CHECK_EQ(result(syscall(SYS_execve, edge - 50, bad + 2, NULL)), -EFAULT);
}

/* One word, or all of them, longer than is allowed: E2BIG. Bad: exec:too-long */
TEST(too_long, "exec/too-many-bytes-are-refused")
{
	char program[PATH_MAX + 20], *text = user_pages(64, RW);
	static char *many[100];
	snprintf(program, sizeof program, "%s/hello", user_programs);
	memset(text, 'x', 64 * PAGE - 1);
	CHECK_EQ(user_exec(program, words("hello", text, NULL)), -E2BIG);
	text[120 << 10] = '\0';
	for (int i = 0; i < 99; i++)
		many[i] = text;
	CHECK_EQ(user_exec(program, many), -E2BIG);
}

/* exec in exec in exec: the process stays, with its number and its parent. */
TEST(chain, "exec/chain-of-programs")
{
	char show[PATH_MAX + 20], text[200];
	if (user_not_emulated("execve"))
		return;
	snprintf(show, sizeof show, "%s/show", user_programs);
	CHECK_EQ(user_output("show", words("show", "exec", show, "exec", show, "exec", show, "end", NULL),
			     text, sizeof text),
		 0);
	CHECK(strstr(text, "[end]") != NULL);
}

/* vfork and exec, as a shell does: fifty times. */
TEST(with_vfork, "exec/fifty-times-by-vfork")
{
	if (user_not_emulated("vfork"))
		return;
	char program[PATH_MAX + 20];
	int null = open("/dev/null", O_WRONLY);
	snprintf(program, sizeof program, "%s/hello", user_programs);
	for (int i = 0; i < 50; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			dup2(null, 1);
			execve(program, words("hello", "x", NULL), environ);
			_exit(126);
		}
		if (!CHECK_EQ(WEXITSTATUS(user_wait(pid)), 1))
			return;
	}
}

/* The old memory is gone: processes with 16 MB become programs, one after the other, more of them than would fit. */
TEST(gone, "exec/old-memory-is-gone")
{
	char program[PATH_MAX + 20];
	int null = open("/dev/null", O_WRONLY);
	snprintf(program, sizeof program, "%s/hello", user_programs);
	if (user_not_emulated("execve"))
		return;
	for (int i = 0; i < 24; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			char *p = user_pages(4096, RW);
			for (size_t at = 0; at < 4096 * PAGE; at += PAGE)
				p[at] = 1;
			dup2(null, 1);
			execve(program, words("hello", NULL), environ);
			_exit(99);
		}
		if (!CHECK_EQ(user_wait(pid), 0))
			return;
	}
}
