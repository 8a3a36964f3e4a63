/* Pipes: a ring of bytes in pages, two open files. A write of at most PIPE_ATOMIC bytes goes in whole, also one of
 * several parts; of a larger one that does not wait, what there is room for.
 *
 * Bytes pass through memory of the kernel: user memory is not touched under the lock. A reader leaves them in the ring
 * until its own memory has them, and is the only one to take meanwhile; a writer waits for room before it puts. The
 * ring's pages come when they are first written. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define PIPE_PAGES  16
#define PIPE_SIZE   (PIPE_PAGES * (uint32_t)PT_PAGE_SIZE)
#define PIPE_ATOMIC 4096u

struct pipe { /* [L] lock  [T] taking */
	struct spinlock lock;
	struct mutex taking;       /* held while bytes are copied out, not while a reader waits for some */
	char *page[PIPE_PAGES];    /* [L] NULL: nothing was there yet */
	uint32_t in, out;          /* [L] bytes ever put, ever taken; OUT: [T], too */
	unsigned readers, writers; /* [L] open ends */
	struct waitq data, room;   /* [L] */
};

static size_t filled(const struct pipe *p) { return p->in - p->out; }

static void ring_copy(struct pipe *p, char *buf, uint32_t at, size_t n, bool put)
{
	while (n) {
		char *ring = p->page[at / PT_PAGE_SIZE % PIPE_PAGES] + at % PT_PAGE_SIZE;
		size_t part = PT_PAGE_SIZE - at % PT_PAGE_SIZE;

		part = part < n ? part : n;
		memcpy(put ? ring : buf, put ? buf : ring, part);
		buf += part;
		at += (uint32_t)part;
		n -= part;
	}
}

/* Are there pages for the next N bytes, 1 to PIPE_ATOMIC? Locked. */
static bool ring_ready(struct pipe *p, size_t n)
{
	uint32_t at[2] = {p->in, p->in + (uint32_t)n - 1};

	for (unsigned i = 0; i < 2; i++) {
		char **page = &p->page[at[i] / PT_PAGE_SIZE % PIPE_PAGES];

		if (!*page)
			*page = palloc_get_page(0);
		if (!*page)
			return false;
	}
	return true;
}

/* What is there, at most N bytes, goes to the user's BUF: how many did; less than there were: its memory ended. */
static size_t take(struct pipe *p, vaddr_t buf, size_t n)
{
	size_t done = 0, got, put;
	char piece[256];

	mutex_lock(&p->taking);
	do {
		spin_lock(&p->lock);
		got = n - done < sizeof piece ? n - done : sizeof piece;
		got = got < filled(p) ? got : filled(p);
		ring_copy(p, piece, p->out, got, false);
		spin_unlock(&p->lock);
		put = got ? copy_out_some(buf + done, piece, got) : 0;
		done += put;
		spin_lock(&p->lock);
		p->out += (uint32_t)put;
		waitq_wake_all(&p->room);
		spin_unlock(&p->lock);
	} while (put && put == got && done < n);
	mutex_unlock(&p->taking);
	return done;
}

/* Until there are bytes. 1: there are; 0: there never will be; or an error. */
static int data_wait(const struct file *f, struct pipe *p)
{
	int ready = 0;

	spin_lock(&p->lock);
	while (!ready && !filled(p) && p->writers) {
		if (f->flags & O_NONBLOCK)
			ready = -EAGAIN;
		else if (!waitq_sleep_interruptible(&p->data, &p->lock, 0))
			ready = -ERESTART;
	}
	if (!ready)
		ready = filled(p) != 0;
	spin_unlock(&p->lock);
	return ready;
}

static int64_t pipe_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	struct pipe *p = f->private;
	char byte = 0;
	size_t done;
	int ready;

	(void)pos;
	if (!n)
		return 0;
	for (;;) {
		ready = data_wait(f, p);
		if (ready <= 0)
			return ready;
		done = take(p, buf, n);
		if (done)
			break;
		/* Another reader was faster, or there is no memory at BUF. */
		if (copy_out(buf, &byte, 1))
			return -EFAULT;
	}
	poll_wake();
	return (int64_t)done;
}

/* N bytes from offset FROM on of what V names. */
static int gather(char *to, const struct iov *v, size_t from, size_t n)
{
	for (; n; v++) {
		size_t part = v->len > from ? v->len - from : 0;

		part = part < n ? part : n;
		if (part && copy_in(to, v->base + from, part))
			return -EFAULT;
		from -= part ? from : v->len;
		to += part;
		n -= part;
	}
	return 0;
}

/* At least LEAST of the *N bytes of PIECE go in: how many, or an error. */
static int put(struct file *f, struct pipe *p, char *piece, size_t *n, size_t least)
{
	int err = 0;

	spin_lock(&p->lock);
	while (!err && p->readers && PIPE_SIZE - filled(p) < least) {
		if (f->flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (!waitq_sleep_interruptible(&p->room, &p->lock, 0))
			err = -ERESTART;
	}
	if (!p->readers)
		err = -EPIPE;
	if (*n > PIPE_SIZE - filled(p))
		*n = PIPE_SIZE - filled(p);
	if (!err && !ring_ready(p, *n))
		err = -ENOMEM;
	if (!err) {
		ring_copy(p, piece, p->in, *n, true);
		p->in += (uint32_t)*n;
		waitq_wake_all(&p->data);
	}
	spin_unlock(&p->lock);
	return err;
}

/* N bytes in all. */
static int64_t pipe_writev(struct file *f, const struct iov *v, size_t n)
{
	size_t done = 0, room = n < PIPE_ATOMIC ? n : PIPE_ATOMIC;
	bool parts = n > PIPE_ATOMIC && f->flags & O_NONBLOCK; /* as small as there is room for */
	char *piece = kmalloc(room);
	int err = piece ? 0 : -ENOMEM;

	while (!err && done < n) {
		size_t part = n - done < room ? n - done : room;

		err = gather(piece, v, done, part);
		if (!err)
			err = put(f, f->private, piece, &part, parts ? 1 : part);
		if (!err)
			done += part;
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

static int64_t pipe_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)pos;
	return pipe_writev(f, &(struct iov){buf, n}, n);
}

/* Writing is promised only where a whole PIPE_ATOMIC goes in: then no write says -EAGAIN. */
static unsigned pipe_poll(struct file *f)
{
	struct pipe *p = f->private;
	unsigned ready = 0;

	spin_lock(&p->lock);
	if (file_reads(f))
		ready = (filled(p) ? POLL_IN : 0u) | (p->writers ? 0u : POLL_HUP);
	else
		ready = (PIPE_SIZE - filled(p) >= PIPE_ATOMIC ? POLL_OUT : 0u) | (p->readers ? 0u : POLL_ERR);
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
	if (!last)
		return;
	for (unsigned i = 0; i < PIPE_PAGES; i++)
		palloc_free_page(p->page[i]);
	kfree(p);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.writev = pipe_writev,
	.poll = pipe_poll,
	.stat = pipe_stat,
	.release = pipe_release,
};

int pipe_make(unsigned flags, struct file *end[2])
{
	struct pipe *p = kcalloc(1, sizeof *p);

	end[0] = file_new(&pipe_ops, flags & O_NONBLOCK);
	end[1] = file_new(&pipe_ops, O_WRONLY | (flags & O_NONBLOCK));
	if (!p || !end[0] || !end[1]) {
		kfree(end[0]);
		kfree(end[1]);
		kfree(p);
		return -ENOMEM;
	}
	spin_init(&p->lock, "pipe", RANK_SYNC);
	mutex_init(&p->taking, "pipe");
	p->readers = p->writers = 1;
	end[0]->private = end[1]->private = p;
	return 0;
}
