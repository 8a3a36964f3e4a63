/* The scheduler: per-CPU run queues, round robin, preemption by the tick.
 *
 * A CPU switches with its run queue's lock held: the old thread takes it, the new one gives it back. So
 * whoever holds that lock and sees a thread of that CPU not running knows that its registers are saved.
 * `state` and `cpu` of a thread change under the lock of the CPU it is at. A ready thread on its way from one
 * queue to another is on neither; nobody but its mover touches it then. Two run queues' locks are never held
 * at once. An idle CPU takes work from others when it wakes up, and is woken when a thread is placed on it.
 *
 * Locks: docs/lock-order.md; a run queue's is the innermost but for vm's own. */
#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"
#include "vm/pt.h"

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;

/* ---- run queues ---- */

static void queue_push(struct cpu *cpu, struct thread *t) SYNC_REQUIRES(cpu->lock)
{
	t->run_next = NULL;
	if (cpu->first)
		cpu->last->run_next = t;
	else
		cpu->first = t;
	cpu->last = t;
	cpu->nready++;
}

/* The first that may run on the CPUs of MASK, or NULL. */
static struct thread *queue_pop(struct cpu *cpu, uint64_t mask) SYNC_REQUIRES(cpu->lock)
{
	struct thread *before = NULL, *t = cpu->first;

	for (; t && !(t->cpu_mask & mask); t = t->run_next)
		before = t;
	if (!t)
		return NULL;
	if (before)
		before->run_next = t->run_next;
	else
		cpu->first = t->run_next;
	if (cpu->last == t)
		cpu->last = before;
	cpu->nready--;
	return t;
}

/* T, ready and on no queue, gets into TARGET's. */
static void queue_give(struct cpu *target, struct thread *t)
{
	bool asleep;

	spin_lock(&target->lock);
	t->cpu = target->id;
	queue_push(target, t);
	asleep = target->current == target->idle;
	if (asleep)
		target->need_resched = true;
	spin_unlock(&target->lock);
	if (asleep && target != this_cpu())
		arch_ipi((uint64_t)1 << target->id);
}

static bool cpu_idles(const struct cpu *cpu) { return cpu->current == cpu->idle && cpu->nready == 0; }

/* The best CPU of MASK for a thread that was at HOME: there if it is idle, anywhere idle, or there. */
static struct cpu *place(uint64_t mask, struct cpu *home)
{
	if (cpu_idles(home) && mask >> home->id & 1)
		return home;
	for (unsigned i = 0; i < cpu_count; i++)
		if (mask >> i & 1 && cpu_idles(&cpus[i]))
			return &cpus[i];
	return home;
}

void sched_enqueue(struct thread *t)
{
	struct cpu *best = NULL;
	unsigned least = ~0u;

	for (unsigned i = 0; i < cpu_count; i++) {
		unsigned load = cpus[i].nready + !cpu_idles(&cpus[i]);

		if (t->cpu_mask >> i & 1 && load < least) {
			least = load;
			best = &cpus[i];
		}
	}
	if (!best)
		panic("thread %s may run on no CPU that there is", t->name);
	queue_give(best, t);
}

/* An idle CPU takes a ready thread from a busy one. Interrupts off. */
static void steal(struct cpu *me)
{
	for (unsigned i = 1; i < cpu_count; i++) {
		struct cpu *victim = &cpus[(me->id + i) % cpu_count];
		struct thread *t = NULL;

		if (victim->nready == 0)
			continue;
		spin_lock(&victim->lock);
		if (victim->current != victim->idle) /* an idle one is about to run it itself */
			t = queue_pop(victim, (uint64_t)1 << me->id);
		spin_unlock(&victim->lock);
		if (t) {
			queue_give(me, t);
			return;
		}
	}
}

/* ---- switching ---- */

static void account(struct thread *from, struct thread *to)
{
	uint64_t now = arch_time_ns();

	from->ran += now - from->since;
	to->since = now;
}

uint64_t thread_ran(const struct thread *t)
{
	uint64_t now = arch_time_ns(), ran = t->ran;

	return t->state == THREAD_RUNNING ? ran + (now - t->since) : ran;
}

/* Run the next ready thread, or the idle one. The caller holds this CPU's run queue's lock and nothing else,
 * and has said in its state (and queued itself accordingly) what is to become of it. On return the calling
 * thread runs again, maybe on another CPU, and holds that one's lock. */
static void switch_away(struct cpu *cpu) SYNC_UNCHECKED
{
	struct thread *me = thread_current(), *next = queue_pop(cpu, (uint64_t)1 << cpu->id);
	unsigned long irqs_were = cpu->irqs_were;

	ASSERT(cpu->nheld == 1);
	if (!next)
		next = cpu->idle;
	next->state = THREAD_RUNNING;
	cpu->need_resched = false;
	if (next == me)
		return;
	account(me, next);
	cpu->current = next;
	cpu->switches++;
	if (me->user)
		arch_user_save(me->user, &me->arch);
	if (next->pt)
		pt_activate(next->pt);
	if (next->user)
		arch_user_load(next->user);
	arch_switch(&me->arch, &next->arch);
	this_cpu()->irqs_were = irqs_were;
}

/* Let others run; the caller is ready to go on. Interrupts off. */
static void give_way(void) SYNC_UNCHECKED
{
	struct cpu *cpu = this_cpu();
	struct thread *me = thread_current();

	spin_lock(&cpu->lock);
	me->state = THREAD_READY;
	if (me != cpu->idle)
		queue_push(cpu, me);
	switch_away(cpu);
	spin_unlock(&this_cpu()->lock);
}

void thread_yield(void)
{
	unsigned long irq = arch_irq_save();

	ASSERT(this_cpu()->nheld == 0);
	give_way();
	arch_irq_restore(irq);
}

void sched_preempt(void)
{
	const struct cpu *cpu = this_cpu();

	if (cpu->need_resched && cpu->nheld == 0 && cpu->irq_nest == 0 && thread_current()->preempt_off == 0)
		give_way();
}

static void block(struct spinlock *lock, bool interruptible) SYNC_UNCHECKED
{
	struct cpu *cpu = this_cpu(); /* steady: interrupts are off */
	struct thread *me = thread_current();

	ASSERT(!arch_irq_enabled() && cpu->nheld == (lock != NULL) && (!lock || spin_held(lock)));
	ASSERT(me != cpu->idle && cpu->irq_nest == 0 && me->preempt_off == 0);
	spin_lock(&cpu->lock);
	if (lock)
		spin_unlock(lock);
	if (!interruptible || !me->interrupted) {
		me->state = THREAD_BLOCKED;
		me->interruptible = interruptible;
		switch_away(cpu);
		me->interruptible = false;
	}
	spin_unlock(&this_cpu()->lock);
}

void thread_block(struct spinlock *lock) { block(lock, false); }
void thread_block_interruptible(struct spinlock *lock) { block(lock, true); }

/* Lock the run queue of the CPU that T is at. */
static struct cpu *thread_cpu_lock(struct thread *t) SYNC_UNCHECKED
{
	for (;;) {
		struct cpu *cpu = &cpus[*(volatile unsigned *)&t->cpu];

		spin_lock(&cpu->lock);
		if (t->cpu == cpu->id)
			return cpu;
		spin_unlock(&cpu->lock);
	}
}

void thread_wake(struct thread *t) SYNC_UNCHECKED
{
	struct cpu *cpu = thread_cpu_lock(t);
	bool blocked = t->state == THREAD_BLOCKED;

	if (blocked)
		t->state = THREAD_READY;
	spin_unlock(&cpu->lock);
	if (blocked)
		queue_give(place(t->cpu_mask, cpu), t);
}

void thread_interrupt(struct thread *t) SYNC_UNCHECKED
{
	struct cpu *cpu = thread_cpu_lock(t);
	bool wake = t->state == THREAD_BLOCKED && t->interruptible;

	t->interrupted = true;
	if (wake)
		t->state = THREAD_READY;
	spin_unlock(&cpu->lock);
	if (wake)
		queue_give(place(t->cpu_mask, cpu), t);
}

void thread_interrupt_done(void) SYNC_UNCHECKED
{
	struct thread *me = thread_current();
	struct cpu *cpu = thread_cpu_lock(me);

	me->interrupted = false;
	spin_unlock(&cpu->lock);
}

void sched_exit(void) SYNC_UNCHECKED
{
	struct cpu *cpu = this_cpu();
	struct thread *me = thread_current();

	spin_lock(&cpu->lock);
	me->state = THREAD_DEAD;
	spin_unlock(&me->exit_lock);
	switch_away(cpu);
	panic("thread %s ran on after its end", me->name);
}

void sched_wait_off_cpu(struct thread *t) SYNC_UNCHECKED
{
	struct cpu *cpu = thread_cpu_lock(t);

	ASSERT(t->state == THREAD_DEAD);
	spin_unlock(&cpu->lock);
}

/* ---- time ---- */

/* Ring at the next tick or for the first sleeper, whichever comes first. Interrupts off. */
static void clock_set(struct cpu *cpu, uint64_t now) SYNC_REQUIRES(cpu->timer_lock)
{
	uint64_t at = cpu->tick_at;

	if (cpu->sleepers && cpu->sleepers->alarm < at)
		at = cpu->sleepers->alarm;
	arch_timer_arm(at > now + 1000 ? at - now : 1000);
}

void thread_alarm_set(uint64_t deadline)
{
	struct thread *me = thread_current(), **at;
	struct cpu *cpu = this_cpu(); /* steady: interrupts are off */

	spin_lock(&cpu->timer_lock);
	for (at = &cpu->sleepers; *at && (*at)->alarm <= deadline; at = &(*at)->alarm_next)
		;
	me->alarm = deadline;
	me->alarm_cpu = cpu->id;
	me->alarm_set = true;
	me->alarm_next = *at;
	*at = me;
	if (cpu->sleepers == me)
		clock_set(cpu, arch_time_ns());
	spin_unlock(&cpu->timer_lock);
}

void thread_alarm_clear(void)
{
	struct thread *me = thread_current(), **at;
	struct cpu *cpu = &cpus[me->alarm_cpu];

	spin_lock(&cpu->timer_lock);
	if (me->alarm_set) {
		for (at = &cpu->sleepers; *at != me; at = &(*at)->alarm_next)
			;
		*at = me->alarm_next;
		me->alarm_set = false;
	}
	spin_unlock(&cpu->timer_lock);
}

void thread_sleep_until(uint64_t ns)
{
	unsigned long irq;

	ASSERT(thread_may_sleep());
	irq = arch_irq_save();
	thread_alarm_set(ns);
	thread_block(NULL);
	arch_irq_restore(irq);
}

void sched_tick(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = arch_time_ns();
	struct thread *t;

	spin_lock(&cpu->timer_lock);
	while ((t = cpu->sleepers) && t->alarm <= now) {
		cpu->sleepers = t->alarm_next;
		t->alarm_set = false;
		thread_wake(t);
	}
	if (now >= cpu->tick_at) {
		cpu->ticks++;
		cpu->tick_at += TICK_NS;
		if (cpu->tick_at <= now) /* we were away for long: ticks are lost, not made up for */
			cpu->tick_at = now + TICK_NS;
		if (cpu->nready)
			cpu->need_resched = true;
	}
	clock_set(cpu, now);
	spin_unlock(&cpu->timer_lock);
}

/* ---- the idle threads ---- */

static _Noreturn void idle(void)
{
	for (;;) {
		struct cpu *cpu = this_cpu();

		arch_irq_disable();
		if (cpu->nready == 0)
			steal(cpu);
		if (cpu->nready)
			give_way();
		else
			arch_wait();
	}
}

static void idle_main(void *arg)
{
	(void)arg;
	idle();
}

/* The first tick of this CPU is armed. Interrupts off. */
static void clock_start(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = arch_time_ns();

	spin_lock(&cpu->timer_lock);
	cpu->tick_at = now + TICK_NS;
	clock_set(cpu, now);
	spin_unlock(&cpu->timer_lock);
}

void sched_early(void)
{
	for (unsigned i = 0; i < CPU_MAX; i++) {
		cpus[i].id = i;
		spin_init(&cpus[i].lock, "run queue", RANK_RUNQ);
		spin_init(&cpus[i].timer_lock, "sleepers", RANK_TIMER);
	}
	strlcpy(boot_thread.name, "boot", sizeof boot_thread.name);
	boot_thread.state = THREAD_RUNNING;
	cpus[0].current = &boot_thread;
	cpus[0].online = true;
}

void sched_make_idle(unsigned cpu)
{
	char name[THREAD_NAME_MAX];
	struct thread *t;

	ksnprintf(name, sizeof name, "idle/%u", cpu);
	t = thread_make(name, idle_main, NULL, (uint64_t)1 << cpu);
	if (!t)
		panic("no memory for the idle thread of CPU %u", cpu);
	t->state = THREAD_RUNNING;
	t->cpu = cpu;
	t->pt = &pt_kernel; /* not whichever it finds: who sleeps is to be left alone when others change that one */
	cpus[cpu].idle = t;
	if (cpu)
		cpus[cpu].current = t;
}

void sched_start(void) SYNC_UNCHECKED
{
	struct cpu *cpu = this_cpu();

	arch_irq_disable();
	clock_start();
	spin_lock(&cpu->lock);
	boot_thread.state = THREAD_DEAD;
	switch_away(cpu);
	panic("the boot stack was used again");
}

void sched_join(void)
{
	clock_start();
	this_cpu()->online = true;
	idle();
}
