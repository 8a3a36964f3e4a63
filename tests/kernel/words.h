/* A block whose contents tell which it is, and of which round or whose. */
#ifndef TESTS_KERNEL_WORDS_H
#define TESTS_KERNEL_WORDS_H
#include "kernel/fs/block.h"

static inline uint64_t word_of(uint64_t block, uint64_t mark, unsigned i)
{
	return block * 0x10001 + mark * 0x100000000 + i * 7919;
}

static inline void fill(uint64_t *words, uint64_t block, uint64_t mark)
{
	for (unsigned i = 0; i < BLOCK_SIZE / 8; i++)
		words[i] = word_of(block, mark, i);
}

static inline bool filled(const uint64_t *words, uint64_t block, uint64_t mark)
{
	for (unsigned i = 0; i < BLOCK_SIZE / 8; i++)
		if (words[i] != word_of(block, mark, i))
			return false;
	return true;
}

#endif
