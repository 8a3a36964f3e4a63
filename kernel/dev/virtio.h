/* Virtio devices (version 1): what a driver sees of a device behind any transport, and the split virtqueue.
 *
 * A transport finds devices and hands each to virtio_found(); today there is virtio_mmio.c. The order of the steps that
 * bring a device up is in virtio_begin() and virtio_ready(). */
#ifndef KERNEL_VIRTIO_H
#define KERNEL_VIRTIO_H
#include <stdbool.h>
#include <stdint.h>

#include "vm/types.h"

enum virtio_id { VIRTIO_BLOCK = 2 };
enum virtio_status {
	VIRTIO_ACKNOWLEDGE = 1,
	VIRTIO_DRIVER = 2,
	VIRTIO_DRIVER_OK = 4,
	VIRTIO_FEATURES_OK = 8,
	VIRTIO_FAILED = 128
};
#define VIRTIO_F_VERSION_1 ((uint64_t)1 << 32)

struct virtio_device;
struct virtio_transport {
	uint8_t (*status)(struct virtio_device *dev);
	void (*set_status)(struct virtio_device *dev, uint8_t status); /* 0: reset */
	uint64_t (*features)(struct virtio_device *dev);
	void (*set_features)(struct virtio_device *dev, uint64_t features);
	uint32_t (*config)(struct virtio_device *dev, unsigned offset);   /* four bytes of the device's own */
	unsigned (*queue_max)(struct virtio_device *dev, unsigned queue); /* entries; 0: there is none */
	void (*queue_set)(struct virtio_device *dev, unsigned queue, unsigned size, paddr_t desc,
			  paddr_t avail, paddr_t used);
	void (*notify)(struct virtio_device *dev, unsigned queue);
	/* Take note of an interrupt: true if it was this device's. */
	bool (*interrupt)(struct virtio_device *dev);
};

struct virtio_device { /* all fixed once it is found */
	const struct virtio_transport *transport;
	unsigned id;  /* what kind of device */
	unsigned irq; /* its line, as kernel/dev/irq.h counts them */
	void *base;   /* the transport's own */
};

/* ---- virtio.c ---- */

/* All devices of all transports. After interrupts and threads work. */
void virtio_init(const void *fdt);
/* From a transport: DEV stays. Its driver takes it, or nobody does. */
void virtio_found(struct virtio_device *dev);
/* Reset, and agree on features: those of WANTED that the device has. 0 or -ENODEV. */
int virtio_begin(struct virtio_device *dev, uint64_t wanted, uint64_t *features);
void virtio_ready(struct virtio_device *dev);
void virtio_fail(struct virtio_device *dev);

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};
enum virtq_flags { VIRTQ_NEXT = 1, VIRTQ_WRITE = 2 /* the device writes it */ };

/* A queue. Nothing in it is locked: its user does that. Descriptors are the user's to hand out. */
struct virtq {
	struct virtio_device *dev;
	unsigned index, size; /* SIZE: a power of two */
	struct virtq_desc *desc;
	volatile uint16_t *avail; /* flags, index, then the ring */
	volatile uint16_t *used;  /* flags, index, then pairs of 32 bits: descriptor, length */
	uint16_t added, seen;     /* how many were put in; how many were found used */
};

/* With at most MOST entries. 0, -ENODEV, -ENOMEM. */
int virtq_init(struct virtq *q, struct virtio_device *dev, unsigned index, unsigned most);
/* The chain that begins at HEAD is the device's from the next virtq_kick() on. */
void virtq_add(struct virtq *q, uint16_t head);
void virtq_kick(struct virtq *q);
/* A chain that the device is done with: its head. False: none. */
bool virtq_take(struct virtq *q, uint32_t *head);

/* ---- transports and drivers ---- */
void virtio_mmio_init(const void *fdt);
void virtio_blk_found(struct virtio_device *dev);

#endif
