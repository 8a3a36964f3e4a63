/* On Linux, what Quire's kernel does itself with pintos=1: the line at exit, and a stack that grows only for an
 * access from sp - 8 on. The stack is memory of our own that a handler of SIGSEGV opens page by page. */
#include "pintos.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_TOP  0x47480000UL
#define STACK_SIZE (1024 * 1024UL)

bool native;
int native_depth;

static int lines_fd;
static void (*native_body)(void);
static ucontext_t native_context;
static _Alignas(16) char signal_stack[16384];

const char *native_emulator(void) { return native ? getenv("PINTOS_EMULATOR") : NULL; }

void native_line(int status)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%s: exit(%d)\n", process_name, status);

	if (native && write(lines_fd, line, n) != n)
		_exit(127);
}

static bool in_stack(uintptr_t va) { return va >= STACK_TOP - STACK_SIZE && va < STACK_TOP; }

static uintptr_t context_sp(const ucontext_t *context)
{
#if defined __x86_64__
	return context->uc_mcontext.gregs[REG_RSP];
#else
	return context->uc_mcontext.__gregs[REG_SP];
#endif
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t va = (uintptr_t)info->si_addr, page = va & ~(uintptr_t)(PAGE_SIZE - 1);

	if (signal == SIGSEGV && info->si_code == SEGV_ACCERR && in_stack(va) &&
	    va >= context_sp(context) - 8 && mprotect((void *)page, PAGE_SIZE, PROT_READ | PROT_WRITE) == 0)
		return;
	pintos_exit(-1);
}

void native_start(void (*body)(void))
{
	const char *lines = getenv("PINTOS_LINES"), *depth = getenv("PINTOS_DEPTH");
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
	stack_t on = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	char *stack = (char *)(STACK_TOP - STACK_SIZE);

	if (!lines)
		return;
	native = true;
	lines_fd = atoi(lines);
	native_depth = depth ? atoi(depth) : 0;
	native_body = body;
	if (mmap(stack, STACK_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
		    stack ||
	    mprotect(stack + STACK_SIZE - PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE) != 0)
		_exit(127);
	sigaltstack(&on, NULL);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigaction(faults[i], &action, NULL);
	getcontext(&native_context);
	native_context.uc_stack = (stack_t){.ss_sp = stack, .ss_size = STACK_SIZE};
	makecontext(&native_context, native_body, 0);
	setcontext(&native_context);
}

void native_touch(const void *buffer, size_t size)
{
	uintptr_t va = (uintptr_t)buffer, end = va + size;

	while (native && va < end && in_stack(va)) {
		(void)*(volatile const char *)va;
		va = (va | (PAGE_SIZE - 1)) + 1;
	}
}

__attribute__((noinline)) void native_touch_below(void)
{
	volatile char below[2048];

	if (native)
		below[0] = below[sizeof below / 2] = 0;
}
