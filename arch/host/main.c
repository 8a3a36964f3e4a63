/* The host program: runs the tests on every configuration of one ISA's machine, under one plan.
 *
 * Each configuration has a process of its own, so that it starts from nothing; a test that ends its process
 * (a panic, a deadlock, a sanitizer's report) fails, and a new process goes on behind it. Nothing printed
 * depends on time, addresses or chance: two runs with one seed print the same.
 * Exit status: 0 all passed, 1 not, 2 bad usage or nothing to run. */
#include "host.h"
#include "tests/run.h"
#include "vm/trace.h"
#include "vm/vm.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef HOST_ISA_X86_64
#define TAG_OPTION "pcid"
#define TAG_VALUE  "0|1"
#else
#define TAG_OPTION "asid-bits"
#define TAG_VALUE  "0|2|16"
#endif
#define PATIENCE 300 /* seconds that a test may take; a limit for hangs, scaled by TIMEOUT_MULT */
#define FATAL    70  /* status of a process that host_fatal() ended */

struct host_config host_config;
unsigned long host_ops;
const char *host_policy;
bool host_quick;

static struct options {
	const char *program, *pattern, *config;
	int levels, tags, ad; /* -1: any */
	uint64_t seed;
	bool list, configs, here, first, times;
} opt = {.levels = -1, .tags = -1, .ad = -1, .seed = 1};

/* ---- what the tests want of their host ---- */

static size_t pages_before;

void test_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

void test_note(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	test_print("# %s\n", text);
}

static void print_rerun(const char *name)
{
	test_print("# again: %s --config %s --test '%s' --seed %llu\n", opt.program, host_config.name, name,
		   (unsigned long long)opt.seed);
}

/* Processor time of this process and of those that it waited for, in milliseconds. */
static long spent(void)
{
	long ms = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct rusage use;

		getrusage(i ? RUSAGE_CHILDREN : RUSAGE_SELF, &use);
		ms += (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000;
		ms += (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
	}
	return ms;
}

static long spent_before;

void test_before(const char *name)
{
	(void)name;
	pages_before = mem_in_use();
	race_test();
	spent_before = spent();
}

void test_after(const char *name)
{
	for (unsigned i = 0; i < HOST_CPUS; i++)
		race_on(i, machine_home, NULL);
	CHECK_EQ(mem_in_use(), pages_before);
	mem_check_poison();
	if (opt.times)
		test_print("# %ld ms %s\n", spent() - spent_before, name);
	if (test_failing())
		print_rerun(name);
}

static struct {
	_Atomic bool on;
	unsigned n;
	char last[400];
} expected;

void host_expect(void)
{
	expected.n = 0;
	expected.last[0] = 0;
	expected.on = true;
}

unsigned host_expected(const char **last)
{
	expected.on = false;
	if (last)
		*last = expected.last;
	return expected.n;
}

void host_complain(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (expected.on) {
		expected.n++;
		strcpy(expected.last, text);
	} else if (tests_complain()) {
		test_print("# %s\n", text);
	}
}

_Noreturn void host_fatal(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	test_print("# %s\n", text);
	_exit(FATAL);
}

/* ---- passes: tests that know no machine once, the others for each configuration ---- */

static bool wants_machine(const char *name)
{
	return !strncmp(name, "arch/", 5) || !strncmp(name, "host/", 5) || !strncmp(name, "model/", 6);
}

static bool wants_none(const char *name) { return !wants_machine(name); }

/* WANT tag bits: -1 any number, 1 some, else just as many. */
static bool tags_chosen(unsigned bits, int want)
{
	return want < 0 || (want == 1 ? bits != 0 : bits == (unsigned)want);
}

static bool config_chosen(const struct host_config *c)
{
#ifdef HOST_THREADS /* how deep the tables are makes no difference to who runs when */
	if (!opt.config && opt.levels < 0 && c->levels != 4)
		return false;
#endif
	return (!opt.config || !strcmp(opt.config, c->name)) &&
	       (opt.levels < 0 || c->levels == (unsigned)opt.levels) && tags_chosen(c->asid_bits, opt.tags) &&
	       (opt.ad < 0 || c->hardware_ad == (opt.ad != 0));
}

static struct tests_pass *shared; /* the pass that runs, seen by the process that runs it */

static void run_here(void)
{
	static bool ready;

	if (!ready)
		machine_init();
	ready = true;
	tests_do(shared);
}

/* Wait for PID, the process of the pass; its status. One that makes no progress is ended. */
static int await(pid_t pid)
{
	const char *mult = getenv("TIMEOUT_MULT");
	long limit = PATIENCE * (mult && atol(mult) > 0 ? atol(mult) : 1), left = limit;
	unsigned seen = shared->begun;
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		struct timespec second = {.tv_sec = 1};

		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (shared->begun != seen) {
			seen = shared->begun;
			left = limit;
		}
		if (sigtimedwait(&child, NULL, &second) < 0 && errno == EAGAIN && --left <= 0) {
			test_print("# no end after %ld seconds\n", limit);
			kill(pid, SIGKILL);
			left = limit;
		}
	}
}

static void explain(int status)
{
	if (WIFSIGNALED(status))
		test_print("# the test ended its process by signal %d (%s)\n", WTERMSIG(status),
			   strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != FATAL) /* which said why */
		test_print("# the test ended its process with status %d\n", WEXITSTATUS(status));
}

/* True if the processes of the pass ended well, apart from tests that failed. */
static bool run_pass(unsigned count)
{
	while (shared->ended < count) {
		unsigned ended = shared->ended;
		int status;
		pid_t pid = fork();

		if (pid < 0) {
			test_print("Bail out! no process for the tests: %s\n", strerror(errno));
			return false;
		}
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			run_here();
			exit(0);
		}
		status = await(pid);
		if (shared->begun > shared->ended) {
			explain(status);
			print_rerun(tests_name(shared, shared->ended));
			tests_result(shared, false, NULL);
		} else if (status) {
			explain(status);
			if (shared->ended == ended || shared->ended == count) {
				test_print("Bail out! not within a test\n");
				return false;
			}
		}
	}
	return true;
}

/* One pass after the other, each after the last's numbers; the number of tests that failed, -1: cut short. */
static int run_passes(const struct host_config *const config[], unsigned nconfigs)
{
	struct tests_pass plan = {.pattern = opt.pattern, .wanted = wants_machine, .seed = opt.seed},
			  once = plan;
	unsigned each = tests_count(&plan), first, failed = 0;

	once.wanted = wants_none;
	first = tests_count(&once);
	if (!each && !first) {
		tests_suggest(opt.pattern);
		return -2;
	}
	test_print("TAP version 13\n1..%u\n", first + each * nconfigs);
	test_print("# seed %llu\n", (unsigned long long)opt.seed);
	for (unsigned i = 0; i <= nconfigs; i++) {
		unsigned number = shared->number;

		*shared = i ? plan : once;
		shared->number = number;
		shared->label = i ? config[i - 1]->label : NULL;
		host_config = *config[i ? i - 1 : 0];
		if (opt.here)
			run_here();
		else if (!run_pass(i ? each : first))
			return -1;
		failed += shared->failed;
		if (opt.first && failed)
			break;
	}
	return (int)failed;
}

/* ---- options ---- */

_Noreturn static void usage(const char *what, const char *which)
{
	fprintf(stderr,
		"%s: %s%s\n"
		"usage: %s [--test PATTERN] [--seed N] [--config NAME] [--levels N | --mode svNN] [--" TAG_OPTION
		" " TAG_VALUE "]\n"
		"       [--ad hw|fault] [--ops N] [--quick] [--evict POLICY] [--first] [--list] [--configs] [--here]\n"
		"       [--times] [--trace]\n"
		"  --ops N    so many random operations in each test that makes them up, on each configuration;\n"
		"             with real threads also N / 10 trials of each race\n"
		"  --quick    few random operations, races with one change of place only\n"
		"  --first    no configuration behind the first on which a test fails\n"
		"  --list     names of the tests       --configs  names of the configurations\n"
		"  --here     one configuration, in this process (for a debugger)\n"
		"  --times    the processor time that each test takes\n"
		"  --trace    say what the VM layer does\n",
		opt.program, what, which, opt.program);
	exit(2);
}

static uint64_t number(const char *option, const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		usage("not a number: ", option);
	return n;
}

static const char *policy_check(const char *name)
{
	for (unsigned i = 0; vm_policy(i); i++) {
		if (!strcmp(name, vm_policy(i)))
			return name;
	}
	fprintf(stderr, "%s: there is no replacement policy %s; there are:", opt.program, name);
	for (unsigned i = 0; vm_policy(i); i++)
		fprintf(stderr, " %s", vm_policy(i));
	fprintf(stderr, "\n");
	exit(2);
}

static void option(const char *name, const char *value)
{
	if (!strcmp(name, "--test"))
		opt.pattern = value;
	else if (!strcmp(name, "--seed"))
		opt.seed = number(name, value);
	else if (!strcmp(name, "--ops"))
		host_ops = number(name, value);
	else if (!strcmp(name, "--evict"))
		host_policy = policy_check(value);
	else if (!strcmp(name, "--config"))
		opt.config = value;
	else if (!strcmp(name, "--levels"))
		opt.levels = (int)number(name, value);
	else if (!strcmp(name, "--mode") && !strncmp(value, "sv", 2))
		opt.levels = (int)(number(name, value + 2) - 12) / 9;
	else if (!strcmp(name, "--" TAG_OPTION))
		opt.tags = (int)number(name, value);
	else if (!strcmp(name, "--ad") && (!strcmp(value, "hw") || !strcmp(value, "fault")))
		opt.ad = *value == 'h';
	else
		usage("no such option: ", name);
}

static void options(int argc, char **argv)
{
	opt.program = argv[0];
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--list"))
			opt.list = true;
		else if (!strcmp(argv[i], "--configs"))
			opt.configs = true;
		else if (!strcmp(argv[i], "--times"))
			opt.times = true;
		else if (!strcmp(argv[i], "--trace"))
			vm_telling = true;
		else if (!strcmp(argv[i], "--first"))
			opt.first = true;
		else if (!strcmp(argv[i], "--here"))
			opt.here = true;
		else if (!strcmp(argv[i], "--quick"))
			host_quick = true, host_ops = 2000;
		else if (i + 1 < argc)
			option(argv[i], argv[i + 1]), i++;
		else
			usage("no such option, or no value for it: ", argv[i]);
	}
}

int main(int argc, char **argv)
{
	const struct host_config *config[32];
	unsigned n = 0;
	sigset_t child;
	int failed;

	options(argc, argv);
	if (opt.list) {
		tests_list(opt.pattern);
		return 0;
	}
	for (const struct host_config *c = host_configs; c->name; c++) {
		if (opt.configs)
			puts(c->name);
		else if (config_chosen(c))
			config[n++] = c;
	}
	if (opt.configs)
		return 0;
	if (!n)
		usage("no such configuration; --configs lists them", "");
	if (opt.here && n > 1)
		usage("--here needs one configuration", "");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		usage("no memory", "");
	failed = run_passes(config, n);
	return failed == -2 ? 2 : failed != 0;
}
