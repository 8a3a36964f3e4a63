/* System calls: what a handler gets, and the table of them all (calls.def). */
#ifndef KERNEL_CALL_H
#define KERNEL_CALL_H
#include "arch/arch.h"

/* Handlers run on the caller's kernel stack, interrupts on, no lock held. What they return goes to the program. */
struct call {
	uint64_t arg[6];
	struct intr_frame *frame;
};
typedef int64_t call_fn(struct call *c);

void call_dispatch(struct intr_frame *f);

#define SYSCALL(name, x86_64, riscv64) call_fn sys_##name;
#define MISSING(name, x86_64, riscv64)
#define PROBED(name, x86_64, riscv64)
#include "kernel/sys/calls.def"
#undef SYSCALL
#undef MISSING
#undef PROBED

/* ---- what several files of handlers share ---- */
struct file;
struct rlimit;
struct file *call_file(int fd); /* of the calling process; NULL: none */
/* The path at VA in kernel memory, to be kfree()d; NULL: *ERR. */
char *call_path(vaddr_t va, int *err);

#endif
