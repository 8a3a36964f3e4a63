/* Swap on disks. A place is a disk, or a part of one, as vm/ sees it: an object that is read and written by page.
 *
 * CHANGING is held while a place is given to vm/ or taken back, which can take as long as reading all of it. A place
 * that vm/ does not know as an area is free: what is told about it is asked of vm/, not kept here. */
#include "kernel/file/swap.h"

#include "kernel/file/file.h"
#include "kernel/fs/block.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "vm/vm.h"

struct place {                    /* [C] CHANGING, or vm/ has it as an area */
	struct vm_object object;  /* first */
	struct block_device *dev; /* [C] */
	uint64_t first;           /* [C] block of the area's first page */
	_Atomic unsigned told;    /* of a failure */
};

static int place_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
static int place_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n);
static const struct vm_object_ops place_ops = {.read = place_read, .write = place_write};

static struct mutex changing = MUTEX_INIT("swap");
static struct place places[SWAP_PLACES];
static _Atomic uint64_t pages_in, pages_out;

uint64_t swap_pages_in(void) { return pages_in; }
uint64_t swap_pages_out(void) { return pages_out; }

/* ---- transfers ---- */

static int transfer(struct vm_object *object, uint64_t index, void *const kva[], unsigned n, bool write)
{
	struct place *p = (struct place *)object;
	struct block_request r = {.write = write, .block = p->first + index, .count = n, .kva = kva};
	int err = block_transfer(p->dev, &r, 1);

	if (!err)
		atomic_fetch_add(write ? &pages_out : &pages_in, n);
	else if (!atomic_exchange(&p->told, 1))
		kprintf("quire: swap on %s: %u page%s cannot be %s at block %llu: error %d\n", p->dev->name,
			n, n == 1 ? "" : "s", write ? "written" : "read", (unsigned long long)r.block, -err);
	return err ? -VM_EIO : 0;
}

static int place_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	return transfer(object, index, kva, n, false);
}

static int place_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	return transfer(object, index, kva, n, true);
}

/* ---- which part of a disk ---- */

#define MKSWAP_MAGIC    "SWAPSPACE2"
#define MKSWAP_MAGIC_AT (PT_PAGE_SIZE - 10)
struct mkswap_header {
	char boot[1024];
	uint32_t version, last_page, bad_pages;
};

/* The header of mkswap is on the first page, and what it describes on the disk. */
static int header_read(struct block_device *dev, uint64_t *first, uint64_t *pages)
{
	struct mkswap_header *h = palloc_get_page(0);
	int err = h ? block_read(dev, 0, h) : -ENOMEM;

	if (!err && (memcmp((char *)h + MKSWAP_MAGIC_AT, MKSWAP_MAGIC, 10) != 0 || h->version != 1 ||
		     !h->last_page || h->last_page >= dev->blocks || h->bad_pages))
		err = -EINVAL;
	if (!err) {
		*first = 1;
		*pages = h->last_page;
	}
	palloc_free_page(h);
	return err;
}

static int extent(struct block_device *dev, uint64_t *first, uint64_t *pages)
{
	if (dev->read_only)
		return -EROFS;
	if (!dev->serial || strcmp(dev->serial, "swap") != 0)
		return header_read(dev, first, pages);
	*first = 0;
	*pages = dev->blocks;
	return *pages && *pages <= UINT32_MAX ? 0 : -EINVAL;
}

/* ---- on and off ---- */

/* Is P a swap area now? */
static bool in_use(const struct place *p, size_t *pages, size_t *used)
{
	return vm_swap_area(&p->object, pages, used);
}

static struct place *place_of(const struct block_device *dev)
{
	size_t pages, used;

	for (unsigned i = 0; i < SWAP_PLACES; i++)
		if (places[i].dev == dev && in_use(&places[i], &pages, &used))
			return &places[i];
	return NULL;
}

static struct place *place_free(void)
{
	size_t pages, used;

	for (unsigned i = 0; i < SWAP_PLACES; i++)
		if (!in_use(&places[i], &pages, &used))
			return &places[i];
	return NULL;
}

static int disk_on(struct block_device *dev)
{
	uint64_t first, pages;
	struct place *p;
	int err;

	mutex_lock(&changing);
	p = place_of(dev);
	if (p) { /* one that failed gets another chance */
		err = vm_swapon(&p->object, (uint32_t)(p->object.size / PT_PAGE_SIZE)) ? -EBUSY : 0;
		mutex_unlock(&changing);
		return err;
	}
	p = place_free();
	err = p ? extent(dev, &first, &pages) : -EPERM;
	if (!err) {
		p->dev = dev;
		p->first = first;
		p->told = 0;
		p->object = (struct vm_object){.ops = &place_ops, .size = pages * PT_PAGE_SIZE, .refs = 1};
		err = vm_swapon(&p->object, (uint32_t)pages);
	}
	mutex_unlock(&changing);
	return err;
}

/* The disk whose node INODE is; NULL: none. */
static struct block_device *disk_of(const struct inode *inode)
{
	struct block_device *dev = NULL;

	if (inode->type != S_IFBLK)
		return NULL;
	while ((dev = block_next(dev)) && block_rdev(dev) != inode->rdev)
		;
	return dev;
}

int swap_on(struct inode *inode)
{
	struct block_device *dev = disk_of(inode);

	return dev ? disk_on(dev) : -EINVAL;
}

int swap_off(struct inode *inode)
{
	struct block_device *dev = disk_of(inode);
	struct place *p;
	int err;

	mutex_lock(&changing);
	p = dev ? place_of(dev) : NULL;
	err = p ? vm_swapoff(&p->object) : -EINVAL;
	mutex_unlock(&changing);
	return err;
}

void swap_start(void)
{
	struct block_device *dev = block_find("swap");
	int err = dev ? disk_on(dev) : 0;

	if (err)
		kprintf("quire: there is no swap: disk %s cannot be used for it: error %d\n", dev->name,
			-err);
}

bool swap_tell(unsigned n, struct swap_told *told)
{
	const struct place *p = &places[n];

	if (!in_use(p, &told->pages, &told->used))
		return false;
	told->name = p->dev->name;
	return true;
}
