/* What tests of the VM layer share: spaces whose user code is m_access(), faults that go to vm_fault(), a swap
 * area that is memory and counts what is asked of it. One source for the host and the guests. */
#ifndef TESTS_VM_VMTEST_H
#define TESTS_VM_VMTEST_H
#include "tests/arch/machine.h"
#include "vm/vm.h"

struct ramdisk {
	struct vm_object object;
	struct port_lock lock; /* around what counts and fails */
	uint32_t npages;
	char **page;
	unsigned reads, writes; /* pages that were asked for */
	unsigned read_requests, write_requests;
	uint32_t bad; /* + 1: that page cannot be read or written; 0: none */
	bool bad_all;
	unsigned fail_reads, fail_writes; /* so many from now on fail */
	unsigned
		fail_nth; /* the so-manieth transfer from now fails, 0: none; with FAIL_ON all after it, too */
	bool fail_on;
	unsigned failed; /* transfers that FAIL_NTH made fail */
};

struct vmtest {
	struct ramdisk disk;
	size_t pages, small; /* in use before */
	struct vm_stats stats;
};

bool ramdisk_make(struct ramdisk *d, uint32_t npages);
void ramdisk_free(struct ramdisk *d);

/* A VM layer with FRAMES user frames and SLOTS of swap (0: none). */
bool vmtest_begin(struct vmtest *t, size_t frames, uint32_t slots);
/* Everything is back: frames, slots, memory. */
void vmtest_end(struct vmtest *t);

/* User code of SPT on this CPU: 0, or the error that vm_fault() gave. */
int user_read(struct supplemental_page_table *spt, vaddr_t va, uint64_t *value);
int user_write(struct supplemental_page_table *spt, vaddr_t va, uint64_t value);
/* Two threads write at once, here and on another CPU, to words of one page; the error of either, which is the other's. */
int user_write_both(struct supplemental_page_table *spt, vaddr_t va, uint64_t value, vaddr_t va2,
		    uint64_t value2, unsigned when);
/* CPUs 0 to N - 1 leave the space that they are in. */
void leave_all(unsigned n);
bool user_sees(struct supplemental_page_table *spt, vaddr_t va, uint64_t want);
vaddr_t map_anon(struct supplemental_page_table *spt, uint64_t npages, unsigned prot);
const struct vm_stats *stats_now(struct vmtest *t);

#endif
