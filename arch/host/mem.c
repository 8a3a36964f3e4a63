/* Simulated physical memory: one stretch of this process's address space.
 *
 * Single pages lie at its beginning, blocks for large leaves (made of 2 MiB units, never touched unless used)
 * behind them. Each allocation has a serial number of its own, so that a cached translation to what was
 * there before is recognised. A freed page is filled with poison, which must be intact when the page is used
 * again and at the end of each test; AddressSanitizer reports whoever touches it directly; a freed block is
 * not accessible at all. The page freed last is used again first: stale users meet its new owner.
 * Locks: LOCK guards the free lists; serials are atomic. */
#include "host.h"
#include "port_impl.h"
#include "tests/arch/machine.h"

#include <string.h>
#include <sys/mman.h>

#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define NPAGES     (MEM_PAGES / PT_PAGE_SIZE)
#define UNIT_LEVEL 1u
#define UNIT       (PT_PAGE_SIZE << PT_IDX_BITS)
#define NUNITS     ((MEM_END - MEM_BLOCKS) / UNIT)

#ifdef HOST_ASAN
/* What was freed is remembered for a while only: with all of it a process is forever in new memory. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "quarantine_size_mb=8"; }
#endif

char *host_ram;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t page_serial[NPAGES], unit_serial[NUNITS]; /* 0: free */
static uint64_t serials;                                          /* given so far [lock] */
static uint32_t free_page[NPAGES]; /* a stack of pages that were freed [lock] */
static size_t nfree, nused_ever;   /* pages from NUSED_EVER on were never given out [lock] */
static size_t in_use;              /* [lock] */
static unsigned fail_in;           /* [lock] */
static bool fail_on;               /* [lock] */
static unsigned failed;            /* [lock] */

static void *at(paddr_t pa) { return host_ram + (pa - MEM_BASE); }

void mem_init(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	host_ram = mmap(NULL, MEM_END - MEM_BASE, PROT_NONE, flags, -1, 0);
	if (host_ram == MAP_FAILED || mprotect(host_ram, MEM_PAGES, PROT_READ | PROT_WRITE))
		host_fatal("this machine has no room for %llu MiB of simulated memory",
			   (unsigned long long)MEM_PAGES >> 20);
}

static _Atomic uint64_t *serial_of(paddr_t pa)
{
	if (pa >= MEM_BASE && pa < MEM_BASE + MEM_PAGES)
		return &page_serial[(pa - MEM_BASE) / PT_PAGE_SIZE];
	if (pa >= MEM_BLOCKS && pa < MEM_END)
		return &unit_serial[(pa - MEM_BLOCKS) / UNIT];
	return NULL;
}

bool mem_is_ram(paddr_t pa) { return serial_of(pa) != NULL; }

uint64_t mem_serial(paddr_t pa)
{
	_Atomic uint64_t *serial = serial_of(pa);

	return serial ? *serial : 0;
}

void *host_kva(paddr_t pa)
{
	const _Atomic uint64_t *serial = serial_of(pa);

	if (!serial)
		host_fatal("the kernel looks at %#llx, where there is no memory", (unsigned long long)pa);
	if (!*serial)
		host_fatal("the kernel looks at %#llx, which is free memory", (unsigned long long)pa);
	return at(pa);
}

size_t mem_in_use(void)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = in_use;
	pthread_mutex_unlock(&lock);
	return n;
}

void mem_fail(unsigned n, bool for_good)
{
	pthread_mutex_lock(&lock);
	fail_in = n;
	fail_on = for_good;
	failed = 0;
	pthread_mutex_unlock(&lock);
}

unsigned mem_failed(void) { return failed; }

/* Is this the allocation that is to fail? LOCK is held. */
static bool fails_now(void)
{
	if (!fail_in || --fail_in)
		return false;
	fail_in = fail_on;
	failed++;
	return true;
}

bool host_small_fails(const void *caller)
{
	bool fails;

	pthread_mutex_lock(&lock);
	fails = fails_now();
	pthread_mutex_unlock(&lock);
	if (fails)
		m_failed_at(caller);
	return fails;
}

/* Of all that is done in these tests, filling and looking is done most: by loops that a compiler makes wide. */
__attribute__((no_sanitize("address", "undefined"))) static void poison(paddr_t pa)
{
	uint64_t *word = at(pa);

	for (size_t i = 0; i < PT_PAGE_SIZE / 8; i++)
		word[i] = MEM_POISON;
}

/* The first word of the free page at PA that is not poison, or its end. */
__attribute__((no_sanitize("address", "undefined"))) static size_t poison_end(paddr_t pa)
{
	const uint64_t *word = at(pa);
	uint64_t other = 0;
	size_t i = 0;

	for (size_t n = 0; n < PT_PAGE_SIZE / 8; n++)
		other |= word[n] ^ MEM_POISON;
	if (!other)
		return PT_PAGE_SIZE;
	while (word[i] == MEM_POISON)
		i++;
	return i * 8;
}

static void check_poison(paddr_t pa)
{
	size_t end = poison_end(pa);

	if (end != PT_PAGE_SIZE)
		host_complain("free memory was written to: %#llx", (unsigned long long)(pa + end));
}

paddr_t mem_alloc_for(const void *caller)
{
	paddr_t pa = 0;
	bool used = false;

	if (host_small_fails(caller))
		return 0;
	pthread_mutex_lock(&lock);
	if (nfree || nused_ever < NPAGES) {
		used = nfree > 0;
		pa = MEM_BASE + (used ? free_page[--nfree] : nused_ever++) * PT_PAGE_SIZE;
		*serial_of(pa) = ++serials;
		in_use++;
	}
	pthread_mutex_unlock(&lock);
	if (used) {
		check_poison(pa);
		ASAN_UNPOISON_MEMORY_REGION(at(pa), PT_PAGE_SIZE);
		memset(at(pa), 0, PT_PAGE_SIZE);
	}
	return pa;
}

paddr_t mem_alloc(void) { return mem_alloc_for(__builtin_return_address(0)); }

void mem_free(paddr_t pa)
{
	if (pa & PT_PAGE_MASK || pa < MEM_BASE || pa >= MEM_BASE + MEM_PAGES)
		host_fatal("%#llx is freed, which is no page of memory", (unsigned long long)pa);
	if (!mem_serial(pa))
		host_fatal("%#llx is freed twice", (unsigned long long)pa);
	htlb_freeing(pa, PT_PAGE_SIZE);
	poison(pa);
	ASAN_POISON_MEMORY_REGION(at(pa), PT_PAGE_SIZE);
	pthread_mutex_lock(&lock);
	*serial_of(pa) = 0;
	free_page[nfree++] = (uint32_t)((pa - MEM_BASE) / PT_PAGE_SIZE);
	in_use--;
	pthread_mutex_unlock(&lock);
}

void mem_check_poison(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nfree; i++)
		check_poison(MEM_BASE + free_page[i] * PT_PAGE_SIZE);
	pthread_mutex_unlock(&lock);
}

/* ---- blocks ---- */

static size_t block_units(unsigned level)
{
	return level < UNIT_LEVEL ? 0 : (size_t)1 << PT_IDX_BITS * (level - UNIT_LEVEL);
}

static bool units_free(size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		if (unit_serial[i])
			return false;
	}
	return true;
}

static void units_mark(size_t first, size_t n, uint64_t serial)
{
	for (size_t i = first; i < first + n; i++)
		unit_serial[i] = serial;
}

paddr_t mem_block_alloc(unsigned level)
{
	size_t n = block_units(level), first = 0;

	if (!n || n > NUNITS)
		return 0;
	pthread_mutex_lock(&lock);
	while (first < NUNITS && !units_free(first, n))
		first += n;
	if (first < NUNITS) {
		units_mark(first, n, ++serials);
		in_use++;
	}
	pthread_mutex_unlock(&lock);
	if (first >= NUNITS)
		return 0;
	if (mprotect(at(MEM_BLOCKS + first * UNIT), n * UNIT, PROT_READ | PROT_WRITE))
		host_fatal("this machine has no room for a block of %zu MiB", n * UNIT >> 20);
	return MEM_BLOCKS + first * UNIT;
}

void mem_block_free(paddr_t pa, unsigned level)
{
	size_t n = block_units(level), first = (pa - MEM_BLOCKS) / UNIT;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

	if (!n || pa < MEM_BLOCKS || pa >= MEM_END || pa % (n * UNIT) || !mem_serial(pa))
		host_fatal("%#llx is freed, which is no block in use", (unsigned long long)pa);
	htlb_freeing(pa, n * UNIT);
	if (mmap(at(pa), n * UNIT, PROT_NONE, flags, -1, 0) == MAP_FAILED)
		host_fatal("a block cannot be given back");
	pthread_mutex_lock(&lock);
	units_mark(first, n, 0);
	in_use--;
	pthread_mutex_unlock(&lock);
}

/* ---- for the MMU ---- */

uint64_t mem_load(paddr_t pa)
{
	return atomic_load_explicit((_Atomic uint64_t *)at(pa), memory_order_acquire);
}

bool mem_swap(paddr_t pa, uint64_t *was, uint64_t to)
{
	return atomic_compare_exchange_strong((_Atomic uint64_t *)at(pa), was, to);
}

uint64_t mem_read(paddr_t pa)
{
	return atomic_load_explicit((_Atomic uint64_t *)at(pa), memory_order_relaxed);
}

void mem_write(paddr_t pa, uint64_t value)
{
	atomic_store_explicit((_Atomic uint64_t *)at(pa), value, memory_order_relaxed);
}
