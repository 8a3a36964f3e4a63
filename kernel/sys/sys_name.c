/* System calls that take paths. The older ones without a directory are the newer ones with the current one. */
#include "abi.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"
#include "kernel/sys/clock.h"
#include "kernel/sys/path.h"
#include "kernel/sys/stat.h"

/* From where PATH is walked when DIRFD stands for the current directory. */
static int walk_from(uint64_t dirfd, const char *path, struct namei *at)
{
	const struct file *f;

	*at = proc_current()->at;
	if (*path == '/' || (int)dirfd == (int)AT_FDCWD)
		return 0;
	f = call_file((int)dirfd);
	if (!f)
		return -EBADF;
	if (!f->inode || f->inode->type != S_IFDIR)
		return *path ? -ENOTDIR : 0;
	at->cwd = f->inode;
	return 0;
}

/* The inode that (DIRFD, the path at VA) names, a new reference. */
int path_find(uint64_t dirfd, vaddr_t va, unsigned flags, struct inode **found)
{
	struct namei at;
	const struct file *f;
	int err;
	char *path = call_path(va, &err);

	*found = NULL;
	if (err)
		return err;
	if (!*path && flags & AT_EMPTY_PATH) {
		f = call_file((int)dirfd);
		if ((int)dirfd == (int)AT_FDCWD)
			*found = inode_get(proc_current()->at.cwd);
		else if (f && f->inode)
			*found = inode_get(f->inode);
		else
			err = -EBADF;
	} else {
		err = walk_from(dirfd, path, &at);
		if (!err)
			err = namei(&at, path, flags & AT_SYMLINK_NOFOLLOW ? 0 : NAMEI_FOLLOW, found);
	}
	kfree(path);
	return err;
}

/* The place that (DIRFD, the path at VA) names. */
int path_place(uint64_t dirfd, vaddr_t va, struct namei_last *last)
{
	struct namei at;
	int err;
	char *path = call_path(va, &err);

	if (!err)
		err = walk_from(dirfd, path, &at);
	if (!err)
		err = namei_last(&at, path, 0, last);
	kfree(path);
	return err;
}

/* ---- opening ---- */

static int64_t open_at(uint64_t dirfd, vaddr_t va, unsigned flags, uint32_t mode)
{
	struct proc *p = proc_current();
	struct file *f = NULL;
	struct namei at;
	int err, fd = -1;
	char *path = call_path(va, &err);

	if (!err)
		err = walk_from(dirfd, path, &at);
	if (!err)
		err = file_open(&at, path, flags, mode & ~p->umask & 07777, &f);
	kfree(path);
	if (err)
		return err;
	fd = files_add(p->files, f, 0, p->limit[RLIM_NOFILE].now, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

int64_t sys_openat(struct call *c)
{
	return open_at(c->arg[0], c->arg[1], (unsigned)c->arg[2], (uint32_t)c->arg[3]);
}
int64_t sys_open(struct call *c)
{
	return open_at(AT_FDCWD, c->arg[0], (unsigned)c->arg[1], (uint32_t)c->arg[2]);
}
int64_t sys_creat(struct call *c)
{
	return open_at(AT_FDCWD, c->arg[0], O_CREAT | O_WRONLY | O_TRUNC, (uint32_t)c->arg[1]);
}

/* ---- what it is ---- */

int stat_out(vaddr_t at, const struct file_stat *s, uint64_t device)
{
	struct abi_stat out = {.dev = device,
			       .ino = s->ino,
			       .nlink = s->nlink,
			       .mode = s->mode,
			       .uid = s->uid,
			       .gid = s->gid,
			       .rdev = s->rdev,
			       .size = (int64_t)s->size,
			       .blksize = 4096,
			       .blocks = (int64_t)s->blocks,
			       .atime = {(uint64_t)s->atime.sec, s->atime.nsec},
			       .mtime = {(uint64_t)s->mtime.sec, s->mtime.nsec},
			       .ctime = {(uint64_t)s->ctime.sec, s->ctime.nsec}};

	return copy_out(at, &out, sizeof out);
}

static int64_t stat_at(uint64_t dirfd, vaddr_t path, vaddr_t to, unsigned flags)
{
	struct file_stat stat;
	struct inode *inode;
	uint64_t device;
	int err;

	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_find(dirfd, path, flags, &inode);
	if (err)
		return err;
	err = fs_stat(inode, &stat);
	device = inode->fs->device;
	inode_put(inode);
	return err ? err : stat_out(to, &stat, device);
}

int64_t sys_newfstatat(struct call *c)
{
	struct call by_fd = *c;
	char first;

	/* Also of what has no inode. */
	if (c->arg[3] & AT_EMPTY_PATH && copy_in(&first, c->arg[1], 1) == 0 && !first &&
	    (int)c->arg[0] != (int)AT_FDCWD) {
		by_fd.arg[1] = c->arg[2];
		return sys_fstat(&by_fd);
	}
	return stat_at(c->arg[0], c->arg[1], c->arg[2], (unsigned)c->arg[3]);
}
int64_t sys_stat(struct call *c) { return stat_at(AT_FDCWD, c->arg[0], c->arg[1], 0); }
int64_t sys_lstat(struct call *c) { return stat_at(AT_FDCWD, c->arg[0], c->arg[1], AT_SYMLINK_NOFOLLOW); }

static int64_t access_at(uint64_t dirfd, vaddr_t path, unsigned mode, unsigned flags)
{
	struct file_stat stat;
	struct inode *inode;
	int err;

	if (mode > 7)
		return -EINVAL;
	err = path_find(dirfd, path, flags, &inode);
	if (err)
		return err;
	err = fs_stat(inode, &stat);
	if (!err && mode & 2 && inode->fs->read_only && inode->type != S_IFCHR)
		err = -EROFS;
	else if (!err && mode & 1 && inode->type == S_IFREG && !(stat.mode & 0111))
		err = -EACCES; /* even of root */
	inode_put(inode);
	return err;
}

int64_t sys_access(struct call *c) { return access_at(AT_FDCWD, c->arg[0], (unsigned)c->arg[1], 0); }
int64_t sys_faccessat(struct call *c) { return access_at(c->arg[0], c->arg[1], (unsigned)c->arg[2], 0); }
int64_t sys_faccessat2(struct call *c)
{
	if (c->arg[3] & ~(uint64_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return access_at(c->arg[0], c->arg[1], (unsigned)c->arg[2], (unsigned)c->arg[3]);
}

static int64_t readlink_at(uint64_t dirfd, vaddr_t path, vaddr_t to, int64_t size)
{
	struct inode *inode;
	char *target;
	int err, len;

	if (size <= 0)
		return -EINVAL;
	err = path_find(dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &inode);
	if (err)
		return err;
	target = kmalloc(PATH_MAX);
	len = target ? fs_readlink(inode, target, PATH_MAX) : -ENOMEM;
	if (len > 0) {
		len = len < size ? len : (int)size;
		len = copy_out(to, target, (size_t)len) ? -EFAULT : len;
	}
	kfree(target);
	inode_put(inode);
	return len;
}

int64_t sys_readlinkat(struct call *c)
{
	return readlink_at(c->arg[0], c->arg[1], c->arg[2], (int)c->arg[3]);
}
int64_t sys_readlink(struct call *c) { return readlink_at(AT_FDCWD, c->arg[0], c->arg[1], (int)c->arg[2]); }

struct statfs_out {
	uint64_t type, bsize, blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	uint64_t namelen, frsize, flags, spare[4];
};

static int64_t statfs_out(const struct inode *inode, vaddr_t to)
{
	struct statfs_out out = {.flags = 0};
	struct fs_stat s = {.type = 0};
	int err = inode->fs->ops->statfs ? inode->fs->ops->statfs(inode->fs, &s) : -ENOSYS;

	if (err)
		return err;
	out = (struct statfs_out){.type = s.type,
				  .bsize = s.block_size,
				  .blocks = s.blocks,
				  .bfree = s.free_blocks,
				  .bavail = s.available_blocks,
				  .files = s.inodes,
				  .ffree = s.free_inodes,
				  .namelen = s.name_max,
				  .frsize = s.block_size};
	return copy_out(to, &out, sizeof out);
}

int64_t sys_statfs(struct call *c)
{
	struct inode *inode;
	int64_t err = path_find(AT_FDCWD, c->arg[0], 0, &inode);

	if (err)
		return err;
	err = statfs_out(inode, c->arg[1]);
	inode_put(inode);
	return err;
}

int64_t sys_fstatfs(struct call *c)
{
	const struct file *f = call_file((int)c->arg[0]);

	return !f ? -EBADF : f->inode ? statfs_out(f->inode, c->arg[1]) : -ENOSYS;
}

/* ---- changing it ---- */

static int set_attr(uint64_t dirfd, vaddr_t path, unsigned flags, const struct file_attr *attr)
{
	struct inode *inode;
	int err = path_find(dirfd, path, flags, &inode);

	if (err)
		return err;
	err = fs_set_attr(inode, attr);
	inode_put(inode);
	return err;
}

static int fset_attr(uint64_t fd, const struct file_attr *attr)
{
	const struct file *f = call_file((int)fd);

	return !f ? -EBADF : f->inode ? fs_set_attr(f->inode, attr) : -EINVAL;
}

static struct file_attr mode_attr(uint64_t mode)
{
	return (struct file_attr){.mask = ATTR_MODE, .mode = (uint32_t)mode & 07777};
}

static struct file_attr owner_attr(uint64_t uid, uint64_t gid)
{
	return (struct file_attr){.mask = ((uint32_t)uid == ~0u ? 0u : ATTR_UID) |
					  ((uint32_t)gid == ~0u ? 0u : ATTR_GID),
				  .uid = (uint32_t)uid,
				  .gid = (uint32_t)gid};
}

int64_t sys_fchmodat(struct call *c)
{
	struct file_attr a = mode_attr(c->arg[2]);

	return set_attr(c->arg[0], c->arg[1], 0, &a);
}
int64_t sys_chmod(struct call *c)
{
	struct file_attr a = mode_attr(c->arg[1]);

	return set_attr(AT_FDCWD, c->arg[0], 0, &a);
}
int64_t sys_fchmod(struct call *c)
{
	struct file_attr a = mode_attr(c->arg[1]);

	return fset_attr(c->arg[0], &a);
}
int64_t sys_fchownat(struct call *c)
{
	struct file_attr a = owner_attr(c->arg[2], c->arg[3]);

	return set_attr(c->arg[0], c->arg[1], (unsigned)c->arg[4], &a);
}
int64_t sys_chown(struct call *c)
{
	struct file_attr a = owner_attr(c->arg[1], c->arg[2]);

	return set_attr(AT_FDCWD, c->arg[0], 0, &a);
}
int64_t sys_lchown(struct call *c)
{
	struct file_attr a = owner_attr(c->arg[1], c->arg[2]);

	return set_attr(AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW, &a);
}
int64_t sys_fchown(struct call *c)
{
	struct file_attr a = owner_attr(c->arg[1], c->arg[2]);

	return fset_attr(c->arg[0], &a);
}

#define UTIME_NOW  0x3fffffffu
#define UTIME_OMIT 0x3ffffffeu

int64_t sys_utimensat(struct call *c)
{
	struct file_time now = clock_wall();
	struct file_attr a = {.mask = ATTR_ATIME | ATTR_MTIME, .atime = now, .mtime = now};
	uint64_t t[4];

	if (c->arg[2]) {
		if (copy_in(t, c->arg[2], sizeof t))
			return -EFAULT;
		for (unsigned i = 0; i < 4; i += 2)
			if (t[i + 1] != UTIME_NOW && t[i + 1] != UTIME_OMIT && t[i + 1] >= 1000000000)
				return -EINVAL;
		if (t[1] != UTIME_NOW)
			a.atime = (struct file_time){(int64_t)t[0], (uint32_t)t[1]};
		if (t[3] != UTIME_NOW)
			a.mtime = (struct file_time){(int64_t)t[2], (uint32_t)t[3]};
		a.mask &= ~((t[1] == UTIME_OMIT ? ATTR_ATIME : 0u) | (t[3] == UTIME_OMIT ? ATTR_MTIME : 0u));
	}
	return c->arg[1] ? set_attr(c->arg[0], c->arg[1], (unsigned)c->arg[3], &a) : fset_attr(c->arg[0], &a);
}

int64_t sys_truncate(struct call *c)
{
	struct inode *inode;
	int err = path_find(AT_FDCWD, c->arg[0], 0, &inode);

	if (err)
		return err;
	if ((int64_t)c->arg[1] < 0)
		err = -EINVAL;
	if (!err)
		err = inode->type == S_IFREG   ? inode_want_write(inode)
		      : inode->type == S_IFDIR ? -EISDIR
					       : -EINVAL;
	if (!err) {
		rwlock_write(&inode->lock);
		err = fs_resize(inode, c->arg[1]);
		rwlock_write_done(&inode->lock);
		inode_want_write_done(inode);
	}
	inode_put(inode);
	return err;
}
