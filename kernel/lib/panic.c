/* The end of the machine, with a reason that a person can read.
 *
 * The first CPU that panics speaks; any other stops without a word. It takes the console for good, prints
 * the reason, the registers where there are any, a backtrace and what the VM layer did last, and powers off with the exit status of a
 * panic. Nothing here waits for anybody, allocates, or takes a lock that another CPU could keep; memory that
 * may be damaged (the frame-pointer chain, the thread) is read by arch_peek(), which survives a fault. A
 * panic inside a panic says so in a line and ends the machine at once. */
#include "arch/arch.h"
#include "kernel/lib/print.h"
#include "kernel/sched/cpu.h"
#include "vm/port.h"
#include "vm/trace.h"

#define MAX_LINES  32
#define EVENTS     16   /* of the VM layer's, that are said */
#define MAX_FRAMES 4096 /* whatever the chain looks like, it ends */

bool cpus_known;
static unsigned owner;   /* [A] 1 + the CPU that speaks */
static unsigned entries; /* [A] how often anybody came here */

bool panicking(void) { return __atomic_load_n(&owner, __ATOMIC_ACQUIRE) != 0; }

void panic_halt(void)
{
	arch_irq_disable();
	for (;;)
		arch_relax();
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	console_vprint(fmt, ap);
	va_end(ap);
}

/* Calls of the same place in a row are one line: a recursion that filled its stack must not hide who began
 * it. */
struct trace {
	unsigned lines, times;
	vaddr_t pc;
};

static bool trace_add(struct trace *t, vaddr_t pc)
{
	char name[80] = "no code of the kernel";

	if (t->times && pc == t->pc) {
		t->times++;
		return true;
	}
	if (t->times > 1)
		say("  (%u times)\n", t->times);
	t->times = 1;
	t->pc = pc;
	if (t->lines++ == MAX_LINES) {
		say("  (and more)\n");
		return false;
	}
	if (symbol_start(pc))
		symbol_name(pc, name, sizeof name);
	say("  0x%016lx  %s\n", (unsigned long)pc, name);
	return true;
}

/* A function that calls none may have made no frame: who called it is then not in the chain. */
static void trace_link(struct trace *t, const struct intr_frame *f)
{
	vaddr_t link = arch_frame_link(f), here = symbol_start(arch_frame_pc(f)), pc = 0, next;
	vaddr_t start = symbol_start(link - 1);

	arch_frame_next(arch_frame_fp(f), &pc, &next);
	if (start && start != here && link != pc)
		trace_add(t, link - 1);
}

/* A return address may already lie in the next function: the call ends one byte before it. */
static void backtrace(const struct intr_frame *f, vaddr_t fp)
{
	struct trace t = {0, 0, 0};
	vaddr_t pc, next;

	say("backtrace:\n");
	if (f) {
		trace_add(&t, arch_frame_pc(f));
		trace_link(&t, f);
		fp = arch_frame_fp(f);
	}
	for (unsigned n = 0; n < MAX_FRAMES && arch_frame_next(fp, &pc, &next) && pc; n++) {
		if (!trace_add(&t, pc - 1) || next == fp)
			break;
		fp = next;
	}
}

static unsigned cpu_here(void) { return cpus_known ? port_cpu() : 0; }

/* ", thread "x"", as far as it can be read. */
static void say_thread(void)
{
	char name[THREAD_NAME_MAX + 8] = "";
	vaddr_t from = (vaddr_t)thread_current() + offsetof(struct thread, name);
	uint64_t eight;

	if (!cpus_known || from % 8)
		return;
	for (unsigned at = 0; at < THREAD_NAME_MAX && arch_peek(from + at, &eight); at += 8)
		memcpy(name + at, &eight, 8);
	say(", thread \"%.*s\"", THREAD_NAME_MAX, name);
}

static void stop_others(void)
{
	uint64_t mask = 0;

	for (unsigned i = 0; cpus_known && i < CPU_MAX; i++)
		if (cpus[i].online && i != port_cpu())
			mask |= (uint64_t)1 << i;
	if (mask)
		arch_ipi(mask);
}

/* Returns only to the one CPU that is to speak. */
static void enter(const char *fmt, va_list ap)
{
	arch_irq_disable();
	if (__atomic_fetch_add(&entries, 1, __ATOMIC_ACQ_REL) >= 16)
		arch_power_off(POWER_PANIC); /* not even knowing who we are works */
	unsigned me = 1 + cpu_here(), none = 0;
	if (__atomic_compare_exchange_n(&owner, &none, me, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		console_seize();
		return;
	}
	if (none != me)
		panic_halt();
	static bool twice;
	if (!twice) {
		twice = true;
		say("\n*** panic inside a panic: ");
		console_vprint(fmt, ap);
		say("\n");
	}
	arch_power_off(POWER_PANIC);
}

static _Noreturn void speak(const struct intr_frame *f, vaddr_t fp, const char *fmt, va_list ap)
{
	enter(fmt, ap);
	say("\n*** panic on CPU %u", cpu_here());
	say_thread();
	say(": ");
	console_vprint(fmt, ap);
	say("\n");
	stop_others();
	if (f)
		arch_frame_print(f, say);
	backtrace(f, fp);
	if (cpus_known)
		vm_trace_last(EVENTS, say);
	arch_power_off(POWER_PANIC);
}

void panic_at(const struct intr_frame *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	speak(f, arch_fp(), fmt, ap);
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	speak(NULL, arch_fp(), fmt, ap);
}
