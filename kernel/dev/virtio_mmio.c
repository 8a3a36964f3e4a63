/* Virtio over memory-mapped registers, version 2. The device tree names the places; most have no device. */
#include "kernel/dev/virtio.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define MAGIC 0x74726976u

enum reg {
	R_MAGIC = 0x00,
	R_VERSION = 0x04,
	R_DEVICE = 0x08,
	R_FEATURES = 0x10,
	R_FEATURES_SEL = 0x14,
	R_DRIVER_FEATURES = 0x20,
	R_DRIVER_FEATURES_SEL = 0x24,
	R_QUEUE_SEL = 0x30,
	R_QUEUE_MAX = 0x34,
	R_QUEUE_SIZE = 0x38,
	R_QUEUE_READY = 0x44,
	R_NOTIFY = 0x50,
	R_INTERRUPT = 0x60,
	R_INTERRUPT_ACK = 0x64,
	R_STATUS = 0x70,
	R_DESC = 0x80,
	R_AVAIL = 0x90,
	R_USED = 0xa0,
	R_CONFIG = 0x100,
};

static uint32_t get(struct virtio_device *dev, unsigned reg)
{
	return *((volatile uint32_t *)dev->base + reg / 4);
}

static void set(struct virtio_device *dev, unsigned reg, uint32_t value)
{
	*((volatile uint32_t *)dev->base + reg / 4) = value;
}

static uint8_t status(struct virtio_device *dev) { return (uint8_t)get(dev, R_STATUS); }
static void set_status(struct virtio_device *dev, uint8_t value) { set(dev, R_STATUS, value); }

static uint64_t features(struct virtio_device *dev)
{
	uint64_t low;

	set(dev, R_FEATURES_SEL, 0);
	low = get(dev, R_FEATURES);
	set(dev, R_FEATURES_SEL, 1);
	return low | (uint64_t)get(dev, R_FEATURES) << 32;
}

static void set_features(struct virtio_device *dev, uint64_t value)
{
	set(dev, R_DRIVER_FEATURES_SEL, 0);
	set(dev, R_DRIVER_FEATURES, (uint32_t)value);
	set(dev, R_DRIVER_FEATURES_SEL, 1);
	set(dev, R_DRIVER_FEATURES, (uint32_t)(value >> 32));
}

static uint32_t config(struct virtio_device *dev, unsigned offset) { return get(dev, R_CONFIG + offset); }

static unsigned queue_max(struct virtio_device *dev, unsigned queue)
{
	set(dev, R_QUEUE_SEL, queue);
	return get(dev, R_QUEUE_READY) ? 0 : get(dev, R_QUEUE_MAX);
}

static void set_address(struct virtio_device *dev, unsigned reg, paddr_t pa)
{
	set(dev, reg, (uint32_t)pa);
	set(dev, reg + 4, (uint32_t)(pa >> 32));
}

static void queue_set(struct virtio_device *dev, unsigned queue, unsigned size, paddr_t desc, paddr_t avail,
		      paddr_t used)
{
	set(dev, R_QUEUE_SEL, queue);
	set(dev, R_QUEUE_SIZE, size);
	set_address(dev, R_DESC, desc);
	set_address(dev, R_AVAIL, avail);
	set_address(dev, R_USED, used);
	set(dev, R_QUEUE_READY, 1);
}

static void notify(struct virtio_device *dev, unsigned queue) { set(dev, R_NOTIFY, queue); }

static bool interrupt(struct virtio_device *dev)
{
	uint32_t why = get(dev, R_INTERRUPT);

	if (why)
		set(dev, R_INTERRUPT_ACK, why);
	return why;
}

static const struct virtio_transport transport = {
	.status = status,
	.set_status = set_status,
	.features = features,
	.set_features = set_features,
	.config = config,
	.queue_max = queue_max,
	.queue_set = queue_set,
	.notify = notify,
	.interrupt = interrupt,
};

static void probe(paddr_t pa, uint64_t size, uint32_t irq)
{
	struct virtio_device here = {.transport = &transport, .irq = irq, .base = mmio_map(pa, (size_t)size)};
	struct virtio_device *dev;

	if (get(&here, R_MAGIC) != MAGIC || !get(&here, R_DEVICE))
		return;
	if (get(&here, R_VERSION) != 2) {
		kprintf("virtio: the device at %#llx has registers of version %u, not 2\n",
			(unsigned long long)pa, get(&here, R_VERSION));
		return;
	}
	here.id = get(&here, R_DEVICE);
	dev = kmalloc(sizeof *dev);
	if (!dev)
		return;
	*dev = here;
	virtio_found(dev);
}

void virtio_mmio_init(const void *fdt)
{
	uint64_t pa, size;
	uint32_t irq;

	for (int node = -1; (node = fdt_compatible(fdt, node, "virtio,mmio")) >= 0;)
		if (fdt_reg(fdt, node, 0, &pa, &size) && size >= R_CONFIG &&
		    fdt_u32(fdt, node, "interrupts", 0, &irq))
			probe(pa, size, irq);
}
