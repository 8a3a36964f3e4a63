/* Open inodes: the contents of files, directories (which are not read this way), files that the kernel makes up.
 *
 * A file's bytes are those of its cached pages. User memory is touched while no lock of the inode is held: what is
 * written passes through a buffer of the kernel's, what is read comes straight from the pinned page. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define CHUNK 16384 /* bytes at once */

static size_t in_page(uint64_t offset, size_t left)
{
	size_t n = PT_PAGE_SIZE - (offset & PT_PAGE_MASK);

	return n < left ? n : left;
}

/* Bytes of a cached page, to kernel memory TO or to the user's at USER; as many as there are, at most N. */
static int64_t page_read(struct inode *inode, struct vm_readahead *ahead, uint64_t offset, void *to,
			 vaddr_t user, size_t n)
{
	uint64_t size = inode_size(inode);
	size_t done;
	void *kva;
	int err;

	if (offset >= size)
		return 0;
	n = in_page(offset, n);
	n = n < size - offset ? n : (size_t)(size - offset);
	vm_read_ahead(&inode->object, ahead, offset / PT_PAGE_SIZE);
	err = vm_cache_get(&inode->object, offset / PT_PAGE_SIZE, false, &kva);
	if (err)
		return err == -VM_EBUS ? 0 : err; /* cut off just now */
	done = n;
	if (to)
		memcpy(to, (char *)kva + (offset & PT_PAGE_MASK), n);
	else
		done = copy_out_some(user, (char *)kva + (offset & PT_PAGE_MASK), n);
	vm_cache_put(&inode->object, kva);
	return done ? (int64_t)done : -EFAULT;
}

int64_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t n)
{
	struct vm_readahead ahead = {0, 0};
	size_t done = 0;
	int64_t got = 0;

	if (inode->ops->read)
		return inode->ops->read(inode, offset, buf, n);
	if (inode->type != S_IFREG)
		return -EINVAL;
	while (done < n) {
		got = page_read(inode, &ahead, offset + done, (char *)buf + done, 0, n - done);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done ? (int64_t)done : got;
}

/* The inode's lock is held exclusively. */
static int64_t write_locked(struct inode *inode, uint64_t offset, const void *buf, size_t n)
{
	uint64_t size = inode_size(inode);
	size_t done = 0;
	int err = 0;

	if (inode->type != S_IFREG)
		return -EINVAL;
	while (done < n) {
		uint64_t at = offset + done;
		size_t k = in_page(at, n - done);
		void *kva;

		err = vm_cache_get(&inode->object, at / PT_PAGE_SIZE, true, &kva);
		if (err)
			break;
		memcpy((char *)kva + (at & PT_PAGE_MASK), (const char *)buf + done, k);
		done += k;
		vm_cache_wrote(&inode->object, kva, at + k);
	}
	if (done) /* the file system learns of the size, or at least of the time */
		err = fs_resize(inode, offset + done > size ? offset + done : size);
	return done ? (int64_t)done : err;
}

int64_t inode_write(struct inode *inode, uint64_t offset, const void *buf, size_t n)
{
	int64_t put;

	rwlock_write(&inode->lock);
	put = write_locked(inode, offset, buf, n);
	rwlock_write_done(&inode->lock);
	return put;
}

/* A place for N bytes to pass through, at most CHUNK, or for *ROOM of them: where no pages lie side by side it is one. */
static char *bounce_get(size_t n, size_t *room)
{
	char *bounce = NULL;

	*room = n < CHUNK ? n : CHUNK;
	if (*room > PT_PAGE_SIZE)
		bounce = kmalloc(*room);
	if (bounce)
		return bounce;
	*room = *room < PT_PAGE_SIZE ? *room : PT_PAGE_SIZE;
	return kmalloc(*room);
}

/* What the kernel makes up passes through its own memory. */
static int64_t made_up_read(struct file *f, vaddr_t buf, size_t n, uint64_t offset)
{
	size_t room;
	char *bounce = bounce_get(n, &room);
	int64_t got;

	if (!bounce)
		return -ENOMEM;
	got = inode_read(f->inode, offset, bounce, room);
	if (got > 0 && copy_out(buf, bounce, (size_t)got))
		got = -EFAULT;
	kfree(bounce);
	return got;
}

static int64_t ifile_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	size_t done = 0;
	int64_t got = 0;

	if (f->inode->type == S_IFDIR)
		return -EISDIR;
	while (done < n) {
		if (f->inode->ops->read)
			got = made_up_read(f, buf + done, n - done, *pos);
		else
			got = page_read(f->inode, &f->ahead, *pos, NULL, buf + done, n - done);
		if (got <= 0)
			break;
		done += (size_t)got;
		*pos += (uint64_t)got;
		if (signal_kills(proc_current()))
			break;
		if (f->inode->ops->read && (size_t)got < CHUNK)
			break; /* a made-up file ends where it says, also one that is another at each offset */
	}
	return done ? (int64_t)done : got;
}

/* One piece that is in kernel memory already; with O_APPEND where the file ends now. */
static int64_t write_piece(struct file *f, const void *buf, size_t n, uint64_t *pos)
{
	struct inode *inode = f->inode;
	int64_t put;

	vm_dirty_wait();
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
	size_t done = 0, room;
	char *bounce = bounce_get(n, &room);
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
		if ((size_t)put < want || signal_kills(proc_current()))
			break;
	}
	kfree(bounce);
	return done ? (int64_t)done : put;
}

const struct file_ops inode_file_ops = {.read = ifile_read, .write = ifile_write, .seekable = true};
