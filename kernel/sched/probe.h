/* A test's eyes on the traps of its own thread: what would end a thread or the machine is told instead. */
#ifndef KERNEL_PROBE_H
#define KERNEL_PROBE_H
#include "vm/types.h"

/* What user code that arch_user_run() ran ended with. */
enum probe_end {
	PROBE_SYSCALL = 1, /* `arg` is the call's first argument */
	PROBE_FAULT,       /* a page fault that nothing mended */
	PROBE_ERROR,       /* any other exception */
};

struct probe {
	bool user;   /* user code of this thread runs for the test */
	bool jumped; /* the kernel itself jumped to `target`: what traps right there goes on ... */
	vaddr_t target;
	vaddr_t after_fault; /* ... here after a page fault */
	vaddr_t after_error; /* ... and here when the instruction was reached */
	unsigned mended;     /* faults that pt_touch() took care of */
	uint64_t arg;
	vaddr_t peek;            /* a user's address that each fault in a user copy tries to read; 0: none */
	unsigned peeks, reached; /* how often that was tried, and worked */
};

#endif
