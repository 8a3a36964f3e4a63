/* Who runs when, one at a time: schedules are chosen, not left to chance, and the same each time.
 *
 * There are two threads and one baton: the tests' own, and the rival's, which exists while a race is tried.
 * In a trial of a race the baton passes to the rival at the K-th point of the operation; it comes back when
 * the rival has reached its own J-th point, has finished or waits, and passes on whenever somebody waits. CPUs without a thread take
 * their interrupts when a waiting thread lends them its time. When all wait and nothing happens, that is a
 * deadlock, and reported as one. The build with HOST_THREADS has threads.c instead. */
#include "host.h"

#ifndef HOST_THREADS
#include <stdio.h>

#define PATIENCE 1000                 /* waits in a row in which nothing happens */
#define STEPS    (50ul * 1000 * 1000) /* of one test; ten times what the longest takes */

static pthread_mutex_t lock;
static pthread_cond_t moved;
static bool parked;    /* the rival's thread has begun [lock] */
static unsigned baton; /* 0: the tests' thread runs, 1: the rival's [lock] */
static _Thread_local unsigned self;

static struct {                   /* whoever has the baton */
	bool active, begun, over; /* the rival has begun, has finished */
	bool back;                /* the rival was interrupted */
	unsigned k, points;       /* of the operation */
	unsigned j, rival_points;
	void (*rival)(void *);
	void *arg;
} trial;
static unsigned waits;
static unsigned long steps; /* of the running test */
static const char *waits_for[HOST_CPUS];

static void baton_pass(void)
{
	pthread_mutex_lock(&lock);
	baton = !self;
	pthread_cond_broadcast(&moved);
	while (baton != self)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
}

static void *rival_thread(void *unused)
{
	(void)unused;
	self = 1;
	pthread_mutex_lock(&lock);
	parked = true;
	pthread_cond_broadcast(&moved);
	while (baton != self)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	for (;;) {
		host_me = &host_cpu[1];
		cpu_interrupt();
		trial.rival(trial.arg);
		if (!host_me->irq_on || host_me->locks)
			host_fatal("CPU 1 ended its part with interrupts off or a spinlock held");
		host_me->busy = false;
		trial.over = true;
		host_progress();
		baton_pass();
	}
	return NULL;
}

void race_init(void)
{
	pthread_t thread;

	pthread_mutex_init(&lock, NULL); /* a forked process begins anew */
	pthread_cond_init(&moved, NULL);
	parked = false;
	if (pthread_create(&thread, NULL, rival_thread, NULL) || pthread_detach(thread))
		host_fatal("no thread for a second CPU");
	/* A process that is split off while a thread begins may inherit a lock of the C library's, held for ever. */
	pthread_mutex_lock(&lock);
	while (!parked)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
}

void race_test(void) { steps = 0; }

void race_wake(struct host_cpu *cpu) { (void)cpu; }

static void rival_begin(void)
{
	trial.begun = true;
	host_cpu[1].busy = true;
	host_progress();
	baton_pass();
}

void host_step(void)
{
	if (++steps > STEPS)
		host_fatal("no end after %lu steps: CPU %u runs in a circle", STEPS, host_me->id);
	if (!trial.active)
		return;
	if (self) {
		if (++trial.rival_points == trial.j) {
			trial.back = true;
			baton_pass();
		}
	} else if (!trial.begun && ++trial.points >= trial.k && !host_cpu[1].busy) {
		rival_begin();
	}
}

void host_point(void)
{
	host_step();
	cpu_interrupt();
}

void host_progress(void) { waits = 0; }

_Noreturn static void deadlock(void)
{
	char text[400];
	size_t n = 0;

	for (unsigned i = 0; i < HOST_CPUS && n < sizeof text - 80; i++) {
		const struct host_cpu *cpu = &host_cpu[i];

		if (waits_for[i])
			n += (size_t)snprintf(text + n, 80, "%sCPU %u waits for %s", n ? ", " : "", i,
					      waits_for[i]);
		if (cpu->ipi && !cpu->irq_on)
			n += (size_t)snprintf(text + n, 80, "%sCPU %u is wanted but has interrupts off",
					      n ? ", " : "", i);
	}
	host_fatal("deadlock: %s", text);
}

void host_wait(const char *what, bool interruptible)
{
	unsigned me = host_me->id;

	waits_for[me] = what;
	if (++waits > PATIENCE)
		deadlock();
	host_step();
	if (trial.begun && !trial.over)
		baton_pass();
	if (interruptible) {
		cpu_interrupt();
		for (unsigned i = 0; i < HOST_CPUS; i++)
			cpu_interrupt_idle(&host_cpu[i]);
	}
	waits_for[me] = NULL;
}

/* From now on this thread runs as CPU, once no other does. */
static void become(struct host_cpu *cpu)
{
	while (cpu->busy)
		host_wait("another CPU's work to end", false);
	cpu->busy = true;
	host_me = cpu;
	cpu_interrupt();
}

static void check_calm(const char *what)
{
	if (!host_me->irq_on || host_me->locks)
		host_fatal("CPU %u %s with interrupts off or a spinlock held", host_me->id, what);
}

void race_on(unsigned cpu, void (*fn)(void *), void *arg)
{
	struct host_cpu *from = host_me;

	check_calm("gives work to another CPU");
	if (cpu == from->id) {
		fn(arg);
		return;
	}
	from->busy = false;
	become(&host_cpu[cpu]);
	fn(arg);
	check_calm("ended its work");
	host_me->busy = false;
	become(from);
}

unsigned race_trial(unsigned k, unsigned j, void (*op)(void *), void (*rival)(void *), void *arg)
{
	bool met;

	if (host_me->id || self)
		host_fatal("a race is tried by CPU %u, not 0", host_me->id);
	trial.begun = trial.over = trial.back = false;
	trial.points = trial.rival_points = 0;
	trial.k = k;
	trial.j = j;
	trial.rival = rival;
	trial.arg = arg;
	trial.active = true;
	op(arg);
	check_calm("ended its part");
	met = trial.begun;
	host_me->busy = false; /* idle: its interrupts are taken by the rival when that waits */
	if (!met)
		rival_begin();
	while (!trial.over)
		baton_pass();
	trial.active = false;
	become(&host_cpu[0]);
	return (met ? RACE_MET : 0) | (trial.back ? RACE_BACK : 0);
}

#endif
