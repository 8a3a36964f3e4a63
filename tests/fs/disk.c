/* Disks in memory for the host's tests, and the judges: mke2fs and e2fsck, run on a file with the disk's contents. */
#include "fs.h"

#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"

#include <fcntl.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C library's own; kernel/lib/lib.h has the kernel's under the same names. */
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
int strcmp(const char *, const char *);

extern char **environ;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- as a block device ---- */

static bool fails(struct disk *disk, bool write)
{
	if (!(write ? disk->fail_writes : disk->fail_reads) || !disk->fail_in)
		return false;
	if (disk->fail_in > 1) {
		disk->fail_in--;
		return false;
	}
	if (!disk->fail_for_good)
		disk->fail_in = 0;
	disk->failed = true;
	return true;
}

static struct disk_event *log_add(struct disk *disk, enum disk_event_kind kind)
{
	if (disk->nlog == disk->log_room) {
		disk->log_room = disk->log_room ? 2 * disk->log_room : 1024;
		disk->log = realloc(disk->log, disk->log_room * sizeof disk->log[0]);
	}
	disk->log[disk->nlog] = (struct disk_event){.kind = kind};
	return &disk->log[disk->nlog++];
}

static void log_write(struct disk *disk, uint64_t block, const void *data)
{
	struct disk_event *e = log_add(disk, DISK_WRITE);

	e->block = block;
	e->data = malloc(BLOCK_SIZE);
	memcpy(e->data, data, BLOCK_SIZE);
}

static void transfer_one(struct disk *disk, struct block_request *r)
{
	disk->transfers++;
	r->status = fails(disk, r->write) ? -EIO : 0;
	for (unsigned i = 0; i < r->count && !r->status; i++) {
		unsigned char *at = disk->image + (r->block + i) * BLOCK_SIZE;

		if (r->write && disk->logging)
			log_write(disk, r->block + i, r->kva[i]);
		if (r->write)
			memcpy(at, r->kva[i], BLOCK_SIZE);
		else
			memcpy(r->kva[i], at, BLOCK_SIZE);
	}
}

static void disk_transfer(struct block_device *dev, struct block_request *requests, unsigned n)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < n; i++)
		transfer_one((struct disk *)dev, &requests[i]);
	pthread_mutex_unlock(&lock);
}

static int disk_flush(struct block_device *dev)
{
	struct disk *disk = (struct disk *)dev;
	int err;

	pthread_mutex_lock(&lock);
	err = fails(disk, true) ? -EIO : 0;
	if (!err && disk->logging)
		log_add(disk, DISK_FLUSH);
	pthread_mutex_unlock(&lock);
	return err;
}

/* The last image given back: most tests copy a disk many times, and new memory costs more than the copy. */
static struct {
	void *image;
	uint64_t blocks;
} spare;

static struct disk *disk_new(uint64_t blocks, const void *image)
{
	static const struct block_ops ops = {disk_transfer, disk_flush};
	struct disk *disk = calloc(1, sizeof *disk);

	disk->dev = (struct block_device){.name = "disk", .blocks = blocks, .ops = &ops};
	if (spare.image && spare.blocks == blocks) {
		disk->image = spare.image;
		spare.image = NULL;
		ASAN_UNPOISON_MEMORY_REGION(disk->image, blocks * BLOCK_SIZE);
	} else {
		disk->image = malloc(blocks * BLOCK_SIZE);
	}
	if (image)
		memcpy(disk->image, image, blocks * BLOCK_SIZE);
	else
		memset(disk->image, 0, blocks * BLOCK_SIZE);
	return disk;
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->nlog; i++)
		free(disk->log[i].data);
	free(disk->log);
	free(spare.image);
	spare.image = disk->image;
	spare.blocks = disk->dev.blocks;
	ASAN_POISON_MEMORY_REGION(spare.image, spare.blocks * BLOCK_SIZE);
	free(disk);
}

struct disk *disk_copy(const struct disk *disk) { return disk_new(disk->dev.blocks, disk->image); }

void disk_fail(struct disk *disk, unsigned n, bool for_good, bool reads, bool writes)
{
	disk->fail_in = n;
	disk->fail_for_good = for_good;
	disk->fail_reads = reads;
	disk->fail_writes = writes;
	disk->failed = false;
}

void disk_note(struct disk *disk, unsigned note)
{
	if (disk->logging)
		log_add(disk, DISK_NOTE)->note = note;
}

/* ---- as a file, and other programs on it ---- */

static const char *file_name(void)
{
	static char name[64];

	if (!*name)
		snprintf(name, sizeof name, "%s/quire-fs-%d", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
			 getpid());
	return name;
}

static void file_store(const struct disk *disk)
{
	int fd = open(file_name(), O_RDWR | O_CREAT, 0600);
	size_t size = disk->dev.blocks * BLOCK_SIZE;

	if (fd < 0 || ftruncate(fd, (off_t)size) || pwrite(fd, disk->image, size, 0) != (ssize_t)size)
		CHECK(!"the disk can be stored in a file");
	close(fd);
}

static void file_load(struct disk *disk)
{
	int fd = open(file_name(), O_RDONLY);
	size_t size = disk->dev.blocks * BLOCK_SIZE;

	if (fd < 0 || pread(fd, disk->image, size, 0) != (ssize_t)size)
		CHECK(!"the disk can be loaded from a file");
	close(fd);
}

/* Run the shell's COMMAND on the file; its exit status, its output in OUT. */
static int run(const char *command, char *out, size_t size)
{
	char *const argv[] = {"sh", "-c", (char *)(uintptr_t)command, "sh", (char *)(uintptr_t)file_name(),
			      NULL};
	posix_spawn_file_actions_t actions;
	int fds[2], status = -1;
	size_t n = 0;
	pid_t pid;

	if (pipe(fds))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	if (posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	for (ssize_t got = 1; got > 0 && n + 1 < size; n += (size_t)got)
		got = read(fds[0], out + n, size - 1 - n);
	out[n] = 0;
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Take the first line off TEXT, which is changed; NULL: nothing is left. */
static char *line_of(char **text)
{
	char *line = *text;

	if (!*line)
		return NULL;
	while (**text && **text != '\n')
		++*text;
	if (**text)
		*(*text)++ = 0;
	return line;
}

static void show(char *text)
{
	char *line;

	for (unsigned n = 0; n < 12 && (line = line_of(&text)); n++)
		test_note("%.300s", line);
}

static char said[65536]; /* by the last judge */

static bool judge(const char *command, int most, const char *when)
{
	int status = run(command, said, sizeof said);

	if (status >= 0 && status <= most)
		return true;
	test_note("%s: `%s` ends with %d", when, command, status);
	show(said);
	return CHECK(!"e2fsck is content");
}

static bool lines_ok(bool (*may_say)(const char *line), const char *when)
{
	char *rest = said, *line;

	while (may_say && (line = line_of(&rest))) {
		if (may_say(line))
			continue;
		test_note("%s: e2fsck says: %.200s", when, line);
		return CHECK(!"the order of writes prevents this");
	}
	return true;
}

#define TOOLS "PATH=$PATH:/sbin:/usr/sbin; export PATH; "

bool disk_clean(const struct disk *disk, const char *when)
{
	bool ok;

	file_store(disk);
	ok = judge(TOOLS "exec e2fsck -fn \"$1\"", 0, when);
	unlink(file_name());
	return ok;
}

bool disk_mend(struct disk *disk, const char *when, bool (*may_say)(const char *line))
{
	bool ok;

	file_store(disk);
	ok = judge(TOOLS "exec e2fsck -fy \"$1\"", 1, when) && lines_ok(may_say, when) &&
	     judge(TOOLS "exec e2fsck -fn \"$1\"", 0, when);
	file_load(disk);
	unlink(file_name());
	return ok;
}

/* What free blocks hold: a file numbered 9999999, as the tests mark their data. */
static void litter(struct disk *disk)
{
	const struct ext2_super *s = (const struct ext2_super *)(disk->image + EXT2_SUPER_AT);
	const struct ext2_group *g = (const struct ext2_group *)(disk->image + BLOCK_SIZE);

	for (uint32_t b = 0; b < s->blocks; b++) {
		const unsigned char *map = disk->image + g[b / s->blocks_per_group].block_bitmap * BLOCK_SIZE;
		uint32_t bit = b % s->blocks_per_group;

		for (unsigned i = 0; !(map[bit / 8] >> bit % 8 & 1) && i < BLOCK_SIZE / 8; i++)
			((uint64_t *)(disk->image + b * BLOCK_SIZE))[i] = 9999999;
	}
}

struct disk *disk_make(uint64_t blocks, const char *options)
{
	static struct disk *made;
	static char how[400];
	char command[400], out[4000];

	snprintf(command, sizeof command,
		 TOOLS
		 "mke2fs -q -F -t ext2 -r 1 -b 4096 -I 128 -O none,filetype -E root_owner=0:0 %s \"$1\" %llu",
		 options ? options : "", (unsigned long long)blocks);
	if (!made || strcmp(command, how)) {
		struct disk *disk = disk_new(blocks, NULL);

		file_store(disk);
		if (!CHECK_EQ(run(command, out, sizeof out), 0))
			show(out);
		file_load(disk);
		unlink(file_name());
		litter(disk);
		if (made)
			disk_free(made);
		made = disk;
		snprintf(how, sizeof how, "%s", command);
	}
	return disk_copy(made);
}

/* ---- mounts and paths ---- */

struct filesystem *disk_mount(struct disk *disk)
{
	struct filesystem *fs;

	return CHECK_EQ(ext2_mount(&disk->dev, false, &fs), 0) ? fs : NULL;
}

bool fs_unmount_ok(struct filesystem *fs) { return CHECK_EQ(fs->ops->unmount(fs), 0); }

static int last_of(struct filesystem *fs, const char *path, struct namei_last *last)
{
	struct inode *root;
	int err = fs->ops->root(fs, &root);

	if (err)
		return err;
	err = namei_last(&(struct namei){root, root}, path, 0, last);
	inode_put(root);
	return err;
}

int at_namei(struct filesystem *fs, const char *path, struct inode **found)
{
	struct namei_last last;
	int err = last_of(fs, path, &last);

	*found = NULL;
	if (err)
		return err;
	*found = last.found;
	inode_put(last.dir);
	return last.found ? 0 : -ENOENT;
}

int at_create(struct filesystem *fs, const char *path, uint32_t mode, struct inode **made)
{
	struct namei_last last;
	struct inode *inode;
	int err = last_of(fs, path, &last);

	if (err)
		return err;
	err = fs_create(last.dir, last.name, last.len, mode, 0, &inode);
	namei_last_put(&last);
	if (made)
		*made = inode;
	else
		inode_put(inode);
	return err;
}

int at_symlink(struct filesystem *fs, const char *path, const char *target)
{
	struct namei_last last;
	struct inode *inode;
	int err = last_of(fs, path, &last);

	if (err)
		return err;
	err = fs_symlink(last.dir, last.name, last.len, target, &inode);
	inode_put(inode);
	namei_last_put(&last);
	return err;
}

int at_link(struct filesystem *fs, const char *from, const char *to)
{
	struct namei_last last;
	struct inode *inode;
	int err = at_namei(fs, from, &inode);

	if (err)
		return err;
	err = last_of(fs, to, &last);
	if (!err) {
		err = fs_link(last.dir, last.name, last.len, inode);
		namei_last_put(&last);
	}
	inode_put(inode);
	return err;
}

int at_unlink(struct filesystem *fs, const char *path, bool directory)
{
	struct namei_last last;
	int err = last_of(fs, path, &last);

	if (err)
		return err;
	err = fs_unlink(last.dir, last.name, last.len, directory);
	namei_last_put(&last);
	return err;
}

int at_rename(struct filesystem *fs, const char *from, const char *to)
{
	struct namei_last a, b;
	int err = last_of(fs, from, &a);

	if (err)
		return err;
	err = last_of(fs, to, &b);
	if (!err) {
		err = fs_rename(a.dir, a.name, a.len, b.dir, b.name, b.len, 0);
		namei_last_put(&b);
	}
	namei_last_put(&a);
	return err;
}
