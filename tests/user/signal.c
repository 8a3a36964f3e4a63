/* Signal handlers: what they get, what they leave as it was, which calls they end, on which stack they run. */
#include "tests/user/user.h"
#include <poll.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#if defined __x86_64__
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
#define CONTEXT_SP(uc) ((uc)->uc_mcontext.gregs[REG_RSP])
#define CLI_IS_REFUSED 1
#else
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.__gregs[REG_PC])
#define CONTEXT_SP(uc) ((uc)->uc_mcontext.__gregs[REG_SP])
#define CLI_IS_REFUSED 0
#endif

static volatile sig_atomic_t count;
static volatile int order[8];
static siginfo_t seen;
static sigjmp_buf back;
static char *volatile nowhere = (char *)16;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen = *info;
	if (count < 8)
		order[count] = sig;
	count++;
}

static void leap(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	siglongjmp(back, 1);
}

static void on(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
	CHECK(sigaction(sig, &action, NULL) == 0);
}

static void mask(int how, int sig)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK(sigprocmask(how, &set, NULL) == 0);
}

/* SIG_ALRM in that many microseconds, then as often. */
static void every(long us)
{
	CHECK(setitimer(ITIMER_REAL, &(struct itimerval){{0, us}, {0, us}}, NULL) == 0);
}

TEST(runs, "signal/handler-runs-and-knows-who")
{
	on(SIGUSR1, note, 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK_EQ(count, 1);
	CHECK_EQ(seen.si_signo, SIGUSR1);
	CHECK_EQ(seen.si_code, SI_USER);
	CHECK_EQ(seen.si_pid, getpid());
	CHECK(raise(SIGUSR1) == 0);
	CHECK_EQ(count, 2);
	CHECK_EQ(seen.si_code, SI_TKILL);
}

TEST(told, "signal/what-was-set-is-told")
{
	struct sigaction action = {.sa_flags = 0}, old;
	CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
	action.sa_sigaction = note;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGHUP);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	action.sa_handler = SIG_IGN;
	CHECK(sigaction(SIGUSR1, &action, &old) == 0);
	CHECK(old.sa_sigaction == note && (old.sa_flags & SA_SIGINFO) && (old.sa_flags & SA_RESTART));
	CHECK(sigismember(&old.sa_mask, SIGHUP) == 1 && sigismember(&old.sa_mask, SIGINT) == 0);
	CHECK_EQ(result(sigaction(SIGKILL, &action, NULL)), -EINVAL);
	CHECK_EQ(result(sigaction(SIGSTOP, &action, NULL)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_rt_sigaction, SIGHUP, NULL, NULL, 4)), -EINVAL);
	CHECK_EQ(result(syscall(SYS_rt_sigaction, SIGHUP, (void *)8, NULL, 8)), -EFAULT);
}

/* Registers that a call would not keep, and some that it would: a handler changes all of them. */
static void clobber(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
#if defined __x86_64__
	__asm__ volatile(
		"xor %%eax, %%eax; movq %%rax, %%xmm8; movq %%rax, %%xmm1; mov %%rax, %%r10; mov %%rax, %%rsi; "
		"pushq $0x5f80; ldmxcsr (%%rsp); popq %%rax"
		:
		:
		: "rax", "r10", "rsi", "xmm1", "xmm8", "memory", "cc");
#else
	__asm__ volatile("fmv.d.x fs1, zero; fmv.d.x ft1, zero; li t4, 0; li a6, 0; fsflagsi 3; fsrmi 1"
			 :
			 :
			 : "t4", "a6", "fs1", "ft1");
#endif
}

TEST(registers, "signal/registers-and-floating-point-survive")
{
	const uint64_t want = 0x400921fb54442d18;
	on(SIGALRM, clobber, 0);
	for (int i = 1; i <= 20; i++) {
		uint64_t a = 0, b = 0, c = 0, d = 0;
		/* Nothing in the loop but looking whether the handler has been there. */
		CHECK(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 1000}}, NULL) == 0);
#if defined __x86_64__
		unsigned mxcsr = 0;
		__asm__ volatile(
			"movq %[w], %%xmm8; movq %[w], %%xmm1; mov %[w], %%r10; mov %[w], %%rsi; "
			"1: cmp %[i], %[n]; jne 1b; "
			"movq %%xmm8, %[a]; movq %%xmm1, %[b]; mov %%r10, %[c]; mov %%rsi, %[d]; stmxcsr %[m]"
			: [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [m] "=m"(mxcsr)
			: [w] "r"(want), [i] "r"(i), [n] "m"(count)
			: "r10", "rsi", "xmm1", "xmm8", "memory", "cc");
		CHECK_EQ(mxcsr & 0xffc0, 0x1f80);
#else
		uint64_t rounding = 0;
		__asm__ volatile("fmv.d.x fs1, %[w]; fmv.d.x ft1, %[w]; mv t4, %[w]; mv a6, %[w]\n"
				 "1: lw t3, %[n]; bne t3, %[i], 1b\n"
				 "fmv.x.d %[a], fs1; fmv.x.d %[b], ft1; mv %[c], t4; mv %[d], a6; frrm %[m]"
				 : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [m] "=&r"(rounding)
				 : [w] "r"(want), [i] "r"((long)i), [n] "m"(count)
				 : "t3", "t4", "a6", "fs1", "ft1", "memory");
		CHECK_EQ(rounding, 0);
#endif
		CHECK_EQ(a, want);
		CHECK_EQ(b, want);
		CHECK_EQ(c, want);
		CHECK_EQ(d, want);
	}
}

/* ---- faults ---- */

static void fault_at(volatile char *at, bool write, int sig, int code)
{
	count = 0;
	if (sigsetjmp(back, 1) == 0) {
		if (write)
			*at = 1;
		else
			(void)*at;
		CHECK(!"no signal");
	}
	CHECK_EQ(count, 1);
	CHECK_EQ(seen.si_signo, sig);
	CHECK_EQ(seen.si_code, code);
	CHECK(seen.si_addr == at);
}

TEST(faults, "signal/faults-tell-where-and-why")
{
	char *none = user_pages(1, PROT_NONE), *readable = user_pages(1, PROT_READ);
	int fd = user_file("short", 100);
	char *file = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	on(SIGSEGV, leap, 0);
	on(SIGBUS, leap, 0);
	char *hole = user_pages(1, RW);
	CHECK(file != MAP_FAILED && munmap(hole, PAGE) == 0);
	fault_at(hole + 5, false, SIGSEGV, SEGV_MAPERR);
	fault_at(nowhere, true, SIGSEGV, SEGV_MAPERR);
	fault_at(none + 17, false, SIGSEGV, SEGV_ACCERR);
	fault_at(readable + 4000, true, SIGSEGV, SEGV_ACCERR);
	fault_at(file + PAGE + 9, false, SIGBUS, BUS_ADRERR);
}

static char *to_mend;
static void mend(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	if (mprotect(to_mend, PAGE, RW) < 0)
		_exit(9);
}

/* What garbage collectors and databases do: the handler mends the page, and the access is made again. */
TEST(mends, "signal/the-access-is-made-again")
{
	to_mend = user_pages(1, PROT_READ);
	on(SIGSEGV, mend, 0);
	to_mend[7] = 'x';
	CHECK_EQ(to_mend[7], 'x');
	CHECK_EQ(count, 1);
}

/* What a handler writes into its context is where the program goes on. */
static char landing[4];
static void redirect(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	note(sig, info, context);
	CONTEXT_PC(uc) = (greg_t)(uintptr_t)landing;
}

static void redirected(void *arg)
{
	(void)arg;
	on(SIGUSR1, redirect, 0);
	raise(SIGUSR1);
}
TEST(context, "signal/context-may-be-changed")
{
	CHECK_EQ(user_signal(redirected, NULL), SIGSEGV); /* LANDING is data */
}

/* ---- masks ---- */

TEST(blocked, "signal/blocked-ones-wait-and-count-once")
{
	sigset_t set;
	on(SIGUSR1, note, 0);
	on(SIGUSR2, note, 0);
	mask(SIG_BLOCK, SIGUSR1);
	mask(SIG_BLOCK, SIGUSR2);
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK(sigpending(&set) == 0 && sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2));
	CHECK(!sigismember(&set, SIGHUP));
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(count, 1);
	mask(SIG_UNBLOCK, SIGUSR2);
	CHECK_EQ(count, 2);
	CHECK(sigpending(&set) == 0 && sigisemptyset(&set));
}

static volatile sig_atomic_t depth, deepest;
static void nest(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (count < 3)
		raise(sig);
	depth--;
}

TEST(nests, "signal/not-within-itself-unless-it-says-so")
{
	on(SIGUSR1, nest, 0);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 1);
	CHECK_EQ(count, 3);
	deepest = count = 0;
	on(SIGUSR2, nest, SA_NODEFER);
	raise(SIGUSR2);
	CHECK_EQ(deepest, 3);
}

static void other(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	if (sig == SIGUSR1) {
		raise(SIGUSR2); /* it is in the mask: after us */
		note(SIGALRM, info, context);
	}
}
TEST(action_mask, "signal/the-action-blocks-what-it-names")
{
	struct sigaction action = {.sa_sigaction = other, .sa_flags = SA_SIGINFO};
	if (user_not_emulated("the order in which signals come"))
		return;
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	on(SIGUSR2, other, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 3);
	CHECK(order[0] == SIGUSR1 && order[1] == SIGALRM && order[2] == SIGUSR2);
	raise(SIGUSR2); /* and no longer than that */
	CHECK_EQ(count, 4);
}

static void reset_twice(void *arg)
{
	(void)arg;
	on(SIGUSR1, note, (int)SA_RESETHAND);
	raise(SIGUSR1);
	if (count == 1)
		raise(SIGUSR1);
}
TEST(reset, "signal/resethand-is-for-once") { CHECK_EQ(user_signal(reset_twice, NULL), SIGUSR1); }

TEST(ignored, "signal/ignoring-forgets-what-is-pending")
{
	on(SIGUSR1, note, 0);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	on(SIGUSR1, note, 0);
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(count, 0);
}

/* ---- calls that sleep ---- */

TEST(eintr, "signal/a-sleeping-call-ends-with-eintr")
{
	int ends[2];
	char c;
	CHECK(pipe(ends) == 0);
	on(SIGALRM, note, 0);
	every(2000);
	CHECK_EQ(result(read(ends[0], &c, 1)), -EINTR);
	CHECK_EQ(result(pause()), -EINTR);
	struct pollfd fd = {ends[0], POLLIN, 0};
	CHECK_EQ(result(poll(&fd, 1, -1)), -EINTR);
	struct timespec left = {0, 0};
	CHECK_EQ(result(nanosleep(&(struct timespec){100, 0}, &left)), -EINTR);
	CHECK(left.tv_sec >= 50 && left.tv_sec < 100);
	CHECK(count >= 4);
}

static int feed;
static void third_feeds(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	if (count == 3 && write(feed, "x", 1) != 1)
		_exit(9);
}

/* The third signal's handler brings what the call waits for: it must still be under way then. */
TEST(restart, "signal/restart-goes-on-with-the-call")
{
	int ends[2];
	char c = 0;
	CHECK(pipe(ends) == 0);
	feed = ends[1];
	on(SIGALRM, third_feeds, SA_RESTART);
	every(2000);
	CHECK_EQ(result(read(ends[0], &c, 1)), 1);
	CHECK(c == 'x' && count >= 3);
}

static void wait_byte(void *fd)
{
	char c;
	if (read((int)(long)fd, &c, 1) != 1)
		_exit(9);
}
TEST(restart_wait, "signal/restart-of-wait")
{
	int ends[2];
	CHECK(pipe(ends) == 0);
	feed = ends[1];
	pid_t pid = user_child(wait_byte, (void *)(long)ends[0]);
	on(SIGALRM, third_feeds, SA_RESTART);
	every(2000);
	int status = -1;
	CHECK_EQ(result(waitpid(pid, &status, 0)), pid);
	CHECK_EQ(status, 0);
	CHECK(count >= 3);
}

TEST(suspend, "signal/suspend-takes-the-mask-and-gives-it-back")
{
	sigset_t none, now;
	sigemptyset(&none);
	on(SIGUSR1, note, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK_EQ(result(sigsuspend(&none)), -EINTR);
	CHECK_EQ(count, 1);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_EQ(result(ppoll(NULL, 0, NULL, &none)), -EINTR);
	CHECK_EQ(count, 2);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
	/* Nothing comes: the mask is back, too. */
	CHECK_EQ(ppoll(NULL, 0, &(struct timespec){0, 1000}, &none), 0);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
}

/* ---- children ---- */

static void leave(void *arg) { _exit((int)(long)arg); }
static void be_killed(void *sig) { raise((int)(long)sig); }
TEST(child, "signal/sigchld-tells-of-a-child")
{
	sigset_t none;
	sigemptyset(&none);
	on(SIGCHLD, note, 0);
	mask(SIG_BLOCK, SIGCHLD);
	pid_t pid = user_child(leave, (void *)7L);
	CHECK_EQ(result(sigsuspend(&none)), -EINTR);
	CHECK_EQ(seen.si_pid, pid);
	CHECK_EQ(seen.si_code, CLD_EXITED);
	CHECK_EQ(seen.si_status, 7);
	CHECK_EQ(WEXITSTATUS(user_wait(pid)), 7);
	pid = user_child(be_killed, (void *)(long)SIGTERM);
	CHECK_EQ(result(sigsuspend(&none)), -EINTR);
	CHECK_EQ(seen.si_code, CLD_KILLED);
	CHECK_EQ(seen.si_status, SIGTERM);
	user_wait(pid);
}

TEST(inherited, "signal/fork-keeps-and-exec-drops-handlers")
{
	char *const argv[] = {"signals", NULL};
	char text[64] = "", want[40];
	if (user_not_emulated("its own signals"))
		return;
	on(SIGUSR1, note, 0);
	signal(SIGUSR2, SIG_IGN);
	mask(SIG_BLOCK, SIGHUP);
	pid_t pid = fork();
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(count == 1 && raise(SIGUSR2) == 0 ? 0 : 1);
	}
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(user_output("signals", argv, text, sizeof text), 0);
	memset(want, 'd', 31);
	want[SIGUSR2 - 1] = 'i';
	strcpy(want + 31, " 2\n");
	CHECK(strcmp(text, want) == 0);
	if (strcmp(text, want))
		test_note("got %s", text);
}

/* ---- stacks ---- */

static char *alt;
static volatile bool on_alternate;
static void look(int sig, siginfo_t *info, void *context)
{
	char here;
	stack_t now;
	sigaltstack(NULL, &now);
	on_alternate = &here > alt && &here < alt + 64 * 1024 && now.ss_flags == SS_ONSTACK;
	leap(sig, info, context);
}

static int recurse(volatile char *above)
{
	volatile char here[512];
	here[0] = above[0];
	return here[0] == 77 ? 0 : recurse(here) + here[0]; /* it never is */
}

TEST(overflow, "signal/overflow-is-handled-on-the-other-stack")
{
	stack_t stack = {.ss_size = 64 * 1024}, old;
	volatile char first = 0;
	alt = stack.ss_sp = user_pages(16, RW);
	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
	CHECK(sigaltstack(&stack, NULL) == 0);
	on(SIGSEGV, look, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		recurse(&first);
	CHECK_EQ(count, 1);
	CHECK(on_alternate);
	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0 && old.ss_sp == alt);
	stack.ss_size = 100;
	CHECK_EQ(result(sigaltstack(&stack, NULL)), -ENOMEM);
	stack.ss_flags = 0x100;
	CHECK_EQ(result(sigaltstack(&stack, NULL)), -EINVAL);
}

/* The stack is full and there is no other.
 * Bad: proc:handler-without-stack */
static void no_stack(void *arg)
{
	volatile char first = 0;
	(void)arg;
	on(SIGSEGV, look, 0);
	recurse(&first);
}
TEST(no_room, "signal/no-room-for-the-frame-ends-the-process")
{
	CHECK_EQ(user_signal(no_stack, NULL), SIGSEGV);
}

/* ---- what is broken ---- */

static void again(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	*nowhere = 1;
}
static void fault_within(void *arg)
{
	(void)arg;
	on(SIGSEGV, again, 0);
	*nowhere = 1;
}

/* Bad: proc:handler-faults proc:handler-at-bad-place */
static void bad_handler(void *at)
{
	struct sigaction action = {.sa_handler = (void (*)(int))at};
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
}
TEST(bad, "signal/bad-handlers-end-the-process")
{
	CHECK_EQ(user_signal(fault_within, NULL), SIGSEGV);
	if (user_not_emulated("handlers in memory that it does not have"))
		return;
	CHECK_EQ(user_signal(bad_handler, (void *)0xffffffff80201000), SIGSEGV);
	CHECK_EQ(user_signal(bad_handler, (void *)0x800000000000), SIGSEGV);
	CHECK_EQ(user_signal(bad_handler, user_pages(1, RW)), SIGSEGV);
}

/* The N-th way to break a frame.
 * Bad: proc:sigreturn-forged */
static int way;
static void forge(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned char *bytes = context;
	note(sig, info, context);
	switch (way) {
	case 0: CONTEXT_PC(uc) = (greg_t)0xffffffff80201000; break;
	case 1: CONTEXT_PC(uc) = (greg_t)0x800000000000; break;
	case 2: CONTEXT_SP(uc) = (greg_t)0xffff800000000000; break;
	case 3: CONTEXT_SP(uc) = 0; break;
#if defined __x86_64__
	case 4: uc->uc_mcontext.gregs[REG_EFL] |= 0x7feff; break; /* IOPL, NT, VM, ... */
	case 5: uc->uc_mcontext.gregs[REG_CSGSFS] = 0x0010001000100008; break;
	case 6: uc->uc_mcontext.fpregs->mxcsr = 0xffffffff; break;
	case 7: uc->uc_mcontext.fpregs = (void *)0xffff800000000000; break;
#endif
	default: /* whatever comes */
		for (int i = 0; i < 300; i++)
			bytes[test_rand() % sizeof(mcontext_t)] = (unsigned char)test_rand();
	}
}
static void forged(void *arg)
{
	way = (int)(long)arg;
	for (int i = 0; i < way; i++)
		test_rand();
	alarm(5);
	on(SIGUSR1, forge, 0);
	raise(SIGUSR1);
#if defined __x86_64__
	if (way == 4)
		__asm__ volatile("cli"); /* interrupts are still not ours to change */
#endif
	_exit(0);
}
TEST(forgery, "signal/no-frame-harms-the-system")
{
	if (user_not_emulated("frames"))
		return;
	for (long i = 0; i < 40; i++) {
		int status = user_status(forged, (void *)i);
		CHECK(status != -1);
		if (i < 2 || (CLI_IS_REFUSED && i == 4))
			CHECK_EQ(WTERMSIG(status), SIGSEGV);
	}
}

/* ---- time ---- */

TEST(alarms, "signal/alarm-and-timer")
{
	struct itimerval left;
	on(SIGALRM, note, 0);
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(alarm(0), 100);
	CHECK_EQ(alarm(0), 0);
	CHECK(setitimer(ITIMER_REAL, &(struct itimerval){{7, 0}, {50, 0}}, NULL) == 0);
	CHECK(getitimer(ITIMER_REAL, &left) == 0 && left.it_interval.tv_sec == 7);
	CHECK(left.it_value.tv_sec >= 30 && left.it_value.tv_sec < 50);
	pid_t pid = fork(); /* timers are not inherited */
	if (pid == 0)
		_exit(getitimer(ITIMER_REAL, &left) < 0 || left.it_value.tv_sec || left.it_value.tv_usec);
	CHECK_EQ(user_wait(pid), 0);
	CHECK_EQ(count, 0);
	every(1000);
	while (count < 5)
		pause();
	CHECK(seen.si_signo == SIGALRM && seen.si_code == SI_KERNEL);
	CHECK_EQ(result(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 1000000}}, NULL)), -EINVAL);
}
