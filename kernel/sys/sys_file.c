/* System calls about open files: reading, writing, positions, descriptors. */
#include "abi.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"
#include "kernel/sys/stat.h"

#define IOV_MAX 1024

/* ---- bytes ---- */

static int64_t read_at(int fd, vaddr_t buf, uint64_t n, uint64_t *pos)
{
	struct file *f = call_file(fd);

	if (!f)
		return -EBADF;
	return !user_range(buf, n) ? -EFAULT : file_read(f, buf, n, pos);
}

static int64_t write_at(int fd, vaddr_t buf, uint64_t n, uint64_t *pos)
{
	struct file *f = call_file(fd);

	if (!f)
		return -EBADF;
	return !user_range(buf, n) ? -EFAULT : file_write(f, buf, n, pos);
}

int64_t sys_read(struct call *c) { return read_at((int)c->arg[0], c->arg[1], c->arg[2], NULL); }
int64_t sys_write(struct call *c) { return write_at((int)c->arg[0], c->arg[1], c->arg[2], NULL); }

int64_t sys_pread64(struct call *c)
{
	return (int64_t)c->arg[3] < 0 ? -EINVAL : read_at((int)c->arg[0], c->arg[1], c->arg[2], &c->arg[3]);
}

int64_t sys_pwrite64(struct call *c)
{
	return (int64_t)c->arg[3] < 0 ? -EINVAL : write_at((int)c->arg[0], c->arg[1], c->arg[2], &c->arg[3]);
}

/* Who has some bytes does not wait for more. */
static bool may_read_on(struct file *f) { return f->ops->seekable || file_poll(f) & POLL_IN; }

static int64_t vector(int fd, vaddr_t at, uint64_t count, int64_t (*fn)(int, vaddr_t, uint64_t, uint64_t *))
{
	struct file *f = call_file(fd);
	int64_t done = 0, got;
	uint64_t sum = 0;
	struct iov *iov;

	if (!f)
		return -EBADF;
	if (count > IOV_MAX)
		return -EINVAL;
	iov = kmalloc(count * sizeof *iov);
	if (!iov)
		return -ENOMEM;
	if (copy_in(iov, at, count * sizeof *iov))
		done = -EFAULT;
	for (unsigned i = 0; i < count && !done; i++)
		if (__builtin_add_overflow(sum, iov[i].len, &sum) || sum > INT64_MAX)
			done = -EINVAL;
	if (!done && fn == write_at && f->ops->writev) {
		done = file_writev(f, iov, sum);
		count = 0;
	}
	for (unsigned i = 0; i < count && done >= 0; i++) {
		if (!iov[i].len)
			continue;
		if (done && (signal_kills(proc_current()) || (fn == read_at && !may_read_on(f))))
			break;
		got = fn(fd, iov[i].base, iov[i].len, NULL);
		if (got < 0)
			done = done ? done : got;
		else
			done += got;
		if (got < (int64_t)iov[i].len)
			break;
	}
	kfree(iov);
	return done;
}

int64_t sys_readv(struct call *c) { return vector((int)c->arg[0], c->arg[1], c->arg[2], read_at); }
int64_t sys_writev(struct call *c) { return vector((int)c->arg[0], c->arg[1], c->arg[2], write_at); }

/* ---- from one file to another ---- */

#define SEND_CHUNK 65536
#define SEND_MAX   0x7ffff000u

/* By way of BUF in user memory, from *POS of IN on, which is moved along. */
static int64_t send_by(vaddr_t buf, struct file *out, struct file *in, uint64_t *pos, uint64_t n)
{
	int64_t done = 0, put = 0;

	while ((uint64_t)done < n) {
		uint64_t at = *pos, want = n - (uint64_t)done < SEND_CHUNK ? n - (uint64_t)done : SEND_CHUNK;
		int64_t got = file_read(in, buf, want, &at);

		put = got > 0 ? file_write(out, buf, (uint64_t)got, NULL) : got;
		if (put <= 0)
			break;
		done += put;
		*pos += (uint64_t)put;
		if (put < got || signal_waits(proc_current()))
			break;
	}
	return done ? done : put;
}

/* Each kind of file reads and writes user memory, so the bytes pass through a mapping that is the caller's for as long
 * as this takes. */
static int64_t send(struct file *out, struct file *in, uint64_t *pos, uint64_t n)
{
	struct supplemental_page_table *spt = &proc_current()->space->spt;
	vaddr_t buf;
	int64_t done = vm_map(spt, 0, SEND_CHUNK, VM_READ | VM_WRITE, 0, NULL, 0, &buf);

	if (done)
		return done;
	done = send_by(buf, out, in, pos, n);
	vm_unmap(spt, buf, SEND_CHUNK);
	return done;
}

int64_t sys_sendfile(struct call *c)
{
	struct file *out = call_file((int)c->arg[0]), *in = call_file((int)c->arg[1]);
	vaddr_t where = c->arg[2];
	int64_t pos = 0, done;

	if (!out || !in || !file_writes(out) || !file_reads(in) || (out->flags | in->flags) & O_PATH)
		return -EBADF;
	if (where && copy_in(&pos, where, sizeof pos))
		return -EFAULT;
	if (where && !in->ops->seekable)
		return -ESPIPE;
	if (pos < 0 || !in->inode || in->inode->type != S_IFREG || out->flags & O_APPEND)
		return -EINVAL;
	if (!where)
		pos = file_seek(in, 0, 1);
	done = send(out, in, (uint64_t *)&pos, c->arg[3] < SEND_MAX ? c->arg[3] : SEND_MAX);
	if (done <= 0)
		return done;
	if (where && copy_out(where, &pos, sizeof pos))
		return -EFAULT;
	if (!where)
		file_seek(in, pos, 0);
	return done;
}

int64_t sys_lseek(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);

	return f ? file_seek(f, (int64_t)c->arg[1], (unsigned)c->arg[2]) : -EBADF;
}

int64_t sys_fsync(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);

	if (!f)
		return -EBADF;
	return f->inode && (f->inode->type == S_IFREG || f->inode->type == S_IFDIR) ? fs_sync(f->inode)
										    : -EINVAL;
}
int64_t sys_fdatasync(struct call *c) { return sys_fsync(c); }

int64_t sys_ftruncate(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);
	int err;

	if (!f)
		return -EBADF;
	if ((int64_t)c->arg[1] < 0 || !f->inode || f->inode->type != S_IFREG || !file_writes(f))
		return -EINVAL;
	rwlock_write(&f->inode->lock);
	err = fs_resize(f->inode, c->arg[1]);
	rwlock_write_done(&f->inode->lock);
	return err;
}

static int64_t advice(const struct call *c) { return call_file((int)c->arg[0]) ? 0 : -EBADF; }
int64_t sys_fadvise64(struct call *c) { return advice(c); }
int64_t sys_readahead(struct call *c) { return advice(c); }

/* ---- what a file is ---- */

int64_t sys_fstat(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);
	struct file_stat stat;
	int err = f ? file_stat(f, &stat) : -EBADF;

	return err ? err : stat_out(c->arg[1], &stat, f->inode ? f->inode->fs->device : 0);
}

/* ---- descriptors ---- */

static uint64_t fd_limit(void) { return proc_current()->limit[RLIM_NOFILE].now; }

int64_t sys_close(struct call *c) { return files_close(proc_current()->files, (int)c->arg[0]); }

static int64_t duplicate(int fd, int least, bool cloexec)
{
	struct file *f = call_file(fd);
	int got;

	if (!f)
		return -EBADF;
	got = files_add(proc_current()->files, file_get(f), least, fd_limit(), cloexec);
	if (got < 0)
		file_put(f);
	return got;
}

int64_t sys_dup(struct call *c) { return duplicate((int)c->arg[0], 0, false); }

static int64_t duplicate_to(int fd, int to, bool cloexec)
{
	struct file *f = call_file(fd);
	int got;

	if (!f || to < 0 || (uint64_t)to >= fd_limit() || to >= FILES_MAX)
		return -EBADF;
	got = files_put_at(proc_current()->files, file_get(f), to, cloexec);
	if (got < 0)
		file_put(f);
	return got;
}

int64_t sys_dup2(struct call *c)
{
	if (c->arg[0] == c->arg[1] && call_file((int)c->arg[0]))
		return (int)c->arg[0];
	return duplicate_to((int)c->arg[0], (int)c->arg[1], false);
}

int64_t sys_dup3(struct call *c)
{
	if (c->arg[2] & ~(uint64_t)O_CLOEXEC || c->arg[0] == c->arg[1])
		return -EINVAL;
	return duplicate_to((int)c->arg[0], (int)c->arg[1], c->arg[2] & O_CLOEXEC);
}

enum { F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC = 1030 };

struct range { /* struct flock */
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
};

/* The bytes that R names in F, in *WANT. */
static int range_of(struct file *f, const struct range *r, struct record *want)
{
	int64_t base = 0, first, last = INT64_MAX;

	if (r->whence < 0 || r->whence > 2)
		return -EINVAL;
	if (r->whence && f->ops->seekable)
		base = r->whence == 1 ? file_seek(f, 0, 1) : (int64_t)inode_size(f->inode);
	if (__builtin_add_overflow(base, r->start, &first))
		return r->start > 0 ? -EOVERFLOW : -EINVAL;
	if (first < 0 || (r->len < 0 && first + r->len < 0))
		return -EINVAL;
	if (r->len > 0 && __builtin_add_overflow(first, r->len - 1, &last))
		return -EOVERFLOW;
	if (r->len < 0) {
		last = first - 1;
		first += r->len;
	}
	want->first = (uint64_t)first;
	want->last = (uint64_t)last;
	return 0;
}

static int64_t record_get(vaddr_t at, struct range *r, struct record *want)
{
	record_find(want);
	r->type = (int16_t)want->type;
	if (want->type != RECORD_NONE) {
		r->whence = 0;
		r->start = (int64_t)want->first;
		r->len = want->last == INT64_MAX ? 0 : (int64_t)(want->last - want->first + 1);
		r->pid = want->pid;
	}
	return copy_out(at, r, sizeof *r);
}

static int64_t record_lock(struct file *f, unsigned how, vaddr_t at)
{
	struct record want = {
		.owner = proc_current()->files, .file = record_file(f), .pid = proc_current()->pid};
	struct range r = {0};
	int err = copy_in(&r, at, sizeof r);

	if (!err && how == F_GETLK && r.type == RECORD_NONE)
		err = -EINVAL;
	if (!err)
		err = range_of(f, &r, &want);
	if (!err && (r.type < RECORD_READ || r.type > RECORD_NONE))
		err = -EINVAL;
	want.type = (enum record_type)r.type;
	if (err || how == F_GETLK)
		return err ? err : record_get(at, &r, &want);
	if ((want.type == RECORD_READ && !file_reads(f)) || (want.type == RECORD_WRITE && !file_writes(f)))
		return -EBADF;
	files_have_records(proc_current()->files);
	return record_set(&want, how == F_SETLKW);
}

int64_t sys_fcntl(struct call *c)
{
	struct files *files = proc_current()->files;
	int fd = (int)c->arg[0];
	struct file *f = call_file(fd);

	if (!f)
		return -EBADF;
	switch (c->arg[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if ((int)c->arg[2] < 0 || c->arg[2] >= fd_limit())
			return -EINVAL;
		return duplicate(fd, (int)c->arg[2], c->arg[1] == F_DUPFD_CLOEXEC);
	case F_GETFD: return files_cloexec(files, fd);
	case F_SETFD: files_set_cloexec(files, fd, c->arg[2] & 1); return 0;
	case F_GETFL: return f->flags | 0100000; /* O_LARGEFILE */
	case F_SETFL:
		f->flags = (f->flags & ~(unsigned)(O_APPEND | O_NONBLOCK)) |
			   ((unsigned)c->arg[2] & (O_APPEND | O_NONBLOCK));
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW: return f->flags & O_PATH ? -EBADF : record_lock(f, (unsigned)c->arg[1], c->arg[2]);
	default: return -EINVAL;
	}
}

int64_t sys_ioctl(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);

	if (!f)
		return -EBADF;
	return f->ops->ioctl ? f->ops->ioctl(f, c->arg[1] & 0xffffffff, c->arg[2]) : -ENOTTY;
}

int64_t sys_pipe2(struct call *c)
{
	struct files *files = proc_current()->files;
	bool cloexec = c->arg[1] & O_CLOEXEC;
	struct file *end[2];
	int fd[2] = {-1, -1}, err;

	if (c->arg[1] & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = pipe_make((unsigned)c->arg[1], end);
	if (err)
		return err;
	for (unsigned i = 0; i < 2 && !err; i++) {
		fd[i] = files_add(files, file_get(end[i]), 0, fd_limit(), cloexec);
		if (fd[i] < 0) {
			err = fd[i];
			file_put(end[i]);
		}
	}
	if (!err)
		err = copy_out(c->arg[0], fd, sizeof fd);
	for (unsigned i = 0; err && i < 2; i++)
		if (fd[i] >= 0)
			files_close(files, fd[i]);
	file_put(end[0]);
	file_put(end[1]);
	return err;
}

int64_t sys_pipe(struct call *c)
{
	c->arg[1] = 0;
	return sys_pipe2(c);
}

/* ---- names in a directory ---- */

struct dirent_out {
	vaddr_t at;
	size_t left;
	int err;
	bool any;
};

static bool dirent_put(void *ctx, const struct dir_name *name)
{
	struct dirent_out *out = ctx;
	struct {
		uint64_t ino, next;
		uint16_t len;
		uint8_t type;
		char name[NAME_MAX + 1 + 8];
	} __attribute__((packed))
	e = {.ino = name->ino, .next = name->next, .type = (uint8_t)(name->type >> 12)};
	size_t len = (19 + name->len + 1 + 7) & ~(size_t)7;

	e.len = (uint16_t)len;
	memcpy(e.name, name->name, name->len);
	if (len > out->left)
		return false;
	out->err = copy_out(out->at, &e, len);
	if (out->err)
		return false;
	out->any = true;
	out->at += len;
	out->left -= len;
	return true;
}

/* dirent_put() touches user memory under whatever a file system holds meanwhile, so the names go by the kernel's. */
struct name_list {
	struct dir_name *name;
	char *text;
	unsigned n;
	size_t used;
};
#define LIST_NAMES 40
#define LIST_TEXT  (PT_PAGE_SIZE - LIST_NAMES * sizeof(struct dir_name)) /* one page for both */
_Static_assert(LIST_TEXT >= NAME_MAX, "any name has room");

static bool list_put(void *ctx, const struct dir_name *name)
{
	struct name_list *l = ctx;

	if (l->n == LIST_NAMES || l->used + name->len > LIST_TEXT)
		return false;
	memcpy(l->text + l->used, name->name, name->len);
	l->name[l->n] = *name;
	l->name[l->n++].name = l->text + l->used;
	l->used += name->len;
	return true;
}

/* One listful; 1: there may be more. */
static int list_pass(struct file *f, struct name_list *l, struct dirent_out *out)
{
	uint64_t position = f->pos;
	int err;

	l->n = 0;
	l->used = 0;
	err = fs_readdir(f->inode, &position, list_put, l);
	for (unsigned i = 0; i < l->n && !err; i++) {
		if (!dirent_put(out, &l->name[i]))
			return out->err;
		f->pos = l->name[i].next;
	}
	return err ? err : l->n != 0;
}

int64_t sys_getdents64(struct call *c)
{
	struct file *f = call_file((int)c->arg[0]);
	struct dirent_out out = {.at = c->arg[1], .left = c->arg[2] & 0x7fffffff};
	struct name_list l = {.n = 0};
	int err = 0;

	if (!f)
		return -EBADF;
	if (!f->inode || f->inode->type != S_IFDIR)
		return -ENOTDIR;
	l.name = kmalloc(LIST_NAMES * sizeof *l.name + LIST_TEXT);
	if (!l.name)
		return -ENOMEM;
	l.text = (char *)(l.name + LIST_NAMES);
	mutex_lock(&f->lock);
	do {
		size_t before = out.left;

		err = list_pass(f, &l, &out);
		if (before == out.left)
			break;
	} while (err > 0);
	mutex_unlock(&f->lock);
	kfree(l.name);
	if (out.any)
		return (int64_t)(out.at - c->arg[1]);
	return err < 0 ? err : l.n ? -EINVAL : 0; /* a name was there, and had no room */
}
