/* A disk in memory: a page a block. Concurrent transfers of one block give one or the other, or a mix, as on
 * any disk; no lock. */
#include "kernel/fs/block.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

struct ramdisk {
	struct block_device dev;
	void *page[];
};

static void ramdisk_transfer(struct block_device *dev, struct block_request *requests, unsigned n)
{
	struct ramdisk *disk = (struct ramdisk *)dev;

	for (struct block_request *r = requests; r < requests + n; r++) {
		for (unsigned i = 0; i < r->count; i++) {
			if (r->write)
				memcpy(disk->page[r->block + i], r->kva[i], BLOCK_SIZE);
			else
				memcpy(r->kva[i], disk->page[r->block + i], BLOCK_SIZE);
		}
		r->status = 0;
	}
}

static int ramdisk_flush(struct block_device *dev)
{
	(void)dev;
	return 0;
}

struct block_device *ramdisk_make(const char *name, uint64_t blocks)
{
	static const struct block_ops ops = {ramdisk_transfer, ramdisk_flush};
	struct ramdisk *disk = kcalloc(1, sizeof *disk + blocks * sizeof disk->page[0]);

	if (!disk)
		return NULL;
	disk->dev.name = name;
	disk->dev.blocks = blocks;
	disk->dev.ops = &ops;
	for (uint64_t i = 0; i < blocks; i++) {
		disk->page[i] = palloc_get_page(PAL_ZERO);
		if (!disk->page[i]) {
			ramdisk_free(&disk->dev);
			return NULL;
		}
	}
	return &disk->dev;
}

void ramdisk_free(struct block_device *dev)
{
	struct ramdisk *disk = (struct ramdisk *)dev;

	for (uint64_t i = 0; i < dev->blocks; i++)
		if (disk->page[i])
			palloc_free_page(disk->page[i]);
	kfree(disk);
}
