/* The end of the machine, with a reason that a person can read.
 *
 * The first CPU that panics speaks; any other stops without a word. It takes the console for good, prints
 * the reason, the registers where there are any, and a backtrace, and powers off with the exit status of a
 * panic. Nothing here waits for anybody, allocates, or takes a lock that another CPU could keep; memory that
 * may be damaged (the frame-pointer chain, the thread) is read by arch_peek(), which survives a fault. A
 * panic inside a panic says so in a line and ends the machine at once. */
#include "arch/arch.h"
#include "kernel/lib/print.h"
#include "vm/port.h"

#define MAX_DEPTH 32

bool cpus_known;
static unsigned owner;   /* [A] 1 + the CPU that speaks */
static unsigned entries; /* [A] how often anybody came here */

bool panicking(void)
{
	return __atomic_load_n(&owner, __ATOMIC_ACQUIRE) != 0;
}

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

static void say_where(vaddr_t pc, vaddr_t lookup)
{
	char name[80];

	symbol_name(lookup, name, sizeof name);
	say("  0x%016lx  %s\n", (unsigned long)pc, name);
}

/* PC is exact when a trap stopped there, and a return address otherwise: that one may already lie in the next
 * function, so the byte before it is looked up. */
static void backtrace(const struct intr_frame *f, vaddr_t fp)
{
	vaddr_t pc, next;
	unsigned depth = 0;

	say("backtrace:\n");
	if (f) {
		say_where(arch_frame_pc(f), arch_frame_pc(f));
		fp = arch_frame_fp(f);
		depth++;
	}
	for (; depth < MAX_DEPTH && arch_frame_next(fp, &pc, &next) && pc; depth++) {
		say_where(pc, pc - 1);
		if (next == fp)
			return;
		fp = next;
	}
	if (depth == MAX_DEPTH)
		say("  (and more)\n");
}

/* Returns only to the one CPU that is to speak. */
static void enter(const char *fmt, va_list ap)
{
	arch_irq_disable();
	if (__atomic_fetch_add(&entries, 1, __ATOMIC_ACQ_REL) >= 16)
		arch_power_off(POWER_PANIC); /* not even knowing who we are works */
	unsigned me = 1 + (cpus_known ? port_cpu() : 0), none = 0;
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
	say("\n*** panic on CPU %u: ", cpus_known ? port_cpu() : 0);
	console_vprint(fmt, ap);
	say("\n");
	if (f)
		arch_frame_print(f, say);
	backtrace(f, fp);
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
