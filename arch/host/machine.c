/* The machine of the conformance tests (tests/arch/machine.h), simulated. */
#include "tests/arch/machine.h"

#include "host.h"

#define CODE      0x0de0c0de0de0c0deull /* what M_EXEC wants to find */
#define MAX_MENDS 8                     /* faults that one access may need mended */

#ifdef HOST_ISA_X86_64
#define LEAF_MAX 2
#else
#define LEAF_MAX (host_config.levels - 1)
#endif

static void enter(struct pt *pt)
{
	unsigned long irq = port_irq_save();

	pt_activate(pt);
	port_irq_restore(irq);
}

void machine_home(void *unused)
{
	(void)unused;
	enter(&pt_kernel);
}

void machine_init(void)
{
	vaddr_t top = m_user_top();

	mem_init();
	cpu_init();
	race_init();
	pt_setup(host_config.levels, LEAF_MAX);
	asid_setup(host_config.asid_limit);
	if (pt_init(&pt_kernel) || pt_reserve(&pt_kernel, -top, 0) ||
	    !pt_slot(&pt_kernel, m_kernel_window(), true))
		host_fatal("no memory for the kernel's table");
	for (unsigned i = 0; i < HOST_CPUS; i++)
		race_on(i, machine_home, NULL);
}

unsigned m_cpus(void) { return HOST_CPUS; }

bool m_hardware_ad(void) { return host_config.hardware_ad; }

bool m_keeps_out(unsigned how)
{
	(void)how;
	return true;
}

vaddr_t m_user_top(void) { return (vaddr_t)1 << (PT_PAGE_SHIFT + PT_IDX_BITS * host_config.levels - 1); }

vaddr_t m_kernel_window(void) { return -m_user_top() + pt_span(2) * 5 + pt_span(1) * 7; }

/* ---- memory ---- */

void m_ram(paddr_t *lo, paddr_t *hi)
{
	*lo = MEM_BASE;
	*hi = MEM_BASE + MEM_PAGES;
}

paddr_t m_page(void) { return mem_alloc(); }

void m_page_free(paddr_t pa) { mem_free(pa); }

paddr_t m_block(unsigned level) { return mem_block_alloc(level); }

void m_block_free(paddr_t pa, unsigned level) { mem_block_free(pa, level); }

size_t m_pages_in_use(void) { return mem_in_use(); }

void m_code(paddr_t pa)
{
	for (paddr_t at = pa; at < pa + PT_PAGE_SIZE; at += 8)
		mem_write(at, CODE);
}

/* ---- CPUs ---- */

void m_on(unsigned cpu, void (*fn)(void *), void *arg)
{
	if (cpu >= HOST_CPUS)
		host_fatal("there is no CPU %u", cpu);
	race_on(cpu, fn, arg);
}

void m_enter(struct pt *pt) { enter(pt); }

void m_leave(void) { enter(&pt_kernel); }
void m_linger(void) {}

_Thread_local unsigned long host_walks;
bool m_walks(unsigned long *n)
{
	*n = host_walks;
	return true;
}

unsigned m_mended(void) { return host_me->mended; }

/* The access itself, which the translation allowed. */
static void touch_memory(vaddr_t va, paddr_t pa, unsigned how, uint64_t *value)
{
	if (!mem_serial(pa))
		host_complain("CPU %u reaches %#llx at %#llx: free memory, or none", host_me->id,
			      (unsigned long long)pa, (unsigned long long)va);
	else if (how & M_EXEC && mem_read(pa) != CODE)
		host_complain("CPU %u executes at %#llx what is not code", host_me->id,
			      (unsigned long long)va);
	else if (how & M_WRITE)
		mem_write(pa, *value);
	else if (!(how & M_EXEC))
		*value = mem_read(pa);
}

/* What a kernel's fault handler does first. */
static bool mend(vaddr_t va, unsigned how)
{
	unsigned long irq = port_irq_save();
	struct pt *pt = pt_active();
	bool mended = pt && pt_touch(pt, va, how & (PT_W | PT_X | PT_U));

	port_irq_restore(irq);
	return mended;
}

enum m_result m_access(vaddr_t va, unsigned how, uint64_t *value)
{
	unsigned hw = (how & M_WRITE ? MMU_WRITE : 0) | (how & M_EXEC ? MMU_EXEC : 0) |
		      (how & M_USER ? MMU_USER : 0);
	enum mmu_fault fault;
	paddr_t pa;

	if (va & 7)
		host_fatal("an access at %#llx, which is not aligned", (unsigned long long)va);
	host_me->mended = 0;
	for (;;) {
		host_point();
		fault = mmu_translate(host_me, va, hw, &pa);
		if (!fault)
			break;
		if (fault == MMU_ADDRESS || !mend(va, how))
			return M_FAULT;
		if (++host_me->mended > MAX_MENDS) {
			host_complain(
				"CPU %u faults at %#llx again and again, though pt_touch() allows it (%s)",
				host_me->id, (unsigned long long)va, mmu_fault_name(fault));
			return M_FAULT;
		}
	}
	host_step();
	touch_memory(va, pa, how, value);
	return M_OK;
}

/* ---- what can be made to fail, and seen ---- */

bool m_fail(unsigned n, bool for_good)
{
	mem_fail(n, for_good);
	return true;
}

unsigned m_failed(void) { return mem_failed(); }

size_t m_small_in_use(void) { return host_small_in_use(); }

void m_check(void) { htlb_check(); }

void m_oom(bool (*end)(struct supplemental_page_table *, size_t)) { host_oom = end; }
bool m_pageout(bool on)
{
	(void)on;
	return false;
}
const char *m_policy(void) { return host_policy; }

#ifdef HOST_THREADS
#define SLOWER 14 /* ThreadSanitizer looks at each access */
#define FIRST  1  /* who may go first: with real threads nobody does */
#else
#define SLOWER 1
#define FIRST  2
#endif

unsigned long m_ops(unsigned long usual) { return host_ops ? host_ops : usual / SLOWER; }

/* ---- races ---- */

/* One trial; how many of the schedule's changes took place, 0 also when the test fails. */
static unsigned try_race(const struct m_race *race, const struct race_schedule *schedule)
{
	unsigned cuts;

	race->setup(race->ctx);
	cuts = race_trial(schedule, race->op, race->rival, race->ctx);
	htlb_check();
	race->check(race->ctx);
	if (!test_failing())
		return cuts;
	test_note("%s goes first; they change places at points %u and %u (0: at none)",
		  schedule->rival_first ? "the rival" : "the operation", schedule->cut[0], schedule->cut[1]);
	return 0;
}

/* All schedules whose first change is the one of S; false: it is not reached. */
static bool try_first(const struct m_race *race, struct race_schedule s, unsigned *trials)
{
	++*trials;
	if (!try_race(race, &s))
		return false;
	for (s.cut[1] = s.cut[0] + 1; !host_quick && (!race->pairs || s.cut[1] <= race->pairs); s.cut[1]++) {
		++*trials;
		if (try_race(race, &s) < 2)
			break;
	}
	return !test_failing();
}

/* Every schedule with up to two changes that nobody had to make. */
unsigned m_race(const struct m_race *race)
{
	unsigned trials = 0;

	for (unsigned rival_first = 0; rival_first < FIRST; rival_first++) {
		for (unsigned k = 1; try_first(race, (struct race_schedule){rival_first, {k}}, &trials); k++)
			continue;
	}
	return trials;
}

static struct both {
	void (*fn)(void *);
	void *arg[2];
} both;

static void both_op(void *arg) { ((struct both *)arg)->fn(((struct both *)arg)->arg[0]); }
static void both_rival(void *arg) { ((struct both *)arg)->fn(((struct both *)arg)->arg[1]); }

void m_both(void (*fn)(void *), void *a, void *b, unsigned when)
{
	struct race_schedule s = {when % FIRST, {1 + (when >> 1) % 64, 0}};

	s.cut[1] = s.cut[0] + 1 + (when >> 7) % 64;
	both = (struct both){fn, {a, b}};
	race_trial(&s, both_op, both_rival, &both);
}
