/* Character devices: null, zero, full, and the console under its two names. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/random.h"

static int64_t null_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return 0;
}

static int64_t null_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)f, (void)buf, (void)pos;
	return (int64_t)n;
}

static int64_t fill_user(vaddr_t buf, size_t n, bool random)
{
	static const char zeros[512];
	char piece[sizeof zeros];

	for (size_t done = 0; done < n;) {
		size_t k = n - done < sizeof piece ? n - done : sizeof piece, put;

		if (random)
			random_bytes(piece, k);
		put = copy_out_some(buf + done, random ? piece : zeros, k);
		done += put;
		if (put < k)
			return done ? (int64_t)done : -EFAULT;
		if (signal_waits(proc_current()))
			return (int64_t)done;
	}
	return (int64_t)n;
}

static int64_t zero_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)f, (void)pos;
	return fill_user(buf, n, false);
}

static int64_t random_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)f, (void)pos;
	return fill_user(buf, n, true);
}

static int64_t full_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return -ENOSPC;
}

static const struct file_ops null_ops = {.read = null_read, .write = null_write, .still = true};
static const struct file_ops zero_ops = {.read = zero_read, .write = null_write, .still = true};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write, .still = true};
static const struct file_ops random_ops = {.read = random_read, .write = null_write, .still = true};

const struct file_ops *device_ops(uint64_t rdev)
{
	switch (rdev) {
	case DEVICE(1, 3): return &null_ops;
	case DEVICE(1, 5): return &zero_ops;
	case DEVICE(1, 7): return &full_ops;
	case DEVICE(1, 8):
	case DEVICE(1, 9): return &random_ops;
	case DEVICE(5, 0):
	case DEVICE(5, 1): return &tty_ops;
	default: return NULL;
	}
}
