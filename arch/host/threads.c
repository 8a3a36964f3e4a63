/* Who runs when, with real threads: each simulated CPU is a thread, all run freely, ThreadSanitizer watches.
 *
 * CPU 0 is the tests' own thread; the others wait for work or an interrupt. Interrupts are polled at points
 * and while waiting. This replaces race.c in the build with HOST_THREADS.
 * Locks: MAIL[i].lock guards the mailbox of CPU i. */
#include "host.h"

#ifdef HOST_THREADS
#include <sched.h>

#define TRIALS      25 /* of each race, times two, on each ISA */
#define OPS_A_TRIAL 20 /* when it was said how many operations there should be */

/* A report ends the process, so that the test that caused it is the one that fails. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "halt_on_error=1"; }

struct job {
	void (*fn)(void *);
	void *arg;
	_Atomic bool done;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *job; /* [lock] */
} mail[HOST_CPUS];

static void run(struct job *job)
{
	job->fn(job->arg);
	if (!host_me->irq_on || host_me->locks)
		host_fatal("CPU %u ended its work with interrupts off or a spinlock held", host_me->id);
	job->done = true;
}

static struct job *job_take(unsigned cpu)
{
	struct job *job;

	pthread_mutex_lock(&mail[cpu].lock);
	job = mail[cpu].job;
	mail[cpu].job = NULL;
	pthread_mutex_unlock(&mail[cpu].lock);
	return job;
}

static void *cpu_thread(void *cpu)
{
	host_me = cpu;
	for (unsigned me = host_me->id;;) {
		struct job *job;

		pthread_mutex_lock(&mail[me].lock);
		while (!mail[me].job && !host_me->ipi)
			pthread_cond_wait(&mail[me].wake, &mail[me].lock);
		pthread_mutex_unlock(&mail[me].lock);
		cpu_interrupt();
		job = job_take(me);
		if (job)
			run(job);
	}
	return NULL;
}

void race_init(void)
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		pthread_t thread;

		pthread_mutex_init(&mail[i].lock, NULL);
		pthread_cond_init(&mail[i].wake, NULL);
		if (i && (pthread_create(&thread, NULL, cpu_thread, &host_cpu[i]) || pthread_detach(thread)))
			host_fatal("no thread for CPU %u", i);
	}
}

void race_test(void) {}

void race_wake(struct host_cpu *cpu)
{
	pthread_mutex_lock(&mail[cpu->id].lock);
	pthread_cond_signal(&mail[cpu->id].wake);
	pthread_mutex_unlock(&mail[cpu->id].lock);
}

/* Now and then another thread gets this one's place, so that also a single processor mixes them. */
void host_step(void)
{
	static _Thread_local uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	if (x % 16 == 0)
		sched_yield();
}

void host_point(void)
{
	host_step();
	cpu_interrupt();
}

void host_progress(void) {}

void host_wait(const char *what, bool interruptible)
{
	(void)what;
	if (interruptible)
		cpu_interrupt();
	sched_yield();
}

/* Wait for work of one's own; what others ask meanwhile is done. */
static void idle_once(void)
{
	struct job *job;

	host_wait("work", true);
	job = job_take(host_me->id);
	if (job)
		run(job);
}

static void post(unsigned cpu, struct job *job)
{
	for (;;) {
		pthread_mutex_lock(&mail[cpu].lock);
		if (!mail[cpu].job)
			break;
		pthread_mutex_unlock(&mail[cpu].lock);
		idle_once();
	}
	mail[cpu].job = job;
	pthread_cond_signal(&mail[cpu].wake);
	pthread_mutex_unlock(&mail[cpu].lock);
}

void race_on(unsigned cpu, void (*fn)(void *), void *arg)
{
	struct job job = {.fn = fn, .arg = arg};

	if (!host_me->irq_on || host_me->locks)
		host_fatal("CPU %u gives work to another with interrupts off or a spinlock held",
			   host_me->id);
	if (cpu == host_me->id) {
		fn(arg);
		return;
	}
	post(cpu, &job);
	while (!job.done)
		idle_once();
}

unsigned race_trial(const struct race_schedule *schedule, void (*op)(void *), void (*rival)(void *),
		    void *arg)
{
	struct job job = {.fn = rival, .arg = arg};
	unsigned long trials = host_ops && !host_quick ? host_ops / OPS_A_TRIAL : TRIALS;
	unsigned wait = (schedule->cut[0] + schedule->cut[1] * 16) % 32 * 64;

	post(1, &job);
	for (volatile unsigned i = 0; i < wait; i++)
		continue;
	op(arg);
	while (!job.done)
		idle_once();
	return schedule->cut[1] ? 0 : schedule->cut[0] < trials;
}

#endif
