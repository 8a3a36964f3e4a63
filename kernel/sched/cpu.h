/* What each CPU has of its own, and the scheduler's inside. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H
#include "kernel/sched/thread.h"

#define CPU_MAX      BOOT_MAX_CPUS
#define CPU_MAX_HELD 12

struct cpu {                         /* [I] fixed at boot  [Q] lock  [T] timer_lock  [C] that CPU, interrupts off */
	unsigned id;                 /* [I] */
	_Atomic bool online;         /* it takes part in everything */

	struct spinlock lock;        /* the run queue's */
	struct thread *current;      /* [Q] */
	struct thread *idle;         /* [I] runs when nobody else can; never queued */
	struct thread *first, *last; /* [Q] ready threads, next one first */
	_Atomic unsigned nready;     /* [Q] written; anyone may have a look */
	_Atomic bool need_resched;   /* whoever runs gives way at the next chance */
	uint64_t switches;           /* [Q] */

	struct spinlock timer_lock;
	struct thread *sleepers;     /* [T] by deadline */
	uint64_t tick_at;            /* [C] when the next tick is due */
	uint64_t ticks;              /* [C] written; anyone may have a look */
	_Atomic uint64_t ipis;       /* [C] the same */

	unsigned irq_nest;           /* [C] interrupt handlers that are active */
	unsigned nheld;              /* [C] spinlocks held, in the order taken */
	struct spinlock *held[CPU_MAX_HELD]; /* [C] */
	unsigned long irqs_were;     /* [C] before the first of them */
};

extern struct cpu cpus[CPU_MAX];
extern unsigned cpu_count; /* CPUs online; their numbers are 0 .. cpu_count - 1 */

/* Steady only with interrupts or preemption off. */
static inline struct cpu *this_cpu(void) { return &cpus[thread_current()->cpu]; }

/* ---- thread.c ---- */

/* The thread that kernel_main() starts in, on the boot stack; never runs again after sched_start(). */
extern struct thread boot_thread;
/* A thread with a stack that is on no run queue yet, or NULL. */
struct thread *thread_make(const char *name, void (*fn)(void *), void *arg, uint64_t cpu_mask);

/* ---- sched.c ---- */

/* First thing at boot: this_cpu() and spinlocks work from then on. */
void sched_early(void);
/* CPU's idle thread. May sleep once threads run; panics without memory. */
void sched_make_idle(unsigned cpu);
/* CPU 0 leaves the boot stack: its idle thread takes over and runs whoever is ready. */
_Noreturn void sched_start(void);
/* Another CPU has arrived, on its idle thread's stack, interrupts off. */
_Noreturn void sched_join(void);
void sched_enqueue(struct thread *t); /* a new thread, on the least loaded of its CPUs */
/* The last steps of the calling thread, which holds its exit_lock and nothing else. */
_Noreturn void sched_exit(void);
/* Wait until T, dead, has left its stack. */
void sched_wait_off_cpu(struct thread *t);
/* Interrupts off: give way if that was asked for and is allowed. */
void sched_preempt(void);
/* This CPU's clock rang. Interrupts off. */
void sched_tick(void);

#endif
