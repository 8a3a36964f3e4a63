/* Where a file's blocks are: twelve pointers in the inode, then trees of one, two and three levels. A pointer is
 * followed only if it may be a file's block. New indirect blocks reach the disk before the pointer to them.
 * All of this with the mount's lock held. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#define MAX_DEPTH 4 /* pointers from the inode to a block of data */

/* From the inode's slot on, which pointer of each block leads to a page. */
struct path {
	unsigned depth;
	uint32_t slot[MAX_DEPTH];
};

/* Pages under one pointer that stands LEVEL blocks above the data. */
static uint64_t span(unsigned level)
{
	uint64_t n = 1;

	while (level--)
		n *= EXT2_POINTERS;
	return n;
}

uint64_t ext2_size_max(void) { return (EXT2_DIRECT + span(1) + span(2) + span(3)) * BLOCK_SIZE; }

static bool path_to(uint64_t index, struct path *p)
{
	if (index < EXT2_DIRECT) {
		*p = (struct path){.depth = 1, .slot = {(uint32_t)index}};
		return true;
	}
	index -= EXT2_DIRECT;
	for (unsigned level = 1; level < MAX_DEPTH; level++) {
		if (index < span(level)) {
			p->depth = level + 1;
			p->slot[0] = EXT2_DIRECT - 1 + level;
			for (unsigned i = level; i > 0; i--, index /= EXT2_POINTERS)
				p->slot[i] = (uint32_t)(index % EXT2_POINTERS);
			return true;
		}
		index -= span(level);
	}
	return false;
}

/* The walk's end: the block in HOLDER (NULL: the inode) whose pointer N was zero or leads to the page. */
struct walk {
	struct path path;
	unsigned level;     /* which slot of the path was looked at last */
	struct buf *holder; /* in use; NULL: it stands in the inode */
	uint32_t *pointer;
};

static int walk(struct ext2_inode *e, uint64_t index, struct walk *w)
{
	struct ext2 *fs = ext2_of(&e->inode);

	*w = (struct walk){.holder = NULL};
	if (!path_to(index, &w->path))
		return -EFBIG;
	w->pointer = &e->disk->block[w->path.slot[0]];
	while (*w->pointer && w->level + 1 < w->path.depth) {
		struct buf *below;
		int err = ext2_block_ok(fs, *w->pointer) ? buf_get(&fs->cache, *w->pointer, &below) : -EIO;

		buf_put(w->holder);
		w->holder = NULL;
		if (err)
			return err;
		w->holder = below;
		w->pointer = (uint32_t *)below->data + w->path.slot[++w->level];
	}
	if (*w->pointer && !ext2_block_ok(fs, *w->pointer)) {
		buf_put(w->holder);
		return -EIO;
	}
	return 0;
}

int ext2_map(struct ext2_inode *e, uint64_t index, uint32_t *block)
{
	struct walk w;
	int err = walk(e, index, &w);

	if (err)
		return err;
	*block = w.level + 1 == w.path.depth ? *w.pointer : 0;
	buf_put(w.holder);
	return 0;
}

/* ---- giving ---- */

/* N blocks from near GOAL on, all or none. */
static int take_blocks(struct ext2 *fs, uint32_t goal, uint32_t block[], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int err = ext2_block_alloc(fs, goal, &block[i]);

		if (err) {
			while (i--)
				ext2_block_free(fs, block[i], true);
			return err;
		}
		goal = block[i] + 1;
	}
	return 0;
}

static uint32_t goal_for(struct ext2_inode *e, const struct walk *w)
{
	uint32_t slot = w->path.slot[w->level];
	const uint32_t *first = w->pointer - slot;

	for (uint32_t i = slot; i-- > 0;)
		if (first[i])
			return first[i] + 1;
	return (uint32_t)((e->inode.number - 1) / ext2_of(&e->inode)->inodes_per_group *
			  ext2_of(&e->inode)->blocks_per_group);
}

static void put_all(struct buf *const buf[], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_put(buf[i]);
}

/* Zeroed buffers for BLOCK[0..N), in use. */
static int new_buffers(struct ext2 *fs, const uint32_t block[], struct buf *buf[], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int err = buf_new(&fs->cache, block[i], &buf[i]);

		if (err) {
			put_all(buf, i);
			return err;
		}
	}
	return 0;
}

/* Hang the chain of NEW blocks under W's pointer, from the bottom up: each is dirty before what points to it. */
static void link_chain(struct ext2_inode *e, struct walk *w, const uint32_t block[], struct buf *const buf[],
		       unsigned nbufs, unsigned n)
{
	struct buf *top = w->holder ? w->holder : e->buf;

	if (nbufs == n) { /* until its owner fills it: a directory's block without a name */
		((struct ext2_dirent *)buf[n - 1]->data)->rec_len = BLOCK_SIZE;
		buf_dirty(buf[n - 1]);
	}
	for (unsigned i = n - 1; i-- > 0;) {
		((uint32_t *)buf[i]->data)[w->path.slot[w->level + 1 + i]] = block[i + 1];
		if (i + 1 < nbufs)
			buf_after(buf[i], buf[i + 1]);
		buf_dirty(buf[i]);
	}
	if (nbufs)
		buf_after(top, buf[0]);
	*w->pointer = block[0];
	buf_dirty(top);
	e->disk->blocks += n * (uint32_t)(BLOCK_SIZE / 512);
	ext2_inode_changed(e);
}

static int map_more(struct ext2_inode *e, struct walk *w, uint32_t *out, struct buf **out_buf)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint32_t block[MAX_DEPTH];
	struct buf *buf[MAX_DEPTH] = {NULL};
	unsigned n = w->path.depth - w->level, nbufs = out_buf ? n : n - 1;
	int err = take_blocks(fs, goal_for(e, w), block, n);

	if (err)
		return err;
	err = new_buffers(fs, block, buf, nbufs);
	if (err) {
		for (unsigned i = 0; i < n; i++)
			ext2_block_free(fs, block[i], true);
		return err;
	}
	if (!out_buf)
		bcache_fresh(&fs->cache, block[n - 1]);
	link_chain(e, w, block, buf, nbufs, n);
	*out = block[n - 1];
	if (out_buf)
		*out_buf = buf[n - 1];
	put_all(buf, n - 1);
	return 0;
}

int ext2_map_alloc(struct ext2_inode *e, uint64_t index, uint32_t *block, bool *fresh, struct buf **buf)
{
	struct walk w;
	int err = walk(e, index, &w);

	if (err)
		return err;
	*fresh = w.level + 1 < w.path.depth || !*w.pointer;
	if (*fresh)
		err = map_more(e, &w, block, buf);
	else
		*block = *w.pointer;
	buf_put(w.holder);
	if (!err && !*fresh && buf)
		err = buf_get(&ext2_of(&e->inode)->cache, *block, buf);
	return err;
}

/* ---- taking back ---- */

/* What one pointer leads to is freed, from page FROM (counted within it) on; the pointer itself stays when the first
 * page does. LEVEL: how many blocks stand between it and the data. HOLDER: where the pointer stands. A block that
 * is free already belongs to a damaged file and is not looked into: so each step frees something, and work ends. */
static int cut(struct ext2_inode *e, struct buf *holder, uint32_t *pointer, unsigned level, uint64_t from)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint32_t block = *pointer;
	struct buf *b = NULL;
	int err = 0;

	if (!block)
		return 0;
	if (!ext2_block_ok(fs, block))
		return -EIO;
	if (level)
		err = buf_get(&fs->cache, block, &b);
	if (!err && !from && !ext2_block_in_use(fs, block))
		err = -EIO;
	for (uint32_t i = 0; level && !err && i < EXT2_POINTERS; i++) {
		uint64_t first = i * span(level - 1), skip = from > first ? from - first : 0;

		if (skip < span(level - 1))
			err = cut(e, b, (uint32_t *)b->data + i, level - 1, skip);
	}
	buf_put(b);
	if (!err && !from)
		err = ext2_block_free(fs, block, false);
	if (err || from)
		return err;
	bcache_forget(&fs->cache, block);
	*pointer = 0;
	buf_dirty(holder);
	e->disk->blocks -=
		e->disk->blocks < BLOCK_SIZE / 512 ? e->disk->blocks : (uint32_t)(BLOCK_SIZE / 512);
	ext2_inode_changed(e);
	return 0;
}

int ext2_map_cut(struct ext2_inode *e, uint64_t first)
{
	uint64_t start = 0;

	for (unsigned slot = 0; slot < EXT2_SLOTS; slot++) {
		unsigned level = slot < EXT2_DIRECT ? 0 : slot - EXT2_DIRECT + 1;
		uint64_t pages = span(level), skip = first > start ? first - start : 0;
		int err = skip < pages ? cut(e, e->buf, &e->disk->block[slot], level, skip) : 0;

		if (err)
			return err;
		start += pages;
	}
	return 0;
}
