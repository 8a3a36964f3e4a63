/* A ring of bytes, first in first out. Whoever owns it keeps others away meanwhile. */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H
#include <stdbool.h>
#include <stdint.h>

#define RING_SIZE 256u /* a power of two */

struct ring {
	uint32_t in, out; /* bytes ever put, bytes ever taken: they may wrap */
	uint8_t byte[RING_SIZE];
};

/* False: full, the byte is not taken. */
static inline bool ring_put(struct ring *r, uint8_t b)
{
	if (r->in - r->out == RING_SIZE)
		return false;
	r->byte[r->in++ % RING_SIZE] = b;
	return true;
}

/* False: empty. */
static inline bool ring_get(struct ring *r, uint8_t *b)
{
	if (r->in == r->out)
		return false;
	*b = r->byte[r->out++ % RING_SIZE];
	return true;
}

#endif
