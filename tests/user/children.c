/* Children that stop and go on, wherever they are. */
#include "tests/user/user.h"
#include <poll.h>
#include <time.h>

struct shared {        /* with a child */
	int to[2];     /* what it reads */
	long stopped;  /* ns that it was stopped, at least */
	long slept_on; /* ns that were left of HOUR */
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
