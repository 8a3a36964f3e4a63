/* ext2's inodes in memory. The inode itself is changed where it lies, in its table's buffer, which stays in use as
 * long as the inode is in memory: so a change needs no reading and cannot fail.
 *
 * One that nobody uses stays for a while, with its cached pages, in the list of idle ones. One without links ends there
 * and then: its pages, its blocks, itself; one that is mapped ends with its last mapping. While pages are dropped the lock
 * is not held; `going` keeps others off, who wait for the end and look again. If the end fails (the disk does), it
 * stays idle and is tried again later. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define EXT4_FLAGS 0x100c0800u /* extents, inline data, huge files, encryption: not ours */

/* ---- in memory ---- */

static struct ext2_inode **slot_of(struct ext2 *fs, uint64_t number)
{
	struct ext2_inode **slot = &fs->hash[number % EXT2_INODE_HASH];

	while (*slot && (*slot)->inode.number != number)
		slot = &(*slot)->hash_next;
	return slot;
}

bool ext2_inode_in_memory(struct ext2 *fs, uint32_t number) { return *slot_of(fs, number); }

static void idle_remove(struct ext2_inode *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	ext2_of(&e->inode)->nidle--;
}

/* Behind AFTER. */
static void idle_add(struct ext2_inode *e, struct ext2_inode *after)
{
	e->prev = after;
	e->next = after->next;
	e->prev->next = e->next->prev = e;
	ext2_of(&e->inode)->nidle++;
}

static void reference(struct ext2_inode *e)
{
	if (!e->inode.refs)
		idle_remove(e);
	e->inode.refs++;
}

static void forget(struct ext2_inode *e)
{
	struct ext2 *fs = ext2_of(&e->inode);

	*slot_of(fs, e->inode.number) = e->hash_next;
	fs->ninodes_used--;
	buf_put(e->buf);
	kfree(e);
}

/* Something that was going is gone, or stays after all. */
static void gone_tell(struct ext2 *fs)
{
	spin_lock(&fs->gone_lock);
	fs->ngone++;
	waitq_wake_all(&fs->gone);
	spin_unlock(&fs->gone_lock);
}

static void gone_wait(struct ext2 *fs) SYNC_UNCHECKED
{
	unsigned seen = fs->ngone;

	mutex_unlock(&fs->lock);
	spin_lock(&fs->gone_lock);
	while (fs->ngone == seen)
		waitq_sleep(&fs->gone, &fs->gone_lock);
	spin_unlock(&fs->gone_lock);
	mutex_lock(&fs->lock);
}

void ext2_put(struct ext2 *fs, struct inode *inode) SYNC_UNCHECKED
{
	mutex_unlock(&fs->lock);
	inode_put(inode);
	mutex_lock(&fs->lock);
}

/* ---- from the disk ---- */

static bool has_blocks(const struct ext2_inode *e)
{
	uint32_t type = e->inode.type;

	return type == S_IFREG || type == S_IFDIR || (type == S_IFLNK && e->disk->blocks);
}

static uint64_t disk_size(const struct ext2_dinode *d)
{
	return d->size | ((d->mode & S_IFMT) == S_IFREG ? (uint64_t)d->size_high << 32 : 0);
}

/* Is it an inode that we can work with? */
static bool inode_ok(const struct ext2 *fs, const struct ext2_dinode *d)
{
	uint64_t size = disk_size(d);

	if (!d->links || d->flags & EXT4_FLAGS)
		return false;
	switch (d->mode & S_IFMT) {
	case S_IFREG: return size <= ext2_size_max();
	case S_IFDIR: return size && size % BLOCK_SIZE == 0 && size / BLOCK_SIZE <= fs->nblocks;
	case S_IFLNK: return size && size < (d->blocks ? BLOCK_SIZE : EXT2_FAST_LINK);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK: return true;
	default: return false;
	}
}

static uint64_t device_of(const struct ext2_dinode *d)
{
	uint32_t old = d->block[0], new = d->block[1];

	/* as Linux keeps them: a small number, or a wide one in the second slot */
	return old ? (uint64_t)(old >> 8 & 0xff) << 8 | (old & 0xff) : new;
}

/* The table's block with inode NUMBER in it. */
static int table_get(struct ext2 *fs, uint32_t number, struct buf **b, struct ext2_dinode **d)
{
	uint32_t group = (number - 1) / fs->inodes_per_group, index = (number - 1) % fs->inodes_per_group;
	uint32_t in_block = (uint32_t)(BLOCK_SIZE / fs->inode_size);
	int err = buf_get(&fs->cache, ext2_group(fs, group, NULL)->inode_table + index / in_block, b);

	if (!err)
		*d = (struct ext2_dinode *)((char *)(*b)->data + index % in_block * fs->inode_size);
	return err;
}

static void contents_init(struct ext2_inode *e, const struct ext2_dinode *d)
{
	if (e->inode.type == S_IFREG)
		vm_object_init(&e->inode.object, &ext2_object_ops, disk_size(d));
	else
		e->inode.object.size = disk_size(d);
}

/* The inode at D in B, whose use goes over to it, as memory has it; one reference. */
static struct ext2_inode *enter(struct ext2 *fs, uint32_t number, struct buf *b, struct ext2_dinode *d)
{
	struct ext2_inode *e = kcalloc(1, sizeof *e);
	bool device = (d->mode & S_IFMT) == S_IFCHR || (d->mode & S_IFMT) == S_IFBLK;

	if (!e)
		return NULL;
	inode_init(&e->inode, &fs->fs, &ext2_inode_ops, number, d->mode & S_IFMT);
	e->inode.rdev = device ? device_of(d) : 0;
	contents_init(e, d);
	e->buf = b;
	e->disk = d;
	e->hash_next = fs->hash[number % EXT2_INODE_HASH];
	fs->hash[number % EXT2_INODE_HASH] = e;
	fs->ninodes_used++;
	return e;
}

int ext2_iget(struct ext2 *fs, uint32_t number, struct ext2_inode **found)
{
	struct ext2_inode *e = *slot_of(fs, number);
	struct ext2_dinode *d;
	struct buf *b;
	int err;

	*found = NULL;
	if (e && !e->disk->links)
		return -EIO; /* a name of what was deleted: the disk is damaged */
	if (e && e->going) {
		gone_wait(fs);
		return -EAGAIN;
	}
	if (e) {
		reference(e);
		*found = e;
		return 0;
	}
	if (number > fs->ninodes || (number < fs->first_inode && number != EXT2_ROOT))
		return -EIO;
	err = table_get(fs, number, &b, &d);
	if (err)
		return err;
	if (inode_ok(fs, d))
		*found = enter(fs, number, b, d);
	else
		err = -EIO;
	if (!*found)
		buf_put(b);
	return *found || err ? err : -ENOMEM;
}

int ext2_inode_make(struct ext2 *fs, uint32_t number, uint32_t mode, uint64_t rdev, struct ext2_inode **made)
{
	struct ext2_dinode *d;
	struct buf *b;
	int err = table_get(fs, number, &b, &d);
	struct ext2_dinode old;

	if (err)
		return err;
	old = *d;
	memset(d, 0, fs->inode_size);
	d->mode = (uint16_t)mode;
	d->generation = old.generation + 1;
	d->atime = d->ctime = d->mtime = ext2_now(fs);
	if (rdev > 0xffff)
		d->block[1] = (uint32_t)rdev;
	else
		d->block[0] = (uint32_t)rdev;
	*made = enter(fs, number, b, d);
	if (!*made) {
		*d = old;
		buf_put(b);
		return -ENOMEM;
	}
	ext2_inode_changed(*made);
	return 0;
}

void ext2_inode_changed(struct ext2_inode *e) { buf_dirty(e->buf); }

void ext2_touch(struct ext2_inode *e)
{
	e->disk->mtime = e->disk->ctime = ext2_now(ext2_of(&e->inode));
	ext2_inode_changed(e);
}

/* ---- sizes and attributes ---- */

/* A file of 2 GiB and more wants a flag in the superblock, which must be there first. */
static void large_file(struct ext2_inode *e)
{
	struct ext2 *fs = ext2_of(&e->inode);

	if (!(ext2_super(fs)->ro_compat & EXT2_RO_LARGE_FILE)) {
		ext2_super(fs)->ro_compat |= EXT2_RO_LARGE_FILE;
		buf_dirty(fs->super);
	}
	buf_after(e->buf, fs->super);
}

int ext2_set_size(struct ext2_inode *e, uint64_t size)
{
	if (size > ext2_size_max())
		return -EFBIG;
	if (size > INT32_MAX && e->inode.type == S_IFREG)
		large_file(e);
	e->disk->size = (uint32_t)size;
	if (e->inode.type == S_IFREG)
		e->disk->size_high = (uint32_t)(size >> 32);
	else
		e->inode.object.size = size;
	ext2_touch(e);
	return 0;
}

/* The pages behind SIZE go first, while the disk still has the old size: then nobody writes to the blocks. What is left
 * of the last one is zeros from SIZE on, on the disk, too, before the size gets there: what was cut off does not come
 * back when the file grows, whatever happens between. */
static int shrink(struct ext2_inode *e, uint64_t size)
{
	struct ext2 *fs = ext2_of(&e->inode);
	struct vm_object *object = &e->inode.object;
	uint64_t was = object->size;
	int err = vm_object_truncate(object, size);

	if (err)
		return err;
	if (size % BLOCK_SIZE)
		err = vm_object_sync(object, size, size + 1);
	if (err) {
		vm_object_truncate(object, was);
		return err;
	}
	mutex_lock(&fs->lock);
	ext2_set_size(e, size);
	err = ext2_map_cut(e, div_up(size, BLOCK_SIZE));
	e->overhang = err != 0;
	mutex_unlock(&fs->lock);
	return err;
}

int ext2_resize(struct inode *inode, uint64_t size)
{
	struct ext2_inode *e = ext2_inode_of(inode);
	struct ext2 *fs = ext2_of(inode);
	int err = size > ext2_size_max() ? -EFBIG : 0;

	if (!err && size < inode_size(inode))
		return shrink(e, size);
	if (!err && size > inode_size(inode))
		err = vm_object_truncate(&inode->object, size);
	if (err)
		return err;
	mutex_lock(&fs->lock);
	err = ext2_set_size(e, size);
	mutex_unlock(&fs->lock);
	return err;
}

int ext2_stat(struct inode *inode, struct file_stat *stat)
{
	struct ext2 *fs = ext2_of(inode);
	const struct ext2_dinode *d = ext2_inode_of(inode)->disk;

	mutex_lock(&fs->lock);
	*stat = (struct file_stat){
		.ino = inode->number,
		.size = inode->object.size,
		.blocks = d->blocks,
		.rdev = inode->rdev,
		.mode = d->mode,
		.nlink = d->links,
		.uid = d->uid | (uint32_t)d->uid_high << 16,
		.gid = d->gid | (uint32_t)d->gid_high << 16,
		.atime = {(int32_t)d->atime, 0},
		.mtime = {(int32_t)d->mtime, 0},
		.ctime = {(int32_t)d->ctime, 0},
	};
	mutex_unlock(&fs->lock);
	return 0;
}

int ext2_set_attr(struct inode *inode, const struct file_attr *attr)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *e = ext2_inode_of(inode);
	struct ext2_dinode *d = e->disk;

	mutex_lock(&fs->lock);
	if (attr->mask & ATTR_MODE)
		d->mode = (uint16_t)((d->mode & S_IFMT) | (attr->mode & 07777));
	if (attr->mask & ATTR_UID) {
		d->uid = (uint16_t)attr->uid;
		d->uid_high = (uint16_t)(attr->uid >> 16);
	}
	if (attr->mask & ATTR_GID) {
		d->gid = (uint16_t)attr->gid;
		d->gid_high = (uint16_t)(attr->gid >> 16);
	}
	if (attr->mask & ATTR_ATIME)
		d->atime = (uint32_t)attr->atime.sec;
	if (attr->mask & ATTR_MTIME)
		d->mtime = (uint32_t)attr->mtime.sec;
	d->ctime = ext2_now(fs);
	ext2_inode_changed(e);
	mutex_unlock(&fs->lock);
	return 0;
}

/* ---- to the disk ---- */

int ext2_fsync(struct inode *inode)
{
	struct ext2 *fs = ext2_of(inode);
	int err = inode->type == S_IFREG ? vm_object_sync(&inode->object, 0, UINT64_MAX) : 0, err2;

	mutex_lock(&fs->lock);
	err2 = bcache_commit(&fs->cache);
	mutex_unlock(&fs->lock);
	return err ? err : err2;
}

/* The first inode of bucket N, from E on, that has contents, with a reference. */
static struct ext2_inode *next_file(struct ext2_inode *e)
{
	while (e && (e->inode.type != S_IFREG || e->going || !e->disk->links))
		e = e->hash_next;
	if (e)
		reference(e);
	return e;
}

int ext2_sync(struct filesystem *vfs)
{
	struct ext2 *fs = (struct ext2 *)vfs;
	int err = 0, err2;

	mutex_lock(&fs->lock);
	for (unsigned n = 0; n < EXT2_INODE_HASH; n++) {
		struct ext2_inode *e = next_file(fs->hash[n]), *next;

		for (; e; e = next) {
			int one;

			mutex_unlock(&fs->lock);
			one = vm_object_sync(&e->inode.object, 0, UINT64_MAX);
			err = err ? err : one;
			mutex_lock(&fs->lock);
			next = next_file(e->hash_next);
			ext2_put(fs, &e->inode);
		}
	}
	err2 = bcache_commit(&fs->cache);
	mutex_unlock(&fs->lock);
	return err ? err : err2;
}

/* ---- the end ---- */

/* E has no links, nobody uses it and it has no cached pages: its blocks and itself are free. */
static int delete (struct ext2_inode *e)
{
	struct ext2 *fs = ext2_of(&e->inode);
	int err = has_blocks(e) ? ext2_map_cut(e, 0) : 0;

	if (!err)
		err = ext2_inode_free(fs, (uint32_t)e->inode.number, e->inode.type == S_IFDIR);
	if (err)
		return err;
	e->disk->size = e->disk->size_high = 0;
	memset(e->disk->block, 0, sizeof e->disk->block);
	e->disk->dtime = ext2_now(fs);
	ext2_inode_changed(e);
	return 0;
}

void ext2_inode_end(struct ext2_inode *e)
{
	struct ext2 *fs = ext2_of(&e->inode);
	int err = e->disk->links || fs->closing ? 0 : delete (e);

	fs->end_error = err;
	if (err) {
		contents_init(e, e->disk);
		e->going = false;
		idle_add(e, &fs->idle);
	} else {
		forget(e);
	}
	gone_tell(fs);
}

/* Has anybody but the inode a use for its pages: a mapping, or for a moment who writes them back? */
static bool is_shared(const struct ext2_inode *e)
{
	return e->inode.type == S_IFREG && __atomic_load_n(&e->inode.object.refs, __ATOMIC_RELAXED) > 1;
}

/* Who is dropped next: one without links, else the one idle for longest if more than KEEP are and its pages are its own.
 * Those without links stand first. */
static struct ext2_inode *victim(struct ext2 *fs, unsigned keep)
{
	struct ext2_inode *e = fs->idle.next;

	while (e != &fs->idle && e->disk->links && fs->nidle > keep && is_shared(e))
		e = e->next;
	return e != &fs->idle && (!e->disk->links || fs->nidle > keep) ? e : NULL;
}

/* Locked, but not while pages are written or dropped. Shared ones drop the rest (ext2_inode_end) when they are done. */
static int drop(struct ext2_inode *e) SYNC_UNCHECKED
{
	struct ext2 *fs = ext2_of(&e->inode);
	struct vm_object *object = &e->inode.object;
	bool dead = !e->disk->links;
	int err = 0;

	idle_remove(e);
	e->going = true;
	fs->end_error = 0;
	if (e->inode.type != S_IFREG) {
		ext2_inode_end(e);
		return fs->end_error;
	}
	mutex_unlock(&fs->lock);
	if (!dead)
		err = vm_object_sync(object, 0, UINT64_MAX);
	else if (!is_shared(e))
		vm_object_truncate(object, 0); /* nothing of it needs to be written */
	if (!err)
		vm_object_put(object);
	mutex_lock(&fs->lock);
	if (err) {
		e->going = false;
		idle_add(e, fs->idle.prev);
		gone_tell(fs);
	}
	return err ? err : fs->end_error;
}

int ext2_inodes_trim(struct ext2 *fs, unsigned keep)
{
	struct ext2_inode *e;
	int err = 0;

	mutex_lock(&fs->lock);
	while (!err && (e = victim(fs, keep)))
		err = drop(e);
	mutex_unlock(&fs->lock);
	return err;
}

void ext2_inodes_drop(struct ext2 *fs)
{
	fs->closing = true;
	while (fs->idle.next != &fs->idle) {
		struct ext2_inode *e = fs->idle.next;

		idle_remove(e);
		if (e->inode.type == S_IFREG) {
			vm_object_truncate(&e->inode.object, 0);
			vm_object_put(&e->inode.object);
		} else {
			forget(e);
		}
	}
}

/* Blocks that a write got behind the end of the file, and then did not use. */
static void overhang_cut(struct ext2_inode *e)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint64_t size;

	rwlock_write(&e->inode.lock);
	size = inode_size(&e->inode);
	vm_object_truncate(&e->inode.object, size);
	mutex_lock(&fs->lock);
	if (e->overhang)
		e->overhang = ext2_map_cut(e, div_up(size, BLOCK_SIZE)) != 0;
	mutex_unlock(&fs->lock);
	rwlock_write_done(&e->inode.lock);
}

void ext2_release(struct inode *inode)
{
	struct ext2_inode *e = ext2_inode_of(inode);
	struct ext2 *fs = ext2_of(inode);
	bool last, hangs;

	mutex_lock(&fs->lock);
	hangs = e->overhang && inode->refs == 1;
	mutex_unlock(&fs->lock);
	if (hangs)
		overhang_cut(e);
	mutex_lock(&fs->lock);
	last = atomic_fetch_sub(&inode->refs, 1) == 1;
	if (last)
		idle_add(e, e->disk->links ? fs->idle.prev : &fs->idle);
	mutex_unlock(&fs->lock);
	if (last)
		ext2_inodes_trim(fs, EXT2_IDLE_MAX);
}
