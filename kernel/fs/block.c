/* What is the same for all block devices: range checks, counts, the list by name. LOCK guards the list's end;
 * walking it needs none, since an entry is complete before it is linked. */
#include "kernel/fs/block.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/sync/spinlock.h"

static struct spinlock lock = SPINLOCK_INIT("block devices", RANK_DEVICE);
static struct block_device *_Atomic first;

uint64_t block_patience_ns = 10000000000;

static bool within(const struct block_device *dev, const struct block_request *r)
{
	return r->count && r->block < dev->blocks && r->count <= dev->blocks - r->block;
}

static int check(const struct block_device *dev, const struct block_request *r)
{
	if (!within(dev, r))
		return -EIO;
	return r->write && dev->read_only ? -EROFS : 0;
}

int block_transfer(struct block_device *dev, struct block_request *requests, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int err = check(dev, &requests[i]);

		if (err)
			return err;
	}
	for (unsigned i = 0; i < n; i++) {
		requests[i].status = -EIO;
		atomic_fetch_add(requests[i].write ? &dev->writes : &dev->reads, requests[i].count);
	}
	dev->ops->transfer(dev, requests, n);
	for (unsigned i = 0; i < n; i++)
		if (requests[i].status)
			return requests[i].status;
	return 0;
}

int block_read(struct block_device *dev, uint64_t block, void *page)
{
	struct block_request r = {.block = block, .count = 1, .kva = &page};

	return block_transfer(dev, &r, 1);
}

int block_write(struct block_device *dev, uint64_t block, const void *page)
{
	void *kva = (void *)(uintptr_t)page;
	struct block_request r = {.write = true, .block = block, .count = 1, .kva = &kva};

	return block_transfer(dev, &r, 1);
}

int block_flush(struct block_device *dev)
{
	dev->syncs++;
	return dev->ops->flush(dev);
}

void block_add(struct block_device *dev)
{
	struct block_device *_Atomic *end = &first;

	dev->next = NULL;
	dev->number = 0;
	spin_lock(&lock);
	if (!*end) {
		*end = dev;
	} else {
		struct block_device *last = *end;

		while (last->next)
			last = last->next;
		dev->number = last->number + 1;
		__atomic_store_n(&last->next, dev, __ATOMIC_RELEASE);
	}
	spin_unlock(&lock);
}

struct block_device *block_next(const struct block_device *dev)
{
	return dev ? __atomic_load_n(&dev->next, __ATOMIC_ACQUIRE) : first;
}

struct block_device *block_find(const char *name)
{
	struct block_device *dev = NULL;

	while ((dev = block_next(dev)))
		if ((dev->serial && strcmp(dev->serial, name) == 0) || strcmp(dev->name, name) == 0)
			return dev;
	return NULL;
}
