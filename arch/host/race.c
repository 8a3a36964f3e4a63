/* Who runs when, one at a time: schedules are chosen, not left to chance, and the same each time.
 *
 * There are two threads and one baton: the tests' own, and the rival's, which exists while a race is tried.
 * In a trial of a race the baton passes on at the points that a schedule names, counted over both while neither has
 * finished, and whenever somebody waits or finishes. A loop that comes to one and the same place again and again counts
 * there a few times only: what it looks at in between (the empty entries of a table) nobody changes. CPUs without
 * a thread take their interrupts when a waiting thread lends them its time. When all wait and nothing happens,
 * that is a deadlock, and reported as one. The build with HOST_THREADS has threads.c instead. */
#include "host.h"

#ifndef HOST_THREADS
#include <stdio.h>

#define PATIENCE 1000                 /* waits in a row in which nothing happens */
#define TURNS    8                    /* of a loop that are points */
#define STEPS    (50ul * 1000 * 1000) /* of one test, or one trial; ten times what the longest takes */

static pthread_mutex_t lock;
static pthread_cond_t moved;
static bool parked;    /* the rival's thread has begun [lock] */
static unsigned baton; /* 0: the tests' thread runs, 1: the rival's [lock] */
static _Thread_local unsigned self;

static struct {                   /* whoever has the baton */
	bool active, begun, over; /* the rival has begun, has finished */
	bool ended;               /* the operation has */
	unsigned points, cuts;    /* so far */
	struct race_schedule schedule;
	struct {
		const void *place; /* of its last point */
		unsigned turns;    /* in a row */
	} side[2];
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

/* This thread comes to PLACE in the code. */
static void point(const void *place)
{
	unsigned *turns = &trial.side[self].turns, cut;

	*turns = trial.side[self].place == place ? *turns + 1 : 1;
	trial.side[self].place = place;
	if (trial.over || trial.ended || *turns > TURNS)
		return;
	trial.points++;
	cut = trial.cuts < 2 ? trial.schedule.cut[trial.cuts] : 0;
	if (!cut || trial.points < cut || (!trial.begun && host_cpu[1].busy))
		return;
	trial.cuts++;
	if (trial.begun)
		baton_pass();
	else
		rival_begin();
}

static void step(const void *place)
{
	if (++steps > STEPS)
		host_fatal("no end after %lu steps: CPU %u runs in a circle", STEPS, host_me->id);
	if (trial.active)
		point(place);
}

void host_step(void) { step(__builtin_return_address(0)); }

void host_point(void)
{
	step(__builtin_return_address(0));
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
	step(__builtin_return_address(0));
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

unsigned race_trial(const struct race_schedule *schedule, void (*op)(void *), void (*rival)(void *),
		    void *arg)
{
	if (host_me->id || self)
		host_fatal("a race is tried by CPU %u, not 0", host_me->id);
	steps = 0;
	__builtin_memset(&trial, 0, sizeof trial);
	trial.schedule = *schedule;
	trial.rival = rival;
	trial.arg = arg;
	trial.active = true;
	if (schedule->rival_first)
		rival_begin();
	op(arg);
	check_calm("ended its part");
	trial.ended = true;
	host_me->busy = false; /* idle: its interrupts are taken by the rival when that waits */
	if (!trial.begun)
		rival_begin();
	while (!trial.over)
		baton_pass();
	trial.active = false;
	become(&host_cpu[0]);
	return trial.cuts;
}

#endif
