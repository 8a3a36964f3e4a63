/* System calls about memory: from Linux' words to vm/'s. */
#include "kernel/file/file.h"
#include "kernel/file/swap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"
#include "kernel/sys/path.h"

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

static unsigned map_flags(uint64_t flags)
{
	return ((flags & MAP_TYPE) == MAP_PRIVATE ? 0u : VM_SHARED) | (flags & MAP_FIXED ? VM_FIXED : 0u) |
	       (flags & MAP_FIXED_NOREPLACE ? VM_NOREPLACE : 0u) | (flags & MAP_POPULATE ? VM_POPULATE : 0u);
}

static int map_check(vaddr_t addr, uint64_t len, uint64_t prot, uint64_t flags, uint64_t offset)
{
	uint64_t type = flags & MAP_TYPE;

	if (!len || offset & PT_PAGE_MASK || prot & ~(uint64_t)PROT_KNOWN || !type ||
	    type > MAP_SHARED_VALIDATE)
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

/* The object that FD's file is, if it may be mapped so; *HOW may change. */
static int map_object(int fd, uint64_t offset, uint64_t len, uint64_t prot, unsigned *how,
		      struct vm_object **object)
{
	const struct file *f = call_file(fd);

	if (!f || f->flags & O_PATH)
		return -EBADF;
	if (!f->inode || f->inode->type != S_IFREG || !f->inode->object.ops)
		return -ENODEV;
	if (!file_reads(f) || (*how & VM_SHARED && prot & VM_WRITE && !file_writes(f)))
		return -EACCES;
	if (*how & VM_SHARED && !file_writes(f))
		*how |= VM_READONLY;
	*object = &f->inode->object;
	return offset > INT64_MAX - len ? -EOVERFLOW : 0;
}

static int map(vaddr_t addr, uint64_t len, uint64_t prot, unsigned how, struct vm_object *object,
	       uint64_t offset, vaddr_t *where)
{
	uint64_t index = offset >> PT_PAGE_SHIFT;

	/* A hint is taken where it is free. */
	if (!(how & (VM_FIXED | VM_NOREPLACE)) && addr >= PT_PAGE_SIZE && !(addr & PT_PAGE_MASK) &&
	    user_range(addr, page_up(len)) &&
	    vm_map(spt(), addr, len, prot_of(prot), how | VM_NOREPLACE, object, index, where) == 0)
		return 0;
	return vm_map(spt(), addr, len, prot_of(prot), how, object, index, where);
}

int64_t sys_mmap(struct call *c)
{
	vaddr_t addr = c->arg[0], where;
	uint64_t len = c->arg[1], prot = c->arg[2], flags = c->arg[3];
	struct vm_object *object = NULL;
	unsigned how = map_flags(flags);
	int err = map_check(addr, len, prot, flags, c->arg[5]);

	if (!err && !(flags & MAP_ANONYMOUS))
		err = map_object((int)c->arg[4], c->arg[5], len, prot, &how, &object);
	if (!err)
		err = map(addr, len, prot, how, object, object ? c->arg[5] : 0, &where);
	return err ? err : (int64_t)where;
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

enum {
	MADV_NORMAL,
	MADV_RANDOM,
	MADV_SEQUENTIAL,
	MADV_WILLNEED,
	MADV_DONTNEED,
	MADV_FREE = 8,
	MADV_PAGEOUT = 21
};

static int advice_of(uint64_t advice)
{
	switch (advice) {
	case MADV_NORMAL: return VM_ADVISE_NORMAL;
	case MADV_RANDOM: return VM_ADVISE_RANDOM;
	case MADV_SEQUENTIAL: return VM_ADVISE_SEQUENTIAL;
	case MADV_WILLNEED: return VM_ADVISE_WILLNEED;
	case MADV_DONTNEED: return VM_ADVISE_DONTNEED;
	case MADV_FREE: return VM_ADVISE_FREE;
	case MADV_PAGEOUT: return VM_ADVISE_PAGEOUT;
	default: return -1;
	}
}

/* 1: nothing to do, 0: go on, or an error (WRAPS when it does): [addr, addr + len) as the calls below take it. */
static int range_check(vaddr_t addr, uint64_t len, int wraps)
{
	if (addr & PT_PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 1;
	if (page_up(len) < len || addr + page_up(len) < addr)
		return wraps;
	return user_range(addr, page_up(len)) ? 0 : -ENOMEM;
}

int64_t sys_madvise(struct call *c)
{
	int advice = advice_of(c->arg[2]),
	    err = advice < 0 ? -EINVAL : range_check(c->arg[0], c->arg[1], -EINVAL);

	if (err)
		return err < 0 ? err : 0;
	return vm_advise(spt(), c->arg[0], c->arg[1], (enum vm_advice)advice);
}

int64_t sys_mincore(struct call *c)
{
	int err = range_check(c->arg[0], c->arg[1], -ENOMEM);
	vaddr_t va = c->arg[0], out = c->arg[2], end = va + page_up(c->arg[1]);
	uint8_t vec[256];

	if (err == 1)
		return 0;
	for (; !err && va < end; va += sizeof vec * PT_PAGE_SIZE, out += sizeof vec) {
		uint64_t len = end - va < sizeof vec * PT_PAGE_SIZE ? end - va : sizeof vec * PT_PAGE_SIZE;

		err = vm_mincore(spt(), va, len, vec);
		if (!err)
			err = copy_out(out, vec, len / PT_PAGE_SIZE);
	}
	return err;
}

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

int64_t sys_msync(struct call *c)
{
	uint64_t flags = c->arg[2];
	int err = range_check(c->arg[0], c->arg[1], -ENOMEM);

	if (flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	if (err)
		return err < 0 ? err : 0;
	err = vm_sync_range(spt(), c->arg[0], c->arg[1]);
	/* What says where the pages are on the disk, and that the disk has them for good. */
	return err || !(flags & MS_SYNC) ? err : fs_sync_all(proc_current()->at.root->fs);
}

static int64_t lock_range(const struct call *c, bool on)
{
	vaddr_t from = c->arg[0] & ~PT_PAGE_MASK;
	uint64_t len = c->arg[1] + (c->arg[0] - from);
	int err = len < c->arg[1] ? -EINVAL : range_check(from, len, -EINVAL);

	if (err)
		return err < 0 ? err : 0;
	return on ? vm_lock_range(spt(), from, len) : vm_unlock_range(spt(), from, len);
}

int64_t sys_mlock(struct call *c) { return lock_range(c, true); }
int64_t sys_munlock(struct call *c) { return lock_range(c, false); }

enum { SWAP_FLAGS = 0x7ffff }; /* a priority, and what to discard: places are all alike here */

static int64_t swap_change(struct call *c, int (*change)(struct inode *inode))
{
	struct inode *inode;
	int err = path_find(AT_FDCWD, c->arg[0], 0, &inode);

	if (err)
		return err;
	err = change(inode);
	inode_put(inode);
	return err;
}

int64_t sys_swapon(struct call *c)
{
	return c->arg[1] & ~(uint64_t)SWAP_FLAGS ? -EINVAL : swap_change(c, swap_on);
}
int64_t sys_swapoff(struct call *c) { return swap_change(c, swap_off); }
