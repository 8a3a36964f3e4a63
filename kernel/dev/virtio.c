/* Bringing virtio devices up, and the split virtqueue. A queue is three pages: descriptors, and the two rings.
 * What a device says is not trusted further than to the drivers' own checks. */
#include "kernel/dev/virtio.h"

#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

void virtio_init(const void *fdt) { virtio_mmio_init(fdt); }

void virtio_found(struct virtio_device *dev)
{
	if (dev->id == VIRTIO_BLOCK)
		virtio_blk_found(dev);
}

int virtio_begin(struct virtio_device *dev, uint64_t wanted, uint64_t *features)
{
	const struct virtio_transport *t = dev->transport;

	t->set_status(dev, 0);
	t->set_status(dev, VIRTIO_ACKNOWLEDGE);
	t->set_status(dev, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	*features = t->features(dev) & (wanted | VIRTIO_F_VERSION_1);
	t->set_features(dev, *features);
	t->set_status(dev, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
	if (*features & VIRTIO_F_VERSION_1 && t->status(dev) & VIRTIO_FEATURES_OK)
		return 0;
	virtio_fail(dev);
	return -ENODEV;
}

void virtio_ready(struct virtio_device *dev)
{
	dev->transport->set_status(dev, dev->transport->status(dev) | VIRTIO_DRIVER_OK);
}

void virtio_fail(struct virtio_device *dev) { dev->transport->set_status(dev, VIRTIO_FAILED); }

/* ---- queues ---- */

int virtq_init(struct virtq *q, struct virtio_device *dev, unsigned index, unsigned most)
{
	unsigned max = dev->transport->queue_max(dev, index), size = most;

	while (size > max)
		size /= 2;
	if (!size)
		return -ENODEV;
	ASSERT(size * sizeof(struct virtq_desc) <= PT_PAGE_SIZE);
	*q = (struct virtq){.dev = dev, .index = index, .size = size};
	q->desc = palloc_get_page(PAL_ZERO);
	q->avail = palloc_get_page(PAL_ZERO);
	q->used = palloc_get_page(PAL_ZERO);
	if (!q->desc || !q->avail || !q->used) {
		palloc_free_page(q->desc);
		palloc_free_page((void *)(uintptr_t)q->avail);
		palloc_free_page((void *)(uintptr_t)q->used);
		return -ENOMEM;
	}
	dev->transport->queue_set(dev, index, size, vtop(q->desc), vtop((void *)(uintptr_t)q->avail),
				  vtop((void *)(uintptr_t)q->used));
	return 0;
}

void virtq_add(struct virtq *q, uint16_t head) { q->avail[2 + q->added++ % q->size] = head; }

void virtq_kick(struct virtq *q)
{
	arch_io_fence(); /* descriptors and ring before the index */
	q->avail[1] = q->added;
	arch_io_fence(); /* the index before the word to the device */
	q->dev->transport->notify(q->dev, q->index);
}

bool virtq_take(struct virtq *q, uint32_t *head)
{
	if (q->used[1] == q->seen)
		return false;
	arch_io_fence(); /* the entry, and what it stands for, were written before the index */
	*head = ((volatile uint32_t *)(q->used + 2))[2 * (q->seen % q->size)];
	q->seen++;
	return true;
}
