/* Power cuts. A workload runs on a disk that logs each write and flush; then states that a cut could leave are built
 * from the log: every write up to some point, or all but one since the last flush. e2fsck finds nothing that the order
 * of writes prevents, and mends the rest; what a sync had acknowledged is there; and no file shows what is not its own:
 * each file's data is its number, which is its owner, too, and free blocks held the number 9999999 to begin with. */
#include "fs.h"
#include "pages.h"

#include "kernel/lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 288
#define FILES  14
#define DIRS   3
#define PAGE   4096
#define LARGE  0x80000000ull
#define REG    0100644
#define STATES (160 / FS_PART) /* a workload */
#define OPS    160

static struct disk *disk;
static struct filesystem *fs;
static uint64_t random_state;

/* A note: of file ID, PATH was acknowledged with these contents (SUM 0: it may have changed from here on). */
struct promise {
	unsigned id;
	uint64_t size, sum;
	char path[40], other[40]; /* or there, when it was being renamed */
};
static struct promise promise[4096];
static unsigned npromises;
static bool renamed[1024]; /* by inode: two names for a moment, and one link */

static unsigned pick(unsigned n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(random_state >> 33) % n;
}

/* ---- contents ---- */

/* A number that tells what FILE holds; of all but holes. */
static uint64_t sum_of(struct inode *file)
{
	static uint64_t words[PAGE / 8];
	uint64_t size = inode_size(file), sum = size + 1;

	for (uint64_t at = 0; at < size; at += PAGE) {
		int64_t got;

		if (at == 64 * PAGE && size >= LARGE)
			at = LARGE; /* nothing is ever written between */
		memset(words, 0, sizeof words);
		got = file_read(file, at, words, PAGE);
		if (got < 0)
			return 0;
		for (unsigned i = 0; i < PAGE / 8; i++)
			if (words[i])
				sum = (sum ^ (words[i] + at + i)) * 0x100000001b3ull;
	}
	return sum ? sum : 1;
}

/* ---- the workload ---- */

struct file {
	unsigned id; /* 0: none */
	char path[40];
	unsigned synced; /* the promise that holds for it, plus 1; 0: none */
};
static struct file files[FILES];
static bool dirs[DIRS];
static unsigned next_id, version;

static struct promise *note(unsigned id)
{
	struct promise *p = &promise[npromises];

	*p = (struct promise){.id = id};
	disk_note(disk, npromises++);
	return p;
}

static void touch(struct file *f)
{
	note(f->id);
	f->synced = 0;
}

static struct inode *open_file(const struct file *f)
{
	struct inode *inode;

	CHECK_EQ(at_namei(fs, f->path, &inode), 0);
	return inode;
}

static void name_file(char *path, unsigned id)
{
	unsigned d = pick(2 * DIRS);

	if (d < DIRS && dirs[d])
		snprintf(path, 40, "/d%u/%0*u", d, 4 + (int)pick(30), id);
	else
		snprintf(path, 40, "/%0*u", 4 + (int)pick(30), id);
}

static struct file *some_file(void)
{
	for (unsigned i = 0, at = pick(FILES); i < FILES; i++, at = (at + 1) % FILES)
		if (files[at].id)
			return &files[at];
	return NULL;
}

static void op_write(struct file *f)
{
	static uint64_t words[6 * PAGE / 8];
	struct inode *inode = open_file(f);
	uint64_t where = pick(8) ? pick(14) * PAGE + pick(500) * 8 : 20 * PAGE;

	touch(f);
	if (!pick(30))
		where = LARGE + pick(3) * PAGE;
	version++;
	for (unsigned i = 0; i < sizeof words / 8; i++)
		words[i] = f->id | (uint64_t)version << 32;
	if (inode)
		file_write(inode, where, words, (1 + pick(6 * PAGE / 8)) * 8);
	inode_put(inode);
}

static void op_create(void)
{
	struct inode *inode;
	struct file *f = files;

	while (f < files + FILES && f->id)
		f++;
	if (f == files + FILES)
		return;
	*f = (struct file){.id = ++next_id};
	name_file(f->path, f->id);
	if (at_create(fs, f->path, REG, &inode)) {
		f->id = 0;
		return;
	}
	fs_set_attr(inode, &(struct file_attr){.mask = ATTR_UID, .uid = f->id});
	inode_put(inode);
	op_write(f);
}

static void op_unlink(struct file *f)
{
	touch(f);
	if (CHECK_EQ(at_unlink(fs, f->path, false), 0))
		f->id = 0;
}

/* What was acknowledged is under one name or the other until something else happens to it. */
static void rename_note(struct file *f, const char *path)
{
	unsigned was = f->synced;

	if (was && !promise[was - 1].other[0]) {
		struct promise *p = note(f->id);

		*p = promise[was - 1];
		strcpy(p->other, path);
		f->synced = npromises;
	} else {
		touch(f);
	}
}

static void op_rename(struct file *f)
{
	struct file *over = pick(2) ? some_file() : NULL;
	struct inode *inode;
	char path[40];

	if (over)
		strcpy(path, over->path);
	else
		name_file(path, f->id);
	if (over && over != f)
		touch(over);
	rename_note(f, path);
	if (!at_namei(fs, f->path, &inode))
		renamed[inode->number] = true;
	inode_put(inode);
	if (at_rename(fs, f->path, path) || over == f)
		return;
	strcpy(f->path, path);
	if (over)
		over->id = 0;
}

static void op_truncate(struct file *f)
{
	struct inode *inode = open_file(f);

	touch(f);
	if (inode)
		file_resize(inode, pick(16) * PAGE + pick(2) * 1000);
	inode_put(inode);
}

static void op_fsync(struct file *f)
{
	struct inode *inode = open_file(f);

	if (inode && !fs_sync(inode)) {
		struct promise *p = note(f->id);

		p->size = inode_size(inode);
		p->sum = sum_of(inode);
		strcpy(p->path, f->path);
		f->synced = npromises;
	}
	inode_put(inode);
}

/* A directory comes, or goes when it is empty, or changes its place for another name. */
static void op_directory(void)
{
	unsigned d = pick(DIRS);
	char path[8];

	snprintf(path, sizeof path, "/d%u", d);
	if (!dirs[d])
		dirs[d] = !at_create(fs, path, 0040755, NULL);
	else if (!at_unlink(fs, path, true))
		dirs[d] = false;
}

/* Links and short-lived names that nobody relies on. */
static void op_names(struct file *f)
{
	char path[40], target[200];

	snprintf(path, sizeof path, "/n%u", pick(6));
	memset(target, 't', sizeof target);
	target[pick(2) ? 20 : 190] = 0;
	if (!at_unlink(fs, path, false))
		return;
	if (pick(2))
		at_symlink(fs, path, target);
	else if (!at_link(fs, f->path, path))
		touch(f);
}

static void op_any(void)
{
	struct file *f = some_file();
	unsigned what = pick(100);

	if (!f || what < 20)
		op_create();
	else if (what < 40)
		op_write(f);
	else if (what < 52)
		op_unlink(f);
	else if (what < 62)
		op_rename(f);
	else if (what < 70)
		op_truncate(f);
	else if (what < 86)
		op_fsync(f);
	else if (what < 92)
		op_directory();
	else
		op_names(f);
}

static void many(void)
{
	for (unsigned i = 0; i < OPS && npromises < 4000; i++)
		op_any();
}

static bool run(void (*workload)(void))
{
	npromises = version = next_id = 0;
	memset(files, 0, sizeof files);
	memset(dirs, 0, sizeof dirs);
	memset(renamed, 0, sizeof renamed);
	fs = disk_mount(disk);
	disk->logging = true;
	if (fs) {
		workload();
		fs_unmount_ok(fs);
	}
	disk->logging = false;
	return fs && disk_clean(disk, "after the workload");
}

/* ---- what must hold of a state ---- */

static char when[120];

static bool words_ok(struct inode *file, uint32_t id)
{
	static uint64_t words[PAGE / 8];
	uint64_t size = inode_size(file);

	for (uint64_t at = 0; at < size; at += PAGE) {
		if (at == 64 * PAGE && size >= LARGE)
			at = LARGE;
		memset(words, 0, sizeof words);
		if (file_read(file, at, words, PAGE) < 0)
			return CHECK(!"a file can be read");
		for (unsigned i = 0; i < PAGE / 8; i++) {
			if (!words[i] || (uint32_t)words[i] == id)
				continue;
			test_note("%s: file %u shows %u's data", when, id, (unsigned)words[i]);
			return CHECK(!"a file shows its own data only");
		}
	}
	return true;
}

struct listing {
	unsigned n;
	struct {
		char name[60];
		size_t len;
	} entry[120];
};

static bool list_one(void *ctx, const struct dir_name *name)
{
	struct listing *l = ctx;

	if (name->name[0] == '.' || l->n == 120 || name->len > 59)
		return true;
	memcpy(l->entry[l->n].name, name->name, name->len);
	l->entry[l->n++].len = name->len;
	return true;
}

static bool tree_ok(struct inode *dir, unsigned depth)
{
	struct listing *l = calloc(1, sizeof *l);
	uint64_t position = 0;
	bool ok = CHECK_EQ(fs_readdir(dir, &position, list_one, l), 0);

	for (unsigned i = 0; ok && i < l->n; i++) {
		struct file_stat st;
		struct inode *inode;

		ok = CHECK_EQ(fs_lookup(dir, l->entry[i].name, l->entry[i].len, &inode), 0);
		if (!ok)
			break;
		fs_stat(inode, &st);
		if (inode->type == S_IFDIR && depth < 5)
			ok = tree_ok(inode, depth + 1);
		else if (inode->type == S_IFREG)
			ok = words_ok(inode, st.uid);
		inode_put(inode);
	}
	free(l);
	return ok;
}

static bool kept_at(const struct promise *p, const char *path)
{
	struct inode *inode;
	bool ok;

	if (!*path || at_namei(fs, path, &inode))
		return false;
	ok = inode_size(inode) == p->size && sum_of(inode) == p->sum;
	inode_put(inode);
	return ok;
}

static bool kept(const struct promise *p)
{
	bool ok = kept_at(p, p->path) || kept_at(p, p->other);

	if (!ok)
		test_note("%s: %s (%u) is not as it was when fsync returned", when, p->path, p->id);
	return CHECK(ok);
}

/* The promises that hold after the first N events of the log. */
static bool promises_kept(size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		const struct promise *p = &promise[disk->log[i].note];
		bool last = true;

		if (disk->log[i].kind != DISK_NOTE || !p->sum)
			continue;
		for (size_t k = i + 1; last && k < n; k++)
			last = disk->log[k].kind != DISK_NOTE || promise[disk->log[k].note].id != p->id;
		if (last)
			ok = kept(p);
	}
	return ok;
}

/* What the order of writes prevents, in e2fsck's words. */
static bool line_ok(const char *line)
{
	static const char *const never[] = {"unused inode", "multiply-claimed", "llegal",
					    "invalid",      "nvalid",           "orrupt",
					    "Missing",      "large files",      "not a directory"};
	unsigned ino, has, wants;

	for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++)
		if (strstr(line, never[i]))
			return false;
	if (sscanf(line, "Inode %u ref count is %u, should be %u", &ino, &has, &wants) == 3)
		return has > wants || (ino < 1024 && renamed[ino]);
	return true;
}

static bool state_ok(struct disk *state, size_t n)
{
	struct inode *root;
	bool ok = disk_mend(state, when, line_ok);

	fs = ok ? disk_mount(state) : NULL;
	if (!fs)
		return false;
	if (!fs->ops->root(fs, &root)) {
		ok = tree_ok(root, 0);
		inode_put(root);
	}
	ok = ok && promises_kept(n);
	return fs_unmount_ok(fs) && ok;
}

/* ---- states ---- */

static void apply(struct disk *to, const struct disk_event *e)
{
	if (e->kind == DISK_WRITE)
		memcpy(to->image + e->block * BLOCK_SIZE, e->data, BLOCK_SIZE);
}

/* The state after N events; LOST (below N): that one write never got there. */
static struct disk *state_make(const struct disk *start, size_t n, size_t lost)
{
	struct disk *state = disk_copy(start);

	for (size_t i = 0; i < n; i++)
		if (i != lost)
			apply(state, &disk->log[i]);
	return state;
}

/* A write since the last flush before N, or N when there is none. */
static size_t pick_lost(size_t n)
{
	size_t count = 0, at = n;

	while (at > 0 && disk->log[at - 1].kind != DISK_FLUSH)
		count += disk->log[--at].kind == DISK_WRITE;
	if (!count)
		return n;
	for (count = pick((unsigned)count); disk->log[at].kind != DISK_WRITE || count--; at++)
		continue;
	return at;
}

static void try_state(const struct disk *start, size_t n, size_t lost)
{
	struct disk *state = state_make(start, n, lost);

	snprintf(when, sizeof when, "cut after event %zu of %zu, lost: %zu", n, disk->nlog, lost);
	state_ok(state, n);
	disk_free(state);
}

static struct disk *begin(unsigned round)
{
	random_state = test_seed() * 1000 + round;
	pick(1);
	disk = disk_make(BLOCKS, "-N 256");
	return disk_copy(disk);
}

/* Some states of a long workload. */
static void cuts(unsigned round)
{
	struct disk *start = begin(round);

	for (unsigned i = run(many) ? 0 : STATES; i < STATES && !test_failing(); i++) {
		size_t n = pick((unsigned)disk->nlog + 1);

		try_state(start, n, i % 3 ? pick_lost(n) : n);
	}
	disk_free(start);
	disk_free(disk);
}

/* All states of a short one. */
static void all_cuts(void (*workload)(void))
{
	struct disk *start = begin(0);
	unsigned states = 0;

	for (size_t n = 0, last = run(workload) ? disk->nlog : 0; n < last && !test_failing(); n += FS_PART) {
		try_state(start, n, n);
		states++;
		for (size_t k = n; k > 0 && disk->log[k - 1].kind != DISK_FLUSH && !test_failing(); k--) {
			if (disk->log[k - 1].kind != DISK_WRITE)
				continue;
			try_state(start, n, k - 1);
			states++;
		}
	}
	test_note("%u states", states);
	disk_free(start);
	disk_free(disk);
}

TEST(cut_1, "fs/a-power-cut-leaves-nothing-that-cannot-be-mended") { cuts(1); }
TEST(cut_2, "fs/a-power-cut-loses-nothing-that-was-acknowledged") { cuts(2); }
TEST(cut_3, "fs/a-power-cut-shows-nobody-elses-data") { cuts(3); }

static void move_file(void)
{
	struct file *f = files;
	struct inode *inode;

	at_create(fs, "/d0", 0040755, NULL);
	at_create(fs, "/d1", 0040755, NULL);
	*f = (struct file){.id = 1, .path = "/d0/file"};
	if (CHECK_EQ(at_create(fs, f->path, REG, &inode), 0)) {
		fs_set_attr(inode, &(struct file_attr){.mask = ATTR_UID, .uid = 1});
		renamed[inode->number] = true;
	}
	inode_put(inode);
	op_write(f);
	op_fsync(f);
	rename_note(f, "/d1/file");
	CHECK_EQ(at_rename(fs, "/d0/file", "/d1/file"), 0);
	CHECK_EQ(fs->ops->sync(fs), 0);
}
TEST(cut_move, "fs/a-file-that-is-moved-has-a-name-at-any-time") { all_cuts(move_file); }

static void large_file(void)
{
	struct inode *inode;

	if (CHECK_EQ(at_create(fs, "/large", REG, &inode), 0)) {
		CHECK_EQ(fs_sync(inode), 0);
		CHECK_EQ(file_resize(inode, LARGE), 0);
		CHECK_EQ(fs_sync(inode), 0);
	}
	inode_put(inode);
}
TEST(cut_large, "fs/no-file-of-2-GiB-is-there-before-the-flag-for-it") { all_cuts(large_file); }

static void new_directory(void)
{
	char path[40];

	for (unsigned i = 0; i < 6; i++) {
		snprintf(path, sizeof path, "/%u", i);
		CHECK_EQ(at_create(fs, path, 0040755, NULL), 0);
		snprintf(path, sizeof path, "/%u/link", i);
		CHECK_EQ(at_symlink(fs, path,
				    "a-target-that-is-too-long-to-stand-in-the-inode-as-shorter-ones-do"),
			 0);
		if (i % 2)
			CHECK_EQ(fs->ops->sync(fs), 0);
	}
}
TEST(cut_directory, "fs/a-new-directory-is-whole-or-not-there") { all_cuts(new_directory); }

/* The parent's inode and the child's lie in different blocks of the table, and the parent's waits for others. */
static void far_parent(void)
{
	struct inode *inode;
	char path[40];

	CHECK_EQ(at_create(fs, "/p", 0040755, NULL), 0);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "/%u", i);
		CHECK_EQ(at_create(fs, path, REG, NULL), 0);
	}
	CHECK_EQ(fs->ops->sync(fs), 0);
	if (CHECK_EQ(at_namei(fs, "/0", &inode), 0))
		CHECK_EQ(file_write(inode, 1036 * PAGE, "", 1), 1);
	inode_put(inode);
	CHECK_EQ(at_create(fs, "/p/x", 0040755, NULL), 0);
	CHECK_EQ(fs->ops->sync(fs), 0);
	CHECK_EQ(at_unlink(fs, "/p/x", true), 0);
}
TEST(cut_parent, "fs/a-directory-counts-its-children-before-they-have-names") { all_cuts(far_parent); }
