/* What the conformance tests share: one space that CPUs 0 and 1 (where there is one) have entered, frames to
 * map in it, and accesses made from a given CPU. */
#ifndef TESTS_ARCH_FIXTURE_H
#define TESTS_ARCH_FIXTURE_H
#include "machine.h"

#define VA ((vaddr_t)0x40201000) /* indices 1, 1, 1 at the three lowest levels */
#define U_RW (PT_U | PT_W)
#define AD   (PT_A | PT_D)

struct fixture {
	struct pt pt;
	bool ok;              /* fixture_begin worked: the test may go on */
	unsigned cpus;        /* that entered: 1 or 2 */
	size_t pages;         /* in use before */
	paddr_t frame[8];
};

/* The space of the test, fresh: N zeroed frames, word 0 of frame[i] is 100 + i. */
bool fixture_begin(struct fixture *f, unsigned n);
/* Unmap and free everything; all pages must be back. */
void fixture_end(struct fixture *f);
/* Skip the running test unless two CPUs are there. */
bool two_cpus(void);

/* One access by CPU, which entered the space; the result, and the value read or written. */
enum m_result access_on(unsigned cpu, vaddr_t va, unsigned how, uint64_t *value);
/* The same as a question: does it succeed? A read must see WANT. */
bool reads(unsigned cpu, vaddr_t va, uint64_t want);       /* user read */
bool writes(unsigned cpu, vaddr_t va, uint64_t value);     /* user write */
bool faults(unsigned cpu, vaddr_t va, unsigned how);
/* Faults that pt_touch() mended in the last access through the functions above. */
unsigned mended(void);

void unmap_now(struct pt *pt, vaddr_t va, unsigned npages);
void protect_now(struct pt *pt, vaddr_t va, unsigned npages, unsigned prot);
unsigned leaf_flags(struct pt *pt, vaddr_t va);  /* ~0u: no leaf */
void enter_on(unsigned cpu, struct pt *pt);
void leave_on(unsigned cpu);

#endif
