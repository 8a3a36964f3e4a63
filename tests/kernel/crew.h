/* What the kernel's tests share: crews of threads, and waiting that gives up. */
#ifndef TESTS_KERNEL_CREW_H
#define TESTS_KERNEL_CREW_H
#include "kernel/config.h"
#include "kernel/sched/cpu.h"
#include "tests/test.h"

#define CREW_MAX 16

struct crew {
	unsigned n;
	struct thread *thread[CREW_MAX];
};

/* One more thread, running FN(ARG) on the CPUs of MASK; a failed check when there is no memory. */
void crew_add(struct crew *c, void (*fn)(void *), void *arg, uint64_t mask);
/* N threads running FN(ARG), the I-th on CPU I modulo the number of CPUs. */
void crew_spread(struct crew *c, unsigned n, void (*fn)(void *), void *arg);
/* Wait for all to end. */
void crew_join(struct crew *c);

/* Sleep and look until COND(ARG): false (and a failed check) when it takes ridiculously long. */
bool soon(bool (*cond)(void *), void *arg);
bool soon_blocked(struct thread *t); /* T sleeps */
bool soon_set(_Atomic bool *flag);
bool soon_at_least(_Atomic unsigned *count, unsigned least);

/* Some time of this CPU. */
void burn(unsigned turns);
#define PATIENCE_NS (60 * NS_PER_S)

#endif
