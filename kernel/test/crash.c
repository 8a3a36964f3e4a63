/* Panics on purpose: crash=NAME on the boot command line. Each entry says which words the panic must have. */
#include "arch/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/cpu.h"
#include "kernel/test/test.h"
#include "tests/arch/machine.h"
#include "vm/pt.h"

/* The compiler must not know what it does here. */
static volatile uintptr_t zero;
#define HIDDEN(x) ((uintptr_t)(x) + zero)

static void store(uintptr_t va) { *(volatile uint64_t *)va = 1; }

static void jump(uintptr_t va)
{
	void (*fn)(void) = (void (*)(void))va;

	fn();
}

/* The MMU is to find it, also where the compiler's checks would first. */
__attribute__((no_sanitize("undefined"))) static void crash_null(void)
{
	(void)*(volatile uint64_t *)HIDDEN(0);
}

static void crash_assert(void) { ASSERT(zero == 1); }

/* Each call needs some stack and the result of the next one. */
static __attribute__((noinline)) unsigned deeper(unsigned n)
{
	volatile unsigned room[64];

	room[n % 64] = n;
	if (zero)
		return n;
	return deeper(n + 1) + room[n % 64];
}

static void crash_stack_overflow(void) { zero = deeper(0); }

static void crash_write_text(void) { store(HIDDEN(crash_run) & ~(uintptr_t)7); }

static const uint64_t constant[2] = {1, 2};
static void crash_write_rodata(void) { store(HIDDEN(constant)); }

/* The direct map shows the same page, no more writable. */
static void crash_write_text_alias(void)
{
	struct pt_leaf leaf;

	ASSERT(pt_query(&pt_kernel, (vaddr_t)HIDDEN(crash_run) & ~(vaddr_t)7, &leaf));
	store((uintptr_t)ptov(leaf.pa));
}

static uint64_t data[8] = {1};
static void crash_exec_data(void) { jump(HIDDEN(data)); }

/* A space with one user page, entered by this CPU. */
static vaddr_t user_page(unsigned flags)
{
	static struct pt pt;
	const vaddr_t va = 0x10000000;

	ASSERT(pt_init(&pt) == 0);
	ASSERT(pt_map(&pt, va, vtop(palloc_get_page(PAL_ASSERT)), PT_U | PT_A | flags) == 0);
	thread_current()->pt = &pt;
	arch_irq_disable();
	pt_activate(&pt);
	arch_irq_enable();
	return va;
}

static void crash_exec_user(void)
{
	if (m_keeps_out(M_EXEC))
		jump(HIDDEN(user_page(PT_X)));
	else
		kprintf("crash exec-user: skipped: this CPU has no SMEP\n");
}

static void crash_write_user(void)
{
	if (m_keeps_out(M_WRITE))
		store(HIDDEN(user_page(PT_W | PT_D)));
	else
		kprintf("crash write-user: skipped: this CPU has no SMAP\n");
}

static void crash_ucopy_kernel(void)
{
	uint64_t to;

	arch_copy_from_user(&to, kmap_spare(), sizeof to);
}

static void crash_deadlock_rank(void)
{
	static struct spinlock outer = SPINLOCK_INIT("outer", RANK_TEST);
	static struct spinlock inner = SPINLOCK_INIT("inner", RANK_TEST + 1);

	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static void crash_lock_twice(void) SYNC_UNCHECKED
{
	static struct spinlock lock = SPINLOCK_INIT("once", RANK_TEST);

	spin_lock(&lock);
	spin_lock(&lock);
	spin_unlock(&lock);
}

static void crash_sleep_with_lock(void)
{
	static struct spinlock lock = SPINLOCK_INIT("awake", RANK_TEST);

	spin_lock(&lock);
	thread_sleep_ns(NS_PER_MS);
	spin_unlock(&lock);
}

/* Printing the reason fails itself. */
static void crash_panic_in_panic(void) { panic("%s", (const char *)HIDDEN(kmap_spare())); }

static __attribute__((noinline)) void smash(volatile char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = 'x';
}

static __attribute__((noinline)) void crash_ssp(void)
{
	char buf[16];

	smash(buf, sizeof buf + 16 + zero);
}

static void crash_ubsan(void)
{
	volatile int big = 0x7fffffff;

	big = big + 1;
}

static void crash_double_free(void)
{
	void *object = kmalloc(100), *other = kmalloc(100);

	kfree(object);
	kfree(object);
	kfree(other);
}

static void crash_double_free_page(void)
{
	void *page = palloc_get_page(PAL_ASSERT);

	palloc_free_page(page);
	palloc_free_page(page);
}

static void crash_use_after_free(void)
{
	uint64_t *page = palloc_get_page(PAL_ASSERT);

	palloc_free_page(page);
	page[100] = 1;
	palloc_get_page(PAL_ASSERT);
}

static const struct crash {
	const char *name, *says;
	void (*run)(void);
} crashes[] = {
#define CRASH(id, name, says)                                                                                \
	{                                                                                                    \
		name, says, crash_##id                                                                       \
	}
	CRASH(null, "null", "reading 0 in the kernel: a null pointer"),
	CRASH(assert, "assert", "assertion failed: zero == 1"),
	CRASH(stack_overflow, "stack-overflow", "kernel stack overflow"),
	CRASH(write_text, "write-text", "in the kernel: a read-only page"),
	CRASH(write_text_alias, "write-text-alias", "in the kernel: a read-only page"),
	CRASH(write_rodata, "write-rodata", "in the kernel: a read-only page"),
	CRASH(exec_data, "exec-data", "in the kernel: a page that is not executable"),
	CRASH(exec_user, "exec-user", "in the kernel: a user's page"),
	CRASH(write_user, "write-user", "in the kernel: a user's page"),
	CRASH(ucopy_kernel, "ucopy-kernel", "a user copy was given the kernel address"),
	CRASH(deadlock_rank, "deadlock-rank", "outer (rank 1) is taken out of order: inner (rank 2) is held"),
	CRASH(lock_twice, "lock-twice", "spinlock once (rank 1) is taken again"),
	CRASH(sleep_with_lock, "sleep-with-lock", "assertion failed: thread_may_sleep()"),
	CRASH(panic_in_panic, "panic-in-panic", "panic inside a panic"),
	CRASH(ssp, "ssp", "stack smashed in crash_ssp"),
	CRASH(ubsan, "ubsan", "signed integer overflow"), /* SAN=1 */
	CRASH(double_free, "double-free", "is freed twice"),
	CRASH(double_free_page, "double-free-page", "are freed, but 0 are allocated there"),
	CRASH(use_after_free, "use-after-free", "was written"),
};

bool crash_run(const char *name)
{
	for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
		if (strcmp(crashes[i].name, name) == 0) {
			kprintf("crash %s: there must be a panic that says \"%s\"\n", name, crashes[i].says);
			crashes[i].run();
			kprintf("crash %s: the machine survived it\n", name);
			return false;
		}
	}
	kprintf("crash %s: unknown; there are:", name);
	for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
		kprintf(" %s", crashes[i].name);
	kprintf("\n");
	return false;
}
