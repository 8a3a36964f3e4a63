/* What is the same for every file system; see fs.h. */
#include "kernel/fs/fs.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

int64_t (*fs_clock)(void);

void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number,
		uint32_t type)
{
	*inode = (struct inode){.ops = ops, .fs = fs, .number = number, .type = type, .refs = 1};
	rwlock_init(&inode->lock, "inode");
}

void inode_put(struct inode *inode)
{
	unsigned refs = inode ? inode->refs : 0;

	while (refs > 1)
		if (atomic_compare_exchange_weak(&inode->refs, &refs, refs - 1))
			return;
	if (inode)
		inode->ops->release(inode);
}

/* ---- writers against execution ---- */

static int take(_Atomic int *count, int step)
{
	int now = *count;

	do {
		if (now && (now > 0) != (step > 0))
			return -ETXTBSY;
	} while (!atomic_compare_exchange_weak(count, &now, now + step));
	return 0;
}

int inode_want_write(struct inode *inode) { return take(&inode->writers, 1); }
int inode_deny_write(struct inode *inode) { return take(&inode->writers, -1); }

void inode_want_write_done(struct inode *inode)
{
	int was = atomic_fetch_sub(&inode->writers, 1);

	ASSERT(was > 0);
}

void inode_deny_write_done(struct inode *inode)
{
	int was = atomic_fetch_add(&inode->writers, 1);

	ASSERT(was < 0);
}

/* ---- operations ---- */

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

static int name_check(const struct inode *dir, const char *name, size_t len)
{
	if (dir->type != S_IFDIR)
		return -ENOTDIR;
	if (!len)
		return -ENOENT;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < len; i++)
		if (!name[i] || name[i] == '/')
			return -EINVAL;
	return 0;
}

/* For what changes DIR. */
static int change_check(const struct inode *dir, const char *name, size_t len, bool has)
{
	int err = name_check(dir, name, len);

	if (err)
		return err;
	if (dir->fs->read_only)
		return -EROFS;
	return has ? 0 : -EPERM;
}

int fs_lookup(struct inode *dir, const char *name, size_t len, struct inode **found)
{
	int err = name_check(dir, name, len);

	*found = NULL;
	if (err)
		return err;
	return dir->ops->lookup(dir, name, len, found);
}

int fs_create(struct inode *dir, const char *name, size_t len, uint32_t mode, uint64_t rdev,
	      struct inode **made)
{
	int err = change_check(dir, name, len, dir->ops->create);

	*made = NULL;
	if (err)
		return err;
	if (is_dots(name, len))
		return -EEXIST;
	return dir->ops->create(dir, name, len, mode, rdev, made);
}

int fs_symlink(struct inode *dir, const char *name, size_t len, const char *target, struct inode **made)
{
	int err = change_check(dir, name, len, dir->ops->symlink);

	*made = NULL;
	if (err)
		return err;
	if (is_dots(name, len))
		return -EEXIST;
	if (!*target)
		return -ENOENT;
	if (strlen(target) >= PATH_MAX)
		return -ENAMETOOLONG;
	return dir->ops->symlink(dir, name, len, target, made);
}

int fs_link(struct inode *dir, const char *name, size_t len, struct inode *to)
{
	int err = change_check(dir, name, len, dir->ops->link);

	if (err)
		return err;
	if (to->fs != dir->fs)
		return -EXDEV;
	if (to->type == S_IFDIR)
		return -EPERM;
	return is_dots(name, len) ? -EEXIST : dir->ops->link(dir, name, len, to);
}

int fs_unlink(struct inode *dir, const char *name, size_t len, bool directory)
{
	int err = change_check(dir, name, len, dir->ops->unlink);

	if (err)
		return err;
	if (is_dots(name, len))
		return !directory ? -EISDIR : len == 1 ? -EINVAL : -ENOTEMPTY;
	return dir->ops->unlink(dir, name, len, directory);
}

int fs_rename(struct inode *from, const char *name, size_t len, struct inode *to, const char *new_name,
	      size_t new_len, unsigned flags)
{
	int err = change_check(from, name, len, from->ops->rename);

	if (!err)
		err = name_check(to, new_name, new_len);
	if (err)
		return err;
	if (flags & ~(unsigned)RENAME_NOREPLACE)
		return -EINVAL;
	if (from->fs != to->fs)
		return -EXDEV;
	if (is_dots(name, len) || is_dots(new_name, new_len))
		return -EBUSY;
	return from->ops->rename(from, name, len, to, new_name, new_len, flags);
}

int fs_readdir(struct inode *dir, uint64_t *position, dir_visit_fn *visit, void *ctx)
{
	return dir->type == S_IFDIR ? dir->ops->readdir(dir, position, visit, ctx) : -ENOTDIR;
}

int fs_readlink(struct inode *inode, char *target, size_t size)
{
	return inode->type == S_IFLNK ? inode->ops->readlink(inode, target, size) : -EINVAL;
}

int fs_stat(struct inode *inode, struct file_stat *stat)
{
	*stat = (struct file_stat){.ino = 0};
	return inode->ops->stat(inode, stat);
}

int fs_set_attr(struct inode *inode, const struct file_attr *attr)
{
	if (inode->fs->read_only)
		return -EROFS;
	return inode->ops->set_attr ? inode->ops->set_attr(inode, attr) : -EPERM;
}

int fs_resize(struct inode *inode, uint64_t size)
{
	if (inode->type == S_IFDIR)
		return -EISDIR;
	if (inode->fs->read_only)
		return -EROFS;
	if (inode->type != S_IFREG || !inode->ops->resize)
		return -EINVAL;
	return size > INT64_MAX ? -EFBIG : inode->ops->resize(inode, size);
}

int fs_sync(struct inode *inode) { return inode->ops->sync ? inode->ops->sync(inode) : 0; }
int fs_sync_all(struct filesystem *fs) { return fs->ops->sync ? fs->ops->sync(fs) : 0; }
