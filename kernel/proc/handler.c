/* Signal handlers: what a process has set up for a signal, and its way to the handler and back. The frame that a handler
 * finds on its stack is Linux' on that machine; the port knows its layout (arch_signal_*). */
#include "abi.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

enum { SA_RESTORER = 0x4000000, SA_ONSTACK = 0x8000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
#define SA_RESETHAND 0x80000000u

/* siginfo_t, where a fault has its address and the others who sent it. */
static void info_fill(uint8_t to[ARCH_SIGINFO], int sig, const struct signal_info *info)
{
	const int32_t head[3] = {sig, 0, info->code}, from[3] = {info->pid, 0, (int32_t)info->value};
	bool fault = info->code > 0 && SIG_FAULTS & sig_bit(sig);

	memset(to, 0, ARCH_SIGINFO);
	memcpy(to, head, sizeof head);
	if (fault)
		memcpy(to + 16, &info->value, sizeof info->value);
	else
		memcpy(to + 16, from, sizeof from);
}

/* ---- the alternate stack ---- */

enum { SS_ONSTACK = 1, SS_DISABLE = 2 };
#define ALT_LEAST 2048

static bool on_alt(const struct proc *p, vaddr_t sp)
{
	return p->alt.size && sp > p->alt.at && sp - p->alt.at <= p->alt.size;
}

static struct signal_stack alt_now(const struct proc *p, vaddr_t sp)
{
	return (struct signal_stack){p->alt.at,
				     !p->alt.size    ? SS_DISABLE
				     : on_alt(p, sp) ? SS_ONSTACK
						     : 0,
				     p->alt.size};
}

static int alt_set(struct proc *p, const struct signal_stack *s)
{
	uint32_t flags = (uint32_t)s->flags; /* the rest is padding */

	if (flags & ~(uint32_t)SS_DISABLE && flags != SS_ONSTACK)
		return -EINVAL;
	if (flags & SS_DISABLE)
		p->alt.at = p->alt.size = 0;
	else if (s->size < ALT_LEAST)
		return -ENOMEM;
	else
		p->alt.at = s->at, p->alt.size = s->size;
	return 0;
}

int signal_alt(const struct intr_frame *f, const struct signal_stack *new, struct signal_stack *old)
{
	struct proc *p = proc_current();

	*old = alt_now(p, arch_frame_sp(f));
	if (!new)
		return 0;
	return old->flags == SS_ONSTACK ? -EPERM : alt_set(p, new);
}

/* ---- there ---- */

/* Where a handler goes to return, when the program does not say: a page of the process' own with the call. */
int signal_trampoline(struct proc *p)
{
	vaddr_t at;
	int err;

	if (!arch_signal_code_size || p->space->trampoline)
		return 0;
	err = vm_map(&p->space->spt, 0, PT_PAGE_SIZE, VM_READ | VM_WRITE, 0, NULL, 0, &at);
	if (err)
		return err;
	err = copy_out(at, arch_signal_code, arch_signal_code_size);
	if (!err)
		err = vm_protect(&p->space->spt, at, PT_PAGE_SIZE, VM_READ | VM_EXEC);
	if (err)
		vm_unmap(&p->space->spt, at, PT_PAGE_SIZE);
	else
		p->space->trampoline = at;
	return err;
}

/* F goes on in A's handler; the program's state is on its stack. -EFAULT: there is no room for it. */
static int enter(struct intr_frame *f, struct proc *p, int sig, const struct signal_action *a,
		 const struct signal_info *info, uint64_t mask)
{
	bool switches = a->flags & SA_ONSTACK && p->alt.size && !on_alt(p, arch_frame_sp(f));
	struct arch_signal s = {.number = sig,
				.handler = a->handler,
				.back = a->flags & SA_RESTORER ? a->restorer : p->space->trampoline,
				.stack = switches ? p->alt.at + p->alt.size : arch_frame_sp(f) - ABI_RED_ZONE,
				.mask = mask,
				.alt = alt_now(p, arch_frame_sp(f))};
	struct intr_frame to = *f;
	struct arch_user *user = &p->user;
	unsigned long was;
	void *image = kmalloc(ARCH_SIGNAL_SIZE);
	vaddr_t at;
	int err = image ? 0 : -ENOMEM;

	if (!err && !s.back)
		err = -EFAULT;
	if (!err) {
		info_fill(s.info, sig, info);
		was = arch_irq_save();
		arch_user_save(user, &thread_current()->arch);
		arch_irq_restore(was);
		to = *f; /* the saving may have marked it */
		at = arch_signal_enter(&to, user, &s, image);
		if (on_alt(p, s.stack) && !on_alt(p, at))
			err = -EFAULT; /* it ran over */
		else
			err = copy_out(at, image, ARCH_SIGNAL_SIZE);
	}
	kfree(image);
	if (err)
		return err;
	*f = to;
	arch_signal_begin(user);
	was = arch_irq_save();
	arch_user_load(user);
	arch_irq_restore(was);
	return 0;
}

bool signal_handle(struct intr_frame *f, int sig, const struct signal_action *a,
		   const struct signal_info *info)
{
	struct proc *p = proc_current();
	uint64_t mask = p->mask_saved ? p->saved_mask : p->blocked;

	if (p->again.call) {
		if (a->flags & SA_RESTART && !p->again.alone)
			arch_frame_restart(f, p->again.number, p->again.arg0);
		p->again.call = false;
	}
	if (enter(f, p, sig, a, info, mask))
		return false;
	p->mask_saved = false;
	signal_block(p->blocked | a->mask | (a->flags & SA_NODEFER ? 0 : sig_bit(sig)));
	if (a->flags & SA_RESETHAND)
		signal_action(sig, &(struct signal_action){.handler = SIG_DFL}, NULL);
	return true;
}

/* ---- and back ---- */

bool signal_return(struct intr_frame *f)
{
	struct proc *p = proc_current();
	vaddr_t at = arch_signal_at(f);
	struct signal_stack alt;
	struct intr_frame to = *f;
	unsigned long was;
	uint64_t mask;
	void *image = kmalloc(ARCH_SIGNAL_SIZE);
	bool good = image && copy_in(image, at, ARCH_SIGNAL_SIZE) == 0;

	if (good) {
		was = arch_irq_save();
		arch_user_save(&p->user, &thread_current()->arch); /* from here on it is not saved again */
		to = *f;
		good = arch_signal_leave(&to, &p->user, image, at, &mask, &alt);
		arch_user_load(&p->user);
		arch_irq_restore(was);
	}
	kfree(image);
	if (!good)
		return false;
	*f = to;
	signal_block(mask);
	alt_set(p, &alt);
	return true;
}
