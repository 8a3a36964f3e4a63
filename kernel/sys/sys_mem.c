/* System calls about memory: from Linux' words to vm/'s. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"

enum { PROT_KNOWN = 7 | 0x01000000 }; /* GROWSDOWN is the stack's, and harmless elsewhere */
enum map_flag {
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	MAP_SHARED_VALIDATE = 3,
	MAP_TYPE = 15,
	MAP_FIXED = 0x10,
	MAP_ANONYMOUS = 0x20,
	MAP_POPULATE = 0x8000,
	MAP_FIXED_NOREPLACE = 0x100000,
};

static struct supplemental_page_table *spt(void) { return &proc_current()->space->spt; }
static uint64_t page_up(uint64_t n) { return (n + PT_PAGE_MASK) & ~PT_PAGE_MASK; }

/* Would LEN more bytes be too many? */
static bool over_limit(uint64_t len)
{
	uint64_t limit = proc_current()->limit[RLIM_AS].now;

	return limit != RLIM_INFINITY && (len > limit || spt()->mapped > limit - len);
}

static unsigned prot_of(uint64_t prot) { return (unsigned)prot & (VM_READ | VM_WRITE | VM_EXEC); }

int64_t sys_brk(struct call *c)
{
	struct space *s = proc_current()->space;

	if (c->arg[0] > s->brk && over_limit(c->arg[0] - s->brk))
		return (int64_t)s->brk;
	if (c->arg[0])
		space_brk(s, c->arg[0]);
	return (int64_t)s->brk;
}

/* Bring [va, va + len) in, as far as that goes. */
static void populate(vaddr_t va, uint64_t len, unsigned prot)
{
	unsigned access = prot & VM_WRITE ? VM_WRITE : prot & VM_EXEC ? VM_EXEC : VM_READ;

	for (vaddr_t end = va + len; prot && va < end; va += PT_PAGE_SIZE)
		if (vm_fault(spt(), va, access))
			return;
}

static unsigned map_flags(uint64_t flags)
{
	return ((flags & MAP_TYPE) == MAP_PRIVATE ? 0u : VM_SHARED) | (flags & MAP_FIXED ? VM_FIXED : 0u) |
	       (flags & MAP_FIXED_NOREPLACE ? VM_NOREPLACE : 0u);
}

static int map_check(vaddr_t addr, uint64_t len, uint64_t prot, uint64_t flags, uint64_t offset)
{
	uint64_t type = flags & MAP_TYPE;

	if (!len || offset & PT_PAGE_MASK || prot & ~(uint64_t)PROT_KNOWN || !type || type > MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr & PT_PAGE_MASK)
			return -EINVAL;
		if (addr < PT_PAGE_SIZE)
			return -EPERM;
		if (!user_range(addr, page_up(len)) || page_up(len) < len)
			return -ENOMEM;
	}
	if (len > user_top() || offset + page_up(len) < offset)
		return len > user_top() ? -ENOMEM : -EOVERFLOW;
	return over_limit(page_up(len)) ? -ENOMEM : 0;
}

int64_t sys_mmap(struct call *c)
{
	vaddr_t addr = c->arg[0], where;
	uint64_t len = c->arg[1], prot = c->arg[2], flags = c->arg[3];
	unsigned how = map_flags(flags);
	int err = map_check(addr, len, prot, flags, c->arg[5]);

	if (err)
		return err;
	if (!(flags & MAP_ANONYMOUS))
		return call_file((int)c->arg[4]) ? -ENOSYS : -EBADF;
	/* A hint is taken where it is free. */
	if (!(how & (VM_FIXED | VM_NOREPLACE)) && addr >= PT_PAGE_SIZE && !(addr & PT_PAGE_MASK) &&
	    user_range(addr, page_up(len)) &&
	    vm_map(spt(), addr, len, prot_of(prot), how | VM_NOREPLACE, NULL, 0, &where) == 0)
		goto mapped;
	err = vm_map(spt(), addr, len, prot_of(prot), how, NULL, 0, &where);
	if (err)
		return err;
mapped:
	if (flags & MAP_POPULATE)
		populate(where, page_up(len), prot_of(prot));
	return (int64_t)where;
}

int64_t sys_munmap(struct call *c) { return vm_unmap(spt(), c->arg[0], c->arg[1]); }

int64_t sys_mprotect(struct call *c)
{
	if (c->arg[0] & PT_PAGE_MASK || c->arg[2] & ~(uint64_t)PROT_KNOWN)
		return -EINVAL;
	if (!c->arg[1])
		return 0;
	if (!user_range(c->arg[0], c->arg[1]))
		return -ENOMEM;
	return vm_protect(spt(), c->arg[0], c->arg[1], prot_of(c->arg[2]));
}

enum { MREMAP_MAYMOVE = 1 };

int64_t sys_mremap(struct call *c)
{
	uint64_t len = c->arg[1], new_len = c->arg[2], flags = c->arg[3];
	vaddr_t where;
	int err;

	if (c->arg[0] & PT_PAGE_MASK || flags & ~(uint64_t)MREMAP_MAYMOVE || !len || !new_len)
		return -EINVAL;
	if (new_len > len && over_limit(page_up(new_len) - page_up(len)))
		return -ENOMEM;
	err = vm_remap(spt(), c->arg[0], len, new_len, flags & MREMAP_MAYMOVE, &where);
	return err ? err : (int64_t)where;
}

int64_t sys_madvise(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_mincore(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_msync(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_mlock(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_munlock(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_mlockall(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_munlockall(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_swapon(struct call *c) { return (void)c, -ENOSYS; }
int64_t sys_swapoff(struct call *c) { return (void)c, -ENOSYS; }
