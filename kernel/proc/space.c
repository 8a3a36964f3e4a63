/* Address spaces of processes: life, and the break. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

struct space *space_new(int *err)
{
	struct space *s = kcalloc(1, sizeof *s);

	*err = s ? spt_init(&s->spt) : -ENOMEM;
	if (*err) {
		kfree(s);
		return NULL;
	}
	s->refs = 1;
	return s;
}

void space_put(struct space *s)
{
	if (!s || --s->refs)
		return;
	spt_kill(&s->spt);
	if (s->exe) {
		inode_deny_write_done(s->exe);
		inode_put(s->exe);
	}
	kfree(s->path);
	kfree(s);
}

void space_enter(struct space *s)
{
	struct thread *me = thread_current();
	unsigned long was;

	spin_lock(&proc_lock);
	me->proc->space = s;
	spin_unlock(&proc_lock);
	was = arch_irq_save();
	me->pt = s ? &s->spt.pt : NULL;
	me->spt = s ? &s->spt : NULL;
	pt_activate(s ? &s->spt.pt : &pt_kernel);
	arch_irq_restore(was);
}

struct space *space_of(int pid)
{
	struct space *s = NULL;
	struct proc *p;

	spin_lock(&proc_lock);
	p = proc_find(pid);
	if (p && p->state != PROC_DEAD && p->space) {
		s = p->space;
		s->refs++;
	}
	spin_unlock(&proc_lock);
	return s;
}

static vaddr_t page_up(vaddr_t va) { return (va + PT_PAGE_MASK) & ~PT_PAGE_MASK; }

/* The break moves to TO; it stays where it is when that cannot be. */
int space_brk(struct space *s, vaddr_t to)
{
	vaddr_t old = page_up(s->brk), new, where;
	int err = 0;

	if (to < s->brk_start || to > user_top())
		return -ENOMEM;
	new = page_up(to);
	if (new > old)
		err = vm_map(&s->spt, old, new - old, VM_READ | VM_WRITE, VM_NOREPLACE, NULL, 0, &where);
	else if (new < old)
		err = vm_unmap(&s->spt, new, old - new);
	if (!err)
		s->brk = to;
	return err;
}
