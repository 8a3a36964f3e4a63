/* Random operations on ext2, each done in a plain model in memory, too: results, contents and attributes agree, also
 * after unmounting, and e2fsck is content. Names are few, so that operations meet. */
#include "fs.h"
#include "pages.h"

#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 40
#define PAGE    4096
#define CHUNKS  24 /* pages that a file of the model can hold; the rest are holes */
#define OPS     (40000 / FS_PART)

struct node { /* an inode of the model */
	uint32_t type;
	unsigned links, opens;
	uint64_t size;
	struct {
		uint64_t index;
		char *data;
	} chunk[CHUNKS];
	char target[120];
	struct {
		char name[256];
		struct node *node;
	} entry[ENTRIES];
	unsigned nentries;
	struct node *parent;
};

static struct disk *disk;
static struct filesystem *fs;
static struct node *root;
static char trail[200];

static unsigned pick(unsigned n) { return (unsigned)(test_rand() >> 20) % n; }

/* ---- the model ---- */

static struct node *node_make(uint32_t type, struct node *parent)
{
	struct node *n = calloc(1, sizeof *n);

	n->type = type;
	n->links = 1;
	n->parent = parent;
	return n;
}

static void node_drop(struct node *n)
{
	if (n->links || n->opens)
		return;
	for (unsigned i = 0; i < CHUNKS; i++)
		free(n->chunk[i].data);
	free(n);
}

static int entry_find(const struct node *dir, const char *name)
{
	for (unsigned i = 0; i < dir->nentries; i++)
		if (!strcmp(dir->entry[i].name, name))
			return (int)i;
	return -1;
}

static struct node *node_at(const struct node *dir, const char *name)
{
	int i = entry_find(dir, name);

	return i < 0 ? NULL : dir->entry[i].node;
}

static void entry_add(struct node *dir, const char *name, struct node *node)
{
	strcpy(dir->entry[dir->nentries].name, name);
	dir->entry[dir->nentries++].node = node;
}

static void entry_remove(struct node *dir, const char *name)
{
	int i = entry_find(dir, name);

	dir->entry[i] = dir->entry[--dir->nentries];
}

static char *chunk_of(struct node *n, uint64_t index, bool make)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		if (n->chunk[i].data && n->chunk[i].index == index)
			return n->chunk[i].data;
	for (unsigned i = 0; make && i < CHUNKS; i++) {
		if (n->chunk[i].data)
			continue;
		n->chunk[i].index = index;
		return n->chunk[i].data = calloc(1, PAGE);
	}
	return NULL;
}

static void model_resize(struct node *n, uint64_t size)
{
	for (unsigned i = 0; i < CHUNKS; i++) {
		if (n->chunk[i].data && n->chunk[i].index * PAGE >= size) {
			free(n->chunk[i].data);
			n->chunk[i].data = NULL;
		} else if (n->chunk[i].data && n->chunk[i].index == size / PAGE) {
			memset(n->chunk[i].data + size % PAGE, 0, PAGE - size % PAGE);
		}
	}
	n->size = size;
}

/* ---- places ---- */

struct place {
	struct node *dir;
	char path[1200], name[256];
};

static void name_pick(char *name)
{
	unsigned n = pick(10);

	size_t len = n < 7 ? 1 : 230 + n;

	memset(name, 'a' + (int)n, len);
	name[len] = 0;
}

static void place_pick(struct place *p)
{
	p->dir = root;
	p->path[0] = 0;
	for (unsigned depth = pick(4); depth--;) {
		unsigned i = p->dir->nentries ? pick(p->dir->nentries) : 0;

		if (!p->dir->nentries || p->dir->entry[i].node->type != S_IFDIR)
			break;
		strcat(strcat(p->path, "/"), p->dir->entry[i].name);
		p->dir = p->dir->entry[i].node;
	}
	name_pick(p->name);
	strcat(strcat(p->path, "/"), p->name);
}

static bool same(int got, int want, const char *what)
{
	if (got == want)
		return true;
	test_note("%s %s: %d, the model says %d", what, trail, got, want);
	return CHECK(!"disk and model agree");
}

/* ---- operations ---- */

static void op_create(struct place *p)
{
	static const uint32_t types[] = {S_IFREG, S_IFREG, S_IFDIR, S_IFIFO};
	uint32_t type = types[pick(4)];
	int want = node_at(p->dir, p->name) ? -EEXIST : 0;

	if (p->dir->nentries == ENTRIES)
		return;
	if (same(at_create(fs, p->path, type | 0755, NULL), want, "create") && !want)
		entry_add(p->dir, p->name, node_make(type, p->dir));
}

static void op_symlink(struct place *p)
{
	struct node *n;
	char target[120];
	int want = node_at(p->dir, p->name) ? -EEXIST : 0;

	if (p->dir->nentries == ENTRIES)
		return;
	snprintf(target, sizeof target, "%0*u", 1 + (int)pick(110), pick(100));
	if (!same(at_symlink(fs, p->path, target), want, "symlink") || want)
		return;
	n = node_make(S_IFLNK, p->dir);
	strcpy(n->target, target);
	n->size = strlen(target);
	entry_add(p->dir, p->name, n);
}

static void op_unlink(struct place *p)
{
	struct node *n = node_at(p->dir, p->name);
	bool directory = n && pick(8) ? n->type == S_IFDIR : pick(2);
	int want = !n ? -ENOENT : 0;

	if (n && directory != (n->type == S_IFDIR))
		want = directory ? -ENOTDIR : -EISDIR;
	else if (n && n->nentries)
		want = -ENOTEMPTY;
	if (!same(at_unlink(fs, p->path, directory), want, "unlink") || want)
		return;
	entry_remove(p->dir, p->name);
	n->links--;
	node_drop(n);
}

static void op_link(struct place *p)
{
	struct place to;
	struct node *n = node_at(p->dir, p->name);
	int want;

	place_pick(&to);
	if (to.dir->nentries == ENTRIES)
		return;
	want = !n ? -ENOENT : n->type == S_IFDIR ? -EPERM : node_at(to.dir, to.name) ? -EEXIST : 0;
	if (!same(at_link(fs, p->path, to.path), want, "link") || want)
		return;
	n->links++;
	entry_add(to.dir, to.name, n);
}

static bool is_below(const struct node *dir, const struct node *top)
{
	while (dir && dir != top)
		dir = dir->parent;
	return dir;
}

static int rename_want(const struct node *n, const struct node *over, const struct node *to)
{
	if (!n)
		return -ENOENT;
	if (n->type == S_IFDIR && is_below(to, n))
		return -EINVAL;
	if (!over || over == n)
		return 0;
	if (n->type == S_IFDIR && over->type != S_IFDIR)
		return -ENOTDIR;
	if (n->type != S_IFDIR && over->type == S_IFDIR)
		return -EISDIR;
	return over->nentries ? -ENOTEMPTY : 0;
}

static void op_rename(struct place *p)
{
	struct place to;
	struct node *n = node_at(p->dir, p->name), *over;
	int want;

	place_pick(&to);
	over = node_at(to.dir, to.name);
	if (to.dir->nentries == ENTRIES)
		return;
	want = rename_want(n, over, to.dir);
	if (!same(at_rename(fs, p->path, to.path), want, "rename") || want || over == n)
		return;
	if (over) {
		entry_remove(to.dir, to.name);
		over->links--;
		node_drop(over);
	}
	entry_remove(p->dir, p->name);
	entry_add(to.dir, to.name, n);
	n->parent = to.dir;
}

static struct inode *file_at(struct place *p, struct node **n)
{
	struct inode *inode;

	*n = node_at(p->dir, p->name);
	if (!*n || (*n)->type != S_IFREG)
		return NULL;
	return same(at_namei(fs, p->path, &inode), 0, "lookup") ? inode : NULL;
}

static uint64_t offset_pick(void)
{
	static const uint64_t base[] = {0, 0, 0, 10, 11, 1035, 1036, 1036 + 1024 * 1024, 1040 + 1024 * 1024};

	return base[pick(9)] * PAGE + pick(3 * PAGE);
}

static void op_write(struct place *p)
{
	struct node *n;
	struct inode *inode = file_at(p, &n);
	uint64_t offset = offset_pick();
	char buf[2 * PAGE];
	size_t len = 1 + pick(sizeof buf);

	if (!inode)
		return;
	memset(buf, 'A' + (int)pick(26), len);
	for (uint64_t at = offset / PAGE; at <= (offset + len - 1) / PAGE; at++)
		if (!chunk_of(n, at, true))
			len = 0;
	if (len && same((int)file_write(inode, offset, buf, len), (int)len, "write")) {
		for (size_t i = 0; i < len; i++)
			chunk_of(n, (offset + i) / PAGE, true)[(offset + i) % PAGE] = buf[i];
		if (n->size < offset + len)
			n->size = offset + len;
	}
	inode_put(inode);
}

static void op_resize(struct place *p)
{
	struct node *n;
	struct inode *inode = file_at(p, &n);
	uint64_t size = pick(3) ? offset_pick() : 0;

	if (!inode)
		return;
	if (same(file_resize(inode, size), 0, "resize"))
		model_resize(n, size);
	if (pick(4) == 0)
		same(fs_sync(inode), 0, "fsync");
	if (pick(4) == 0)
		file_drop(inode);
	inode_put(inode);
}

/* ---- comparing ---- */

static bool contents_same(struct inode *inode, struct node *n)
{
	static const uint64_t look[] = {
		0, 1, 10, 11, 12, 13, 1035, 1036, 1037, 1036 + 1024 * 1024, 1041 + 1024 * 1024};
	static const char zeros[PAGE];
	char buf[PAGE];

	for (unsigned i = 0; i < sizeof look / sizeof look[0]; i++) {
		uint64_t at = look[i] * PAGE;
		const char *want = chunk_of(n, look[i], false);
		uint64_t left = at < n->size ? n->size - at : 0;
		int len = (int)(left < PAGE ? left : PAGE);

		if (!same((int)file_read(inode, at, buf, PAGE), len, "read"))
			return false;
		if (memcmp(buf, want ? want : zeros, (size_t)len))
			return CHECK(!"contents agree");
	}
	return true;
}

struct seen {
	const struct node *dir;
	unsigned n;
	bool ok;
};

static bool see(void *ctx, const struct dir_name *name)
{
	struct seen *s = ctx;
	char text[256] = {0};
	const struct node *n;

	memcpy(text, name->name, name->len);
	if (!strcmp(text, ".") || !strcmp(text, "..") || !strcmp(text, "lost+found"))
		return true;
	n = node_at(s->dir, text);
	s->ok = s->ok && n && name->type == n->type;
	s->n++;
	return true;
}

static bool node_same(struct inode *inode, struct node *n)
{
	struct seen seen = {.dir = n, .ok = true};
	struct file_stat st;
	uint64_t position = 0;
	char target[200];

	fs_stat(inode, &st);
	if (!same((int)inode->type, (int)n->type, "type"))
		return false;
	if (n->type != S_IFDIR && !same((int)st.nlink, (int)n->links, "links"))
		return false;
	if (n->type == S_IFLNK) {
		int len = fs_readlink(inode, target, sizeof target);

		return same(len, (int)n->size, "readlink") && CHECK(!memcmp(target, n->target, n->size));
	}
	if (n->type == S_IFREG)
		return CHECK_EQ(st.size, n->size) && contents_same(inode, n);
	if (n->type != S_IFDIR)
		return true;
	return same(fs_readdir(inode, &position, see, &seen), 0, "readdir") && CHECK(seen.ok) &&
	       CHECK_EQ(seen.n, n->nentries);
}

static bool tree_same(struct inode *inode, struct node *n)
{
	bool ok = node_same(inode, n);

	for (unsigned i = 0; ok && n->type == S_IFDIR && i < n->nentries; i++) {
		struct inode *below;

		ok = same(fs_lookup(inode, n->entry[i].name, strlen(n->entry[i].name), &below), 0, "lookup");
		if (ok)
			ok = tree_same(below, n->entry[i].node);
		inode_put(below);
	}
	return ok;
}

static bool all_same(void)
{
	struct inode *inode;
	bool ok = CHECK_EQ(fs->ops->root(fs, &inode), 0) && tree_same(inode, root);

	inode_put(inode);
	return ok;
}

static void tree_free(struct node *n)
{
	for (unsigned i = 0; n->type == S_IFDIR && i < n->nentries; i++)
		tree_free(n->entry[i].node);
	n->links--;
	node_drop(n);
}

static void op_any(void)
{
	static void (*const ops[])(struct place *) = {op_create, op_create, op_create, op_symlink, op_unlink,
						      op_unlink, op_link,   op_rename, op_rename,  op_write,
						      op_write,  op_write,  op_resize};
	struct place p;

	place_pick(&p);
	snprintf(trail, sizeof trail, "%.190s", p.path);
	ops[pick(sizeof ops / sizeof ops[0])](&p);
}

/* BUFFERS: how many the mount keeps; few of them make it commit in the midst of operations. */
static bool mount_again(unsigned buffers)
{
	fs = disk_mount(disk);
	if (fs)
		((struct ext2 *)fs)->cache.limit = buffers;
	return fs;
}

static void agree(unsigned buffers)
{
	disk = disk_make(3000, "-g 1024");
	root = node_make(S_IFDIR, NULL);
	mount_again(buffers);
	for (unsigned i = 1; fs && i <= OPS && !test_failing(); i++) {
		op_any();
		if (i % 2000)
			continue;
		if (!all_same() || (pick(2) && !CHECK_EQ(fs->ops->sync(fs), 0)))
			break;
		if (!fs_unmount_ok(fs) || !disk_clean(disk, "in between"))
			fs = NULL;
		else if (mount_again(buffers))
			all_same();
	}
	if (fs)
		fs_unmount_ok(fs);
	tree_free(root);
	disk_free(disk);
}

TEST(model, "fs/random-operations-agree-with-a-model-in-memory") { agree(EXT2_BUFFERS); }
TEST(model_small, "fs/few-buffers-are-enough") { agree(5); }
