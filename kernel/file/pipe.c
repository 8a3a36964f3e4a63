/* Pipes: a ring of bytes in a page, two open files. A write of at most PIPE_ATOMIC bytes goes in whole.
 *
 * Bytes pass through a small buffer of the caller's kernel stack: user memory is not touched under the lock, and what
 * was taken out of the ring is lost if the reader's memory is not there. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define PIPE_SIZE   PT_PAGE_SIZE
#define PIPE_ATOMIC 4096u

struct pipe { /* [L] lock */
	struct spinlock lock;
	char *ring;                /* fixed: a page */
	uint32_t in, out;          /* [L] bytes ever put, ever taken */
	unsigned readers, writers; /* [L] open ends */
	struct waitq data, room;   /* [L] */
};

static size_t filled(const struct pipe *p) { return p->in - p->out; }

static size_t ring_copy(struct pipe *p, char *buf, uint32_t at, size_t n, bool put)
{
	for (size_t i = 0; i < n; i++) {
		char *byte = &p->ring[(at + i) % PIPE_SIZE];

		if (put)
			*byte = buf[i];
		else
			buf[i] = *byte;
	}
	return n;
}

static int64_t pipe_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	struct pipe *p = f->private;
	size_t done = 0, got;
	char piece[256];
	int err = 0;

	(void)pos;
	if (!n)
		return 0;
	if (!user_range(buf, n))
		return -EFAULT;
	spin_lock(&p->lock);
	while (!err && !filled(p) && p->writers) {
		if (f->flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (!waitq_sleep_interruptible(&p->data, &p->lock, 0))
			err = -ERESTART;
	}
	while (!err && done < n && filled(p)) {
		got = n - done < sizeof piece ? n - done : sizeof piece;
		got = got < filled(p) ? got : filled(p);
		p->out += (uint32_t)ring_copy(p, piece, p->out, got, false);
		waitq_wake_all(&p->room);
		spin_unlock(&p->lock);
		if (copy_out(buf + done, piece, got))
			err = -EFAULT;
		else
			done += got;
		spin_lock(&p->lock);
	}
	spin_unlock(&p->lock);
	if (done)
		poll_wake();
	return done ? (int64_t)done : err;
}

/* Room for N bytes, or an error. Locked. */
static int room_wait(struct file *f, struct pipe *p, size_t n) SYNC_REQUIRES(p->lock)
{
	while (p->readers && PIPE_SIZE - filled(p) < n) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (!waitq_sleep_interruptible(&p->room, &p->lock, 0))
			return -ERESTART;
	}
	return p->readers ? 0 : -EPIPE;
}

static int64_t pipe_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	struct pipe *p = f->private;
	size_t done = 0, room = n < PIPE_ATOMIC ? n : PIPE_ATOMIC;
	char *piece = kmalloc(room);
	int err = 0;

	(void)pos;
	if (!piece)
		return -ENOMEM;
	while (!err && done < n) {
		size_t part = n - done < room ? n - done : room;

		if (copy_in(piece, buf + done, part)) {
			err = -EFAULT;
			break;
		}
		spin_lock(&p->lock);
		err = room_wait(f, p, part);
		if (!err) {
			p->in += (uint32_t)ring_copy(p, piece, p->in, part, true);
			done += part;
			waitq_wake_all(&p->data);
		}
		spin_unlock(&p->lock);
		poll_wake();
	}
	kfree(piece);
	if (err == -EPIPE && !done) {
		spin_lock(&proc_lock);
		signal_post(proc_current(), SIG_PIPE, (struct signal_info){SI_USER, proc_current()->pid, 0});
		spin_unlock(&proc_lock);
	}
	return done ? (int64_t)done : err;
}

static unsigned pipe_poll(struct file *f)
{
	struct pipe *p = f->private;
	unsigned ready = 0;

	spin_lock(&p->lock);
	if (file_reads(f))
		ready = (filled(p) ? POLL_IN : 0u) | (p->writers ? 0u : POLL_HUP);
	else
		ready = (filled(p) < PIPE_SIZE ? POLL_OUT : 0u) | (p->readers ? 0u : POLL_ERR);
	spin_unlock(&p->lock);
	return ready;
}

static void pipe_stat(struct file *f, struct file_stat *stat)
{
	stat->mode = S_IFIFO | 0600;
	stat->nlink = 1;
	stat->ino = (uintptr_t)f->private >> 4 & 0x7fffffff;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->private;
	bool last;

	spin_lock(&p->lock);
	if (file_reads(f))
		p->readers--;
	else
		p->writers--;
	last = !p->readers && !p->writers;
	waitq_wake_all(&p->data);
	waitq_wake_all(&p->room);
	spin_unlock(&p->lock);
	poll_wake();
	if (last) {
		palloc_free_page(p->ring);
		kfree(p);
	}
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.stat = pipe_stat,
	.release = pipe_release,
};

int pipe_make(unsigned flags, struct file *end[2])
{
	struct pipe *p = kcalloc(1, sizeof *p);

	end[0] = file_new(&pipe_ops, flags & O_NONBLOCK);
	end[1] = file_new(&pipe_ops, O_WRONLY | (flags & O_NONBLOCK));
	if (p)
		p->ring = palloc_get_page(0);
	if (!p || !p->ring || !end[0] || !end[1]) {
		kfree(end[0]);
		kfree(end[1]);
		if (p && p->ring)
			palloc_free_page(p->ring);
		kfree(p);
		return -ENOMEM;
	}
	spin_init(&p->lock, "pipe", RANK_SYNC);
	p->readers = p->writers = 1;
	end[0]->private = end[1]->private = p;
	return 0;
}
