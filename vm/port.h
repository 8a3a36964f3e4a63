/* ALL that vm/ asks of its embedder: the only door out. The embedder's port_impl.h (found on the include
 * path) brings the port's pte.h and the types and inlines named below; the functions are link-time: a
 * missing one is a link error. */
#ifndef VM_PORT_H
#define VM_PORT_H
#include "types.h"

#define VM_MAX_CPUS 64 /* width of a CPU mask; port_impl.h says how many there can be: PORT_MAX_CPUS */

#include "port_impl.h"
/* port_impl.h defines:
 *   PORT_MAX_CPUS                                    at most VM_MAX_CPUS
 *   the port's pte.h                                 by including it
 *   struct port_lock, PORT_LOCK_INIT(name)           a spinlock that keeps interrupts off while held
 *   PORT_LOCK_OUTER(name)                            one under which memory is allocated and others are woken
 *   struct port_rwlock                               a sleeping lock for readers and writers
 *   static inline unsigned port_cpu(void)            this CPU's number; steady only with interrupts off
 *   static inline unsigned long port_irq_save(void)  interrupts off; what they were
 *   static inline void port_irq_restore(unsigned long)
 *   static inline void *port_kva(paddr_t)            where the kernel sees that page
 *   static inline void port_walk(void)               a walk from a root begins: nothing in a kernel, counted by tests
 *   static inline void port_point(void)              before each access that other CPUs can see: nothing in
 *                                                    a kernel; a test's chance to run another CPU there
 *   PORT_DEBUG                                       1: check preconditions that cost time */

/* Memory for page tables: one zeroed page, 0 when there is none; and back, when no CPU can reach it. */
paddr_t port_table_alloc(void);
void port_table_free(paddr_t pa);

void port_lock(struct port_lock *lock);
void port_unlock(struct port_lock *lock);

/* Make tlb_serve() run on every CPU of MASK (never the caller's own), soon and at interrupt level. */
void port_tlb_ipi(uint64_t mask);
/* Called again and again while waiting for other CPUs: interrupts are on, so that ours are served. */
void port_relax(void);
/* True where waiting for other CPUs is allowed: interrupts on, no spinlock held. */
bool port_may_wait(void);

/* ---- for the VM layer above the tables ---- */

/* struct port_rwlock: sleeping; any number of readers or one writer. */
void port_rwlock_init(struct port_rwlock *lock);
void port_read_lock(struct port_rwlock *lock);
void port_read_unlock(struct port_rwlock *lock);
void port_write_lock(struct port_rwlock *lock);
void port_write_unlock(struct port_rwlock *lock);
/* Let go of LOCK, sleep until port_wake(KEY) or, for no reason, sooner; take LOCK again. A wake-up between
 * letting go and falling asleep is not lost. */
void port_sleep(const void *key, struct port_lock *lock);
void port_wake(const void *key);

/* A page for user memory, contents undefined; 0: none. Never sleeps. And its inverse. */
paddr_t port_page_alloc(void);
void port_page_free(paddr_t pa);
paddr_t port_pa(const void *kva);
/* Small memory, zeroed; NULL: none. Never sleeps. */
void *port_alloc(size_t size);
void port_free(void *p, size_t size);
/* Page-out has work: vm_pageout() should be called soon, from a thread that may sleep. Called again and again, with
 * vm/'s outer lock held. */
void port_pageout_wake(void);
/* Let vm_writeback() run, and return when a round of it that began after this call is over; no lock is held. */
void port_writeback(void);
/* The space whose thread calls; what the functions with Pintos' arguments work on. */
struct supplemental_page_table *port_spt(void);

/* Memory and swap are full, and VICTIM holds the most of them or nearly so, PAGES anonymous pages: have it end soon,
 * up to spt_kill(), and say so; its faults fail from now on, others wait for its end. False: that cannot be, and
 * whoever was short of memory is told so. No lock is held, and VICTIM may be gone already: look it up. */
bool port_oom(struct supplemental_page_table *victim, size_t pages);
/* A line for whoever looks after the machine. Any context. */
void port_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

_Noreturn void port_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- the verbs of the MMU (arch/<a>/mmu.c); called by pt.c, tlb.c, asid.c and by nobody else ---- */

enum tlb_how {
	TLB_LEAVES,     /* the leaf entries of NPAGES pages from VA, of that ASID, not global ones */
	TLB_SPACE,      /* all of that ASID, walk caches with it, not global ones */
	TLB_EVERYTHING, /* all ASIDs, all levels, global ones too */
};

/* This CPU now translates through ROOT under ASID. FLUSH: what it holds under that ASID is stale.
 * Interrupts are off. */
void arch_pt_activate(paddr_t root, unsigned asid, bool flush);
/* How many ASID bits this machine has; 0: none, and then every activation flushes. */
unsigned arch_asid_bits(void);
/* Forget translations on this CPU. ASID is the one this CPU runs under. */
void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how);
/* What decides VA went from none to a leaf or (TABLE) to a table: let this CPU's walker see it. Others find out
 * by a fault that pt_touch() mends. */
void arch_pt_publish(vaddr_t va, bool table);
/* Instructions were written: let this CPU's fetches see them. */
void arch_icache_sync(void);

#endif
