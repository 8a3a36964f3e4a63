/* Locks on ranges of a file's bytes (fcntl): whom they are in the way of, how they change, when they are gone. */
#include "tests/user/user.h"
#include <ctype.h>
#include <limits.h>
#include <sys/time.h>

#define BYTES 48 /* of the file that is looked at, one by one */

static int file; /* the one that all this is about */

static long record(int fd, int how, int type, off_t start, off_t len)
{
	struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	return result(fcntl(fd, how, &l));
}
static long set(int type, off_t start, off_t len) { return record(file, F_SETLK, type, start, len); }

static void make(void) { file = user_file("f", BYTES); }

/* ---- another process that is asked what it sees ---- */

static int ask[2], answer[2];

/* One letter for each byte: a lock to read, a lock to write, or none; a large one where a lock begins. */
static void look(char *map)
{
	for (int i = 0; i < BYTES; i++) {
		struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
		map[i] = fcntl(file, F_GETLK, &l) < 0 ? '?' : (l.l_start == i ? "RW." : "rw.")[l.l_type];
	}
}

static void watch(void *arg)
{
	char map[BYTES], c;
	(void)arg;
	close(ask[1]);
	while (read(ask[0], &c, 1) == 1) {
		look(map);
		CHECK_EQ(write(answer[1], map, BYTES), BYTES);
	}
}

static pid_t watcher(void)
{
	CHECK(pipe(ask) == 0 && pipe(answer) == 0);
	return user_child(watch, NULL);
}

static void watcher_ends(pid_t pid)
{
	close(ask[1]);
	CHECK_EQ(user_wait(pid), 0);
}

/* Does the watcher see WANT (a shorter one: and nothing behind it)? */
static bool sees(const char *want)
{
	char map[BYTES + 1] = "", whole[BYTES + 1];
	snprintf(whole, sizeof whole, "%-*s", BYTES, want);
	for (char *c = whole; *c; c++)
		*c = *c == ' ' ? '.' : *c;
	CHECK_EQ(write(ask[1], "", 1), 1);
	CHECK_EQ(read(answer[0], map, BYTES), BYTES);
	if (!strcmp(map, whole))
		return true;
	test_note("got  %s", map);
	test_note("want %s", whole);
	return false;
}

/* A lock of another kind over it divides or shortens one; those of one kind become one. */
TEST(ranges, "record/ranges-are-split-and-joined")
{
	make();
	pid_t pid = watcher();
	CHECK(sees(""));
	CHECK(set(F_WRLCK, 2, 10) == 0 && sees("..Wwwwwwwwww"));
	CHECK(set(F_UNLCK, 5, 2) == 0 && sees("..Www..Wwwww"));
	CHECK(set(F_RDLCK, 8, 2) == 0 && sees("..Www..WRrWw"));
	CHECK(set(F_WRLCK, 5, 2) == 0 && sees("..WwwwwwRrWw"));
	CHECK(set(F_RDLCK, 0, 4) == 0 && sees("RrrrWwwwRrWw"));
	CHECK(set(F_RDLCK, 11, 4) == 0 && sees("RrrrWwwwRrWRrrr"));
	CHECK(set(F_UNLCK, 3, 6) == 0 && sees("Rrr......RWRrrr"));
	CHECK(set(F_RDLCK, 0, 15) == 0 && sees("Rrrrrrrrrrrrrrr"));
	CHECK(set(F_WRLCK, 0, 0) == 0 && sees("Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"));
	CHECK(set(F_UNLCK, 20, 0) == 0 && sees("Wwwwwwwwwwwwwwwwwwww"));
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_END, .l_start = -18, .l_len = -4};
	CHECK(fcntl(file, F_SETLK, &l) == 0 && sees("Wwwwwwwwwwwwwwwwwwww......Rrrr"));
	lseek(file, 10, SEEK_SET);
	l = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_CUR, .l_start = -10, .l_len = 18};
	CHECK(fcntl(file, F_SETLK, &l) == 0 && sees("..................Ww......Rrrr"));
	CHECK(set(F_UNLCK, 0, 0) == 0 && sees(""));
	watcher_ends(pid);
}

/* Whatever is asked for in whatever order, each byte has the kind that was asked for it last. */
TEST(random, "record/random-ranges-against-an-array")
{
	char want[BYTES], seen[BYTES + 1] = "";
	make();
	pid_t pid = watcher();
	memset(want, '.', BYTES);
	for (int i = 0; i < 150; i++) {
		unsigned from = test_rand() % BYTES, to = from + test_rand() % (BYTES - from);
		int kind = (int)(test_rand() % 3);
		CHECK_EQ(set(kind, from, to == BYTES - 1 ? 0 : to - from + 1), 0);
		memset(want + from, "rw."[kind], to - from + 1);
		for (int b = 0; b < BYTES; b++)
			seen[b] = b && want[b] == want[b - 1] ? want[b] : (char)toupper(want[b]);
		if (!CHECK(sees(seen)))
			break;
	}
	watcher_ends(pid);
}

/* ---- one process and another ---- */

/* Many may read, one may write; who is refused is told by whom. A child has none of its parent's locks. */
static void others(void *arg)
{
	pid_t parent = *(pid_t *)arg;
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_CUR, .l_start = 25, .l_len = 100};
	CHECK_EQ(set(F_RDLCK, 0, 10), 0);
	CHECK_EQ(set(F_WRLCK, 5, 1), -EAGAIN);
	CHECK_EQ(set(F_RDLCK, 20, 11), -EAGAIN);
	CHECK_EQ(set(F_WRLCK, 40, 0), -EAGAIN);
	CHECK_EQ(set(F_WRLCK, 10, 20), 0);
	CHECK_EQ(set(F_UNLCK, 0, 0), 0); /* its own, not the parent's */
	CHECK_EQ(set(F_RDLCK, 30, 1), -EAGAIN);
	CHECK(fcntl(file, F_GETLK, &l) == 0);
	CHECK(l.l_type == F_WRLCK && l.l_whence == SEEK_SET && l.l_pid == parent);
	CHECK(l.l_start == 30 && l.l_len == 2);
	l = (struct flock){.l_type = F_WRLCK, .l_start = 40};
	CHECK(fcntl(file, F_GETLK, &l) == 0 && l.l_type == F_RDLCK && l.l_start == 40 && l.l_len == 0);
	l = (struct flock){.l_type = F_RDLCK, .l_start = 40, .l_len = 3, .l_pid = 77};
	CHECK(fcntl(file, F_GETLK, &l) == 0 && l.l_type == F_UNLCK && l.l_start == 40 && l.l_len == 3);
}
TEST(way, "record/in-the-way-of-others-only")
{
	pid_t self = getpid();
	make();
	CHECK(set(F_RDLCK, 0, 10) == 0 && set(F_WRLCK, 30, 2) == 0 && set(F_RDLCK, 40, 0) == 0);
	CHECK_EQ(user_status(others, &self), 0);
	int again = open("f", O_RDWR);
	CHECK_EQ(record(again, F_SETLK, F_WRLCK, 0, 0), 0); /* nor in one's own, by any descriptor */
	int other = user_file("other", BYTES);
	CHECK_EQ(record(other, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(write(file, "locks bind nobody who writes", 28), 28);
}

/* Closing any descriptor of the file ends them: it may be one that was opened in between, or one that is replaced. */
TEST(closed, "record/gone-when-any-descriptor-closes")
{
	make();
	int other = user_file("other", 1);
	pid_t pid = watcher();
	CHECK(set(F_WRLCK, 0, 5) == 0 && close(open("f", O_RDONLY)) == 0 && sees(""));
	CHECK(set(F_WRLCK, 0, 5) == 0 && close(dup(file)) == 0 && sees(""));
	CHECK(set(F_WRLCK, 0, 5) == 0 && dup2(other, open("f", O_RDONLY)) > 0 && sees(""));
	CHECK(set(F_WRLCK, 0, 5) == 0 && close(other) == 0 && close(open("f", O_PATH)) == 0 && sees("Wwwww"));
	CHECK(unlink("f") == 0 && sees("Wwwww"));
	watcher_ends(pid);
}

/* Locks, says so, and stays until it is killed, or exits. */
static void holds(void *arg)
{
	CHECK_EQ(set(F_WRLCK, 3, 3), 0);
	CHECK_EQ(write(answer[1], "", 1), 1);
	if (arg)
		pause();
}
TEST(ended, "record/gone-with-their-process")
{
	char c;
	make();
	for (long stays = 0; stays < 2; stays++) {
		CHECK(pipe(answer) == 0);
		pid_t pid = user_child(holds, (void *)stays);
		CHECK_EQ(read(answer[0], &c, 1), 1);
		if (stays) {
			CHECK_EQ(set(F_RDLCK, 5, 1), -EAGAIN);
			kill(pid, SIGKILL);
		}
		CHECK_EQ(user_wait(pid), stays ? SIGKILL : 0);
		CHECK(set(F_WRLCK, 0, 0) == 0 && set(F_UNLCK, 0, 0) == 0);
	}
}

/* Another program of the same process has them still, but for what closes as it begins. It cannot end: nobody reads. */
static int begun[2];
static void becomes(void *arg)
{
	char *const words[] = {(char *)"show", (char *)"arguments", NULL};
	int full[2];
	make();
	CHECK_EQ(set(F_WRLCK, 3, 3), 0);
	if (arg)
		fcntl(open("f", O_RDONLY), F_SETFD, FD_CLOEXEC);
	CHECK(pipe2(full, O_NONBLOCK) == 0);
	while (write(full[1], &full, 1) == 1)
		;
	fcntl(full[1], F_SETFL, 0);
	dup2(full[1], 1);
	CHECK_EQ(dup3(begun[1], 99, O_CLOEXEC), 99); /* the last that exec closes */
	close(begun[1]);
	user_become("show", words);
}
TEST(exec, "record/kept-by-exec-but-for-what-it-closes")
{
	for (long closes = 0; closes < 2; closes++) {
		char c;
		CHECK(pipe2(begun, O_CLOEXEC) == 0);
		pid_t pid = user_child(becomes, (void *)closes);
		close(begun[1]);
		CHECK_EQ(read(begun[0], &c, 1), 0);
		close(begun[0]);
		file = open("f", O_RDWR);
		CHECK_EQ(set(F_RDLCK, 4, 1), closes ? 0 : -EAGAIN);
		kill(pid, SIGKILL);
		CHECK_EQ(user_wait(pid), SIGKILL);
		close(file);
	}
}

/* ---- waiting ---- */

/* Each adds to a number while it has the lock, and lets others run meanwhile. What it has in memory is there after. */
#define ROUNDS 60
static int *number;
static void adds(void *arg)
{
	char *memory = user_pages(64, RW);
	(void)arg;
	alarm(60); /* whoever is forgotten ends */
	user_fill(memory, 64 * PAGE, 7);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(record(file, F_SETLKW, F_WRLCK, 7, 1), 0);
		int was = *(volatile int *)number;
		for (int yields = 0; yields < 3; yields++)
			sched_yield();
		*(volatile int *)number = was + 1;
		CHECK_EQ(set(F_UNLCK, 7, 1), 0);
	}
	CHECK(user_filled(memory, 64 * PAGE, 7));
}
TEST(waits, "record/waits-until-it-is-free")
{
	pid_t pids[4];
	make();
	number = (int *)user_shared(1);
	for (int i = 0; i < 4; i++)
		pids[i] = user_child(adds, NULL);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	CHECK_EQ(*number, 4 * ROUNDS);
}

static volatile sig_atomic_t alarms;
static void rings(int sig)
{
	(void)sig;
	if (++alarms == 3)
		write(ask[1], "", 1);
}
/* Has it until it is told otherwise. */
static void holds_on(void *arg)
{
	char c;
	(void)arg;
	CHECK_EQ(set(F_WRLCK, 0, 0), 0);
	CHECK_EQ(write(answer[1], "", 1), 1);
	CHECK_EQ(read(ask[0], &c, 1), 1);
}
/* A handler ends the wait, or does not with SA_RESTART. */
TEST(signals, "record/wait-ends-with-a-signal")
{
	struct sigaction action = {.sa_handler = rings};
	struct itimerval often = {{0, 20000}, {0, 20000}};
	char c;
	make();
	CHECK(pipe(ask) == 0 && pipe(answer) == 0);
	pid_t pid = user_child(holds_on, NULL);
	CHECK_EQ(read(answer[0], &c, 1), 1);
	alarms = -1000000;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK_EQ(record(file, F_SETLKW, F_RDLCK, 0, 1), -EINTR);
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	alarms = 0;
	CHECK_EQ(record(file, F_SETLKW, F_RDLCK, 0, 1), 0);
	CHECK(alarms >= 3);
	CHECK_EQ(user_wait(pid), 0);
}

/* Process I has byte I and waits for the next one's; the last one waits for the first's. */
#define CIRCLE 3
static void closes_circle(void *arg)
{
	int i = (int)(long)arg;
	char c;
	alarm(60);
	CHECK_EQ(set(F_WRLCK, i, 1), 0);
	CHECK_EQ(write(answer[1], "", 1), 1);
	CHECK_EQ(read(ask[0], &c, 1), 1); /* all have theirs */
	long got = record(file, F_SETLKW, F_WRLCK, (i + 1) % CIRCLE, 1);
	CHECK(got == 0 || got == -EDEADLK);
	if (got)
		__atomic_fetch_add(number, 1, __ATOMIC_SEQ_CST);
}
/* It is refused to the one who would close the circle; when that one is gone, the others get theirs. */
TEST(circle, "record/circle-is-refused")
{
	pid_t pids[CIRCLE];
	char c;
	make();
	number = (int *)user_shared(1);
	CHECK(pipe(ask) == 0 && pipe(answer) == 0);
	for (long i = 0; i < CIRCLE; i++)
		pids[i] = user_child(closes_circle, (void *)i);
	for (int i = 0; i < CIRCLE; i++)
		CHECK_EQ(read(answer[0], &c, 1), 1);
	CHECK_EQ(write(ask[1], "...", CIRCLE), CIRCLE);
	for (int i = 0; i < CIRCLE; i++)
		CHECK_EQ(user_wait(pids[i]), 0);
	CHECK_EQ(*number, 1);
}

/* ---- what is refused ---- */

/* Bad: ptr:null ptr:2-63 */
TEST(refused, "record/bad-requests")
{
	make();
	struct flock l = {.l_type = F_WRLCK, .l_whence = 3};
	CHECK_EQ(result(fcntl(file, F_SETLK, &l)), -EINVAL);
	CHECK_EQ(set(3, 0, 1), -EINVAL);
	CHECK_EQ(set(-1, 0, 1), -EINVAL);
	CHECK_EQ(record(file, F_GETLK, F_UNLCK, 0, 1), -EINVAL);
	CHECK_EQ(set(F_RDLCK, -1, 1), -EINVAL);
	CHECK_EQ(set(F_RDLCK, 3, -4), -EINVAL);
	CHECK_EQ(set(F_RDLCK, 3, LLONG_MIN), -EINVAL);
	CHECK_EQ(set(F_RDLCK, 3, -3), 0);
	CHECK_EQ(set(F_RDLCK, 1, LLONG_MAX), 0);
	CHECK_EQ(set(F_RDLCK, 2, LLONG_MAX), -EOVERFLOW);
	CHECK_EQ(set(F_RDLCK, LLONG_MAX, 1), 0);
	l = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = LLONG_MAX};
	CHECK_EQ(result(fcntl(file, F_SETLK, &l)), -EOVERFLOW);
	CHECK_EQ(result(fcntl(file, F_SETLK, NULL)), -EFAULT);
	CHECK_EQ(result(fcntl(file, F_GETLK, (void *)(1ul << 63))), -EFAULT);
	int reads = open("f", O_RDONLY), writes = open("f", O_WRONLY), name = open("f", O_PATH);
	CHECK_EQ(record(reads, F_SETLK, F_WRLCK, 0, 1), -EBADF);
	CHECK_EQ(record(writes, F_SETLKW, F_RDLCK, 0, 1), -EBADF);
	CHECK_EQ(record(reads, F_GETLK, F_WRLCK, 0, 1), 0);
	CHECK_EQ(record(name, F_SETLK, F_UNLCK, 0, 1), -EBADF);
	CHECK_EQ(record(1000, F_SETLK, F_UNLCK, 0, 1), -EBADF);
}

/* A pipe and a directory can have them, too. */
static void cannot(void *arg) { CHECK_EQ(record(*(int *)arg, F_SETLK, F_RDLCK, 4, 1), -EAGAIN); }
TEST(kinds, "record/of-a-pipe-and-a-directory")
{
	int ends[2], directory = open(".", O_RDONLY);
	CHECK(pipe(ends) == 0);
	CHECK_EQ(record(directory, F_SETLK, F_RDLCK, 0, 0), 0);
	CHECK_EQ(record(ends[1], F_SETLK, F_WRLCK, 0, 5), 0);
	CHECK_EQ(user_status(cannot, &ends[0]), 0);
	close(ends[1]);
	CHECK_EQ(record(ends[0], F_SETLK, F_RDLCK, 4, 1), 0);
}

/* A process has at most 1,024, so that the kernel's memory is not one's own; what makes none more goes on. */
TEST(many, "record/there-is-an-end-to-them")
{
	long got = 0;
	int n = 0;
	make();
	if (user_only_quire())
		return;
	while (n < 3000 && !(got = set(F_WRLCK, 2 * n, 1)))
		n++;
	CHECK_EQ(n, 1024);
	CHECK_EQ(got, -ENOLCK);
	CHECK_EQ(set(F_UNLCK, 2 * n - 2, 1), 0);
	CHECK_EQ(set(F_WRLCK, 10000, 3), 0);
	CHECK_EQ(set(F_UNLCK, 10001, 1), -ENOLCK); /* two would be left of it */
	CHECK_EQ(set(F_UNLCK, 0, 0), 0);
	CHECK_EQ(set(F_WRLCK, 0, 1), 0);
}
