/* The kernel's start, on all CPUs, up to the first thread that does something.
 *
 * CPU 0 comes here from boot.S on the boot stack and the early tables, interrupts off, and leaves both for
 * good: first the kernel's own table, then the init thread's stack. The init thread starts the other CPUs one
 * by one, says what machine this is, and runs what was linked in (the test image has its tests there) or the
 * monitor. */
#include "arch/arch.h"
#include "kernel/config.h"
#include "kernel/dev/console.h"
#include "kernel/dev/virtio.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"
#include "kernel/main.h"
#include "kernel/mem/mem.h"
#include "kernel/monitor.h"
#include "kernel/proc/start.h"
#include "kernel/sched/cpu.h"
#include "kernel/show.h"
#include "vm/pt.h"
#include "vm/trace.h"

#define CPU_PATIENCE_NS (30 * NS_PER_S) /* for a CPU to arrive: the host may be busy */

/* Paging modes by the words that pt= takes. */
static const struct mode {
	const char *arch, *word, *title;
	unsigned levels;
} modes[] = {
	{"x86_64", "pml4", "PML4", 4},  {"x86_64", "la57", "LA57", 5},  {"riscv64", "sv39", "Sv39", 3},
	{"riscv64", "sv48", "Sv48", 4}, {"riscv64", "sv57", "Sv57", 5},
};

static const struct mode *mode_in_force(void)
{
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(modes[i].arch, ARCH_NAME) == 0 && modes[i].levels == pt_levels())
			return &modes[i];
	panic("%u levels of page tables have no name on " ARCH_NAME, pt_levels());
}

static void mode_check(void)
{
	const struct mode *mode = mode_in_force();
	char asked[16];

	if (cmdline_get("pt", asked, sizeof asked) && strcmp(asked, mode->word) != 0)
		panic("the command line asks for pt=%s, but this machine runs with pt=%s", asked, mode->word);
}

/* trace=vm: what the VM layer does is told, line by line. */
static void trace_setup(void)
{
	char what[8];

	vm_telling = cmdline_get("trace", what, sizeof what) && strcmp(what, "vm") == 0;
	vm_tracing |= vm_telling;
}

static void banner(const struct boot_info *info)
{
	const char *machine = fdt_prop(info->fdt, fdt_root(info->fdt), "compatible", NULL);
	uint64_t ram = 0;

	for (unsigned i = 0; i < info->nram; i++)
		ram += info->ram[i].len;
	kprintf("Quire " KERNEL_VERSION " on " ARCH_NAME " (%s): %s, %u CPU%s, %s RAM, %s\n",
		machine ? machine : "no device tree", mode_in_force()->title, cpu_count,
		cpu_count > 1 ? "s" : "", size_text(ram).text, arch_features());
}

static void cpu_bring(unsigned cpu, uint32_t hwid)
{
	uint64_t deadline;
	int err;

	sched_make_idle(cpu);
	err = arch_cpu_start(cpu, hwid, &cpus[cpu].idle->arch, (char *)cpus[cpu].idle->stack + KSTACK_SIZE);
	if (err)
		panic("CPU %u (hardware id %u) cannot be started: error %d", cpu, hwid, err);
	deadline = arch_time_ns() + CPU_PATIENCE_NS;
	while (!cpus[cpu].online) {
		if (arch_time_ns() > deadline)
			panic("CPU %u (hardware id %u) was started but did not arrive within %llu s", cpu,
			      hwid, CPU_PATIENCE_NS / NS_PER_S);
		thread_sleep_ns(NS_PER_MS);
	}
	cpu_count = cpu + 1;
}

static void init(void *arg)
{
	const struct boot_info *info = arg;

	console_input_init();
	mode_check();
	trace_setup();
	vm_policy_asked();
	for (unsigned cpu = 1; cpu < info->ncpus; cpu++)
		cpu_bring(cpu, info->cpu_hwid[cpu]);
	virtio_init(info->fdt);
	banner(info);
	for (quire_main_fn *const *fn = __start_quire_main; fn < __stop_quire_main; fn++)
		(*fn)();
	start_processes(info);
	monitor_run(info);
}

_Noreturn void kernel_main(unsigned long arg0, unsigned long arg1)
{
	static struct boot_info info;

	arch_set_current(&boot_thread);
	sched_early();
	cpus_known = true;
	arch_boot_info(arg0, arg1, &info);
	cmdline_init(info.cmdline);
	arch_mmu_probe();
	mem_direct_base = arch_direct_base();
	arch_console_init(info.fdt);
	console_init(info.fdt);
	palloc_init(&info);
	kmap_init(&info);
	arch_cpu_init(0);
	arch_irq_init(info.fdt);
	arch_time_init(info.fdt);
	sched_make_idle(0);
	if (!thread_create("init", init, &info, 1))
		panic("no memory for the init thread");
	sched_start();
}

/* Another CPU arrives on its idle thread's stack, in the kernel's table, interrupts off. */
void smp_entry(unsigned cpu)
{
	arch_cpu_init(cpu);
	pt_activate(&pt_kernel);
	sched_join();
}
