/* Opening, and what is the same for every kind of open file: the position, access, waiting until one is ready. */
#include "kernel/file/file.h"

#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/thread.h"

struct file *file_new(const struct file_ops *ops, unsigned flags)
{
	struct file *f = kcalloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->ops = ops;
	f->refs = 1;
	f->flags = flags;
	mutex_init(&f->lock, "file");
	return f;
}

void file_put(struct file *f)
{
	if (!f || --f->refs)
		return;
	if (f->ops->release)
		f->ops->release(f);
	if (f->inode) {
		if (f->inode->type == S_IFREG && file_writes(f) && !(f->flags & O_PATH))
			inode_want_write_done(f->inode);
		inode_put(f->inode);
	}
	kfree(f);
}

/* ---- opening ---- */

static int open_check(const struct inode *inode, unsigned flags)
{
	bool writes = (flags & O_ACCMODE) != 0;

	if (flags & O_DIRECTORY && inode->type != S_IFDIR)
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (inode->type == S_IFLNK)
		return -ELOOP;
	if (inode->type == S_IFDIR && (writes || flags & O_CREAT))
		return -EISDIR;
	if (inode->type == S_IFREG && writes && inode->fs->read_only)
		return -EROFS;
	if (inode->type == S_IFREG && writes && !inode->ops->resize)
		return -EACCES; /* contents that the kernel makes up */
	/* Disks have nodes to be named by, not to be read through. */
	return inode->type == S_IFSOCK || inode->type == S_IFIFO || inode->type == S_IFBLK ? -ENXIO : 0;
}

static int truncate_now(struct inode *inode)
{
	int err;

	rwlock_write(&inode->lock);
	err = fs_resize(inode, 0);
	rwlock_write_done(&inode->lock);
	return err;
}

/* INODE, whose reference goes over, opened with FLAGS. */
static int open_inode(struct inode *inode, unsigned flags, struct file **opened)
{
	const struct file_ops *ops = inode->type == S_IFCHR ? device_ops(inode->rdev) : &inode_file_ops;
	bool writer = inode->type == S_IFREG && flags & O_ACCMODE && !(flags & O_PATH);
	int err = open_check(inode, flags);
	struct file *f = NULL;

	if (!err && !ops)
		err = -ENXIO;
	if (!err && writer)
		err = inode_want_write(inode);
	if (err)
		goto out;
	if (writer && flags & O_TRUNC)
		err = truncate_now(inode);
	if (!err)
		f = file_new(ops, flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH | O_DIRECTORY));
	if (!err && !f)
		err = -ENOMEM;
	if (err && writer)
		inode_want_write_done(inode);
out:
	if (err) {
		inode_put(inode);
		return err;
	}
	f->inode = inode;
	*opened = f;
	return 0;
}

/* The inode that PATH names, or that is made now. */
static int open_find(const struct namei *at, const char *path, unsigned flags, uint32_t mode,
		     struct inode **found)
{
	bool follow = !(flags & O_NOFOLLOW) && !(flags & O_CREAT && flags & O_EXCL);
	struct namei_last last;
	int err;

	if (!(flags & O_CREAT))
		return namei(at, path, follow ? NAMEI_FOLLOW : 0, found);
	err = namei_last(at, path, follow ? NAMEI_FOLLOW : 0, &last);
	if (err)
		return err;
	if (last.found && flags & O_EXCL)
		err = -EEXIST;
	else if (last.found)
		*found = inode_get(last.found);
	else if (last.slash)
		err = -EISDIR;
	else
		err = fs_create(last.dir, last.name, last.len, S_IFREG | (mode & 07777), 0, found);
	namei_last_put(&last);
	return err;
}

int file_open(const struct namei *at, const char *path, unsigned flags, uint32_t mode, struct file **opened)
{
	struct inode *inode;
	int err;

	do /* another process was faster in making it */
		err = open_find(at, path, flags, mode, &inode);
	while (err == -EEXIST && !(flags & O_EXCL));
	return err ? err : open_inode(inode, flags, opened);
}

/* ---- reading and writing ---- */

int file_stat(struct file *f, struct file_stat *stat)
{
	if (f->inode)
		return fs_stat(f->inode, stat);
	*stat = (struct file_stat){.ino = 0};
	f->ops->stat(f, stat);
	return 0;
}

typedef int64_t transfer_fn(struct file *f, vaddr_t buf, size_t n, uint64_t *pos);

static int64_t transfer(struct file *f, transfer_fn *fn, vaddr_t buf, size_t n, uint64_t *pos)
{
	int64_t done;

	if (!fn)
		return -EINVAL;
	if (!f->ops->seekable)
		return pos && !f->ops->still ? -ESPIPE : fn(f, buf, n, NULL);
	if (pos)
		return fn(f, buf, n, pos);
	mutex_lock(&f->lock);
	done = fn(f, buf, n, &f->pos);
	mutex_unlock(&f->lock);
	return done;
}

#define TRANSFER_MAX 0x7ffff000ul /* more at once is not asked of a file */

int64_t file_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	if (!file_reads(f) || f->flags & O_PATH)
		return -EBADF;
	return transfer(f, f->ops->read, buf, n < TRANSFER_MAX ? n : TRANSFER_MAX, pos);
}

int64_t file_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	if (!file_writes(f) || f->flags & O_PATH)
		return -EBADF;
	return transfer(f, f->ops->write, buf, n < TRANSFER_MAX ? n : TRANSFER_MAX, pos);
}

int64_t file_writev(struct file *f, const struct iov *parts, size_t n)
{
	if (!file_writes(f))
		return -EBADF;
	return f->ops->writev(f, parts, n < TRANSFER_MAX ? n : TRANSFER_MAX);
}

int64_t file_seek(struct file *f, int64_t offset, unsigned whence)
{
	int64_t base = 0, to;

	if (whence > 2)
		return -EINVAL;
	if (!f->ops->seekable)
		return f->ops->still ? 0 : -ESPIPE;
	mutex_lock(&f->lock);
	if (whence)
		base = (int64_t)(whence == 1 ? f->pos : inode_size(f->inode));
	if (__builtin_add_overflow(base, offset, &to))
		to = offset > 0 ? -EOVERFLOW : -EINVAL;
	else if (to < 0)
		to = -EINVAL;
	else
		f->pos = (uint64_t)to;
	mutex_unlock(&f->lock);
	return to;
}

/* ---- waiting for several ---- */

static struct spinlock poll_lock = SPINLOCK_INIT("poll", RANK_POLL);
static struct waitq pollers SYNC_GUARDED_BY(poll_lock);
static uint64_t changes SYNC_GUARDED_BY(poll_lock);

unsigned file_poll(struct file *f) { return f->ops->poll ? f->ops->poll(f) : POLL_IN | POLL_OUT; }

void poll_wake(void)
{
	spin_lock(&poll_lock);
	changes++;
	waitq_wake_all(&pollers);
	spin_unlock(&poll_lock);
}

uint64_t poll_seen(void)
{
	uint64_t seen;

	spin_lock(&poll_lock);
	seen = changes;
	spin_unlock(&poll_lock);
	return seen;
}

int poll_sleep(uint64_t seen, uint64_t deadline)
{
	int err = 0;

	spin_lock(&poll_lock);
	while (!err && changes == seen) {
		if (waitq_sleep_interruptible(&pollers, &poll_lock, deadline))
			continue;
		err = thread_current()->interrupted ? -EINTR : deadline ? -ETIMEDOUT : -EINTR;
	}
	spin_unlock(&poll_lock);
	return err;
}
