/* A file system in memory: what /dev, /tmp and a root without a disk are made of.
 *
 * Each name holds a reference to its inode, so an inode goes with the last of its names and users. One lock guards
 * names and the pages that hold what the page cache has let go of. */
#include "kernel/config.h"
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sys/clock.h"

#define RAMFS_TYPE 0x858458f6

struct name {
	struct name *next; /* by COOKIE */
	struct node *node; /* a reference */
	uint64_t cookie;   /* where readdir stands before it */
	size_t len;
	char text[];
};

struct node { /* [L] the file system's lock */
	struct inode inode;
	uint32_t mode, uid, gid, nlink; /* [L] */
	struct file_time atime, mtime, ctime;
	struct node *parent; /* [L] of a directory: a reference, but for the root's own */
	struct name *names;  /* [L] of a directory */
	uint64_t cookie;     /* [L] the last one given */
	char *target;        /* fixed: of a symbolic link */
	void **page;         /* [L] of a file; NULL: zeros */
	size_t npages;       /* [L] room in PAGE */
	size_t used;         /* [L] pages there are */
};

struct ramfs {
	struct filesystem fs;
	struct mutex lock;
	struct node *root;
	_Atomic uint64_t last; /* inode number */
};

static const struct inode_ops ramfs_ops;
static const struct vm_object_ops ramfs_object_ops;

static struct node *node_of(struct inode *inode) { return (struct node *)inode; }
static struct ramfs *ramfs_of(struct inode *inode) { return (struct ramfs *)inode->fs; }

static struct node *node_new(struct ramfs *r, uint32_t mode, uint64_t rdev)
{
	struct node *n = kcalloc(1, sizeof *n);

	if (!n)
		return NULL;
	inode_init(&n->inode, &r->fs, &ramfs_ops, ++r->last, mode & S_IFMT);
	if (n->inode.type == S_IFREG)
		vm_object_init(&n->inode.object, &ramfs_object_ops, 0);
	n->inode.rdev = rdev;
	n->mode = mode;
	n->nlink = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
	n->atime = n->mtime = n->ctime = clock_wall();
	n->cookie = 2;
	return n;
}

static void pages_cut(struct node *n, size_t from)
{
	for (size_t i = from; i < n->npages; i++) {
		if (!n->page[i])
			continue;
		palloc_free_page(n->page[i]);
		n->page[i] = NULL;
		n->used--;
	}
}

static void node_free(struct node *n)
{
	pages_cut(n, 0);
	kfree(n->page);
	kfree(n->target);
	if (n->parent && n->parent != n)
		inode_put(&n->parent->inode);
	kfree(n);
}

/* The last reference: nothing names it, nobody has it open. Mappings may still show it: then they end it. */
static void ramfs_release(struct inode *inode)
{
	struct node *n = node_of(inode);

	if (inode->type != S_IFREG) {
		node_free(n);
		return;
	}
	if (inode->object.refs == 1)
		vm_object_truncate(&inode->object, 0); /* nothing of it needs to be kept */
	vm_object_put(&inode->object);
}

/* ---- names; the lock is held ---- */

static struct name **name_at(struct node *dir, const char *text, size_t len)
{
	struct name **at = &dir->names;

	while (*at && ((*at)->len != len || memcmp((*at)->text, text, len) != 0))
		at = &(*at)->next;
	return at;
}

static int name_add(struct node *dir, const char *text, size_t len, struct node *node)
{
	struct name **at = &dir->names, *name = kmalloc(sizeof *name + len);

	if (!name)
		return -ENOMEM;
	while (*at)
		at = &(*at)->next;
	*name = (struct name){.node = node, .cookie = dir->cookie++, .len = len};
	memcpy(name->text, text, len);
	inode_get(&node->inode);
	*at = name;
	dir->mtime = dir->ctime = clock_wall();
	return 0;
}

/* The node's reference goes to the caller. */
static struct node *name_take(struct node *dir, struct name **at)
{
	struct name *name = *at;
	struct node *node = name->node;

	*at = name->next;
	kfree(name);
	dir->mtime = dir->ctime = node->ctime = clock_wall();
	return node;
}

static int ramfs_lookup(struct inode *inode, const char *text, size_t len, struct inode **found)
{
	struct node *dir = node_of(inode);
	struct name *name;

	mutex_lock(&ramfs_of(inode)->lock);
	if (len == 1 && text[0] == '.') {
		*found = inode_get(inode);
	} else if (len == 2 && text[0] == '.' && text[1] == '.') {
		*found = inode_get(&dir->parent->inode);
	} else {
		name = *name_at(dir, text, len);
		*found = name ? inode_get(&name->node->inode) : NULL;
	}
	mutex_unlock(&ramfs_of(inode)->lock);
	return *found ? 0 : -ENOENT;
}

/* N, fresh, gets its first name; the caller's reference to it stays. */
static int node_enter(struct inode *inode, const char *text, size_t len, struct node *n)
{
	struct node *dir = node_of(inode);
	int err;

	mutex_lock(&ramfs_of(inode)->lock);
	err = !dir->nlink ? -ENOENT : *name_at(dir, text, len) ? -EEXIST : name_add(dir, text, len, n);
	if (!err && n->inode.type == S_IFDIR) {
		n->parent = dir;
		inode_get(inode);
		dir->nlink++;
	}
	mutex_unlock(&ramfs_of(inode)->lock);
	return err;
}

static int ramfs_create(struct inode *dir, const char *text, size_t len, uint32_t mode, uint64_t rdev,
			struct inode **made)
{
	struct node *n = node_new(ramfs_of(dir), mode, rdev);
	int err = n ? node_enter(dir, text, len, n) : -ENOMEM;

	if (n && err)
		inode_put(&n->inode);
	*made = err ? NULL : &n->inode;
	return err;
}

static int ramfs_symlink(struct inode *dir, const char *text, size_t len, const char *target,
			 struct inode **made)
{
	struct node *n = node_new(ramfs_of(dir), S_IFLNK | 0777, 0);
	size_t size = strlen(target) + 1;
	int err = -ENOMEM;

	*made = NULL;
	if (!n)
		return err;
	n->target = kmalloc(size);
	if (n->target) {
		memcpy(n->target, target, size);
		n->inode.object.size = size - 1;
		err = node_enter(dir, text, len, n);
	}
	if (err)
		inode_put(&n->inode);
	else
		*made = &n->inode;
	return err;
}

static int ramfs_link(struct inode *inode, const char *text, size_t len, struct inode *to)
{
	struct node *dir = node_of(inode);
	int err;

	mutex_lock(&ramfs_of(inode)->lock);
	err = !node_of(to)->nlink || !dir->nlink ? -ENOENT
	      : *name_at(dir, text, len)         ? -EEXIST
						 : name_add(dir, text, len, node_of(to));
	if (!err)
		node_of(to)->nlink++;
	mutex_unlock(&ramfs_of(inode)->lock);
	return err;
}

/* May the name at AT be removed, as a directory or as something else? */
static int may_remove(struct name *name, bool directory)
{
	if (!name)
		return -ENOENT;
	if (directory != (name->node->inode.type == S_IFDIR))
		return directory ? -ENOTDIR : -EISDIR;
	return directory && name->node->names ? -ENOTEMPTY : 0;
}

static struct node *remove_name(struct node *dir, struct name **at)
{
	struct node *gone = name_take(dir, at);

	gone->nlink--;
	if (gone->inode.type == S_IFDIR) {
		gone->nlink = 0;
		dir->nlink--;
	}
	return gone;
}

static int ramfs_unlink(struct inode *inode, const char *text, size_t len, bool directory)
{
	struct node *dir = node_of(inode), *gone = NULL;
	struct name **at;
	int err;

	mutex_lock(&ramfs_of(inode)->lock);
	at = name_at(dir, text, len);
	err = may_remove(*at, directory);
	if (!err)
		gone = remove_name(dir, at);
	mutex_unlock(&ramfs_of(inode)->lock);
	if (gone)
		inode_put(&gone->inode);
	return err;
}

static bool is_below(const struct node *n, const struct node *dir)
{
	for (;; n = n->parent) {
		if (n == dir)
			return true;
		if (!n || n->parent == n)
			return false;
	}
}

static int rename_locked(struct node *from, struct name **at, struct node *to, const char *text, size_t len,
			 unsigned flags, struct node **gone)
{
	struct name **there = name_at(to, text, len), *old = *at;
	struct node *n;
	int err;

	if (!old)
		return -ENOENT;
	n = old->node;
	if (n->inode.type == S_IFDIR && is_below(to, n))
		return -EINVAL;
	if (!to->nlink)
		return -ENOENT;
	if (*there) {
		if (flags & RENAME_NOREPLACE)
			return -EEXIST;
		if ((*there)->node == n)
			return 0;
		err = may_remove(*there, n->inode.type == S_IFDIR);
		if (err)
			return err;
	}
	err = name_add(to, text, len, n); /* last in the list, so the one it replaces is found first */
	if (err)
		return err;
	if (*there && (*there)->node != n)
		*gone = remove_name(to, there);
	for (at = &from->names; *at != old; at = &(*at)->next)
		;
	name_take(from, at);
	inode_put(&n->inode); /* not the last one: the new name has it */
	if (n->inode.type == S_IFDIR && from != to) {
		from->nlink--;
		to->nlink++;
		n->parent = to;
		inode_get(&to->inode);
		inode_put(&from->inode); /* nor that: the caller has one */
	}
	return 0;
}

static int ramfs_rename(struct inode *from, const char *text, size_t len, struct inode *to,
			const char *new_text, size_t new_len, unsigned flags)
{
	struct node *gone = NULL;
	int err;

	mutex_lock(&ramfs_of(from)->lock);
	err = rename_locked(node_of(from), name_at(node_of(from), text, len), node_of(to), new_text, new_len,
			    flags, &gone);
	mutex_unlock(&ramfs_of(from)->lock);
	if (gone)
		inode_put(&gone->inode);
	return err;
}

static bool dots(struct node *dir, uint64_t *position, dir_visit_fn *visit, void *ctx)
{
	for (; *position < 2; ++*position) {
		const struct dir_name n = {.name = "..",
					   .len = 1 + *position,
					   .ino = *position ? dir->parent->inode.number : dir->inode.number,
					   .next = *position + 1,
					   .type = S_IFDIR};

		if (!visit(ctx, &n))
			return false;
	}
	return true;
}

static int ramfs_readdir(struct inode *inode, uint64_t *position, dir_visit_fn *visit, void *ctx)
{
	struct node *dir = node_of(inode);

	mutex_lock(&ramfs_of(inode)->lock);
	if (dots(dir, position, visit, ctx)) {
		for (const struct name *at = dir->names; at; at = at->next) {
			const struct dir_name n = {at->text, at->len, at->node->inode.number, at->cookie + 1,
						   at->node->inode.type};

			if (at->cookie < *position)
				continue;
			if (!visit(ctx, &n))
				break;
			*position = at->cookie + 1;
		}
	}
	mutex_unlock(&ramfs_of(inode)->lock);
	return 0;
}

/* ---- inodes ---- */

static int ramfs_readlink(struct inode *inode, char *target, size_t size)
{
	size_t len = (size_t)inode->object.size;

	memcpy(target, node_of(inode)->target, len < size ? len : size);
	return (int)len;
}

static int ramfs_stat(struct inode *inode, struct file_stat *s)
{
	const struct node *n = node_of(inode);

	mutex_lock(&ramfs_of(inode)->lock);
	*s = (struct file_stat){.ino = inode->number,
				.size = inode->type == S_IFDIR ? PT_PAGE_SIZE : inode_size(inode),
				.blocks = n->used * (PT_PAGE_SIZE / 512),
				.rdev = inode->rdev,
				.mode = n->mode,
				.nlink = n->nlink,
				.uid = n->uid,
				.gid = n->gid,
				.atime = n->atime,
				.mtime = n->mtime,
				.ctime = n->ctime};
	mutex_unlock(&ramfs_of(inode)->lock);
	return 0;
}

static int ramfs_set_attr(struct inode *inode, const struct file_attr *a)
{
	struct node *n = node_of(inode);

	mutex_lock(&ramfs_of(inode)->lock);
	if (a->mask & ATTR_MODE)
		n->mode = (n->mode & S_IFMT) | (a->mode & 07777);
	if (a->mask & ATTR_UID)
		n->uid = a->uid;
	if (a->mask & ATTR_GID)
		n->gid = a->gid;
	if (a->mask & ATTR_ATIME)
		n->atime = a->atime;
	if (a->mask & ATTR_MTIME)
		n->mtime = a->mtime;
	n->ctime = clock_wall();
	mutex_unlock(&ramfs_of(inode)->lock);
	return 0;
}

/* ---- contents, under the page cache; the lock is held ---- */

static void *page_of(struct node *n, uint64_t index, bool make)
{
	if (index >= n->npages && make) {
		size_t room = n->npages ? n->npages : 4;
		void **grown;

		while (room <= index)
			room *= 2;
		grown = krealloc(n->page, room * sizeof *grown);
		if (!grown)
			return NULL;
		memset(grown + n->npages, 0, (room - n->npages) * sizeof *grown);
		n->page = grown;
		n->npages = room;
	}
	if (index >= n->npages)
		return NULL;
	if (!n->page[index] && make) {
		n->page[index] = palloc_get_page(PAL_ZERO);
		n->used += n->page[index] != NULL;
	}
	return n->page[index];
}

#define SIZE_MAX_RAM (1ull << 40) /* of a file: a list of pages for it is thinkable */

static int ramfs_resize(struct inode *inode, uint64_t size)
{
	struct node *n = node_of(inode);
	int err;

	if (size > SIZE_MAX_RAM)
		return -EFBIG;
	err = vm_object_truncate(&inode->object, size);
	mutex_lock(&ramfs_of(inode)->lock);
	if (!err)
		pages_cut(n, (size + PT_PAGE_MASK) / PT_PAGE_SIZE);
	n->mtime = n->ctime = clock_wall();
	mutex_unlock(&ramfs_of(inode)->lock);
	return err;
}

static struct node *node_of_object(struct vm_object *object)
{
	return (struct node *)((char *)object - offsetof(struct node, inode.object));
}

static int object_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct node *node = node_of_object(object);

	mutex_lock(&ramfs_of(&node->inode)->lock);
	for (unsigned i = 0; i < n; i++) {
		const void *page = page_of(node, index + i, false);

		if (page)
			memcpy(kva[i], page, PT_PAGE_SIZE);
		else
			memset(kva[i], 0, PT_PAGE_SIZE);
	}
	mutex_unlock(&ramfs_of(&node->inode)->lock);
	return 0;
}

static int object_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct node *node = node_of_object(object);
	int err = 0;

	mutex_lock(&ramfs_of(&node->inode)->lock);
	for (unsigned i = 0; i < n && !err; i++) {
		void *page = page_of(node, index + i, false);

		if (page)
			memcpy(page, kva[i], PT_PAGE_SIZE);
		else
			err = -EIO; /* nobody made it writable */
	}
	mutex_unlock(&ramfs_of(&node->inode)->lock);
	return err;
}

static int object_make_writable(struct vm_object *object, uint64_t index)
{
	struct node *node = node_of_object(object);
	int err;

	if (index >= SIZE_MAX_RAM / PT_PAGE_SIZE)
		return -EFBIG;
	mutex_lock(&ramfs_of(&node->inode)->lock);
	err = page_of(node, index, true) ? 0 : -ENOSPC;
	node->mtime = node->ctime = clock_wall();
	mutex_unlock(&ramfs_of(&node->inode)->lock);
	return err;
}

static void object_release(struct vm_object *object) { node_free(node_of_object(object)); }

static const struct vm_object_ops ramfs_object_ops = {
	.read = object_read,
	.write = object_write,
	.make_writable = object_make_writable,
	.release = object_release,
};

static const struct inode_ops ramfs_ops = {
	.lookup = ramfs_lookup,
	.create = ramfs_create,
	.symlink = ramfs_symlink,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rename = ramfs_rename,
	.readdir = ramfs_readdir,
	.readlink = ramfs_readlink,
	.stat = ramfs_stat,
	.set_attr = ramfs_set_attr,
	.resize = ramfs_resize,
	.release = ramfs_release,
};

/* ---- the whole ---- */

static int ramfs_statfs(struct filesystem *fs, struct fs_stat *s)
{
	(void)fs;
	*s = (struct fs_stat){.type = RAMFS_TYPE,
			      .blocks = palloc_total(),
			      .free_blocks = palloc_total() - palloc_used(),
			      .block_size = PT_PAGE_SIZE,
			      .name_max = NAME_MAX};
	s->available_blocks = s->free_blocks;
	return 0;
}

static int ramfs_root(struct filesystem *fs, struct inode **root)
{
	*root = inode_get(&((struct ramfs *)fs)->root->inode);
	return 0;
}

static const struct filesystem_ops ramfs_fs_ops = {.statfs = ramfs_statfs, .root = ramfs_root};

struct filesystem *ramfs_make(void)
{
	static _Atomic uint64_t devices = 16;
	struct ramfs *r = kcalloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->fs.ops = &ramfs_fs_ops;
	r->fs.device = ++devices;
	mutex_init(&r->lock, "ramfs");
	r->root = node_new(r, S_IFDIR | 0755, 0);
	if (!r->root) {
		kfree(r);
		return NULL;
	}
	r->root->parent = r->root;
	return &r->fs;
}
