/* A process' descriptors: an array that grows. Only the process' own thread touches it. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

struct slot {
	struct file *file; /* NULL: free */
	bool cloexec;
};

struct files {
	unsigned n;   /* slots there are */
	bool records; /* see files_have_records() */
	struct slot *slot;
};

struct files *files_new(void) { return kcalloc(1, sizeof(struct files)); }

/* At least N slots. */
static int grow(struct files *fs, unsigned n)
{
	unsigned room = fs->n ? fs->n : 16;
	struct slot *slot;

	while (room < n)
		room *= 2;
	if (room == fs->n)
		return 0;
	slot = krealloc(fs->slot, room * sizeof *slot);
	if (!slot)
		return -ENOMEM;
	memset(slot + fs->n, 0, (room - fs->n) * sizeof *slot);
	fs->slot = slot;
	fs->n = room;
	return 0;
}

struct files *files_copy(const struct files *from)
{
	struct files *fs = files_new();

	if (!fs || (from->n && grow(fs, from->n))) {
		kfree(fs);
		return NULL;
	}
	for (unsigned i = 0; i < from->n; i++) {
		fs->slot[i] = from->slot[i];
		if (fs->slot[i].file)
			file_get(fs->slot[i].file);
	}
	return fs;
}

void files_have_records(struct files *fs) { fs->records = true; }

/* F, which stood in a slot, is closed. */
static void let_go(const struct files *fs, struct file *f)
{
	struct record none = {.owner = fs, .last = INT64_MAX, .type = RECORD_NONE};

	if (f && fs->records && !(f->flags & O_PATH)) {
		none.file = record_file(f);
		record_set(&none, false); /* takes no memory, so it cannot fail */
	}
	file_put(f);
}

void files_free(struct files *fs)
{
	for (unsigned i = 0; i < fs->n; i++)
		let_go(fs, fs->slot[i].file);
	kfree(fs->slot);
	kfree(fs);
}

void files_exec(struct files *fs)
{
	for (unsigned i = 0; i < fs->n; i++)
		if (fs->slot[i].cloexec)
			files_close(fs, (int)i);
}

struct file *files_find(struct files *fs, int fd)
{
	return fd >= 0 && (unsigned)fd < fs->n ? fs->slot[fd].file : NULL;
}

int files_add(struct files *fs, struct file *f, int least, uint64_t limit, bool cloexec)
{
	unsigned fd = (unsigned)least;

	while (fd < fs->n && fs->slot[fd].file)
		fd++;
	if (fd >= limit || fd >= FILES_MAX)
		return -EMFILE;
	if (grow(fs, fd + 1))
		return -ENOMEM;
	fs->slot[fd] = (struct slot){f, cloexec};
	return (int)fd;
}

int files_put_at(struct files *fs, struct file *f, int fd, bool cloexec)
{
	struct file *was;

	if (grow(fs, (unsigned)fd + 1))
		return -ENOMEM;
	was = fs->slot[fd].file;
	fs->slot[fd] = (struct slot){f, cloexec};
	let_go(fs, was);
	return fd;
}

int files_close(struct files *fs, int fd)
{
	struct file *f = files_find(fs, fd);

	if (!f)
		return -EBADF;
	fs->slot[fd] = (struct slot){NULL, false};
	let_go(fs, f);
	return 0;
}

bool files_cloexec(struct files *fs, int fd) { return fs->slot[fd].cloexec; }
void files_set_cloexec(struct files *fs, int fd, bool on) { fs->slot[fd].cloexec = on; }
