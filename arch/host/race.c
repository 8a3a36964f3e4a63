/* Who runs when, one at a time: schedules are chosen, not left to chance, and the same each time.
 *
 * There are two sides and one baton: the tests' own, and the rival's, which runs on a stack of its own while a race is
 * tried. They are no threads of the system: a change of sides costs less than what is done between two, and a process
 * that is split off has both. In a trial of a race the baton passes on at the points that a schedule names, counted
 * over both while neither has finished, and whenever somebody waits or finishes. A loop that comes to one and the same
 * place again and again counts there a few times only: what it looks at in between (the empty entries of a table)
 * nobody changes. CPUs without a side take their interrupts when a waiting one lends them its time. When all wait and
 * nothing happens, that is a deadlock, and reported as one. The build with HOST_THREADS has threads.c instead. */
#include "host.h"

#ifndef HOST_THREADS
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef HOST_ASAN
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGINS(fake, stack, size) __sanitizer_start_switch_fiber(fake, stack, size)
#define SWITCH_ENDED(fake, stack, size)  __sanitizer_finish_switch_fiber(fake, stack, size)
#else
#define SWITCH_BEGINS(fake, stack, size) ((void)(fake), (void)(stack), (void)(size))
#define SWITCH_ENDED(fake, stack, size)  ((void)(fake), (void)(stack), (void)(size))
#endif

#define PATIENCE 1000                 /* waits in a row in which nothing happens */
#define TURNS    8                    /* of a loop that are points */
#define STEPS    (50ul * 1000 * 1000) /* of one test, or one trial; ten times what the longest takes */
#define STACK    (512ul << 10)        /* of the rival */

static struct side {          /* the tests' own part, and the rival's */
	ucontext_t context;   /* where it goes on when it gets the baton */
	struct host_cpu *cpu; /* as which it runs then */
	const void *stack;    /* its lowest address, for AddressSanitizer */
	size_t size;
	void *fake; /* AddressSanitizer's */
} side[2];
static unsigned self; /* who has the baton: the side that runs */

static struct {                   /* whoever has the baton */
	bool active, begun, over; /* the rival has begun, has finished */
	bool ended;               /* the operation has */
	unsigned points, cuts;    /* so far */
	struct race_schedule schedule;
	struct {
		const void *place; /* of its last point */
		unsigned turns;    /* in a row */
	} loop[2];                 /* of each side */
	void (*rival)(void *);
	void *arg;
} trial;
static unsigned waits;
static unsigned long steps; /* of the running test */
static const char *waits_for[HOST_CPUS];

/* The side that has the baton now came here from the other. */
static void baton_come(void)
{
	struct side *from = &side[!self];

	SWITCH_ENDED(side[self].fake, &from->stack, &from->size);
	host_me = side[self].cpu;
}

static void baton_pass(void)
{
	struct side *from = &side[self], *to = &side[!self];
	volatile bool back = false;

	from->cpu = host_me;
	if (getcontext(&from->context))
		host_fatal("no context for a second CPU");
	if (!back) {
		back = true;
		self = !self;
		SWITCH_BEGINS(&from->fake, to->stack, to->size);
		setcontext(&to->context);
	}
	baton_come();
}

static void rival_side(void)
{
	baton_come();
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
}

void race_init(void)
{
	struct side *rival = &side[1];
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *stack = mmap(NULL, PT_PAGE_SIZE + STACK, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (stack == MAP_FAILED || mprotect(stack, PT_PAGE_SIZE, PROT_NONE) || getcontext(&rival->context))
		host_fatal("no stack for a second CPU");
	rival->stack = rival->context.uc_stack.ss_sp = stack + PT_PAGE_SIZE;
	rival->size = rival->context.uc_stack.ss_size = STACK;
	makecontext(&rival->context, rival_side, 0);
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

/* This side comes to PLACE in the code. */
static void point(const void *place)
{
	unsigned *turns = &trial.loop[self].turns, cut;

	*turns = trial.loop[self].place == place ? *turns + 1 : 1;
	trial.loop[self].place = place;
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

/* From now on this side runs as CPU, once no other does. */
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
