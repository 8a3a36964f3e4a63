/* What the VM layer above the page tables asks of its embedder, simulated: sleeping locks, sleeping until woken,
 * user pages, small memory. Sleeping is waiting with the baton passed on (race.c). */
#include "host.h"
#include "port_impl.h"
#include "tests/arch/machine.h"
#include "vm/vm.h"

#include <stdlib.h>

/* ---- sleeping ---- */

void port_rwlock_init(struct port_rwlock *lock) { *lock = (struct port_rwlock){0}; }

static void may_sleep(const char *what)
{
	if (!port_may_wait())
		host_fatal("CPU %u waits for %s with interrupts off or a spinlock held", host_me->id, what);
	host_point();
}

void port_read_lock(struct port_rwlock *lock)
{
	int was = 0;

	may_sleep("a region lock");
	while (was = lock->holders, was < 0 || !atomic_compare_exchange_strong(&lock->holders, &was, was + 1))
		host_wait("a region lock, to read", true);
}

void port_read_unlock(struct port_rwlock *lock)
{
	if (lock->holders-- <= 0)
		host_fatal("CPU %u gives up a region lock that nobody reads under", host_me->id);
	host_progress();
}

void port_write_lock(struct port_rwlock *lock)
{
	int none = 0;

	may_sleep("a region lock");
	while (none = 0, !atomic_compare_exchange_strong(&lock->holders, &none, -1))
		host_wait("a region lock, to write", true);
}

void port_write_unlock(struct port_rwlock *lock)
{
	if (lock->holders != -1)
		host_fatal("CPU %u gives up a region lock that it does not hold", host_me->id);
	lock->holders = 0;
	host_progress();
}

void port_sleep(const void *key, struct port_lock *lock)
{
	(void)key;
	port_unlock(lock);
	may_sleep("a page or a frame");
	host_wait("a page or a frame", true);
	port_lock(lock);
}

void port_wake(const void *key)
{
	(void)key;
	host_progress();
}

/* ---- memory ---- */

/* What a page holds is undefined, so it is not left to be zeros. */
paddr_t port_page_alloc(void)
{
	paddr_t pa = mem_alloc();

	if (pa)
		__builtin_memset(host_kva(pa), 0xa5, PT_PAGE_SIZE);
	return pa;
}

void port_page_free(paddr_t pa) { mem_free(pa); }
paddr_t port_pa(const void *kva) { return MEM_BASE + (paddr_t)((const char *)kva - host_ram); }

static _Atomic size_t small_in_use;

void *port_alloc(size_t size)
{
	void *p = host_small_fails() ? NULL : calloc(1, size);

	small_in_use += p ? size : 0;
	return p;
}

void port_free(void *p, size_t size)
{
	small_in_use -= size;
	free(p);
}

size_t host_small_in_use(void) { return small_in_use; }

/* ---- who asks ---- */

static _Atomic bool pageout_wanted;
static struct supplemental_page_table *host_spt;

void port_pageout_wake(void) { pageout_wanted = true; }
void port_writeback(void) { vm_writeback(); }
struct supplemental_page_table *port_spt(void) { return host_spt; }

bool m_spt(struct supplemental_page_table *spt)
{
	host_spt = spt;
	return true;
}
