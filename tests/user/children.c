/* Children that stop and go on, wherever they are; those that nobody waits for. */
#include "tests/user/user.h"
#include <poll.h>
#include <time.h>

struct shared {        /* with a child */
	int to[2];     /* what it reads */
	long stopped;  /* ns that it was stopped, at least */
	long slept_on; /* ns that were left of HOUR */
	_Atomic int ended;
};
#define HOUR (3600 * 1000000000L)

static struct shared *shared;

static void begin(void)
{
	shared = (struct shared *)user_shared(1);
	CHECK(pipe(shared->to) == 0);
}

static char state_of(pid_t pid)
{
	char name[60], text[3000];
	snprintf(name, sizeof name, "/proc/%d/status", pid);
	if (!CHECK(user_read_file(name, text, sizeof text)))
		_exit(1);
	return *(strstr(text, "State:\t") + 7);
}

static void await(pid_t pid, char state)
{
	while (state_of(pid) != state)
		sched_yield();
}

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- what a child sleeps in ---- */

static void in_read(void *arg)
{
	char c;
	(void)arg;
	CHECK_EQ(result(read(shared->to[0], &c, 1)), 1);
}

static void in_wait(void *arg)
{
	pid_t pid = user_child(in_read, arg);
	int status = -1;
	CHECK_EQ(result(waitpid(pid, &status, 0)), pid);
	CHECK_EQ(status, 0);
}

static void in_poll(void *arg)
{
	struct pollfd fd = {shared->to[0], POLLIN, 0};
	CHECK_EQ(result(poll(&fd, 1, 3600 * 1000)), 1);
	in_read(arg);
}

static void ring(int sig) { (void)sig; }
static void in_sleep(void *arg)
{
	struct timespec left = {0, 0};
	(void)arg;
	signal(SIGALRM, ring);
	CHECK_EQ(result(nanosleep(&(struct timespec){3600, 0}, &left)), -EINTR);
	shared->slept_on = left.tv_sec * 1000000000 + left.tv_nsec;
}

static void in_suspend(void *arg)
{
	sigset_t none;
	(void)arg;
	sigemptyset(&none);
	signal(SIGALRM, ring);
	CHECK_EQ(result(sigsuspend(&none)), -EINTR);
}

/* A child in a group of its own, which Linux' SIGTSTP stops only if somebody in the session can have it go on; asleep. */
static pid_t sleeper(void (*body)(void *))
{
	int ready[2];
	char c;
	CHECK(pipe(ready) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		close(ready[0]);
		close(ready[1]);
		body(NULL);
		_exit(test_failing());
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], &c, 1), 0);
	close(ready[0]);
	await(pid, 'S');
	return pid;
}

/* It stops by SIG, which is told once, and goes on. */
static void stop_and_go(pid_t pid, int sig)
{
	int status = 0;
	long since;
	CHECK(kill(pid, sig) == 0);
	CHECK_EQ(result(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == sig);
	since = now();
	CHECK_EQ(result(waitpid(pid, &status, WUNTRACED | WNOHANG)), 0);
	CHECK_EQ(state_of(pid), 'T');
	while (now() < since + 20000000)
		;
	CHECK_EQ(result(waitpid(pid, &status, WUNTRACED | WNOHANG)), 0);
	shared->stopped += now() - since;
	CHECK(kill(pid, SIGCONT) == 0);
	CHECK_EQ(result(waitpid(pid, &status, WCONTINUED)), pid);
	CHECK(WIFCONTINUED(status));
	await(pid, 'S');
}

static void fed(void (*body)(void *))
{
	begin();
	pid_t pid = sleeper(body);
	stop_and_go(pid, SIGSTOP);
	stop_and_go(pid, SIGTSTP);
	CHECK_EQ(write(shared->to[1], "x", 1), 1);
	CHECK_EQ(user_wait(pid), 0);
}
TEST(read, "children/stop-in-a-read") { fed(in_read); }
TEST(wait, "children/stop-in-a-wait") { fed(in_wait); }
TEST(poll, "children/stop-in-a-poll") { fed(in_poll); }

static void rung(void (*body)(void *))
{
	begin();
	pid_t pid = sleeper(body);
	stop_and_go(pid, SIGSTOP);
	stop_and_go(pid, SIGTSTP);
	CHECK(kill(pid, SIGALRM) == 0);
	CHECK_EQ(user_wait(pid), 0);
}
TEST(suspend, "children/stop-in-a-sigsuspend") { rung(in_suspend); }

/* A sleep goes on, and does not begin again. */
TEST(sleep, "children/stop-in-a-sleep")
{
	rung(in_sleep);
	CHECK(shared->slept_on > 0 && shared->slept_on <= HOUR - shared->stopped);
}

/* Who is stopped in a call can be ended. */
TEST(killed, "children/ended-while-stopped")
{
	int status = 0;
	begin();
	pid_t pid = sleeper(in_sleep);
	CHECK(kill(pid, SIGSTOP) == 0);
	CHECK_EQ(result(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(kill(pid, SIGTERM) == 0); /* which it does not see yet */
	CHECK_EQ(state_of(pid), 'T');
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
}

/* ---- children that nobody waits for ---- */

static void in_read_to_its_end(void *arg)
{
	in_read(arg);
	shared->ended++;
	_exit(7);
}

static void no_wait(int flags, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
}

/* Three of them end: a wait for one, then for all, is as long as they are, and has nobody to tell of. */
static void three_end(void)
{
	pid_t pid[3];
	int status = 77;
	begin();
	for (int i = 0; i < 3; i++)
		pid[i] = user_child(in_read_to_its_end, NULL);
	CHECK_EQ(write(shared->to[1], "xx", 2), 2);
	while (shared->ended < 2)
		sched_yield();
	CHECK_EQ(result(waitpid(-1, &status, WNOHANG)), 0);
	CHECK_EQ(write(shared->to[1], "x", 1), 1);
	CHECK_EQ(result(waitpid(pid[1], &status, 0)), -ECHILD);
	CHECK_EQ(result(waitpid(-1, &status, 0)), -ECHILD);
	CHECK_EQ(shared->ended, 3);
	CHECK_EQ(status, 77);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(result(kill(pid[i], 0)), -ESRCH);
}

TEST(ignored, "children/ignored-ones-are-gone-when-they-end")
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	no_wait(0, SIG_IGN);
	three_end();
	CHECK(sigpending(&set) == 0 && !sigismember(&set, SIGCHLD));
	no_wait(0, SIG_DFL); /* from now on they wait again */
	CHECK_EQ(write(shared->to[1], "x", 1), 1);
	CHECK_EQ(WEXITSTATUS(user_status(in_read_to_its_end, NULL)), 7);
}

static volatile sig_atomic_t told;
static void tell(int sig)
{
	(void)sig;
	told = 1;
}
TEST(nocldwait, "children/nocldwait-tells-and-leaves-none")
{
	if (user_not_emulated("SA_NOCLDWAIT"))
		return;
	no_wait(SA_NOCLDWAIT | SA_RESTART, tell);
	three_end();
	CHECK(told);
}

/* Who had ended before stays, and is waited for. */
TEST(earlier, "children/ended-before-they-were-ignored")
{
	siginfo_t info;
	begin();
	CHECK_EQ(write(shared->to[1], "x", 1), 1);
	pid_t pid = user_child(in_read_to_its_end, NULL);
	CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
	no_wait(0, SIG_IGN);
	CHECK_EQ(WEXITSTATUS(user_wait(pid)), 7);
}

/* That many come and go, also such as lend their parent's memory, and nothing of them is left. */
TEST(many, "children/ignored-ones-leave-nothing")
{
	long threads = user_value("/proc/vmstat", "nr_threads");
	no_wait(0, SIG_IGN);
	for (int i = 0; i < 200; i++) {
		pid_t pid = i % 2 ? fork() : vfork();
		if (pid == 0)
			_exit(0);
		CHECK(pid > 0);
	}
	CHECK_EQ(user_wait(-1), -1);
	/* The last ones' threads may be on their way out yet, on other CPUs. */
	while (user_system == ON_QUIRE && user_value("/proc/vmstat", "nr_threads") > threads + 1)
		sched_yield();
}
