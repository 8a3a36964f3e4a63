/* The path walk. It holds one reference, to the directory it stands in, and no lock but while it looks whether
 * something is mounted there (LOCK). What it finds may be renamed or removed as it goes on, as on any such system. */
#include "kernel/fs/namei.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

static struct spinlock lock = SPINLOCK_INIT("mounts", RANK_SYNC); /* every inode's `mounted` and `covers` */

struct walk {
	const struct namei *at;
	struct inode *dir; /* where it stands; a reference */
	const char *rest;  /* of the path */
	char *spliced;     /* the path with a link's target in it, once there was one; PATH_MAX bytes */
	char *target;      /* as big */
	unsigned links;
	bool follow;
};

/* ---- mounts ---- */

/* What is seen at INODE; its reference goes over. */
static struct inode *mounted_at(struct inode *inode)
{
	for (;;) {
		struct inode *root;

		spin_lock(&lock);
		root = inode->mounted ? inode_get(inode->mounted) : NULL;
		spin_unlock(&lock);
		if (!root)
			return inode;
		inode_put(inode);
		inode = root;
	}
}

bool inode_is_covered(struct inode *inode)
{
	bool covered;

	spin_lock(&lock);
	covered = inode->mounted;
	spin_unlock(&lock);
	return covered;
}

/* Below which directory INODE is seen: itself, but for a mounted root; a new reference. */
static struct inode *covered_by(struct inode *inode)
{
	inode_get(inode);
	for (;;) {
		struct inode *below;

		spin_lock(&lock);
		below = inode->covers ? inode_get(inode->covers) : NULL;
		spin_unlock(&lock);
		if (!below)
			return inode;
		inode_put(inode);
		inode = below;
	}
}

int namei_mount(struct inode *dir, struct inode *root)
{
	int err = 0;

	if (dir->type != S_IFDIR || root->type != S_IFDIR)
		return -ENOTDIR;
	spin_lock(&lock);
	if (dir->mounted || root->covers || dir == root) {
		err = -EBUSY;
	} else {
		dir->mounted = root;
		root->covers = dir;
	}
	spin_unlock(&lock);
	return err;
}

int namei_unmount(struct inode *root)
{
	struct inode *dir;

	spin_lock(&lock);
	dir = root->covers;
	if (dir)
		dir->mounted = root->covers = NULL;
	spin_unlock(&lock);
	if (!dir)
		return -EINVAL;
	inode_put(dir);
	inode_put(root);
	return 0;
}

/* ---- steps ---- */

static int lookup(struct walk *w, const char *name, size_t len, struct inode **next)
{
	bool up = len == 2 && name[0] == '.' && name[1] == '.';
	int err = 0;

	*next = NULL;
	if (w->dir->type != S_IFDIR)
		return -ENOTDIR;
	if ((len == 1 && name[0] == '.') || (up && w->dir == w->at->root)) {
		*next = inode_get(w->dir);
	} else if (up) {
		struct inode *dir = covered_by(w->dir);

		err = fs_lookup(dir, name, len, next);
		inode_put(dir);
	} else {
		err = fs_lookup(w->dir, name, len, next);
	}
	if (!err)
		*next = mounted_at(*next);
	return err;
}

static int walk_begin(struct walk *w, const char *path)
{
	if (!*path)
		return -ENOENT;
	if (strnlen(path, PATH_MAX) == PATH_MAX)
		return -ENAMETOOLONG;
	w->rest = path;
	w->dir = inode_get(*path == '/' ? w->at->root : w->at->cwd);
	return 0;
}

static void walk_end(struct walk *w)
{
	kfree(w->spliced);
	kfree(w->target);
	inode_put(w->dir);
}

/* The walk goes on with LINK's target, and behind it with REST. */
static int splice(struct walk *w, struct inode *link, const char *rest)
{
	size_t rest_len = strlen(rest);
	int len;

	if (++w->links > NAMEI_LINKS_MAX)
		return -ELOOP;
	if (!w->spliced)
		w->spliced = kmalloc(PATH_MAX);
	if (!w->target)
		w->target = kmalloc(PATH_MAX);
	if (!w->spliced || !w->target)
		return -ENOMEM;
	len = fs_readlink(link, w->target, PATH_MAX);
	if (len <= 0)
		return len ? len : -ENOENT;
	if ((size_t)len + rest_len >= PATH_MAX)
		return -ENAMETOOLONG;
	memmove(w->spliced + len, rest, rest_len + 1); /* REST may lie in there, too */
	memcpy(w->spliced, w->target, (size_t)len);
	w->rest = w->spliced;
	if (*w->rest == '/') {
		inode_put(w->dir);
		w->dir = inode_get(w->at->root);
	}
	return 0;
}

static const char *skip_slashes(const char *s)
{
	while (*s == '/')
		s++;
	return s;
}

/* The last part, NAME: found, or missing from where the walk stands. The walk's reference goes over. */
static int arrive(struct walk *w, const char *name, size_t len, bool slash, struct inode *found,
		  struct namei_last *last)
{
	if (slash && found && found->type != S_IFDIR)
		return -ENOTDIR;
	*last = (struct namei_last){.dir = w->dir, .found = found, .len = len, .slash = slash};
	memcpy(last->name, name, len);
	w->dir = NULL;
	return 0;
}

/* One part of the path. 1: it was the last. */
static int step(struct walk *w, struct namei_last *last)
{
	const char *name = skip_slashes(w->rest), *end = name, *after;
	struct inode *next;
	bool is_last;
	int err;

	while (*end && *end != '/')
		end++;
	if (end == name) { /* nothing but slashes */
		name = ".";
		end = name + 1;
	}
	if ((size_t)(end - name) > NAME_MAX)
		return -ENAMETOOLONG;
	after = skip_slashes(end);
	is_last = !*after;
	err = lookup(w, name, (size_t)(end - name), &next);
	if (err == -ENOENT && is_last) {
		err = arrive(w, name, (size_t)(end - name), *end == '/', NULL, last);
		return err ? err : 1;
	}
	if (err)
		return err;
	if (next->type == S_IFLNK && (!is_last || w->follow || *end == '/')) {
		err = splice(w, next, end);
		inode_put(next);
		return err;
	}
	if (is_last) {
		err = arrive(w, name, (size_t)(end - name), *end == '/', next, last);
		if (err)
			inode_put(next);
		return err ? err : 1;
	}
	inode_put(w->dir);
	w->dir = next;
	w->rest = after;
	return 0;
}

int namei_last(const struct namei *at, const char *path, unsigned flags, struct namei_last *last)
{
	struct walk w = {.at = at, .follow = flags & NAMEI_FOLLOW};
	int err = walk_begin(&w, path);

	while (!err)
		err = step(&w, last);
	walk_end(&w);
	return err < 0 ? err : 0;
}

void namei_last_put(struct namei_last *last)
{
	inode_put(last->dir);
	inode_put(last->found);
}

int namei(const struct namei *at, const char *path, unsigned flags, struct inode **found)
{
	struct namei_last last;
	int err = namei_last(at, path, flags, &last);

	*found = NULL;
	if (err)
		return err;
	inode_put(last.dir);
	*found = last.found;
	return last.found ? 0 : -ENOENT;
}

/* ---- the way back ---- */

struct name_search {
	uint64_t ino;
	char name[NAME_MAX];
	size_t len;
};

static bool is_it(void *ctx, const struct dir_name *name)
{
	struct name_search *s = ctx;

	if (name->ino != s->ino ||
	    (name->name[0] == '.' && (name->len == 1 || (name->len == 2 && name->name[1] == '.'))))
		return true;
	memcpy(s->name, name->name, name->len);
	s->len = name->len;
	return false;
}

/* W stands in a directory and moves to its parent; the directory's name goes before what is in BUF from *START on. */
static int climb(struct walk *w, struct name_search *s, char *buf, size_t *start)
{
	struct inode *below = covered_by(w->dir), *up;
	uint64_t position = 0;
	int err = lookup(w, "..", 2, &up);

	s->ino = below->number;
	s->len = 0;
	inode_put(below);
	if (err)
		return err;
	err = up == w->dir ? -ENOENT : fs_readdir(up, &position, is_it, s);
	inode_put(w->dir);
	w->dir = up;
	if (err || !s->len)
		return err ? err : -ENOENT;
	if (s->len + 1 > *start)
		return -ERANGE;
	*start -= s->len;
	memcpy(buf + *start, s->name, s->len);
	buf[--*start] = '/';
	return 0;
}

int namei_path(const struct namei *at, struct inode *dir, char *buf, size_t size)
{
	struct walk w = {.at = at, .dir = inode_get(dir)};
	struct name_search *s = kmalloc(sizeof *s);
	size_t start = size;
	int err = s ? 0 : -ENOMEM;

	if (!err && size < 2)
		err = -ERANGE;
	if (!err)
		buf[--start] = 0;
	while (!err && w.dir != at->root)
		err = climb(&w, s, buf, &start);
	if (!err && start == size - 1)
		buf[--start] = '/';
	kfree(s);
	inode_put(w.dir);
	if (err)
		return err;
	memmove(buf, buf + start, size - start);
	return (int)(size - start);
}
