/* Open inodes: the contents of files, directories (which are not read this way), files that the kernel makes up.
 *
 * User memory is touched while no lock of the inode is held: bytes go through a buffer of the kernel's. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define CHUNK 16384 /* bytes at once */

/* The inode's lock is held. */
static int64_t read_locked(struct inode *inode, uint64_t offset, void *buf, size_t n)
{
	return inode->ops->read ? inode->ops->read(inode, offset, buf, n) : -EINVAL;
}

int64_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t n)
{
	int64_t got;

	rwlock_read(&inode->lock);
	got = read_locked(inode, offset, buf, n);
	rwlock_read_done(&inode->lock);
	return got;
}

static int64_t write_locked(struct inode *inode, uint64_t offset, const void *buf, size_t n)
{
	return inode->ops->write ? inode->ops->write(inode, offset, buf, n) : -EINVAL;
}

int64_t inode_write(struct inode *inode, uint64_t offset, const void *buf, size_t n)
{
	int64_t put;

	rwlock_write(&inode->lock);
	put = write_locked(inode, offset, buf, n);
	rwlock_write_done(&inode->lock);
	return put;
}

static int64_t ifile_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	size_t done = 0, room = n < CHUNK ? n : CHUNK;
	int64_t got = 0;
	char *bounce;

	if (f->inode->type == S_IFDIR)
		return -EISDIR;
	bounce = kmalloc(room);
	if (!bounce)
		return -ENOMEM;
	while (done < n) {
		size_t want = n - done < room ? n - done : room, copied;

		got = inode_read(f->inode, *pos, bounce, want);
		if (got <= 0)
			break;
		copied = copy_out_some(buf + done, bounce, (size_t)got);
		done += copied;
		*pos += copied;
		if (copied < (size_t)got)
			got = -EFAULT;
		if (got < (int64_t)want)
			break;
	}
	kfree(bounce);
	return done ? (int64_t)done : got;
}

/* One piece that is in kernel memory already; with O_APPEND where the file ends now. */
static int64_t write_piece(struct file *f, const void *buf, size_t n, uint64_t *pos)
{
	struct inode *inode = f->inode;
	int64_t put;

	rwlock_write(&inode->lock);
	if (f->flags & O_APPEND)
		*pos = inode_size(inode);
	put = *pos > INT64_MAX - n ? -EFBIG : write_locked(inode, *pos, buf, n);
	if (put > 0)
		*pos += (uint64_t)put;
	rwlock_write_done(&inode->lock);
	return put;
}

static int64_t ifile_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	size_t done = 0, room = n < CHUNK ? n : CHUNK;
	char *bounce = kmalloc(room);
	int64_t put = 0;

	if (!bounce)
		return -ENOMEM;
	while (done < n) {
		size_t want = n - done < room ? n - done : room, got;

		got = copy_in_some(bounce, buf + done, want);
		put = got ? write_piece(f, bounce, got, pos) : -EFAULT;
		if (put < 0)
			break;
		done += (size_t)put;
		if ((size_t)put < want)
			break;
	}
	kfree(bounce);
	return done ? (int64_t)done : put;
}

const struct file_ops inode_file_ops = {.read = ifile_read, .write = ifile_write, .seekable = true};
