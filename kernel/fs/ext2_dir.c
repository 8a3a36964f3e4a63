/* The names in a directory's blocks. A block is a chain of entries that fill it exactly; an unused one has inode 0.
 * Every step along a chain is checked, so a damaged one ends with -EIO. All but readdir with the mount's lock held. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

static unsigned entry_size(size_t name_len) { return (unsigned)(EXT2_DIRENT_HEAD + name_len + 3) & ~3u; }

/* The entry at OFFSET; NULL: it is damaged. */
static struct ext2_dirent *entry_at(struct buf *b, unsigned offset)
{
	struct ext2_dirent *d = (struct ext2_dirent *)((char *)b->data + offset);

	if (offset > BLOCK_SIZE - EXT2_DIRENT_HEAD || d->rec_len < EXT2_DIRENT_HEAD || d->rec_len % 4 ||
	    d->rec_len > BLOCK_SIZE - offset || (d->inode && entry_size(d->name_len) > d->rec_len))
		return NULL;
	return d;
}

static bool name_is(const struct ext2_dirent *d, const char *name, size_t len)
{
	return d->inode && d->name_len == len && memcmp(d->name, name, len) == 0;
}

/* Block N of DIR, in use. A directory has no holes. */
static int dir_block(struct ext2_inode *dir, uint64_t n, struct buf **b)
{
	uint32_t block;
	int err = ext2_map(dir, n, &block);

	if (err)
		return err;
	return block ? buf_get(&ext2_of(&dir->inode)->cache, block, b) : -EIO;
}

/* Look through B: where NAME stands, and the entry before it in *BEFORE (may be NULL). */
static int entry_find(struct buf *b, const char *name, size_t len, unsigned *at, struct ext2_dirent **before)
{
	struct ext2_dirent *last = NULL;

	for (unsigned offset = 0; offset < BLOCK_SIZE;) {
		struct ext2_dirent *d = entry_at(b, offset);

		if (!d)
			return -EIO;
		if (name_is(d, name, len)) {
			*at = offset;
			if (before)
				*before = last;
			return 0;
		}
		last = d;
		offset += d->rec_len;
	}
	return -ENOENT;
}

int ext2_dir_find(struct ext2_inode *dir, const char *name, size_t len, struct ext2_place *place)
{
	for (uint64_t n = 0; n < dir->inode.object.size / BLOCK_SIZE; n++) {
		struct buf *b;
		int err = dir_block(dir, n, &b);

		if (err)
			return err;
		err = entry_find(b, name, len, &place->offset, NULL);
		if (!err) {
			place->buf = b;
			place->number = entry_at(b, place->offset)->inode;
			return 0;
		}
		buf_put(b);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

/* ---- changes ---- */

/* What of the entry's length its own name does not need. */
static unsigned slack(const struct ext2_dirent *d)
{
	return d->rec_len - (d->inode ? entry_size(d->name_len) : 0);
}

/* The first entry of B with room for a name of LEN bytes behind its own; -ENOSPC: none. */
static int block_room(struct buf *b, size_t len, struct ext2_dirent **found)
{
	for (unsigned offset = 0; offset < BLOCK_SIZE;) {
		struct ext2_dirent *d = entry_at(b, offset);

		if (!d)
			return -EIO;
		if (slack(d) >= entry_size(len)) {
			*found = d;
			return 0;
		}
		offset += d->rec_len;
	}
	return -ENOSPC;
}

static int dir_grow(struct ext2_inode *dir, struct buf **b)
{
	uint64_t size = dir->inode.object.size;
	uint32_t block;
	bool fresh;
	int err = ext2_map_alloc(dir, size / BLOCK_SIZE, &block, &fresh, b);

	if (err)
		return err;
	return ext2_set_size(dir, size + BLOCK_SIZE);
}

int ext2_dir_room(struct ext2_inode *dir, size_t len, struct buf **b)
{
	struct ext2_dirent *d;

	for (uint64_t n = 0; n < dir->inode.object.size / BLOCK_SIZE; n++) {
		int err = dir_block(dir, n, b);

		if (err)
			return err;
		err = block_room(*b, len, &d);
		if (!err)
			return 0;
		buf_put(*b);
		if (err != -ENOSPC)
			return err;
	}
	return dir_grow(dir, b);
}

static uint8_t type_code(const struct ext2 *fs, uint32_t type)
{
	static const uint8_t code[16] = {[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6};

	return fs->filetype ? code[type >> 12 & 15] : 0;
}

static uint32_t code_type(const struct ext2 *fs, uint8_t code)
{
	static const uint32_t type[8] = {0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};

	return fs->filetype && code < 8 ? type[code] : 0;
}

static void entry_set(struct ext2 *fs, struct ext2_dirent *d, const char *name, size_t len, uint32_t number,
		      uint32_t type)
{
	d->name_len = (uint8_t)len;
	d->type = type_code(fs, type);
	memcpy(d->name, name, len);
	d->inode = number;
}

int ext2_dir_insert(struct ext2 *fs, struct buf *b, const char *name, size_t len, uint32_t number,
		    uint32_t type)
{
	struct ext2_dirent *d;
	int err = block_room(b, len, &d);

	if (err)
		return -EIO;
	if (d->inode) {
		unsigned own = entry_size(d->name_len), rest = d->rec_len - own;

		d->rec_len = (uint16_t)own;
		d = (struct ext2_dirent *)((char *)d + own);
		d->rec_len = (uint16_t)rest;
	}
	entry_set(fs, d, name, len, number, type);
	buf_dirty(b);
	return 0;
}

int ext2_dir_remove(struct buf *b, const char *name, size_t len)
{
	struct ext2_dirent *d, *before;
	unsigned at;
	int err = entry_find(b, name, len, &at, &before);

	if (err)
		return -EIO;
	d = entry_at(b, at);
	d->inode = 0;
	if (before)
		before->rec_len = (uint16_t)(before->rec_len + d->rec_len);
	buf_dirty(b);
	return 0;
}

void ext2_dir_replace(struct ext2 *fs, const struct ext2_place *place, uint32_t number, uint32_t type)
{
	struct ext2_dirent *d = (struct ext2_dirent *)((char *)place->buf->data + place->offset);

	d->inode = number;
	d->type = type_code(fs, type);
	buf_dirty(place->buf);
}

void ext2_dir_begin(struct ext2 *fs, struct buf *b, uint32_t self, uint32_t parent)
{
	struct ext2_dirent *d = b->data;

	d->rec_len = (uint16_t)entry_size(1);
	entry_set(fs, d, ".", 1, self, S_IFDIR);
	d = (struct ext2_dirent *)((char *)d + entry_size(1));
	d->rec_len = (uint16_t)(BLOCK_SIZE - entry_size(1));
	entry_set(fs, d, "..", 2, parent, S_IFDIR);
	buf_dirty(b);
}

/* ---- listing ---- */

int ext2_dir_empty(struct ext2_inode *dir)
{
	for (uint64_t n = 0; n < dir->inode.object.size / BLOCK_SIZE; n++) {
		struct buf *b;
		int err = dir_block(dir, n, &b);

		if (err)
			return err;
		for (unsigned offset = 0; offset < BLOCK_SIZE && !err;) {
			struct ext2_dirent *d = entry_at(b, offset);

			if (!d)
				err = -EIO;
			else if (d->inode && !name_is(d, ".", 1) && !name_is(d, "..", 2))
				err = -ENOTEMPTY;
			else
				offset += d->rec_len;
		}
		buf_put(b);
		if (err)
			return err;
	}
	return 0;
}

/* The names of B, block N, from offset FROM on (entries may have moved since: the first at or behind it). 1: stop. */
static int visit_block(struct ext2 *fs, struct buf *b, uint64_t n, uint64_t *position, dir_visit_fn *visit,
		       void *ctx)
{
	unsigned from = (unsigned)(*position % BLOCK_SIZE), offset = 0;

	while (offset < BLOCK_SIZE) {
		struct ext2_dirent *d = entry_at(b, offset);
		struct dir_name name;

		if (!d)
			return -EIO;
		name = (struct dir_name){
			.name = d->name,
			.len = d->name_len,
			.ino = d->inode,
			.next = n * BLOCK_SIZE + offset + d->rec_len,
			.type = code_type(fs, d->type),
		};
		if (d->inode && offset >= from && !visit(ctx, &name))
			return 1;
		if (offset >= from)
			*position = name.next;
		offset += d->rec_len;
	}
	*position = (n + 1) * BLOCK_SIZE;
	return 0;
}

int ext2_readdir(struct inode *inode, uint64_t *position, dir_visit_fn *visit, void *ctx)
{
	struct ext2_inode *dir = ext2_inode_of(inode);
	struct ext2 *fs = ext2_of(inode);
	int err = 0;

	mutex_lock(&fs->lock);
	while (!err && *position < inode->object.size) {
		struct buf *b;

		err = dir_block(dir, *position / BLOCK_SIZE, &b);
		if (err)
			break;
		err = visit_block(fs, b, *position / BLOCK_SIZE, position, visit, ctx);
		buf_put(b);
	}
	mutex_unlock(&fs->lock);
	return err < 0 ? err : 0;
}
