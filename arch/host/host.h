/* The simulated machine behind ARCH=host: what its parts offer one another.
 *
 * mem.c      physical memory: pages that are poisoned when freed and know which allocation they belong to
 * htlb.c     a strict TLB: tagged, unlimited, forgets nothing by itself
 * mmu_*.c    the ISA's table walk and fences, written from its manual; the verbs of vm/port.h made of them
 * cpu.c      CPUs, interrupts, locks, what vm/ asks of its embedder
 * race.c     who runs when: one at a time with a baton, or (HOST_THREADS) all freely
 * sites.c    who asked when something was made to fail
 * machine.c  tests/arch/machine.h on top of these
 * main.c     configurations, options, the run of the tests
 *
 * The MMU knows nothing of vm/'s walker nor of any pte.h: it is the independent half of every comparison. */
#ifndef HOST_H
#define HOST_H
#include "vm/types.h"

#include <pthread.h>
#include <stdatomic.h>

#define HOST_CPUS 8

#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define HOST_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HOST_ASAN 1
#endif

/* ---- main.c: which machine is simulated ---- */

struct host_config {
	const char *name;
	const char *label;   /* what distinguishes it, printed with each test */
	unsigned levels;     /* of tables */
	bool hardware_ad;    /* RISC-V: false is Svade */
	unsigned asid_bits;  /* that the CPU has; x86: 12 with PCID, else 0 */
	unsigned asid_limit; /* that the kernel uses of them */
};
extern struct host_config host_config;
extern const char *host_policy;                 /* NULL: the default */
extern unsigned long host_ops;                  /* operations of a random test; 0: its own choice */
extern bool host_quick;                         /* races with one change only */
extern const struct host_config host_configs[]; /* mmu_*.c; ends with a NULL name */

/* What is wrong is said in one sentence. host_complain: the running test fails and goes on;
 * host_fatal: it cannot go on, the process ends. */
void host_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void host_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Between host_expect() and host_expected() complaints are kept instead; the result: how many, and in *LAST
 * the last one's text. */
void host_expect(void);
unsigned host_expected(const char **last);

/* ---- mem.c ---- */

#define MEM_BASE   0x80000000ull /* pages, one by one */
#define MEM_PAGES  0x00400000ull
#define MEM_BLOCKS 0xc0000000ull /* room for large leaves */
#define MEM_END    0x140000000ull
#define MEM_POISON 0xdeadf4eedeadf4eeull

void mem_init(void);
paddr_t mem_alloc(void);                   /* a zeroed page; 0: none */
paddr_t mem_alloc_for(const void *caller); /* the same: who is noted when it is made to fail */
void mem_free(paddr_t pa);                 /* complains when a CPU can still reach it */
paddr_t mem_block_alloc(unsigned level);   /* zeroed, aligned to its size; 0: none */
void mem_block_free(paddr_t pa, unsigned level);
size_t mem_in_use(void);     /* pages and blocks */
void mem_check_poison(void); /* complains about each free page that was written to */
/* The N-th allocation from now fails (0: none will), and with FOR_GOOD all after it. */
void mem_fail(unsigned n, bool for_good);
unsigned mem_failed(void); /* so many have failed since */
/* Which allocation the memory at PA belongs to; no two are alike. 0: it is free, or no RAM. */
uint64_t mem_serial(paddr_t pa);
bool mem_is_ram(paddr_t pa);
/* What the MMU reads and writes; PA must be RAM. */
uint64_t mem_load(paddr_t pa);
bool mem_swap(paddr_t pa, uint64_t *was, uint64_t to);
uint64_t mem_read(paddr_t pa);
void mem_write(paddr_t pa, uint64_t value);

/* Is small memory to run out now, too? */
bool host_small_fails(const void *caller);
extern char *host_ram; /* where MEM_BASE is seen */

/* ---- vmport.c ---- */

size_t host_small_in_use(void);
extern struct supplemental_page_table *host_spt; /* whose thread calls */
/* What port_oom() does; NULL: nobody can be ended. */
extern bool (*host_oom)(struct supplemental_page_table *victim, size_t pages);

/* ---- htlb.c ---- */

enum htlb_kind {
	HTLB_LEAF,
	HTLB_TABLE,   /* walk cache: leads to the next table */
	HTLB_INVALID, /* an entry found not valid; x86 never keeps those */
};

struct htlb_entry {
	enum htlb_kind kind;
	unsigned level;
	bool live, global;
	vaddr_t va;      /* first address of what the entry spans */
	paddr_t pa;      /* the frame or table it leads to */
	uint64_t bits;   /* the ISA's own notes */
	uint64_t serial; /* mem_serial(pa) when it was cached */
	uint64_t space;  /* serial of the root it was walked from */
	int next;        /* in its hash chain */
};

struct htlb_set { /* the entries of one tag */
	struct htlb_entry *entry;
	int n, cap;
	int *bucket;
	int nbuckets, free;
};

struct htlb {
	pthread_mutex_t lock; /* HOST_THREADS: the CPU itself, and who frees memory */
	struct htlb_set global;
	struct htlb_set **tag; /* [1 << 16] */
	unsigned tags;         /* those from here on were never used */
};

struct host_cpu;
void htlb_init(struct htlb *tlb);
void htlb_lock(struct host_cpu *cpu);
void htlb_unlock(struct host_cpu *cpu);
/* The entry at LEVEL that CPU would use now for VA; NULL: none. Good until the next htlb_add. */
struct htlb_entry *htlb_find(struct host_cpu *cpu, vaddr_t va, unsigned level);
/* Keep ENTRY (va, kind, level, global, pa, bits given) under CPU's present tag. */
void htlb_add(struct host_cpu *cpu, struct htlb_entry entry);
void htlb_drop(struct host_cpu *cpu, struct htlb_entry *entry);
/* Forget the entries of TAG's set (or the global ones) that WHICH says; NULL: all. */
typedef bool htlb_which(const struct htlb_entry *entry, vaddr_t va);
void htlb_forget(struct host_cpu *cpu, unsigned tag, htlb_which *which, vaddr_t va);
void htlb_forget_global(struct host_cpu *cpu, htlb_which *which, vaddr_t va);
/* The same in every tag's set and among the global ones. */
void htlb_forget_all(struct host_cpu *cpu, htlb_which *which, vaddr_t va);
size_t htlb_count(struct host_cpu *cpu, unsigned tag); /* not the global ones */
/* The page or block at [PA, PA + SIZE) is about to be freed: complain about each CPU that can reach it now. */
void htlb_freeing(paddr_t pa, uint64_t size);
/* Nobody has work in hand: complain about entries that allow more than the tables, of every CPU. */
void htlb_check(void);
/* CPU begins to use its tag without flushing it: complain about what is stale. */
void htlb_resume(struct host_cpu *cpu);

/* ---- mmu_*.c ---- */

enum mmu_fault {
	MMU_OK,
	MMU_ABSENT,   /* no valid entry */
	MMU_DENIED,   /* the leaf does not allow it */
	MMU_RESERVED, /* an entry with bits that must be clear */
	MMU_ADDRESS,  /* not an address of this mode */
	MMU_AD,       /* Svade: A, or D for a write, is clear */
};
enum mmu_how { MMU_READ = 0, MMU_WRITE = 1, MMU_EXEC = 2, MMU_USER = 4 };

/* One access's translation, as the CPU's hardware does it: through its TLB, filling it, setting A and D. */
enum mmu_fault mmu_translate(struct host_cpu *cpu, vaddr_t va, unsigned how, paddr_t *pa);
const char *mmu_fault_name(enum mmu_fault fault);
/* Does ENTRY, which CPU would use now, allow at most what its tables do? (A does not count: it may be flushed
 * late; D does where it lets a write pass.) */
bool mmu_agrees(struct host_cpu *cpu, const struct htlb_entry *entry);

/* ---- cpu.c ---- */

struct host_cpu { /* [T] the thread (or side, see race.c) that runs as this CPU  [A] atomic */
	unsigned id;
	bool irq_on;      /* [T] */
	unsigned locks;   /* [T] spinlocks held */
	_Atomic bool ipi; /* [A] asked to run tlb_serve() */
	bool busy;        /* [T] a thread runs as this CPU (one at a time) */
	paddr_t root;     /* [T] what the MMU's registers say: */
	unsigned tag;     /* [T] ASID or PCID */
	uint64_t space;   /* [T] serial of ROOT */
	unsigned mended;  /* [T] faults that the last access took */
	struct htlb tlb;
};
extern struct host_cpu host_cpu[HOST_CPUS];
extern _Thread_local struct host_cpu *host_me; /* as which CPU this thread runs */

void cpu_init(void);
void cpu_interrupt_taken(void);
/* Take a pending IPI, if interrupts are on. */
static inline void cpu_interrupt(void)
{
	if (host_me->ipi)
		cpu_interrupt_taken();
}
/* The same for CPU, as which no thread runs now. */
void cpu_interrupt_idle(struct host_cpu *cpu);

/* ---- race.c; threads.c with HOST_THREADS ---- */

void race_init(void);
/* A test begins; one that never ends is noticed. */
void race_test(void);
/* CPU has an interrupt to take. */
void race_wake(struct host_cpu *cpu);
/* Hardware is about to touch shared state: another CPU may come first. No interrupt is taken. */
void host_step(void);
/* The same between instructions: interrupts are taken, too. */
void host_point(void);
/* This CPU waits for others: until the lock is free, until requests are served. */
void host_wait(const char *what, bool interruptible);
/* Something happened that others may have waited for. */
void host_progress(void);
/* Run FN as CPU and wait for its end. */
void race_on(unsigned cpu, void (*fn)(void *), void *arg);
/* OP as CPU 0 and RIVAL as CPU 1, one at a time. They change places at the two points named, counted over both from
 * 1 (0: no such change), and when one waits or ends. How many of the two changes took place. HOST_THREADS: both run
 * freely, and the schedule says only how long OP waits first. */
struct race_schedule {
	bool rival_first;
	unsigned cut[2];
};
unsigned race_trial(const struct race_schedule *schedule, void (*op)(void *), void (*rival)(void *),
		    void *arg);

/* ---- machine.c ---- */

void machine_init(void);         /* the machine that host_config describes, each CPU in the kernel's table */
void machine_home(void *unused); /* this CPU goes back there */

#endif
