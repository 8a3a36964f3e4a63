/* Ranked spinlocks. A plain test-and-set: a queue of waiters would stand still whenever a hypervisor takes
 * the processor from the one whose turn it is.
 * The list of held locks belongs to the CPU and is touched with interrupts off; without debugging only its length is
 * kept. */
#include "kernel/sync/spinlock.h"

#include "kernel/config.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"

static void report_panic(const char *sentence) { panic("%s", sentence); }

spin_report_fn *spin_report = report_panic;

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	lock->holder = 0;
	lock->rank = rank;
	lock->name = name;
}

static void report(const struct spinlock *lock, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void report(const struct spinlock *lock, const char *fmt, ...)
{
	char sentence[160];
	va_list ap;
	size_t n;

	if (panicking())
		return;
	n = (size_t)ksnprintf(sentence, sizeof sentence, "spinlock %s (rank %u) ", lock->name,
			      (unsigned)lock->rank);
	if (n < sizeof sentence) {
		va_start(ap, fmt);
		kvsnprintf(sentence + n, sizeof sentence - n, fmt, ap);
		va_end(ap);
	}
	spin_report(sentence);
}

/* True if LOCK may be taken now. */
static bool order_check(const struct cpu *cpu, const struct spinlock *lock)
{
	for (unsigned i = 0; i < cpu->nheld; i++) {
		if (cpu->held[i] == lock) {
			report(lock, "is taken again by CPU %u, which holds it", cpu->id);
			return false;
		}
	}
	for (unsigned i = 0; i < cpu->nheld; i++) {
		const struct spinlock *other = cpu->held[i];

		if (other->rank >= lock->rank) {
			report(lock, "is taken out of order: %s (rank %u) is held", other->name,
			       (unsigned)other->rank);
			break;
		}
	}
	return true;
}

/* this_cpu() as an address at hand: it is not worked out again for each member. */
static inline struct cpu *this_cpu_once(void)
{
	struct cpu *cpu = this_cpu();

	__asm__("" : "+r"(cpu));
	return cpu;
}

void spin_lock(struct spinlock *lock) SYNC_UNCHECKED
{
	unsigned long irq = arch_irq_save();
	struct cpu *cpu = this_cpu_once();
	unsigned free = 0;

	if (KERNEL_DEBUG && !order_check(cpu, lock)) {
		arch_irq_restore(irq);
		return;
	}
	while (!atomic_compare_exchange_weak_explicit(&lock->holder, &free, cpu->id + 1, memory_order_acquire,
						      memory_order_relaxed)) {
		free = 0;
		arch_relax();
	}
	if (cpu->nheld == 0)
		cpu->irqs_were = irq;
	ASSERT(cpu->nheld < CPU_MAX_HELD);
	if (KERNEL_DEBUG)
		cpu->held[cpu->nheld] = lock;
	cpu->nheld++;
}

/* LOCK is not among those that this CPU holds any more; false: it never was. */
static bool held_drop(struct cpu *cpu, const struct spinlock *lock)
{
	unsigned i = 0;

	while (i < cpu->nheld && cpu->held[i] != lock)
		i++;
	if (i == cpu->nheld) {
		report(lock, "is given back by CPU %u, but CPU %d holds it", cpu->id, (int)lock->holder - 1);
		return false;
	}
	for (; i + 1 < cpu->nheld; i++)
		cpu->held[i] = cpu->held[i + 1];
	return true;
}

void spin_unlock(struct spinlock *lock) SYNC_UNCHECKED
{
	struct cpu *cpu = this_cpu_once();

	if (KERNEL_DEBUG && !held_drop(cpu, lock))
		return;
	atomic_store_explicit(&lock->holder, 0, memory_order_release);
	if (--cpu->nheld == 0)
		arch_irq_restore(cpu->irqs_were);
}

bool spin_held(struct spinlock *lock)
{
	unsigned long irq = arch_irq_save();
	bool held = atomic_load_explicit(&lock->holder, memory_order_relaxed) == this_cpu()->id + 1;

	arch_irq_restore(irq);
	return held;
}

bool spin_any_held(void)
{
	unsigned long irq = arch_irq_save();
	bool any = this_cpu()->nheld != 0;

	arch_irq_restore(irq);
	return any;
}
