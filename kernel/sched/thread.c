/* Making, ending and counting threads. A thread's memory belongs to whoever joins it. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"

struct thread boot_thread;

static struct spinlock list_lock = SPINLOCK_INIT("threads", RANK_THREADS);
static struct thread *list SYNC_GUARDED_BY(list_lock);
static size_t count SYNC_GUARDED_BY(list_lock);

/* A new thread's first steps: the CPU that switched to it holds its run queue's lock. */
static void thread_main(void *arg) SYNC_UNCHECKED
{
	struct thread *me = arg;
	struct cpu *cpu = this_cpu();

	cpu->irqs_were = arch_irq_save();
	spin_unlock(&cpu->lock);
	arch_irq_enable();
	me->fn(me->arg);
	thread_exit();
}

struct thread *thread_make(const char *name, void (*fn)(void *), void *arg, uint64_t cpu_mask)
{
	struct thread *t = kmalloc(sizeof *t);
	void *stack = kstack_alloc();

	if (!t || !stack) {
		kfree(t);
		kstack_free(stack);
		return NULL;
	}
	memset(t, 0, sizeof *t);
	strlcpy(t->name, name, sizeof t->name);
	t->state = THREAD_READY;
	t->cpu_mask = cpu_mask;
	t->stack = stack;
	t->fn = fn;
	t->arg = arg;
	spin_init(&t->exit_lock, "thread exit", RANK_EXIT);
	arch_thread_init(&t->arch, (char *)stack + KSTACK_SIZE, thread_main, t);
	spin_lock(&list_lock);
	t->list_next = list;
	if (list)
		list->list_prev = t;
	list = t;
	count++;
	spin_unlock(&list_lock);
	return t;
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, uint64_t cpu_mask)
{
	struct thread *t = thread_make(name, fn, arg, cpu_mask);

	if (t)
		sched_enqueue(t);
	return t;
}

void thread_exit(void) SYNC_UNCHECKED
{
	struct thread *me = thread_current();

	ASSERT(thread_may_sleep());
	spin_lock(&me->exit_lock);
	me->exited = true;
	waitq_wake_all(&me->joiner);
	sched_exit();
}

void thread_join(struct thread *t)
{
	ASSERT(t != thread_current());
	spin_lock(&t->exit_lock);
	while (!t->exited)
		waitq_sleep(&t->joiner, &t->exit_lock);
	spin_unlock(&t->exit_lock);
	sched_wait_off_cpu(t);

	spin_lock(&list_lock);
	if (t->list_prev)
		t->list_prev->list_next = t->list_next;
	else
		list = t->list_next;
	if (t->list_next)
		t->list_next->list_prev = t->list_prev;
	count--;
	spin_unlock(&list_lock);
	kstack_free(t->stack);
	kfree(t);
}

size_t thread_count(void)
{
	size_t n;

	spin_lock(&list_lock);
	n = count;
	spin_unlock(&list_lock);
	return n;
}

void thread_for_each(void (*visit)(const struct thread *t, void *ctx), void *ctx)
{
	spin_lock(&list_lock);
	for (const struct thread *t = list; t; t = t->list_next)
		visit(t, ctx);
	spin_unlock(&list_lock);
}

void thread_sleep_ns(uint64_t ns) { thread_sleep_until(arch_time_ns() + ns); }

bool thread_may_sleep(void)
{
	unsigned long irq;
	bool may;

	if (!arch_irq_enabled())
		return false;
	irq = arch_irq_save();
	may = this_cpu()->nheld == 0 && this_cpu()->irq_nest == 0 && thread_current()->preempt_off == 0 &&
	      thread_current() != this_cpu()->idle;
	arch_irq_restore(irq);
	return may;
}

void preempt_disable(void)
{
	struct thread *me = thread_current();

	me->preempt_off++;
	atomic_signal_fence(memory_order_seq_cst);
}

void preempt_enable(void)
{
	struct thread *me = thread_current();

	ASSERT(me->preempt_off);
	atomic_signal_fence(memory_order_seq_cst);
	if (--me->preempt_off == 0 && this_cpu()->need_resched && thread_may_sleep())
		thread_yield();
}
