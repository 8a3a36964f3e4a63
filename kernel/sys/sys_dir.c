/* System calls that make, remove and rename names, and those about directories one is in. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/call.h"
#include "kernel/sys/path.h"

static int64_t mkdir_at(uint64_t dirfd, vaddr_t path, uint32_t mode)
{
	struct namei_last last;
	struct inode *made;
	int err = path_place(dirfd, path, &last);

	if (err)
		return err;
	err = last.found ? -EEXIST
			 : fs_create(last.dir, last.name, last.len,
				     S_IFDIR | (mode & ~proc_current()->umask & 01777), 0, &made);
	if (!err)
		inode_put(made);
	namei_last_put(&last);
	return err;
}

int64_t sys_mkdirat(struct call *c) { return mkdir_at(c->arg[0], c->arg[1], (uint32_t)c->arg[2]); }
int64_t sys_mkdir(struct call *c) { return mkdir_at(AT_FDCWD, c->arg[0], (uint32_t)c->arg[1]); }

static int64_t unlink_at(uint64_t dirfd, vaddr_t path, bool directory)
{
	struct namei_last last;
	int err = path_place(dirfd, path, &last);

	if (err)
		return err;
	if (!last.found)
		err = -ENOENT;
	else if (directory && last.found->type == S_IFDIR && last.found->covers)
		err = -EBUSY;
	else if (!directory && last.slash && last.found->type != S_IFDIR)
		err = -ENOTDIR;
	else
		err = fs_unlink(last.dir, last.name, last.len, directory);
	namei_last_put(&last);
	return err;
}

int64_t sys_unlinkat(struct call *c)
{
	if (c->arg[2] & ~(uint64_t)AT_REMOVEDIR)
		return -EINVAL;
	return unlink_at(c->arg[0], c->arg[1], c->arg[2] & AT_REMOVEDIR);
}
int64_t sys_unlink(struct call *c) { return unlink_at(AT_FDCWD, c->arg[0], false); }
int64_t sys_rmdir(struct call *c) { return unlink_at(AT_FDCWD, c->arg[0], true); }

static int64_t link_at(uint64_t from_fd, vaddr_t from, uint64_t to_fd, vaddr_t to, unsigned flags)
{
	struct namei_last last;
	struct inode *inode;
	int err;

	if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_find(from_fd, from,
			(flags & AT_SYMLINK_FOLLOW ? 0u : AT_SYMLINK_NOFOLLOW) | (flags & AT_EMPTY_PATH),
			&inode);
	if (err)
		return err;
	err = path_place(to_fd, to, &last);
	if (!err) {
		err = last.found   ? -EEXIST
		      : last.slash ? -ENOENT
				   : fs_link(last.dir, last.name, last.len, inode);
		namei_last_put(&last);
	}
	inode_put(inode);
	return err;
}

int64_t sys_linkat(struct call *c)
{
	return link_at(c->arg[0], c->arg[1], c->arg[2], c->arg[3], (unsigned)c->arg[4]);
}
int64_t sys_link(struct call *c) { return link_at(AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0); }

static int64_t symlink_at(vaddr_t target_at, uint64_t dirfd, vaddr_t path)
{
	struct namei_last last;
	struct inode *made;
	int err;
	char *target = call_path(target_at, &err);

	if (!err)
		err = path_place(dirfd, path, &last);
	if (!err) {
		err = last.found   ? -EEXIST
		      : last.slash ? -ENOENT
				   : fs_symlink(last.dir, last.name, last.len, target, &made);
		if (!err)
			inode_put(made);
		namei_last_put(&last);
	}
	kfree(target);
	return err;
}

int64_t sys_symlinkat(struct call *c) { return symlink_at(c->arg[0], c->arg[1], c->arg[2]); }
int64_t sys_symlink(struct call *c) { return symlink_at(c->arg[0], AT_FDCWD, c->arg[1]); }

static int64_t rename_at(uint64_t from_fd, vaddr_t from, uint64_t to_fd, vaddr_t to, uint64_t flags)
{
	struct namei_last a, b;
	int err;

	if (flags & ~(uint64_t)RENAME_NOREPLACE)
		return -EINVAL;
	err = path_place(from_fd, from, &a);
	if (err)
		return err;
	err = path_place(to_fd, to, &b);
	if (!err) {
		if (!a.found)
			err = -ENOENT;
		else if ((a.slash || b.slash) && a.found->type != S_IFDIR)
			err = -ENOTDIR;
		else
			err = fs_rename(a.dir, a.name, a.len, b.dir, b.name, b.len, (unsigned)flags);
		namei_last_put(&b);
	}
	namei_last_put(&a);
	return err;
}

int64_t sys_renameat2(struct call *c)
{
	return rename_at(c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
}
int64_t sys_renameat(struct call *c) { return rename_at(c->arg[0], c->arg[1], c->arg[2], c->arg[3], 0); }
int64_t sys_rename(struct call *c) { return rename_at(AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0); }

/* ---- where one is ---- */

int64_t sys_getcwd(struct call *c)
{
	const struct proc *p = proc_current();
	char *path = kmalloc(PATH_MAX);
	int len;

	if (!path)
		return -ENOMEM;
	len = namei_path(&p->at, p->at.cwd, path, PATH_MAX);
	if (len > 0 && (uint64_t)len > c->arg[1])
		len = -ERANGE;
	if (len > 0 && copy_out(c->arg[0], path, (size_t)len))
		len = -EFAULT;
	kfree(path);
	return len;
}

static int64_t cwd_set(struct inode *inode)
{
	struct proc *p = proc_current();

	if (inode->type != S_IFDIR) {
		inode_put(inode);
		return -ENOTDIR;
	}
	inode_put(p->at.cwd);
	p->at.cwd = inode;
	return 0;
}

int64_t sys_chdir(struct call *c)
{
	struct inode *inode;
	int err = path_find(AT_FDCWD, c->arg[0], 0, &inode);

	return err ? err : cwd_set(inode);
}

int64_t sys_fchdir(struct call *c)
{
	const struct file *f = call_file((int)c->arg[0]);

	return !f ? -EBADF : f->inode ? cwd_set(inode_get(f->inode)) : -ENOTDIR;
}

int64_t sys_umask(struct call *c)
{
	uint32_t was = proc_current()->umask;

	proc_current()->umask = (uint32_t)c->arg[0] & 0777;
	return was;
}

int64_t sys_sync(struct call *c)
{
	(void)c;
	fs_sync_all(proc_current()->at.root->fs);
	return 0;
}

int64_t sys_syncfs(struct call *c)
{
	const struct file *f = call_file((int)c->arg[0]);

	return !f ? -EBADF : f->inode ? fs_sync_all(f->inode->fs) : 0;
}
