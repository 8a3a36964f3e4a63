/* From a number to a handler, by the table. What is not there is -ENOSYS, and told once for each number. */
#include "kernel/sys/call.h"

#include <stdatomic.h>

#include "abi.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define NUMBERS 512 /* on every machine */

enum call_kind { UNKNOWN, THERE, PROBED_ONLY, NOT_THERE };
struct entry {
	const char *name;
	call_fn *fn;
	enum call_kind kind;
};

/* The other machine's own calls have -1: all of them come to lie in the last place, where no program reaches. */
#define PLACE(x86_64, riscv64) (ABI_NUMBER(x86_64, riscv64) < 0 ? NUMBERS : ABI_NUMBER(x86_64, riscv64))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct entry table[NUMBERS + 1] = {
#define SYSCALL(name, x86_64, riscv64) [PLACE(x86_64, riscv64)] = {#name, sys_##name, THERE},
#define PROBED(name, x86_64, riscv64)  [PLACE(x86_64, riscv64)] = {#name, NULL, PROBED_ONLY},
#define MISSING(name, x86_64, riscv64) [PLACE(x86_64, riscv64)] = {#name, NULL, NOT_THERE},
#include "kernel/sys/calls.def"
};
#pragma GCC diagnostic pop

static void tell_missing(uint64_t number)
{
	static _Atomic uint64_t told[NUMBERS / 64 + 1];
	uint64_t at = number < NUMBERS ? number : NUMBERS;
	const char *name = number < NUMBERS ? table[number].name : NULL;

	if (atomic_fetch_or(&told[at / 64], (uint64_t)1 << at % 64) >> at % 64 & 1)
		return;
	kprintf("quire: %s[%d] asks for the system call %s (%lld), which there is none of\n",
		proc_current()->name, proc_current()->pid, name ? name : "of that number", (long long)number);
}

void call_dispatch(struct intr_frame *f)
{
	struct call c;
	uint64_t number = arch_frame_call(f, c.arg);
	const struct entry *e = number < NUMBERS ? &table[number] : NULL;
	struct proc *me = proc_current();
	int64_t result = -ENOSYS;

	c.frame = me->call = f;
	if (e && e->kind == THERE)
		result = e->fn(&c);
	else if (!e || e->kind != PROBED_ONLY)
		tell_missing(number);
	me->call = NULL;
	/* signal_act() makes it again, or leaves it at that. */
	if (result == -ERESTART || result == -ERESTARTNOHAND) {
		me->again.call = true;
		me->again.alone = result == -ERESTARTNOHAND;
		me->again.number = number;
		me->again.arg0 = c.arg[0];
		result = -EINTR;
	}
	if (c.frame)
		arch_frame_set_result(f, result);
}

struct file *call_file(int fd) { return files_find(proc_current()->files, fd); }

char *call_path(vaddr_t va, int *err)
{
	char *path = kmalloc(PATH_MAX);
	int len = path ? copy_in_string(path, va, PATH_MAX) : -ENOMEM;

	*err = len < 0 ? len : 0;
	if (len >= 0)
		return path;
	kfree(path);
	return NULL;
}
