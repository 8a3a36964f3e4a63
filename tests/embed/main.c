/* Somebody else's kernel, as small as it can be, with all that vm/port.h asks of it: one CPU, a machine without
 * a TLB, 96 pages of memory, a swap area. Its user code writes more than fits and forks. docs/embedding.md goes
 * through it; the gate builds and runs it. */
#include "vm/object.h"
#include "vm/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 96, FRAMES = 24, SLOTS = 64, TOUCHED = 40 };

/* ---- memory ---- */

char toy_ram[PAGES * PT_PAGE_SIZE] __attribute__((aligned(4096)));
static bool taken[PAGES] = {true}; /* page 0 stays free: 0 means "none" */

paddr_t port_page_alloc(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (!taken[i]) {
			taken[i] = true;
			return i * PT_PAGE_SIZE;
		}
	}
	return 0;
}

void port_page_free(paddr_t pa) { taken[pa / PT_PAGE_SIZE] = false; }
paddr_t port_pa(const void *kva) { return (paddr_t)((const char *)kva - toy_ram); }

paddr_t port_table_alloc(void)
{
	paddr_t pa = port_page_alloc();

	if (pa)
		memset(port_kva(pa), 0, PT_PAGE_SIZE);
	return pa;
}

void port_table_free(paddr_t pa) { port_page_free(pa); }
void *port_alloc(size_t size) { return calloc(1, size); }
void port_free(void *p, size_t size) { (void)size, free(p); }

/* ---- locks and sleep: nobody else runs, so nobody can be waited for ---- */

void port_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
}

static void must(bool ok, const char *what)
{
	if (!ok)
		port_panic("embed: %s", what);
}

void port_lock(struct port_lock *lock)
{
	must(!lock->held, "a spinlock is taken twice");
	lock->held = true;
}
void port_unlock(struct port_lock *lock) { lock->held = false; }
void port_rwlock_init(struct port_rwlock *lock) { lock->holders = 0; }
void port_read_lock(struct port_rwlock *lock) { must(lock->holders++ >= 0, "read behind a writer"); }
void port_read_unlock(struct port_rwlock *lock) { lock->holders--; }
void port_write_lock(struct port_rwlock *lock) { must(lock->holders-- == 0, "written while it is read"); }
void port_write_unlock(struct port_rwlock *lock) { lock->holders = 0; }
void port_sleep(const void *key, struct port_lock *lock)
{
	(void)key, (void)lock, must(false, "sleeps for ever");
}
void port_wake(const void *key) { (void)key; }
void port_pageout_wake(void) {}
bool port_may_wait(void) { return true; }
void port_relax(void) {}
void port_tlb_ipi(uint64_t mask) { (void)mask; }

/* ---- the MMU: a CPU that walks the tables at each access remembers nothing ---- */

static paddr_t root;
static struct supplemental_page_table *running;

struct supplemental_page_table *port_spt(void) { return running; }
void arch_pt_activate(paddr_t pa, unsigned asid, bool flush) { (void)asid, (void)flush, root = pa; }
unsigned arch_asid_bits(void) { return 0; }
void arch_tlb_flush(unsigned asid, vaddr_t va, size_t npages, enum tlb_how how)
{
	(void)asid, (void)va, (void)npages, (void)how;
}
void arch_pt_publish(vaddr_t va, bool table) { (void)va, (void)table; }
void arch_icache_sync(void) {}

/* Where the word at VA lies; NULL: a page fault. */
static uint64_t *translate(vaddr_t va, bool write)
{
	paddr_t table = root;
	pte_t *pte = NULL;

	for (unsigned level = pt_levels(); level-- > 0; table = *pte & ~(pte_t)PT_PAGE_MASK) {
		pte = (pte_t *)port_kva(table) + pt_index(va, level);
		if (!(*pte & (level ? TOY_TABLE : TOY_LEAF)))
			return NULL;
	}
	if (!(*pte & PT_U) || (write && !(*pte & PT_W)))
		return NULL;
	*pte |= PT_A | (write ? PT_D : 0);
	return (uint64_t *)((char *)port_kva(table) + (va & PT_PAGE_MASK));
}

/* User code of SPT touches VA. A fault goes to vm_fault(), then the access is tried again. */
static uint64_t *touch(struct supplemental_page_table *spt, vaddr_t va, bool write)
{
	uint64_t *word;

	running = spt;
	pt_activate(&spt->pt);
	while (!(word = translate(va, write)))
		must(vm_fault(spt, va, write ? VM_WRITE : VM_READ) == 0, "a fault cannot be resolved");
	return word;
}

/* ---- a disk for swap ---- */

static char disk[SLOTS][PT_PAGE_SIZE];

static int disk_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	(void)object;
	for (unsigned i = 0; i < n; i++)
		memcpy(kva[i], disk[index + i], PT_PAGE_SIZE);
	return 0;
}

static int disk_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	(void)object;
	for (unsigned i = 0; i < n; i++)
		memcpy(disk[index + i], kva[i], PT_PAGE_SIZE);
	return 0;
}

static const struct vm_object_ops disk_ops = {.read = disk_read, .write = disk_write};

int main(void)
{
	static struct vm_object swap = {.ops = &disk_ops};
	static struct supplemental_page_table parent, child;
	struct vm_stats stats;
	vaddr_t va;

	pt_setup(4, 0); /* four levels, leaves at the lowest only */
	asid_setup(0);
	must(pt_init(&pt_kernel) == 0, "no table for the kernel");
	must(vm_setup(0, sizeof toy_ram, FRAMES, NULL) == 0, "no memory for frames");
	must(vm_swapon(&swap, SLOTS) == 0, "no swap");

	must(spt_init(&parent) == 0 && spt_init(&child) == 0, "no memory for spaces");
	must(vm_map(&parent, 0, TOUCHED * PT_PAGE_SIZE, VM_READ | VM_WRITE, 0, NULL, 0, &va) == 0, "no room");
	for (unsigned i = 0; i < TOUCHED; i++)
		*touch(&parent, va + i * PT_PAGE_SIZE, true) = i;
	must(spt_copy(&child, &parent) == 0, "fork");
	for (unsigned i = 0; i < TOUCHED; i += 2)
		*touch(&child, va + i * PT_PAGE_SIZE, true) = 100 + i;
	for (unsigned i = 0; i < TOUCHED; i++) {
		must(*touch(&parent, va + i * PT_PAGE_SIZE, false) == i, "the parent lost what it wrote");
		must(*touch(&child, va + i * PT_PAGE_SIZE, false) == (i % 2 ? i : 100 + i), "the child did");
	}
	vm_check();
	vm_stats(&stats);
	printf("%d pages in %d frames: %llu faults, %llu pages out, %llu back, %llu copied\n", TOUCHED,
	       FRAMES, (unsigned long long)stats.faults, (unsigned long long)stats.swap_out,
	       (unsigned long long)stats.swap_in, (unsigned long long)stats.copied);
	pt_activate(&pt_kernel);
	spt_kill(&parent);
	spt_kill(&child);
	vm_stats(&stats);
	must(stats.frames_used == 1 && stats.slots_used == 0,
	     "something was left over"); /* the frame of zeros */
	return 0;
}

/* No thread of its own for it: whoever asks does it. */
void port_writeback(void) { vm_writeback(); }

void port_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

/* It has no processes to end. */
bool port_oom(struct supplemental_page_table *spt, size_t held)
{
	(void)spt, (void)held;
	return false;
}
