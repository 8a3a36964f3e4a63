/* Block devices: disks seen as an array of 4 KiB blocks.
 *
 * A write is on the medium for good once a flush that began after the write's end has succeeded; until then
 * a power cut may lose it, and any of those before it, in any combination. All calls sleep; any number of
 * threads may call at once. */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H
#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SHIFT 12
#define BLOCK_SIZE  ((uint64_t)1 << BLOCK_SHIFT)

/* One transfer: COUNT blocks from BLOCK on, to or from as many pages, each in the direct map. */
struct block_request {
	bool write;
	uint64_t block;
	unsigned count;
	void *const *kva;
	int status; /* filled in: 0 or a negative error */
};

struct block_device;
struct block_ops {
	/* Carry out N requests, as many at once as the device takes, in no certain order. All have a status
	 * on return. They lie within the device. */
	void (*transfer)(struct block_device *dev, struct block_request *requests, unsigned n);
	int (*flush)(struct block_device *dev);
};

struct block_device {                          /* [I] fixed once it is known  [A] atomic */
	const char *name;                      /* [I] vda, vdb... */
	const char *serial;                    /* [I] what its owner calls it; NULL or "": nothing */
	uint64_t blocks;                       /* [I] */
	bool read_only;                        /* [I] */
	const struct block_ops *ops;           /* [I] */
	_Atomic uint64_t reads, writes, syncs; /* [A] blocks transferred; flushes */
	unsigned number;                       /* [I] how many were found before it */
	_Atomic uint64_t late;                 /* [A] requests that had no answer for block_patience_ns */
	struct block_device *next;             /* [I] in the order in which they were found */
};

/* 0, or the first request's error in their order: -EIO for what is not all on the device. */
int block_transfer(struct block_device *dev, struct block_request *requests, unsigned n);
int block_read(struct block_device *dev, uint64_t block, void *page);
int block_write(struct block_device *dev, uint64_t block, const void *page);
int block_flush(struct block_device *dev);

/* A device that does not answer is waited for, and the console told what of after this long. */
extern uint64_t block_patience_ns;

/* Drivers add what they find at boot; the list only grows. */
void block_add(struct block_device *dev);
struct block_device *block_find(const char *name);               /* by serial or name; NULL: there is none */
struct block_device *block_next(const struct block_device *dev); /* in their order; NULL: begin, or the end */

/* Its device number, as its node in /dev has it. */
static inline uint64_t block_rdev(const struct block_device *dev) { return 254 << 8 | dev->number * 16; }

#endif
