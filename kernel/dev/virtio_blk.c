/* The virtio disk. The queue is cut into slots of as many descriptors each: a header, pages, a status byte. A request
 * takes one slot, or several when it has more pages; so many are in flight as there are slots, and whoever wants one
 * more waits for the first to come back. A device that does not answer is told of on the console, and waited for.
 * LOCK (rank DEVICE, also taken by the interrupt) guards the queue, the slots and all batches. A disk is named vda,
 * vdb... in the order of the device tree, and found by its serial number, too. */
#include "arch/arch.h"
#include "kernel/dev/irq.h"
#include "kernel/dev/virtio.h"
#include "kernel/fs/block.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/thread.h"
#include "kernel/show.h"
#include "kernel/sync/spinlock.h"
#include "kernel/sync/waitq.h"

#define SLOT_DESCS 32
#define SLOT_PAGES (SLOT_DESCS - 2)
#define SLOTS      8
#define SECTORS    (BLOCK_SIZE / 512)
#define ID_LEN     20

enum feature { F_READ_ONLY = 1 << 5, F_FLUSH = 1 << 9 };
enum type { T_READ = 0, T_WRITE = 1, T_FLUSH = 4, T_ID = 8 };

static const char *type_name(uint32_t type)
{
	return type == T_READ ? "read" : type == T_WRITE ? "write" : type == T_FLUSH ? "flush" : "command";
}

/* What one call of a thread waits for. */
struct batch {         /* [L] lock */
	unsigned left; /* [L] slots in flight */
	struct waitq done;
};

/* What the device reads and writes of a slot; in memory of the direct map. */
struct wire {
	uint32_t type, reserved;
	uint64_t sector;
	uint8_t status;
};

struct slot { /* [L] lock */
	bool busy;
	bool told;           /* [L] that it takes too long */
	struct batch *batch; /* [L] whose it is, and where its outcome goes */
	int *status;         /* [L] */
	uint64_t since;      /* [L] when it was put into the queue */
};

struct disk {
	struct block_device dev; /* first */
	struct virtio_device *virtio;
	struct spinlock lock;
	struct virtq queue;      /* [L] */
	struct slot slot[SLOTS]; /* [L] */
	struct wire *wire;       /* one a slot */
	unsigned nslots;         /* fixed */
	struct waitq free;       /* [L] who waits for a slot */
	bool can_flush;          /* fixed */
	uint64_t strange;        /* [L] completions of what was not asked */
	char name[4], serial[ID_LEN + 1];
};

/* ---- waiting ---- */

/* Say once of each request that has had no answer for long what it is. */
static void late_tell(struct disk *disk) SYNC_REQUIRES(disk->lock)
{
	uint64_t now = arch_time_ns();

	for (unsigned i = 0; i < disk->nslots; i++) {
		struct slot *s = &disk->slot[i];

		if (!s->busy || s->told || now - s->since < block_patience_ns)
			continue;
		s->told = true;
		disk->dev.late++;
		kprintf("disk %s%s%s: no answer for %llu ms to a %s at sector %llu\n", disk->name,
			disk->serial[0] ? " " : "", disk->serial,
			(unsigned long long)((now - s->since) / NS_PER_MS), type_name(disk->wire[i].type),
			(unsigned long long)disk->wire[i].sector);
	}
}

/* Until Q is woken, or for no reason, sooner. */
static void disk_sleep(struct disk *disk, struct waitq *q) SYNC_REQUIRES(disk->lock)
{
	if (!waitq_sleep_until(q, &disk->lock, arch_time_ns() + block_patience_ns))
		late_tell(disk);
}

/* ---- slots ---- */

static bool slot_free(const struct disk *disk)
{
	for (unsigned i = 0; i < disk->nslots; i++)
		if (!disk->slot[i].busy)
			return true;
	return false;
}

/* Wait for a free slot; it is BATCH's. What was put into the queue so far is under way meanwhile. */
static unsigned slot_take(struct disk *disk, struct batch *batch, int *status) SYNC_REQUIRES(disk->lock)
{
	unsigned i = 0;

	if (!slot_free(disk))
		virtq_kick(&disk->queue);
	while (!slot_free(disk))
		disk_sleep(disk, &disk->free);
	while (disk->slot[i].busy)
		i++;
	disk->slot[i] =
		(struct slot){.busy = true, .batch = batch, .status = status, .since = arch_time_ns()};
	batch->left++;
	return i;
}

static void desc_set(struct disk *disk, unsigned n, paddr_t pa, size_t len, unsigned flags)
{
	disk->queue.desc[n] = (struct virtq_desc){pa, (uint32_t)len, (uint16_t)flags, (uint16_t)(n + 1)};
}

/* Put one slot's chain into the queue: N pieces of LEN bytes between header and status. */
static void submit(struct disk *disk, unsigned i, enum type type, uint64_t sector, void *const kva[],
		   unsigned n, size_t len)
{
	struct wire *w = &disk->wire[i];
	unsigned first = i * SLOT_DESCS, at = first;

	*w = (struct wire){.type = type, .sector = sector, .status = 0xff};
	desc_set(disk, at++, vtop(w), offsetof(struct wire, status), VIRTQ_NEXT);
	for (unsigned k = 0; k < n; k++)
		desc_set(disk, at++, vtop(kva[k]), len, VIRTQ_NEXT | (type == T_WRITE ? 0 : VIRTQ_WRITE));
	desc_set(disk, at, vtop(&w->status), 1, VIRTQ_WRITE);
	virtq_add(&disk->queue, (uint16_t)first);
}

static void wait_for(struct disk *disk, struct batch *batch) SYNC_REQUIRES(disk->lock)
{
	while (batch->left)
		disk_sleep(disk, &batch->done);
}

/* The slot's chain came back. */
static void complete(struct disk *disk, unsigned i)
{
	struct slot *s = &disk->slot[i];

	if (disk->wire[i].status)
		*s->status = -EIO;
	if (--s->batch->left == 0)
		waitq_wake_all(&s->batch->done);
	s->busy = false;
	waitq_wake_one(&disk->free);
}

static void disk_irq(void *arg)
{
	struct disk *disk = arg;
	uint32_t head;

	spin_lock(&disk->lock);
	disk->virtio->transport->interrupt(disk->virtio);
	while (virtq_take(&disk->queue, &head)) {
		if (head % SLOT_DESCS == 0 && head / SLOT_DESCS < disk->nslots &&
		    disk->slot[head / SLOT_DESCS].busy)
			complete(disk, head / SLOT_DESCS);
		else
			disk->strange++;
	}
	spin_unlock(&disk->lock);
}

/* ---- as a block device ---- */

static void disk_transfer(struct block_device *dev, struct block_request *requests, unsigned n)
{
	struct disk *disk = (struct disk *)dev;
	struct batch batch = {.left = 0};

	spin_lock(&disk->lock);
	for (struct block_request *r = requests; r < requests + n; r++) {
		r->status = 0;
		for (unsigned done = 0; done < r->count; done += SLOT_PAGES) {
			unsigned now = r->count - done < SLOT_PAGES ? r->count - done : SLOT_PAGES;
			unsigned i = slot_take(disk, &batch, &r->status);

			submit(disk, i, r->write ? T_WRITE : T_READ, (r->block + done) * SECTORS,
			       r->kva + done, now, BLOCK_SIZE);
		}
	}
	virtq_kick(&disk->queue);
	wait_for(disk, &batch);
	spin_unlock(&disk->lock);
}

static int one_command(struct disk *disk, enum type type, void *page, size_t len)
{
	struct batch batch = {.left = 0};
	int status = 0;

	spin_lock(&disk->lock);
	submit(disk, slot_take(disk, &batch, &status), type, 0, &page, page ? 1 : 0, len);
	virtq_kick(&disk->queue);
	wait_for(disk, &batch);
	spin_unlock(&disk->lock);
	return status;
}

/* A device without the feature has no cache that could lose anything. */
static int disk_flush(struct block_device *dev)
{
	struct disk *disk = (struct disk *)dev;

	return disk->can_flush ? one_command(disk, T_FLUSH, NULL, 0) : 0;
}

/* ---- found ---- */

/* The queue works by now: the device is asked for its serial number. */
static void name_it(struct disk *disk)
{
	static unsigned count;
	char *id = palloc_get_page(PAL_ZERO);

	if (id && !one_command(disk, T_ID, id, ID_LEN))
		strlcpy(disk->serial, id, sizeof disk->serial);
	if (id)
		palloc_free_page(id);
	ksnprintf(disk->name, sizeof disk->name, "vd%c", 'a' + (char)(count++ % 26));
}

static int start(struct disk *disk, struct virtio_device *v)
{
	static const struct block_ops ops = {disk_transfer, disk_flush};
	uint64_t features, sectors;
	int err = virtio_begin(v, F_READ_ONLY | F_FLUSH, &features);

	if (err)
		return err;
	sectors = v->transport->config(v, 0) | (uint64_t)v->transport->config(v, 4) << 32;
	disk->dev = (struct block_device){.name = disk->name,
					  .serial = disk->serial,
					  .blocks = sectors / SECTORS,
					  .read_only = features & F_READ_ONLY,
					  .ops = &ops};
	disk->can_flush = features & F_FLUSH;
	disk->virtio = v;
	spin_init(&disk->lock, "disk", RANK_DEVICE);
	disk->wire = palloc_get_page(PAL_ZERO);
	err = disk->wire ? virtq_init(&disk->queue, v, 0, SLOTS * SLOT_DESCS) : -ENOMEM;
	disk->nslots = err ? 0 : disk->queue.size / SLOT_DESCS;
	if (!err && !disk->nslots)
		err = -ENODEV;
	return err ? err : irq_register(v->irq, disk_irq, disk);
}

void virtio_blk_found(struct virtio_device *v)
{
	struct disk *disk = kcalloc(1, sizeof *disk);
	int err = disk ? start(disk, v) : -ENOMEM;

	if (err) {
		kprintf("virtio: a disk cannot be used: error %d\n", err);
		virtio_fail(v);
		return; /* what it had so far stays: the device may know of it */
	}
	virtio_ready(v);
	name_it(disk);
	block_add(&disk->dev);
	kprintf("disk %s%s%s: %s%s\n", disk->name, disk->serial[0] ? " " : "", disk->serial,
		size_text(disk->dev.blocks * BLOCK_SIZE).text, disk->dev.read_only ? ", read-only" : "");
}
