/* ext2's operations on names. Each first finds and reads all that it needs, which may fail; then it changes buffers,
 * which may not, in the order in which they must reach the disk, and says so by buf_after():
 *   an inode, and what a new directory holds, before the name; a new name before the old one goes;
 *   the name gone before the count of links drops.
 * Where an operation had to wait without the lock (ext2_iget() says -EAGAIN) nothing was changed yet, and it begins
 * anew. */
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

static uint32_t number_of(const struct ext2_inode *e) { return (uint32_t)e->inode.number; }

static void links_add(struct ext2_inode *e, int by)
{
	e->disk->links = (uint16_t)(e->disk->links + by);
	e->disk->ctime = ext2_now(ext2_of(&e->inode));
	ext2_inode_changed(e);
}

/* A directory below DIR is gone from there. Counts of a damaged disk never wrap. */
static void parent_drop(struct ext2_inode *dir) { links_add(dir, dir->disk->links > 2 ? -1 : 0); }

/* DIR's names changed. */
static void dir_touch(struct ext2_inode *dir)
{
	dir->disk->flags &= ~EXT2_INDEX_FL; /* an index by hash would not know of it */
	ext2_touch(dir);
}

static int find_inode(struct ext2_inode *dir, const char *name, size_t len, struct ext2_place *place,
		      struct ext2_inode **found)
{
	int err = ext2_dir_find(dir, name, len, place);

	if (err)
		return err;
	err = ext2_iget(ext2_of(&dir->inode), place->number, found);
	if (err)
		buf_put(place->buf);
	return err;
}

static int lookup(struct inode *inode, const char *name, size_t len, struct inode **found)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_place place;
	struct ext2_inode *e;
	int err;

	mutex_lock(&fs->lock);
	do {
		err = find_inode(ext2_inode_of(inode), name, len, &place, &e);
	} while (err == -EAGAIN);
	if (!err) {
		buf_put(place.buf);
		*found = &e->inode;
	}
	mutex_unlock(&fs->lock);
	return err;
}

/* ---- making ---- */

/* May NAME be added to DIR? Then a block with room for it. */
static int name_room(struct ext2_inode *dir, const char *name, size_t len, struct buf **room)
{
	struct ext2_place place;
	int err;

	if (!dir->disk->links)
		return -ENOENT; /* removed, and somebody still stands in it */
	err = ext2_dir_find(dir, name, len, &place);
	if (!err)
		buf_put(place.buf);
	return err == -ENOENT ? ext2_dir_room(dir, len, room) : err ? err : -EEXIST;
}

/* E, which has no name and no links: as if it had never been. */
static void unmake(struct ext2_inode *e)
{
	e->disk->links = 0;
	ext2_put(ext2_of(&e->inode), &e->inode);
}

/* The first block of a new directory or of a link's target. */
static int first_block(struct ext2_inode *e, uint64_t size, struct buf **b)
{
	uint32_t block;
	bool fresh;
	int err = ext2_map_alloc(e, 0, &block, &fresh, b);

	return err ? err : ext2_set_size(e, size);
}

/* What a new inode holds; on the disk before the inode itself. */
static int fill(struct ext2_inode *e, struct ext2_inode *dir, const char *target)
{
	struct ext2 *fs = ext2_of(&e->inode);
	size_t size = target ? strlen(target) : BLOCK_SIZE;
	struct buf *b;
	int err;

	if (target && size < EXT2_FAST_LINK) {
		memcpy(e->disk->block, target, size);
		return ext2_set_size(e, size);
	}
	if (!target && e->inode.type != S_IFDIR)
		return 0;
	err = first_block(e, size, &b);
	if (err)
		return err;
	if (target) {
		memset(b->data, 0, BLOCK_SIZE);
		memcpy(b->data, target, size);
		buf_dirty(b);
	} else {
		ext2_dir_begin(fs, b, number_of(e), number_of(dir));
	}
	buf_after(e->buf, b); /* a commit may have come between the pointer and this */
	buf_put(b);
	return 0;
}

static int make_inode(struct ext2_inode *dir, uint32_t mode, uint64_t rdev, const char *target,
		      struct ext2_inode **made)
{
	struct ext2 *fs = ext2_of(&dir->inode);
	bool directory = (mode & S_IFMT) == S_IFDIR;
	uint32_t number;
	int err = ext2_inode_alloc(fs, number_of(dir), directory, &number);

	if (err)
		return err;
	err = ext2_inode_make(fs, number, mode, rdev, made);
	if (err) {
		ext2_inode_free(fs, number, directory);
		return err;
	}
	err = fill(*made, dir, target);
	if (err)
		unmake(*made);
	return err;
}

static int make(struct ext2_inode *dir, const char *name, size_t len, uint32_t mode, uint64_t rdev,
		const char *target, struct ext2_inode **made)
{
	struct ext2 *fs = ext2_of(&dir->inode);
	bool directory = (mode & S_IFMT) == S_IFDIR;
	struct buf *room;
	int err;

	if (directory && dir->disk->links >= EXT2_LINKS_MAX)
		return -EMLINK;
	err = name_room(dir, name, len, &room);
	if (err)
		return err;
	err = make_inode(dir, mode, rdev, target, made);
	if (err) {
		buf_put(room);
		return err;
	}
	if (directory) { /* its ".." counts as soon as it is an inode */
		links_add(dir, 1);
		buf_after((*made)->buf, dir->buf);
	}
	(*made)->disk->links = directory ? 2 : 1;
	ext2_inode_changed(*made);
	buf_after(room, (*made)->buf);
	err = ext2_dir_insert(fs, room, name, len, (uint32_t)(*made)->inode.number, mode & S_IFMT);
	if (!err)
		dir_touch(dir);
	else if (directory)
		links_add(dir, -1);
	buf_put(room);
	if (err)
		unmake(*made);
	return err;
}

static int create(struct inode *inode, const char *name, size_t len, uint32_t mode, uint64_t rdev,
		  struct inode **found)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *made;
	int err;

	mutex_lock(&fs->lock);
	err = make(ext2_inode_of(inode), name, len, mode & S_IFMT ? mode : mode | S_IFREG, rdev, NULL, &made);
	mutex_unlock(&fs->lock);
	if (!err)
		*found = &made->inode;
	return err;
}

static int symlink(struct inode *inode, const char *name, size_t len, const char *target,
		   struct inode **found)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *made;
	int err;

	mutex_lock(&fs->lock);
	err = make(ext2_inode_of(inode), name, len, S_IFLNK | 0777, 0, target, &made);
	mutex_unlock(&fs->lock);
	if (!err)
		*found = &made->inode;
	return err;
}

static int link_locked(struct ext2_inode *dir, const char *name, size_t len, struct ext2_inode *to)
{
	struct buf *room;
	int err;

	if (!to->disk->links)
		return -ENOENT;
	if (to->disk->links >= EXT2_LINKS_MAX)
		return -EMLINK;
	err = name_room(dir, name, len, &room);
	if (err)
		return err;
	links_add(to, 1);
	buf_after(room, to->buf);
	err = ext2_dir_insert(ext2_of(&dir->inode), room, name, len, number_of(to), to->inode.type);
	if (err)
		links_add(to, -1);
	else
		dir_touch(dir);
	buf_put(room);
	return err;
}

static int link(struct inode *inode, const char *name, size_t len, struct inode *to)
{
	struct ext2 *fs = ext2_of(inode);
	int err;

	mutex_lock(&fs->lock);
	err = link_locked(ext2_inode_of(inode), name, len, ext2_inode_of(to));
	mutex_unlock(&fs->lock);
	return err;
}

/* ---- taking away ---- */

/* A name of E (a directory's only one) is gone from NAMES: its count drops, on the disk later than that. With a directory
 * its ".." is gone, too: then the count of DIR, its parent (NULL: that stays), drops, later still. */
static void unname(struct ext2_inode *e, struct ext2_inode *dir, struct buf *names)
{
	bool directory = e->inode.type == S_IFDIR;

	buf_after(e->buf, names);
	if (directory)
		e->disk->links = 1;
	links_add(e, e->disk->links ? -1 : 0);
	if (directory && dir) {
		buf_after(dir->buf, names);
		buf_after(dir->buf, e->buf);
		parent_drop(dir);
	}
}

static int may_unlink(struct ext2_inode *e, bool directory)
{
	if (directory != (e->inode.type == S_IFDIR))
		return directory ? -ENOTDIR : -EISDIR;
	if (inode_is_covered(&e->inode) || number_of(e) == EXT2_ROOT)
		return -EBUSY;
	return directory ? ext2_dir_empty(e) : 0;
}

static int unlink_locked(struct ext2_inode *dir, const char *name, size_t len, bool directory,
			 struct ext2_inode **e)
{
	struct ext2_place place;
	int err = find_inode(dir, name, len, &place, e);

	if (err) {
		*e = NULL;
		return err;
	}
	err = may_unlink(*e, directory);
	if (!err)
		err = ext2_dir_remove(place.buf, name, len);
	if (!err) {
		unname(*e, dir, place.buf);
		dir_touch(dir);
	}
	buf_put(place.buf);
	return err;
}

static int unlink(struct inode *inode, const char *name, size_t len, bool directory)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *e;
	int err;

	mutex_lock(&fs->lock);
	do {
		err = unlink_locked(ext2_inode_of(inode), name, len, directory, &e);
	} while (err == -EAGAIN);
	mutex_unlock(&fs->lock);
	if (e)
		inode_put(&e->inode);
	return err;
}

/* ---- rename ---- */

struct rename {
	struct ext2_inode *from, *to; /* directories */
	const char *name, *new_name;
	size_t len, new_len;
	unsigned flags;
	/* found: what is renamed, what stood under the new name (NULL: nothing), where the new name goes, and, when
	 * a directory gets another parent, its own first block */
	struct ext2_place old, victim_place;
	struct ext2_inode *moved, *victim;
	struct buf *room, *dots;
};

/* Is DIR below E, or E itself? Then E cannot go into DIR. While the lock is let go only DIR can be removed, and after it
 * what is above. */
static int not_below(struct ext2_inode *e, struct ext2_inode *dir)
{
	struct ext2 *fs = ext2_of(&e->inode);
	uint32_t at = number_of(dir);

	for (uint32_t steps = 0; at != EXT2_ROOT; steps++) {
		struct ext2_inode *d;
		struct ext2_place up;
		int err;

		if (at == number_of(e))
			return -EINVAL;
		if (steps > fs->ninodes)
			return -EIO; /* a damaged tree has a circle */
		err = dir->disk->links ? ext2_iget(fs, at, &d) : -ENOENT;
		if (err)
			return err;
		err = d->inode.type == S_IFDIR ? ext2_dir_find(d, "..", 2, &up) : -EIO;
		ext2_put(fs, &d->inode);
		if (err)
			return err == -ENOENT ? -EIO : err;
		buf_put(up.buf);
		at = up.number;
	}
	return 0;
}

static int may_replace(const struct rename *r)
{
	bool directory = r->moved->inode.type == S_IFDIR;

	if (r->flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (directory && r->victim->inode.type != S_IFDIR)
		return -ENOTDIR;
	return may_unlink(r->victim, directory);
}

/* A directory that gets another parent: may it, and the block where that is noted. */
static int prepare_move(struct rename *r)
{
	struct ext2_place up;
	int err;

	if (!r->victim && r->to->disk->links >= EXT2_LINKS_MAX)
		return -EMLINK;
	err = ext2_dir_find(r->moved, "..", 2, &up);
	if (err)
		return err == -ENOENT ? -EIO : err;
	r->dots = up.buf;
	return 0;
}

static int prepare(struct rename *r)
{
	int err = find_inode(r->from, r->name, r->len, &r->old, &r->moved);

	if (err)
		return err;
	if (!r->to->disk->links)
		return -ENOENT;
	if (inode_is_covered(&r->moved->inode))
		return -EBUSY;
	err = find_inode(r->to, r->new_name, r->new_len, &r->victim_place, &r->victim);
	if (err == -ENOENT)
		err = ext2_dir_room(r->to, r->new_len, &r->room);
	else if (!err && r->victim != r->moved)
		err = may_replace(r);
	else if (!err && r->flags & RENAME_NOREPLACE)
		err = -EEXIST;
	if (!err && r->moved->inode.type == S_IFDIR && r->from != r->to && r->victim != r->moved)
		err = prepare_move(r);
	return err;
}

static void parent_note(struct rename *r)
{
	struct ext2_place up = {.buf = r->dots};

	if (ext2_dir_find(r->moved, "..", 2, &up))
		return;
	ext2_dir_replace(ext2_of(&r->to->inode), &up, number_of(r->to), S_IFDIR);
	buf_put(up.buf);
}

static int carry_out(struct rename *r)
{
	struct ext2 *fs = ext2_of(&r->from->inode);
	struct buf *names = r->victim ? r->victim_place.buf : r->room;
	int err = 0;

	if (r->dots && !r->victim)
		links_add(r->to, 1);
	r->moved->disk->ctime = ext2_now(fs);
	ext2_inode_changed(r->moved);
	buf_after(names, r->moved->buf);
	buf_after(names, r->to->buf);
	if (r->victim)
		ext2_dir_replace(fs, &r->victim_place, number_of(r->moved), r->moved->inode.type);
	else
		err = ext2_dir_insert(fs, names, r->new_name, r->new_len, number_of(r->moved),
				      r->moved->inode.type);
	if (err) {
		links_add(r->to, r->dots ? -1 : 0);
		return err;
	}
	buf_after(r->old.buf, names);
	if (r->dots) {
		buf_after(r->dots, names);
		parent_note(r);
	}
	err = ext2_dir_remove(r->old.buf, r->name, r->len);
	if (r->dots) {
		buf_after(r->from->buf, r->old.buf);
		buf_after(r->from->buf, r->dots);
		parent_drop(r->from);
	}
	if (r->victim) /* a directory from elsewhere takes its place: TO's count stays */
		unname(r->victim, r->dots ? NULL : r->to, names);
	dir_touch(r->from);
	dir_touch(r->to);
	return err;
}

static void finish(struct rename *r)
{
	struct ext2 *fs = ext2_of(&r->from->inode);

	if (r->moved)
		buf_put(r->old.buf);
	if (r->victim)
		buf_put(r->victim_place.buf);
	buf_put(r->room);
	buf_put(r->dots);
	if (r->moved)
		ext2_put(fs, &r->moved->inode);
	if (r->victim)
		ext2_put(fs, &r->victim->inode);
}

/* The way up from the new directory drops the lock now and then; renames are let through one at a time, so nothing
 * moves there meanwhile. */
static int check_circle(struct rename *r)
{
	struct ext2 *fs = ext2_of(&r->from->inode);
	struct ext2_place place;
	struct ext2_inode *e;
	int err = find_inode(r->from, r->name, r->len, &place, &e);

	if (err)
		return err;
	buf_put(place.buf);
	if (e->inode.type == S_IFDIR && r->from != r->to)
		err = not_below(e, r->to);
	ext2_put(fs, &e->inode);
	return err;
}

static int rename_locked(struct rename *r)
{
	int err = check_circle(r);

	if (err)
		return err;
	r->moved = r->victim = NULL;
	r->room = r->dots = NULL;
	err = prepare(r);
	if (!err && r->victim != r->moved)
		err = carry_out(r);
	finish(r);
	return err;
}

static int rename(struct inode *from, const char *name, size_t len, struct inode *to, const char *new_name,
		  size_t new_len, unsigned flags)
{
	struct ext2 *fs = ext2_of(from);
	struct rename r = {.from = ext2_inode_of(from),
			   .to = ext2_inode_of(to),
			   .name = name,
			   .len = len,
			   .new_name = new_name,
			   .new_len = new_len,
			   .flags = flags};
	int err;

	mutex_lock(&fs->renames);
	mutex_lock(&fs->lock);
	do {
		err = rename_locked(&r);
	} while (err == -EAGAIN);
	mutex_unlock(&fs->lock);
	mutex_unlock(&fs->renames);
	return err;
}

/* ---- links ---- */

static int readlink(struct inode *inode, char *target, size_t size)
{
	struct ext2 *fs = ext2_of(inode);
	struct ext2_inode *e = ext2_inode_of(inode);
	size_t len = inode->object.size, n = len < size ? len : size;
	uint32_t block = 0;
	struct buf *b;
	int err = 0;

	mutex_lock(&fs->lock);
	if (e->disk->blocks) {
		err = ext2_map(e, 0, &block);
		if (!err)
			err = block ? buf_get(&fs->cache, block, &b) : -EIO;
		if (!err) {
			memcpy(target, b->data, n);
			buf_put(b);
		}
	} else {
		memcpy(target, e->disk->block, n);
	}
	mutex_unlock(&fs->lock);
	return err ? err : (int)len;
}

const struct inode_ops ext2_inode_ops = {
	.lookup = lookup,
	.create = create,
	.symlink = symlink,
	.link = link,
	.unlink = unlink,
	.rename = rename,
	.readdir = ext2_readdir,
	.readlink = readlink,
	.stat = ext2_stat,
	.set_attr = ext2_set_attr,
	.resize = ext2_resize,
	.sync = ext2_fsync,
	.release = ext2_release,
};
