/* ext2: mounting and unmounting, the superblock and the groups. All that later code relies on about the disk's
 * geometry is checked here, once; descriptors are not read again, so they stay as they were checked. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define FS_TYPE 0xef53

static const struct filesystem_ops fs_ops;
static _Atomic uint64_t mounts; /* so far */

struct ext2_super *ext2_super(struct ext2 *fs)
{
	return (struct ext2_super *)((char *)fs->super->data + EXT2_SUPER_AT);
}

struct ext2_group *ext2_group(struct ext2 *fs, uint32_t n, struct buf **holder)
{
	struct buf *b = fs->groups[n / EXT2_GROUPS_IN_BLOCK];

	if (holder)
		*holder = b;
	return (struct ext2_group *)b->data + n % EXT2_GROUPS_IN_BLOCK;
}

uint32_t ext2_now(struct ext2 *fs) { return fs_clock ? (uint32_t)fs_clock() : ext2_super(fs)->wtime; }

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n % base == 0)
		n /= base;
	return n == 1;
}

/* Does group N begin with a copy of the superblock and of the descriptors? */
static bool has_copy(const struct ext2 *fs, uint32_t n)
{
	return !fs->sparse || n <= 1 || is_power_of(n, 3) || is_power_of(n, 5) || is_power_of(n, 7);
}

bool ext2_block_ok(struct ext2 *fs, uint32_t block)
{
	uint32_t n = block / fs->blocks_per_group;
	const struct ext2_group *g;

	if (!block || block >= fs->nblocks)
		return false;
	g = ext2_group(fs, n, NULL);
	if (has_copy(fs, n) && block % fs->blocks_per_group <= fs->descriptor_blocks)
		return false;
	return block != g->block_bitmap && block != g->inode_bitmap &&
	       (block < g->inode_table || block - g->inode_table >= fs->table_blocks);
}

/* ---- what is checked ---- */

static bool features_ok(const struct ext2_super *s, bool read_only)
{
	uint32_t ours = EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE;

	return !(s->incompat & ~(uint32_t)EXT2_INCOMPAT_FILETYPE) && (read_only || !(s->ro_compat & ~ours));
}

static bool geometry_ok(const struct ext2_super *s, uint64_t device_blocks)
{
	uint32_t size = s->inode_size;

	if (s->magic != EXT2_MAGIC || s->revision != 1 || s->log_block_size != 2 || s->first_data_block)
		return false;
	if (size < sizeof(struct ext2_dinode) || size > BLOCK_SIZE || (size & (size - 1)))
		return false;
	if (!s->blocks_per_group || s->blocks_per_group > BLOCK_SIZE * 8 || s->blocks_per_group % 8)
		return false;
	if (!s->inodes_per_group || s->inodes_per_group > BLOCK_SIZE * 8 || s->inodes_per_group % 8)
		return false;
	if (s->blocks < 8 || s->blocks > device_blocks)
		return false;
	return s->first_inode > EXT2_ROOT && s->first_inode <= s->inodes &&
	       s->inodes == (uint64_t)div_up(s->blocks, s->blocks_per_group) * s->inodes_per_group;
}

/* Do group N's bitmaps and inode table lie within it, apart from each other? */
static bool group_ok(struct ext2 *fs, uint32_t n)
{
	const struct ext2_group *g = ext2_group(fs, n, NULL);
	uint32_t first = n * fs->blocks_per_group, end = first + fs->blocks_per_group;
	uint32_t begin = first + (has_copy(fs, n) ? 1 + fs->descriptor_blocks : 0);

	if (end > fs->nblocks)
		end = fs->nblocks;
	if (g->block_bitmap < begin || g->block_bitmap >= end || g->inode_bitmap < begin ||
	    g->inode_bitmap >= end)
		return false;
	if (g->inode_table < begin || g->inode_table >= end || end - g->inode_table < fs->table_blocks)
		return false;
	return g->block_bitmap != g->inode_bitmap &&
	       (g->block_bitmap < g->inode_table || g->block_bitmap >= g->inode_table + fs->table_blocks) &&
	       (g->inode_bitmap < g->inode_table || g->inode_bitmap >= g->inode_table + fs->table_blocks);
}

/* ---- mount ---- */

static int read_super(struct ext2 *fs)
{
	const struct ext2_super *s;
	int err = buf_get(&fs->cache, 0, &fs->super);

	if (err)
		return err;
	s = ext2_super(fs);
	if (!geometry_ok(s, fs->dev->blocks) || !features_ok(s, fs->fs.read_only))
		return -EINVAL;
	fs->nblocks = s->blocks;
	fs->ninodes = s->inodes;
	fs->blocks_per_group = s->blocks_per_group;
	fs->inodes_per_group = s->inodes_per_group;
	fs->inode_size = s->inode_size;
	fs->first_inode = s->first_inode;
	fs->ngroups = div_up(s->blocks, s->blocks_per_group);
	fs->descriptor_blocks = div_up(fs->ngroups, EXT2_GROUPS_IN_BLOCK);
	fs->table_blocks = div_up((uint64_t)fs->inodes_per_group * fs->inode_size, BLOCK_SIZE);
	fs->sparse = s->ro_compat & EXT2_RO_SPARSE_SUPER;
	fs->filetype = s->incompat & EXT2_INCOMPAT_FILETYPE;
	fs->was_valid = s->state & EXT2_VALID;
	return 0;
}

static int read_groups(struct ext2 *fs)
{
	fs->groups = kcalloc(fs->descriptor_blocks, sizeof fs->groups[0]);
	if (!fs->groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < fs->descriptor_blocks; i++) {
		int err = buf_get(&fs->cache, 1 + i, &fs->groups[i]);

		if (err)
			return err;
	}
	for (uint32_t n = 0; n < fs->ngroups; n++)
		if (!group_ok(fs, n))
			return -EIO;
	return 0;
}

static int check_root(struct ext2 *fs)
{
	struct ext2_inode *root;
	int err = ext2_iget(fs, EXT2_ROOT, &root);

	if (err)
		return err;
	err = root->inode.type == S_IFDIR ? 0 : -EIO;
	ext2_put(fs, &root->inode);
	return err;
}

/* From now on the disk says that it is in use. */
static int mark_mounted(struct ext2 *fs)
{
	struct ext2_super *s = ext2_super(fs);

	if (fs->fs.read_only)
		return 0;
	s->state &= (uint16_t)~EXT2_VALID;
	s->mounts++;
	s->mtime = ext2_now(fs);
	buf_dirty(fs->super);
	return bcache_commit(&fs->cache);
}

static void teardown(struct ext2 *fs)
{
	ext2_inodes_drop(fs);
	for (uint32_t i = 0; fs->groups && i < fs->descriptor_blocks; i++)
		buf_put(fs->groups[i]);
	kfree(fs->groups);
	buf_put(fs->super);
	bcache_destroy(&fs->cache);
	kfree(fs);
}

static struct ext2 *make(struct block_device *dev, bool read_only)
{
	struct ext2 *fs = kcalloc(1, sizeof *fs);

	if (!fs)
		return NULL;
	fs->fs = (struct filesystem){.ops = &fs_ops, .read_only = read_only, .device = ++mounts};
	fs->dev = dev;
	mutex_init(&fs->lock, "ext2");
	mutex_init(&fs->renames, "ext2 renames");
	spin_init(&fs->gone_lock, "ext2 gone", RANK_SYNC);
	fs->idle.prev = fs->idle.next = &fs->idle;
	if (!bcache_init(&fs->cache, dev, EXT2_BUFFERS))
		return fs;
	kfree(fs);
	return NULL;
}

int ext2_mount(struct block_device *dev, bool read_only, struct filesystem **mounted)
{
	struct ext2 *fs;
	int err;

	if (dev->read_only && !read_only)
		return -EROFS;
	if (dev->blocks < 8)
		return -EINVAL;
	fs = make(dev, read_only);
	if (!fs)
		return -ENOMEM;
	mutex_lock(&fs->lock);
	err = read_super(fs);
	if (!err)
		err = read_groups(fs);
	if (!err)
		err = check_root(fs);
	if (!err)
		err = mark_mounted(fs);
	mutex_unlock(&fs->lock);
	if (err) {
		teardown(fs);
		return err;
	}
	if (!fs->was_valid)
		kprintf("ext2: %s was not unmounted, or e2fsck has not looked at it since\n", dev->name);
	*mounted = &fs->fs;
	return 0;
}

/* ---- the mount as a whole ---- */

static int unmount(struct filesystem *vfs)
{
	struct ext2 *fs = (struct ext2 *)vfs;
	int err, err2;
	bool busy;

	mutex_lock(&fs->lock);
	busy = fs->ninodes_used != fs->nidle;
	mutex_unlock(&fs->lock);
	if (busy)
		return -EBUSY;
	err = ext2_inodes_trim(fs, 0);
	mutex_lock(&fs->lock);
	busy = !err && fs->ninodes_used;
	if (busy) {
		mutex_unlock(&fs->lock);
		return -EBUSY; /* something of it is mapped */
	}
	err2 = vfs->read_only ? 0 : bcache_commit(&fs->cache);
	if (!err && !err2 && !vfs->read_only && fs->was_valid) {
		ext2_super(fs)->state |= EXT2_VALID;
		ext2_super(fs)->wtime = ext2_now(fs);
		buf_dirty(fs->super);
		err2 = bcache_commit(&fs->cache);
	}
	mutex_unlock(&fs->lock);
	teardown(fs);
	return err ? err : err2;
}

static int statfs(struct filesystem *vfs, struct fs_stat *stat)
{
	struct ext2 *fs = (struct ext2 *)vfs;
	const struct ext2_super *s = ext2_super(fs);

	mutex_lock(&fs->lock);
	*stat = (struct fs_stat){
		.type = FS_TYPE,
		.blocks = fs->nblocks,
		.free_blocks = s->free_blocks,
		.available_blocks = s->free_blocks,
		.inodes = fs->ninodes,
		.free_inodes = s->free_inodes,
		.block_size = BLOCK_SIZE,
		.name_max = NAME_MAX,
	};
	mutex_unlock(&fs->lock);
	return 0;
}

static int root(struct filesystem *vfs, struct inode **found)
{
	struct ext2 *fs = (struct ext2 *)vfs;
	struct ext2_inode *e;
	int err;

	mutex_lock(&fs->lock);
	do {
		err = ext2_iget(fs, EXT2_ROOT, &e);
	} while (err == -EAGAIN);
	mutex_unlock(&fs->lock);
	*found = err ? NULL : &e->inode;
	return err;
}

static const struct filesystem_ops fs_ops = {
	.sync = ext2_sync,
	.statfs = statfs,
	.unmount = unmount,
	.root = root,
};
