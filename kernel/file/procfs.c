/* /proc: what the kernel knows, as text that is made when it is read.
 *
 * An inode stands for (process, kind); it is made by each lookup and goes with its last reference. */
#include "kernel/file/file.h"
#include "kernel/file/procfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define PROCFS_TYPE 0x9fa0
#define TEXT_MAX    (256u << 10)

static struct filesystem procfs;
static struct inode *root;
static const struct inode_ops procfs_ops;

static const struct proc_file *file_of(const struct inode *inode)
{
	return &proc_files[inode->number & 0xff];
}
static int pid_of(const struct inode *inode) { return (int)(inode->number >> 8); }
static enum proc_place place_of(const struct inode *dir)
{
	return dir == root ? IN_TOP : (dir->number & 0xff) == PROC_DIR_KIND ? IN_PROCESS : IN_QUIRE;
}

static struct inode *inode_make(int pid, unsigned kind)
{
	struct inode *inode = kmalloc(sizeof *inode);

	if (inode)
		inode_init(inode, &procfs, &procfs_ops, (uint64_t)pid << 8 | kind, proc_files[kind].type);
	return inode;
}

static void procfs_release(struct inode *inode)
{
	if (inode != root)
		kfree(inode);
}

static bool pid_lives(int pid)
{
	bool lives;

	spin_lock(&proc_lock);
	lives = proc_find(pid) != NULL;
	spin_unlock(&proc_lock);
	return lives;
}

/* A number without sign or zeros before it; 0: it is none. */
static int pid_parse(const char *s, size_t len)
{
	int pid = 0;

	if (!len || len > 7 || *s == '0')
		return 0;
	for (; len; len--, s++) {
		if (*s < '0' || *s > '9')
			return 0;
		pid = pid * 10 + (*s - '0');
	}
	return pid;
}

static int procfs_lookup(struct inode *dir, const char *name, size_t len, struct inode **found)
{
	enum proc_place place = place_of(dir);
	bool top = place == IN_TOP, dot = len == 1 && name[0] == '.',
	     up = len == 2 && name[0] == '.' && name[1] == '.';
	int pid = top ? pid_parse(name, len) : 0;
	unsigned kind = 0;

	*found = NULL;
	if (dot || up) {
		*found = inode_get(dot ? dir : root);
		return 0;
	}
	if (pid && pid_lives(pid))
		kind = PROC_DIR_KIND;
	for (unsigned k = PROC_DIR_KIND + 1; !pid && !kind && k < proc_files_count; k++)
		if (proc_files[k].in == place && strlen(proc_files[k].name) == len &&
		    memcmp(proc_files[k].name, name, len) == 0)
			kind = k;
	if (!kind || (place == IN_PROCESS && !pid_lives(pid_of(dir))))
		return -ENOENT;
	*found = inode_make(top ? pid : pid_of(dir), kind);
	return *found ? 0 : -ENOMEM;
}

struct pids {
	int after, next;
};

static void pid_after(struct proc *p, void *ctx)
{
	struct pids *s = ctx;

	if (p->pid > s->after && !s->next)
		s->next = p->pid;
}

/* Positions: 0, 1 the dots; 2.. the files; then 256 + the last process told. */
static int procfs_readdir(struct inode *dir, uint64_t *position, dir_visit_fn *visit, void *ctx)
{
	enum proc_place place = place_of(dir);
	char text[12];

	for (; *position < proc_files_count; ++*position) {
		unsigned k = (unsigned)*position;
		const struct proc_file *f = &proc_files[k];
		struct dir_name n = {.next = *position + 1, .type = S_IFDIR};

		if (k >= 2 && (f->in != place || !*f->name))
			continue;
		n.name = k == 0 ? "." : k == 1 ? ".." : f->name;
		n.len = strlen(n.name);
		n.ino = k == 0 ? dir->number : k == 1 ? root->number : (dir->number & ~0xffull) | k;
		if (k >= 2)
			n.type = f->type;
		if (!visit(ctx, &n))
			return 0;
	}
	while (place == IN_TOP) {
		struct pids s = {.after = *position < 256 ? 0 : (int)(*position - 256)};
		struct dir_name n = {.name = text, .type = S_IFDIR};

		spin_lock(&proc_lock);
		proc_each(pid_after, &s);
		spin_unlock(&proc_lock);
		if (!s.next)
			return 0;
		n.len = (size_t)ksnprintf(text, sizeof text, "%d", s.next);
		n.ino = (uint64_t)s.next << 8 | PROC_DIR_KIND;
		n.next = 256 + (uint64_t)s.next;
		if (!visit(ctx, &n))
			return 0;
		*position = n.next;
	}
	return 0;
}

/* ---- contents ---- */

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	for (;;) {
		size_t left = t->room - t->used, room = t->room ? t->room * 2 : 4096;
		char *grown;

		va_start(ap, fmt);
		n = kvsnprintf(t->buf ? t->buf + t->used : NULL, left, fmt, ap);
		va_end(ap);
		if ((size_t)n < left) {
			t->used += (size_t)n;
			return;
		}
		grown = room <= TEXT_MAX ? krealloc(t->buf, room) : NULL;
		if (!grown) {
			t->err = -ENOMEM;
			return;
		}
		t->buf = grown;
		t->room = room;
	}
}

void text_bytes(struct text *t, const void *bytes, size_t n)
{
	text_add(t, "%*s", (int)n, ""); /* room for them */
	if (!t->err)
		memcpy(t->buf + t->used - n, bytes, n);
}

static int text_make(const struct inode *inode, uint64_t offset, struct text *t)
{
	const struct proc_file *f = file_of(inode);

	*t = (struct text){.offset = offset};
	if (!f->fill)
		return -EINVAL;
	f->fill(t, pid_of(inode));
	return t->err;
}

static int64_t procfs_read(struct inode *inode, uint64_t offset, void *buf, size_t n)
{
	struct text t;
	int err = text_make(inode, offset, &t);

	if (file_of(inode)->by_offset)
		offset = 0;
	if (offset >= t.used)
		n = 0;
	else if (n > t.used - offset)
		n = t.used - offset;
	if (!err && n)
		memcpy(buf, t.buf + offset, n);
	kfree(t.buf);
	return err ? err : (int64_t)n;
}

static int procfs_readlink(struct inode *inode, char *target, size_t size)
{
	struct text t;
	int err = text_make(inode, 0, &t);

	if (!err && t.used > size)
		err = -ENAMETOOLONG;
	if (!err)
		memcpy(target, t.buf, t.used);
	kfree(t.buf);
	return err ? err : t.used ? (int)t.used : -ENOENT;
}

static int procfs_stat(struct inode *inode, struct file_stat *s)
{
	*s = (struct file_stat){.ino = inode->number,
				.mode = file_of(inode)->type | (inode->type == S_IFREG   ? 0444u
								: inode->type == S_IFDIR ? 0555u
											 : 0777u),
				.nlink = inode->type == S_IFDIR ? 2 : 1};
	return 0;
}

static const struct inode_ops procfs_ops = {
	.lookup = procfs_lookup,
	.readdir = procfs_readdir,
	.readlink = procfs_readlink,
	.stat = procfs_stat,
	.read = procfs_read,
	.release = procfs_release,
};

static int procfs_statfs(struct filesystem *fs, struct fs_stat *s)
{
	(void)fs;
	*s = (struct fs_stat){.type = PROCFS_TYPE, .block_size = PT_PAGE_SIZE, .name_max = NAME_MAX};
	return 0;
}

static int procfs_root(struct filesystem *fs, struct inode **found)
{
	(void)fs;
	*found = inode_get(root);
	return 0;
}

static const struct filesystem_ops procfs_fs_ops = {.statfs = procfs_statfs, .root = procfs_root};

struct filesystem *procfs_make(void)
{
	procfs = (struct filesystem){.ops = &procfs_fs_ops, .read_only = true, .device = 4};
	root = inode_make(0, 0);
	return root ? &procfs : NULL;
}
