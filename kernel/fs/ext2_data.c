/* A file's contents, for the page cache. The mount's lock is held while blocks are looked up, and not while they are
 * transferred, except for blocks that have held nothing yet: a commit must not zero them meanwhile. The page cache sees
 * to it that no block is freed under a transfer (vm_object_truncate()), and that pages are zero behind the end. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#define CHUNK 16 /* pages looked up at once */

static struct ext2_inode *inode_of(struct vm_object *object)
{
	return (struct ext2_inode *)((char *)object - offsetof(struct inode, object));
}

/* How many pages from I on lie in a row on the disk. */
static unsigned run_length(const uint32_t block[], unsigned i, unsigned n)
{
	unsigned count = 1;

	while (i + count < n && block[i + count] == block[i] + count)
		count++;
	return count;
}

/* Transfer the pages that have a block, each run as one request. */
static int transfer(struct ext2 *fs, bool write, const uint32_t block[], void *const kva[], unsigned n)
{
	struct block_request r[CHUNK];
	unsigned nr = 0;

	for (unsigned i = 0; i < n;) {
		unsigned count = block[i] ? run_length(block, i, n) : 1;

		if (block[i])
			r[nr++] = (struct block_request){
				.write = write, .block = block[i], .count = count, .kva = &kva[i]};
		i += count;
	}
	return nr ? block_transfer(fs->dev, r, nr) : 0;
}

/* ---- reading ---- */

static int read_chunk(struct ext2_inode *e, uint64_t index, void *const kva[], unsigned n)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint64_t size;
	uint32_t block[CHUNK] = {0};
	int err = 0;

	mutex_lock(&fs->lock);
	size = e->inode.object.size;
	for (unsigned i = 0; i < n && !err && (index + i) * BLOCK_SIZE < size; i++) {
		err = ext2_map(e, index + i, &block[i]);
		if (!err && block[i] && bcache_is_fresh(&fs->cache, block[i]))
			block[i] = 0;
	}
	mutex_unlock(&fs->lock);
	if (!err)
		err = transfer(fs, false, block, kva, n);
	for (unsigned i = 0; i < n && !err; i++)
		if (!block[i])
			memset(kva[i], 0, BLOCK_SIZE);
	return err;
}

static int in_chunks(int (*one)(struct ext2_inode *, uint64_t, void *const[], unsigned),
		     struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	for (unsigned done = 0; done < n; done += CHUNK) {
		unsigned now = n - done < CHUNK ? n - done : CHUNK;
		int err = one(inode_of(object), index + done, kva + done, now);

		if (err)
			return err;
	}
	return 0;
}

static int object_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	return in_chunks(read_chunk, object, index, kva, n);
}

/* ---- writing ---- */

static int write_locked(struct ext2_inode *e, const uint32_t block[], void *const kva[], unsigned n)
{
	struct ext2 *fs = ext2_of(&e->inode);
	int err = transfer(fs, true, block, kva, n);

	for (unsigned i = 0; i < n && !err; i++)
		if (block[i])
			bcache_not_fresh(&fs->cache, block[i]);
	bcache_data_written(&fs->cache);
	return err;
}

static int write_chunk(struct ext2_inode *e, uint64_t index, void *const kva[], unsigned n)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint64_t size;
	uint32_t block[CHUNK] = {0};
	bool locked = false;
	int err = 0;

	mutex_lock(&fs->lock);
	size = e->inode.object.size;
	for (unsigned i = 0; i < n && !err && (index + i) * BLOCK_SIZE < size; i++) {
		err = ext2_map(e, index + i, &block[i]);
		if (!err && !block[i])
			err = -EIO; /* nobody made it writable, or the disk's tables changed by themselves */
		locked |= !err && bcache_is_fresh(&fs->cache, block[i]);
	}
	if (!err && locked)
		err = write_locked(e, block, kva, n);
	mutex_unlock(&fs->lock);
	if (!err && !locked) {
		err = transfer(fs, true, block, kva, n);
		bcache_data_written(&fs->cache);
	}
	return err;
}

static int object_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	return in_chunks(write_chunk, object, index, kva, n);
}

static int object_make_writable(struct vm_object *object, uint64_t index)
{
	struct ext2_inode *e = inode_of(object);
	struct ext2 *fs = ext2_of(&e->inode);
	uint32_t block;
	bool fresh;
	int err;

	if (fs->fs.read_only)
		return -EROFS;
	mutex_lock(&fs->lock);
	err = ext2_map_alloc(e, index, &block, &fresh, NULL);
	if (!err) {
		e->overhang |= index * BLOCK_SIZE >= object->size;
		ext2_touch(e);
	}
	mutex_unlock(&fs->lock);
	return err;
}

static void object_release(struct vm_object *object)
{
	struct ext2_inode *e = inode_of(object);
	struct ext2 *fs = ext2_of(&e->inode);

	mutex_lock(&fs->lock);
	ext2_inode_end(e);
	mutex_unlock(&fs->lock);
}

const struct vm_object_ops ext2_object_ops = {
	.read = object_read,
	.write = object_write,
	.make_writable = object_make_writable,
	.release = object_release,
};
