/* A part of a test in a process of its own: what it breaks is gone with it, even when it ends the process or
 * never ends. What it notes by m_mark() is kept in memory that both processes see. */
#include "tests/arch/machine.h"

#include "host.h"

#ifndef HOST_THREADS
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 60 /* seconds without a mark */
#define MARKS    64 /* the clock is set anew at each so-manieth */

static volatile unsigned *mark; /* shared with the processes apart */
static bool apart;

#ifdef HOST_COVER /* gcc's: what this process ran is counted from now on, is added to what others ran */
void __gcov_reset(void);
void __gcov_dump(void);
#else
static void __gcov_reset(void) {}
static void __gcov_dump(void) {}
#endif

void m_mark(unsigned n)
{
	if (apart && n % MARKS == 1)
		alarm(PATIENCE);
	if (mark)
		*mark = n;
}

unsigned m_marked(void) { return mark ? *mark : 0; }

_Noreturn static void child(void (*fn)(void *), void *arg, bool quiet)
{
	int null = quiet ? open("/dev/null", O_WRONLY) : -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null >= 0 && (dup2(null, 1) < 0 || dup2(null, 2) < 0))
		_exit(2);
	apart = true;
	__gcov_reset();
	alarm(PATIENCE);
	fn(arg);
	__gcov_dump();
	_exit(test_failing());
}

/* Once: what follows are attempts to see the same again. */
static void explain(int status)
{
	static bool told;

	if (!told && WIFSIGNALED(status))
		test_note("a part of the test ended by signal %d", WTERMSIG(status));
	else if (!told && WEXITSTATUS(status) != 1)
		test_note("a part of the test ended with status %d", WEXITSTATUS(status));
	told = true;
}

enum m_apart_result m_apart(void (*fn)(void *), void *arg, bool quiet)
{
	int status;
	pid_t pid;

	if (!mark) {
		mark = mmap(NULL, sizeof *mark, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (mark == MAP_FAILED)
			host_fatal("no memory that two processes share");
	}
	pid = fork();
	if (!pid)
		child(fn, arg, quiet);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		host_fatal("no process for a part of a test");
	if (status)
		explain(status);
	return status ? M_APART_FAILED : M_APART_OK;
}

#else

enum m_apart_result m_apart(void (*fn)(void *), void *arg, bool quiet)
{
	(void)fn, (void)arg, (void)quiet;
	return M_APART_NONE;
}

void m_mark(unsigned n) { (void)n; }
unsigned m_marked(void) { return 0; }

#endif
