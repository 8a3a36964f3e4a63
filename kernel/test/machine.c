/* The real machine under the conformance tests (tests/arch/machine.h).
 *
 * A worker thread on each CPU runs what m_on() asks for, one request at a time. Accesses go through the real
 * MMU: as the kernel by arch_peek(), arch_poke() and a jump, as a user by a few instructions of user code,
 * whose page is mapped in the kernel half, to take no room in the space under test. It is mapped by the
 * first m_enter() of a test and until its end: no other page there is a user's. A page that m_code() prepared
 * holds nothing but ones: on every ISA here that is no instruction, so reaching it traps at once, in either
 * mode. */
#include "tests/arch/machine.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/cpu.h"
#include "kernel/sched/probe.h"
#include "kernel/test/test.h"
#include "kernel/vmport.h"

#define STUB_PAGE   200 /* of the spare window; m_kernel_window() is its first 64 */
#define RACE_TRIALS 200
#define RACE_NS     (NS_PER_S / 16) /* a quarter of it where tables have not four levels */
#define RACE_DELAY  2000

static struct worker { /* [L] lock */
	struct spinlock lock;
	struct waitq posted, done;
	void (*fn)(void *); /* [L] NULL: nothing to do */
	void *arg;          /* [L] */
	unsigned mended;    /* that CPU's own */
} workers[CPU_MAX];

static void *stub; /* the page of user code */
static _Atomic bool stub_mapped;
static bool hardware_ad;
static struct pt *idle_home; /* where idle threads are but for tests */

unsigned m_cpus(void) { return cpu_count; }
bool m_hardware_ad(void) { return hardware_ad; }

/* x86-64 has SMAP and SMEP, or not; RISC-V has SUM, and its kernel never runs a user's page. */
bool m_keeps_out(unsigned how)
{
	const char *has = arch_features();

	return strstr(has, "SUM") || strstr(has, how & M_EXEC ? "SMEP" : "SMAP");
}
vaddr_t m_user_top(void) { return pt_span(pt_levels() - 1) * (PT_ENTRIES / 2); }
vaddr_t m_kernel_window(void) { return kmap_spare(); }

static vaddr_t stub_va(void) { return kmap_spare() + STUB_PAGE * PT_PAGE_SIZE; }

/* ---- pages ---- */

paddr_t m_page(void)
{
	void *page = palloc_get_page(PAL_ZERO);

	return page ? vtop(page) : 0;
}

void m_page_free(paddr_t pa) { palloc_free_page(ptov(pa)); }

paddr_t m_block(unsigned level)
{
	size_t n = (size_t)(pt_span(level) / PT_PAGE_SIZE);
	void *block = palloc_get_aligned(PAL_ZERO, n, n);

	return block ? vtop(block) : 0;
}

void m_block_free(paddr_t pa, unsigned level)
{
	palloc_free_multiple(ptov(pa), (size_t)(pt_span(level) / PT_PAGE_SIZE));
}

void m_ram(paddr_t *lo, paddr_t *hi) { palloc_range(lo, hi); }

size_t m_pages_in_use(void)
{
	kmalloc_drain();
	return palloc_used();
}

void m_code(paddr_t pa) { memset(ptov(pa & ~PT_PAGE_MASK), 0xff, PT_PAGE_SIZE); }

/* ---- CPUs ---- */

static bool has_work(void *w) { return ((struct worker *)w)->fn; }
static bool has_none(void *w) { return !((struct worker *)w)->fn; }

static void worker_main(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		spin_lock(&w->lock);
		wait_on(&w->posted, &w->lock, has_work, w);
		spin_unlock(&w->lock);
		w->fn(w->arg);
		spin_lock(&w->lock);
		w->fn = NULL;
		waitq_wake_all(&w->done);
		spin_unlock(&w->lock);
	}
}

static void post(unsigned cpu, void (*fn)(void *), void *arg)
{
	struct worker *w = &workers[cpu];

	spin_lock(&w->lock);
	wait_on(&w->done, &w->lock, has_none, w);
	w->fn = fn;
	w->arg = arg;
	waitq_wake_one(&w->posted);
	spin_unlock(&w->lock);
}

static void await(unsigned cpu)
{
	struct worker *w = &workers[cpu];

	spin_lock(&w->lock);
	wait_on(&w->done, &w->lock, has_none, w);
	spin_unlock(&w->lock);
}

void m_on(unsigned cpu, void (*fn)(void *), void *arg)
{
	ASSERT(cpu < cpu_count);
	if (cpu == thread_current()->cpu) { /* steady: tests and workers are pinned */
		fn(arg);
		return;
	}
	post(cpu, fn, arg);
	await(cpu);
}

/* This CPU works in PT, and also when it idles is where IDLE says (NULL: where it was). */
static void activate(struct pt *pt, struct pt *idle)
{
	unsigned long irq = arch_irq_save();

	this_cpu()->idle->pt = idle;
	pt_activate(pt);
	arch_irq_restore(irq);
}

void m_enter(struct pt *pt)
{
	if (!stub_mapped) {
		int err = pt_map(&pt_kernel, stub_va(), vtop(stub), PT_U | PT_X | PT_A);

		ASSERT(!err || err == -VM_EEXIST); /* another CPU enters, too */
		tlb_sync_kernel();
		stub_mapped = true;
	}
	thread_current()->pt = pt;
	activate(pt, NULL);
}

void m_leave(void)
{
	thread_current()->pt = NULL;
	activate(&pt_kernel, idle_home);
}

void m_linger(void) { thread_current()->pt = NULL; }

void machine_reset(void)
{
	struct tlb_gather g;

	for (unsigned i = 0; i < cpu_count; i++)
		cpus[i].idle->pt = idle_home;
	if (!stub_mapped)
		return;
	stub_mapped = false;
	tlb_begin(&g, &pt_kernel, NULL);
	pt_unmap(&pt_kernel, stub_va(), stub_va() + PT_PAGE_SIZE, &g, NULL, NULL);
	tlb_finish(&g);
}

/* ---- accesses ---- */

/* What the trap handler reads is in memory here, and what it wrote is read from there. */
static void barrier(void) { atomic_signal_fence(memory_order_seq_cst); }

/* Jump to VA as the kernel. What is there traps, and the trap goes on at one of the labels; all registers are
 * as they were. */
static __attribute__((noinline)) enum m_result kernel_jump(volatile struct probe *probe, vaddr_t va)
{
	const void *fault = &&faulted, *error = &&arrived;

	probe->target = va;
	probe->after_fault = (uintptr_t)fault;
	probe->after_error = (uintptr_t)error;
	probe->jumped = true;
	barrier();
	goto *(void *)(uintptr_t)va;
arrived:
	barrier();
	probe->jumped = false;
	return M_OK;
faulted:
	barrier();
	probe->jumped = false;
	return M_FAULT;
}

static enum m_result user_access(struct probe *probe, vaddr_t va, unsigned how, uint64_t *value)
{
	const char *entry = how & M_WRITE ? arch_stub_store : arch_stub_load;
	vaddr_t pc = how & M_EXEC ? va : stub_va() + (uint64_t)(entry - arch_stub_begin);
	struct intr_frame f;
	int end;

	arch_frame_user_init(&f, pc, 0, va, *value);
	probe->user = true;
	end = arch_user_run(&f);
	probe->user = false;
	if (end == PROBE_FAULT)
		return M_FAULT;
	if (how & M_EXEC)
		return CHECK_EQ(end, PROBE_ERROR) ? M_OK : M_FAULT;
	CHECK_EQ(end, PROBE_SYSCALL);
	if (!(how & M_WRITE))
		*value = probe->arg;
	return M_OK;
}

static enum m_result kernel_access(struct probe *probe, vaddr_t va, unsigned how, uint64_t *value)
{
	if (how & M_EXEC)
		return kernel_jump(probe, va);
	if (how & M_WRITE)
		return arch_poke(va, *value) ? M_OK : M_FAULT;
	return arch_peek(va, value) ? M_OK : M_FAULT;
}

enum m_result m_access(vaddr_t va, unsigned how, uint64_t *value)
{
	struct thread *me = thread_current();
	struct probe probe = {.user = false};
	enum m_result result;

	if (how & M_EXEC)
		arch_icache_sync();
	me->probe = &probe;
	barrier();
	result = how & M_USER ? user_access(&probe, va, how, value) : kernel_access(&probe, va, how, value);
	barrier();
	me->probe = NULL;
	workers[me->cpu].mended = probe.mended;
	return result;
}

bool m_walks(unsigned long *n)
{
	*n = 0;
	return false;
}

unsigned m_mended(void) { return workers[thread_current()->cpu].mended; }

void m_both(void (*fn)(void *), void *a, void *b, unsigned when)
{
	(void)when;
	if (cpu_count > 1)
		post(1, fn, b);
	fn(a);
	if (cpu_count > 1)
		await(1);
	else
		fn(b);
}

/* ---- races ---- */

static struct race {
	const struct m_race *race;
	unsigned op_delay, rival_delay;
	_Atomic unsigned ready;
} now;

static void spin(unsigned turns)
{
	for (volatile unsigned i = 0; i < turns; i++)
		;
}

/* Both CPUs leave this at the same time, but for their delays. */
static void meet(unsigned delay)
{
	now.ready++;
	while (now.ready < 2)
		arch_relax();
	spin(delay);
}

static void rival_main(void *unused)
{
	(void)unused;
	meet(now.rival_delay);
	now.race->rival(now.race->ctx);
}

unsigned m_race(const struct m_race *race)
{
	uint64_t end = arch_time_ns() + (pt_levels() == 4 ? RACE_NS : RACE_NS / 4);
	unsigned n = 0;

	ASSERT(cpu_count >= 2);
	for (; n < RACE_TRIALS && (n == 0 || arch_time_ns() < end) && !test_failing(); n++) {
		unsigned delay = (unsigned)(test_rand() % RACE_DELAY);

		now.race = race;
		now.op_delay = test_rand() & 1 ? delay : 0;
		now.rival_delay = now.op_delay ? 0 : delay;
		now.ready = 0;
		if (race->setup)
			race->setup(race->ctx);
		post(1, rival_main, NULL);
		meet(now.op_delay);
		race->op(race->ctx);
		await(1);
		if (race->check)
			race->check(race->ctx);
	}
	return n;
}

/* ---- what a real machine cannot do, or need not ---- */

bool m_fail(unsigned n, bool for_good)
{
	(void)n, (void)for_good;
	return false;
}

unsigned m_failed(void) { return 0; }
void m_failed_at(const void *caller) { (void)caller; }
void m_failed_tell(void) {}

size_t m_small_in_use(void) { return kmalloc_objects(); }

void m_check(void) {}

void m_oom(bool (*end)(struct supplemental_page_table *, size_t)) { oom_end = end; }

bool m_pageout(bool on)
{
	if (on)
		return pageout_start();
	pageout_stop();
	kstack_drain();
	return true;
}

/* Each check of every invariant looks at every frame of this machine: fewer rounds of it. */
unsigned long m_ops(unsigned long usual) { return usual / 200; }
const char *m_policy(void) { return vm_policy_asked(); }

enum m_apart_result m_apart(void (*fn)(void *), void *arg, bool quiet)
{
	(void)fn, (void)arg, (void)quiet;
	return M_APART_NONE;
}

void m_mark(unsigned n) { (void)n; }

unsigned m_marked(void) { return 0; }

/* ---- start ---- */

static bool probe_hardware_ad(void)
{
	const vaddr_t va = 0x10000000;
	struct tlb_gather g;
	struct pt pt;
	paddr_t page = m_page();
	uint64_t value;
	bool by_itself;

	if (!page || pt_init(&pt) || pt_map(&pt, va, page, 0))
		panic("no memory to begin the tests");
	m_enter(&pt);
	by_itself = m_access(va, M_READ, &value) == M_OK && m_mended() == 0;
	m_leave();
	tlb_begin(&g, &pt, NULL);
	pt_unmap(&pt, va, va + PT_PAGE_SIZE, &g, NULL, NULL);
	tlb_finish(&g);
	pt_destroy(&pt);
	m_page_free(page);
	return by_itself;
}

void machine_init(void)
{
	idle_home = this_cpu()->idle->pt;
	stub = palloc_get_page(PAL_ASSERT);
	memcpy(stub, arch_stub_begin, (size_t)(arch_stub_end - arch_stub_begin));
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		char name[THREAD_NAME_MAX];

		ksnprintf(name, sizeof name, "worker/%u", cpu);
		spin_init(&workers[cpu].lock, "worker", RANK_SYNC);
		if (!thread_create(name, worker_main, &workers[cpu], (uint64_t)1 << cpu))
			panic("no memory to begin the tests");
	}
	hardware_ad = probe_hardware_ad();
	machine_reset();
}

bool m_spt(struct supplemental_page_table *spt)
{
	(void)spt;
	return false;
}
