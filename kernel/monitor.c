/* The monitor: a prompt on the console and commands that show what the kernel is doing.
 *
 * It runs in one thread and only looks: under the lock of what it shows, or where a torn look does no
 * harm. */
#include "kernel/monitor.h"

#include "arch/arch.h"
#include "kernel/config.h"
#include "kernel/dev/console.h"
#include "kernel/dev/irq.h"
#include "kernel/lib/lib.h"
#include "kernel/lib/line.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"
#include "kernel/show.h"
#include "vm/pt.h"

#define PROMPT "quire> "

static const struct boot_info *boot;
static bool any_failed; /* of the commands so far; counts when they came from the boot command line */
static bool scripted;

struct command {
	const char *name, *args, *what;
	bool (*run)(char *args); /* false: it failed, and said why */
};

static bool run(char *command);
static bool cmd_help(char *args);

/* ---- the commands ---- */

static bool cmd_about(char *args)
{
	uint64_t ram = 0;

	(void)args;
	for (unsigned i = 0; i < boot->nram; i++)
		ram += boot->ram[i].len;
	struct size s = size_text(ram), leaf = size_text(pt_span(pt_leaf_max()));
	kprintf("Quire " KERNEL_VERSION " on " ARCH_NAME "\n");
	kprintf("  paging    %u levels, %u-bit addresses, leaves up to %s\n", pt_levels(),
		PT_PAGE_SHIFT + PT_IDX_BITS * pt_levels(), leaf.text);
	kprintf("  cpus      %u of %u\n", cpu_count, boot->ncpus);
	kprintf("  memory    %s, all of it mapped from 0x%lx on\n", s.text, (unsigned long)mem_direct_base);
	for (unsigned i = 0; i < boot->nram; i++) {
		unsigned long from = boot->ram[i].base, to = from + boot->ram[i].len;
		kprintf("            0x%lx-0x%lx\n", from, to);
	}
	kprintf("  features  %s\n", arch_features());
	kprintf("  command   %s\n", boot->cmdline);
	return true;
}

static void mem_line(const char *what, uint64_t pages)
{
	struct size s = size_text(pages * PT_PAGE_SIZE);

	kprintf("  %-12s %8llu pages  %10s\n", what, (unsigned long long)pages, s.text);
}

static bool cmd_mem(char *args)
{
	size_t total = palloc_total(), used = palloc_used(), user = palloc_user_used();

	(void)args;
	mem_line("all", total);
	mem_line("free", total - used);
	mem_line("used", used);
	mem_line("  by users", user);
	mem_line("  by tables", pt_kernel.tables);
	mem_line("  otherwise", used - user - pt_kernel.tables);
	mem_line("user limit", palloc_user_limit());
	kprintf("  %-12s %8zu\n", "objects", kmalloc_objects());
	return true;
}

static bool cmd_cpus(char *args)
{
	(void)args;
	kprintf("  cpu  hw  %-20s ready    switches       ticks\n", "runs");
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *c = &cpus[i];
		char name[THREAD_NAME_MAX];
		spin_lock(&c->lock);
		strlcpy(name, c->current->name, sizeof name);
		unsigned ready = c->nready;
		uint64_t switches = c->switches;
		spin_unlock(&c->lock);
		kprintf("  %3u %3u  %-20s %5u  %10llu  %10llu\n", i, boot->cpu_hwid[i], name, ready,
			(unsigned long long)switches, (unsigned long long)c->ticks);
	}
	kprintf("  stray device interrupts: %llu\n", (unsigned long long)irq_stray_count());
	return true;
}

static void thread_line(const struct thread *t, void *ctx)
{
	static const char *const states[] = {"ready", "running", "blocked", "dead"};
	char mask[20] = "any";

	(void)ctx;
	if (t->cpu_mask != CPU_ANY)
		ksnprintf(mask, sizeof mask, "0x%llx", (unsigned long long)t->cpu_mask);
	kprintf("  %-20s %-8s %3u  %-6s 0x%016lx\n", t->name, states[t->state & 3], t->cpu, mask,
		(unsigned long)t->stack);
}

static bool cmd_threads(char *args)
{
	(void)args;
	kprintf("  %-20s %-8s cpu  %-6s stack\n", "name", "state", "may on");
	thread_for_each(thread_line, NULL);
	return true;
}

static bool cmd_walk(char *args)
{
	uint64_t va;
	struct thread *me = thread_current();

	if (!parse_u64(args, &va)) {
		kprintf("walk: an address is needed, like: walk 0x%lx\n", (unsigned long)KERNEL_BASE);
		return false;
	}
	return show_walk(me->pt ? me->pt : &pt_kernel, boot, va);
}

static bool cmd_maps(char *args)
{
	(void)args;
	show_maps(&pt_kernel, boot);
	return true;
}

static bool cmd_tlb(char *args)
{
	(void)args;
	show_tlb();
	return true;
}

static bool cmd_time(char *args)
{
	uint64_t start = arch_time_ns();
	bool good = true;

	if (*args) {
		good = run(args);
		start = arch_time_ns() - start;
	}
	kprintf("%llu.%06u ms\n", (unsigned long long)(start / NS_PER_MS), (unsigned)(start % NS_PER_MS));
	return good;
}

static bool cmd_uptime(char *args)
{
	uint64_t s = arch_time_ns() / NS_PER_S;

	(void)args;
	kprintf("up %llu:%02u:%02u, %zu threads on %u CPUs\n", (unsigned long long)(s / 3600),
		(unsigned)(s / 60 % 60), (unsigned)(s % 60), thread_count(), cpu_count);
	return true;
}

static bool cmd_echo(char *args)
{
	kprintf("%s\n", args);
	return true;
}

static bool cmd_panic(char *args)
{
	panic("%s", *args ? args : "asked for on the console");
}

static bool cmd_off(char *args)
{
	(void)args;
	kprintf("power off\n");
	arch_power_off(scripted && any_failed ? POWER_FAILED : POWER_ORDER);
}

static const struct command commands[] = {
	{"help", "", "this list", cmd_help},
	{"about", "", "the machine: paging, CPUs, memory, protections", cmd_about},
	{"mem", "", "pages by what they are used for", cmd_mem},
	{"cpus", "", "what each CPU runs", cmd_cpus},
	{"threads", "", "all threads", cmd_threads},
	{"walk", "ADDR", "how an address is translated, level by level", cmd_walk},
	{"maps", "", "what the kernel's table maps", cmd_maps},
	{"tlb", "", "shootdowns and address-space tags", cmd_tlb},
	{"time", "[COMMAND]", "how long a command takes; without one, the clock", cmd_time},
	{"uptime", "", "since when the machine is up", cmd_uptime},
	{"echo", "[TEXT]", "say it", cmd_echo},
	{"panic", "[REASON]", "end the machine the hard way", cmd_panic},
	{"off", "", "power off", cmd_off},
};
static const int ncommands = sizeof commands / sizeof commands[0];

static bool cmd_help(char *args)
{
	(void)args;
	for (int i = 0; i < ncommands; i++) {
		char form[24];
		ksnprintf(form, sizeof form, "%s %s", commands[i].name, commands[i].args);
		kprintf("  %-16s %s\n", form, commands[i].what);
	}
	return true;
}

/* ---- running them ---- */

static bool unknown(const char *name)
{
	const char *names[sizeof commands / sizeof commands[0]];

	for (int i = 0; i < ncommands; i++)
		names[i] = commands[i].name;
	int near = line_nearest(name, names, ncommands);
	if (near >= 0)
		kprintf("There is no command \"%s\"; did you mean \"%s\"?\n", name, names[near]);
	else
		kprintf("There is no command \"%s\"; \"help\" lists those there are.\n", name);
	return false;
}

static bool run(char *command)
{
	char *args = line_rest(command);

	for (int i = 0; i < ncommands; i++)
		if (strcmp(command, commands[i].name) == 0)
			return commands[i].run(args);
	return unknown(command);
}

static void run_all(char *text, bool show)
{
	char *command;

	while ((command = line_command(&text))) {
		if (show)
			kprintf(PROMPT "%s\n", command);
		if (!run(command))
			any_failed = true;
	}
}

static void echo(const char *s, size_t n)
{
	kprintf("%.*s", (int)n, s);
}

void monitor_run(const struct boot_info *info)
{
	static struct line line = {.echo = echo};
	static char script[sizeof info->cmdline];

	boot = info;
	if (cmdline_get("cmd", script, sizeof script)) {
		scripted = true;
		run_all(script, true);
		cmd_off(NULL);
	}
	for (;;) {
		enum line_event event;

		kprintf(PROMPT);
		line_begin(&line);
		do
			event = line_feed(&line, console_getc());
		while (event == LINE_MORE);
		if (event == LINE_DONE)
			run_all(line.text, false);
	}
}
