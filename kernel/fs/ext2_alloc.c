/* ext2's bitmaps. A bit set and not yet pointed at, or cleared and still pointed at on the disk, is what e2fsck
 * mends; so bitmaps and counts are written in no certain order. What matters is that a block that was freed is not
 * given out again before the pointer to it is gone from the disk: such blocks are held until the next commit.
 * All of this with the mount's lock held. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

static bool bit_is_set(const uint8_t *map, uint32_t bit) { return map[bit / 8] >> bit % 8 & 1; }
static void bit_set(uint8_t *map, uint32_t bit) { map[bit / 8] |= (uint8_t)(1u << bit % 8); }
static void bit_clear(uint8_t *map, uint32_t bit) { map[bit / 8] &= (uint8_t) ~(1u << bit % 8); }

/* Counts of a damaged disk may be wrong; they never wrap. */
static uint32_t counted(uint32_t count, int by, uint32_t most)
{
	if (by < 0)
		return count ? count - 1 : 0;
	return count < most ? count + (uint32_t)by : most;
}

static void count_blocks(struct ext2 *fs, uint32_t group, int by)
{
	struct buf *holder;
	struct ext2_group *g = ext2_group(fs, group, &holder);
	struct ext2_super *s = ext2_super(fs);

	g->free_blocks = (uint16_t)counted(g->free_blocks, by, fs->blocks_per_group);
	s->free_blocks = counted(s->free_blocks, by, fs->nblocks);
	buf_dirty(holder);
	buf_dirty(fs->super);
}

static void count_inodes(struct ext2 *fs, uint32_t group, int by, bool directory)
{
	struct buf *holder;
	struct ext2_group *g = ext2_group(fs, group, &holder);
	struct ext2_super *s = ext2_super(fs);

	g->free_inodes = (uint16_t)counted(g->free_inodes, by, fs->inodes_per_group);
	s->free_inodes = counted(s->free_inodes, by, fs->ninodes);
	if (directory)
		g->directories = (uint16_t)counted(g->directories, -by, fs->inodes_per_group);
	buf_dirty(holder);
	buf_dirty(fs->super);
}

/* ---- blocks ---- */

static uint32_t group_blocks(const struct ext2 *fs, uint32_t group)
{
	uint32_t first = group * fs->blocks_per_group;

	return fs->nblocks - first < fs->blocks_per_group ? fs->nblocks - first : fs->blocks_per_group;
}

static bool block_can_be_had(struct ext2 *fs, const uint8_t *map, uint32_t first, uint32_t bit)
{
	return !bit_is_set(map, bit) && !bcache_is_held(&fs->cache, first + bit) &&
	       ext2_block_ok(fs, first + bit);
}

/* In GROUP, the first free block from bit FROM on, then those before it; -ENOSPC: none. */
static int alloc_in_group(struct ext2 *fs, uint32_t group, uint32_t from, uint32_t *block)
{
	uint32_t n = group_blocks(fs, group), first = group * fs->blocks_per_group;
	struct buf *b;
	int err = buf_get(&fs->cache, ext2_group(fs, group, NULL)->block_bitmap, &b);

	if (err)
		return err;
	err = -ENOSPC;
	for (uint32_t i = 0, bit = from < n ? from : 0; i < n; i++, bit = bit + 1 < n ? bit + 1 : 0) {
		if (bit % 8 == 0 && n - bit >= 8 && n - i >= 8 && ((uint8_t *)b->data)[bit / 8] == 0xff) {
			bit += 7;
			i += 7;
			continue;
		}
		if (!block_can_be_had(fs, b->data, first, bit))
			continue;
		bit_set(b->data, bit);
		buf_dirty(b);
		count_blocks(fs, group, -1);
		*block = first + bit;
		err = 0;
		break;
	}
	buf_put(b);
	return err;
}

static int alloc_anywhere(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	uint32_t start = goal / fs->blocks_per_group;

	for (uint32_t i = 0; i < fs->ngroups; i++) {
		uint32_t group = (start + i) % fs->ngroups;
		int err;

		if (!ext2_group(fs, group, NULL)->free_blocks)
			continue;
		err = alloc_in_group(fs, group, i ? 0 : goal % fs->blocks_per_group, block);
		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

int ext2_block_alloc(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	int err = alloc_anywhere(fs, goal < fs->nblocks ? goal : 0, block);

	if (err != -ENOSPC || !fs->cache.nheld)
		return err;
	err = bcache_commit(&fs->cache);
	return err ? err : alloc_anywhere(fs, goal < fs->nblocks ? goal : 0, block);
}

int ext2_block_free(struct ext2 *fs, uint32_t block, bool reuse)
{
	uint32_t group = block / fs->blocks_per_group, bit = block % fs->blocks_per_group;
	struct buf *b;
	int err = ext2_block_ok(fs, block)
			  ? buf_get(&fs->cache, ext2_group(fs, group, NULL)->block_bitmap, &b)
			  : -EIO;

	if (err)
		return err;
	if (bit_is_set(b->data, bit)) {
		bit_clear(b->data, bit);
		buf_dirty(b);
		count_blocks(fs, group, 1);
		bcache_not_fresh(&fs->cache, block);
		if (!reuse)
			bcache_hold(&fs->cache, block);
	} else {
		err = -EIO;
	}
	buf_put(b);
	return err;
}

bool ext2_block_in_use(struct ext2 *fs, uint32_t block)
{
	struct buf *b;
	bool used;

	if (buf_get(&fs->cache, ext2_group(fs, block / fs->blocks_per_group, NULL)->block_bitmap, &b))
		return true; /* whoever frees it will see the error, too */
	used = bit_is_set(b->data, block % fs->blocks_per_group);
	buf_put(b);
	return used;
}

/* ---- inodes ---- */

static int inode_in_group(struct ext2 *fs, uint32_t group, uint32_t *number)
{
	uint32_t base = group * fs->inodes_per_group + 1, bit = 0;
	struct buf *b;
	int err = buf_get(&fs->cache, ext2_group(fs, group, NULL)->inode_bitmap, &b);

	if (err)
		return err;
	if (base < fs->first_inode)
		bit = fs->first_inode - base;
	err = -ENOSPC;
	for (; bit < fs->inodes_per_group; bit++) {
		if (bit_is_set(b->data, bit) || ext2_inode_in_memory(fs, base + bit))
			continue;
		bit_set(b->data, bit);
		buf_dirty(b);
		*number = base + bit;
		err = 0;
		break;
	}
	buf_put(b);
	return err;
}

/* A file goes to its directory's group, a directory to the group that has the most free blocks. */
static uint32_t group_for(struct ext2 *fs, uint32_t parent, bool directory)
{
	uint32_t best = (parent - 1) / fs->inodes_per_group;

	for (uint32_t g = 0; directory && g < fs->ngroups; g++)
		if (ext2_group(fs, g, NULL)->free_inodes &&
		    ext2_group(fs, g, NULL)->free_blocks > ext2_group(fs, best, NULL)->free_blocks)
			best = g;
	return best;
}

int ext2_inode_alloc(struct ext2 *fs, uint32_t parent, bool directory, uint32_t *number)
{
	uint32_t start = group_for(fs, parent, directory);

	for (uint32_t i = 0; i < fs->ngroups; i++) {
		uint32_t group = (start + i) % fs->ngroups;
		int err;

		if (!ext2_group(fs, group, NULL)->free_inodes)
			continue;
		err = inode_in_group(fs, group, number);
		if (!err)
			count_inodes(fs, group, -1, directory);
		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

int ext2_inode_free(struct ext2 *fs, uint32_t number, bool directory)
{
	uint32_t group = (number - 1) / fs->inodes_per_group, bit = (number - 1) % fs->inodes_per_group;
	struct buf *b;
	int err = buf_get(&fs->cache, ext2_group(fs, group, NULL)->inode_bitmap, &b);

	if (err)
		return err;
	if (bit_is_set(b->data, bit)) {
		bit_clear(b->data, bit);
		buf_dirty(b);
		count_inodes(fs, group, 1, directory);
	}
	buf_put(b);
	return 0;
}
