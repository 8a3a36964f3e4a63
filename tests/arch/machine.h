/* The machine that a conformance test runs on: a simulated one (arch/host/machine.c) or a real one under
 * the kernel (kernel/test/machine.c). tests/arch/ knows nothing else but vm/pt.h, so one source grades every port. */
#ifndef TESTS_ARCH_MACHINE_H
#define TESTS_ARCH_MACHINE_H
#include "tests/test.h"
#include "vm/pt.h"

unsigned m_cpus(void);
/* Hardware sets A and D itself here; else it faults and pt_touch() does. */
bool m_hardware_ad(void);
/* The highest user address + 1 that this machine's tables can map (the lower half's end). */
vaddr_t m_user_top(void);

/* 64 pages of kernel address space, unmapped, whose root entry every table shares. */
vaddr_t m_kernel_window(void);

/* All RAM lies in [*lo, *hi). */
void m_ram(paddr_t *lo, paddr_t *hi);
/* A zeroed page of RAM, and back. Freeing poisons it; the simulated machine also fails the test when a CPU
 * could still reach it through its TLB or walk caches. */
paddr_t m_page(void);
void m_page_free(paddr_t pa);
/* A naturally aligned block for a large leaf at LEVEL, 0 when memory is too small. */
paddr_t m_block(unsigned level);
void m_block_free(paddr_t pa, unsigned level);
static inline uint64_t *m_word(paddr_t pa) { return (uint64_t *)((char *)port_kva(pa & ~(paddr_t)7)); }
/* Pages that are allocated now (tests compare before and after). */
size_t m_pages_in_use(void);

/* Run FN on CPU and wait until it returned. CPU may be the caller's own. */
void m_on(unsigned cpu, void (*fn)(void *), void *arg);
/* The calling CPU works in PT from now on (until m_leave: back to the kernel's). Preemption cannot change it. */
void m_enter(struct pt *pt);
void m_leave(void);
/* It stays there only as a CPU does under a kernel thread: nothing brings it back, and the space may be destroyed. */
void m_linger(void);

/* One access at VA by the calling CPU, in the space it entered; eight bytes, aligned. */
enum m_access {
	M_READ = 0,
	M_WRITE = PT_W, /* stores VALUE */
	M_EXEC = PT_X,  /* the page must hold m_code() at that address */
	M_USER = PT_U,  /* from user mode; otherwise as the kernel */
};
enum m_result { M_OK, M_FAULT };
/* A fault first goes to pt_touch(), as in every kernel; when that mends it the access is tried again. */
enum m_result m_access(vaddr_t va, unsigned how, uint64_t *value);
/* Faults that pt_touch() mended in the last m_access on this CPU. */
unsigned m_mended(void);
/* Walks of page tables that this CPU's software has begun; false: nobody counts them here. */
bool m_walks(unsigned long *n);
/* Make the page at PA one that can be executed by M_EXEC at any address in it that is a multiple of 64. */
void m_code(paddr_t pa);

/* A race: OP on CPU 0 against RIVAL on CPU 1, SETUP before and CHECK after each trial, both on CPU 0.
 * The simulated machine tries one trial for every point at which OP touches shared state, with RIVAL let in
 * exactly there; a real one runs both at once, many times. Returns the number of trials. Needs two CPUs. */
struct m_race {
	void (*setup)(void *ctx);
	void (*op)(void *ctx);
	void (*rival)(void *ctx);
	void (*check)(void *ctx);
	void *ctx;
};
unsigned m_race(const struct m_race *race);

/* ---- what only some machines can do ---- */

/* The N-th allocation of pages or small memory from now fails, and with FOR_GOOD all after it; 0: none. False:
 * this machine cannot. m_failed(): how many have failed since. */
bool m_fail(unsigned n, bool for_good);
unsigned m_failed(void);
/* Small memory in use, in whatever unit the machine counts. */
size_t m_small_in_use(void);
/* Nothing is under way: fail the test when a CPU's TLB allows more than the tables. */
void m_check(void);
/* What the functions with Pintos' arguments work on from now on. False: that cannot be said here. */
struct supplemental_page_table;
bool m_spt(struct supplemental_page_table *spt);
/* How many operations a random test does: USUAL, or what whoever runs it asked for. */
unsigned long m_ops(unsigned long usual);
/* Run FN and undo all it did to this machine and the test, even if it ended the machine. QUIET: what it prints
 * is lost. NONE: not on this machine, FN did not run. What FN noted by m_mark() last can be asked for then. */
enum m_apart_result { M_APART_OK, M_APART_FAILED, M_APART_NONE };
enum m_apart_result m_apart(void (*fn)(void *), void *arg, bool quiet);
void m_mark(unsigned n);
unsigned m_marked(void);

#endif
