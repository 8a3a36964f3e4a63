/* A process' descriptors: pieces of a table, each made when a descriptor in it is first used, so that a process with
 * many files needs no large piece of memory. Only the process' own thread touches them. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define PIECE 32 /* slots */

struct slot {
	struct file *file; /* NULL: free */
	bool cloexec;
};

struct files {
	bool records;                          /* see files_have_records() */
	struct slot *piece[FILES_MAX / PIECE]; /* NULL: all of it is free */
};

struct files *files_new(void) { return kcalloc(1, sizeof(struct files)); }

/* NULL: there is none yet, and FD is free or no descriptor. */
static struct slot *slot_of(const struct files *fs, int fd)
{
	struct slot *piece = fd >= 0 && fd < FILES_MAX ? fs->piece[fd / PIECE] : NULL;

	return piece ? &piece[fd % PIECE] : NULL;
}

/* That of FD, below FILES_MAX; NULL: no memory. */
static struct slot *slot_make(struct files *fs, int fd)
{
	struct slot **piece = &fs->piece[fd / PIECE];

	if (!*piece)
		*piece = kcalloc(PIECE, sizeof **piece);
	return slot_of(fs, fd);
}

/* The first descriptor from FD on that is open; FILES_MAX: none is. */
static int next_open(const struct files *fs, int fd)
{
	while (fd < FILES_MAX) {
		const struct slot *slot = slot_of(fs, fd);

		if (slot && slot->file)
			break;
		fd = slot ? fd + 1 : (fd / PIECE + 1) * PIECE;
	}
	return fd;
}

struct files *files_copy(const struct files *from)
{
	struct files *fs = files_new();

	for (int fd = next_open(from, 0); fs && fd < FILES_MAX; fd = next_open(from, fd + 1)) {
		const struct slot *slot = slot_of(from, fd);

		if (!slot_make(fs, fd)) {
			files_free(fs);
			return NULL;
		}
		*slot_of(fs, fd) = *slot;
		file_get(slot->file);
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
	for (int fd = next_open(fs, 0); fd < FILES_MAX; fd = next_open(fs, fd + 1))
		files_close(fs, fd);
	for (unsigned i = 0; i < FILES_MAX / PIECE; i++)
		kfree(fs->piece[i]);
	kfree(fs);
}

void files_exec(struct files *fs)
{
	for (int fd = next_open(fs, 0); fd < FILES_MAX; fd = next_open(fs, fd + 1))
		if (slot_of(fs, fd)->cloexec)
			files_close(fs, fd);
}

struct file *files_find(struct files *fs, int fd)
{
	const struct slot *slot = slot_of(fs, fd);

	return slot ? slot->file : NULL;
}

int files_add(struct files *fs, struct file *f, int least, uint64_t limit, bool cloexec)
{
	int fd = least;

	while (files_find(fs, fd))
		fd++;
	if ((uint64_t)fd >= limit || fd >= FILES_MAX)
		return -EMFILE;
	if (!slot_make(fs, fd))
		return -ENOMEM;
	*slot_of(fs, fd) = (struct slot){f, cloexec};
	return fd;
}

int files_put_at(struct files *fs, struct file *f, int fd, bool cloexec)
{
	struct slot *slot = slot_make(fs, fd);
	struct file *was;

	if (!slot)
		return -ENOMEM;
	was = slot->file;
	*slot = (struct slot){f, cloexec};
	let_go(fs, was);
	return fd;
}

int files_close(struct files *fs, int fd)
{
	struct slot *slot = slot_of(fs, fd);
	struct file *f = files_find(fs, fd);

	if (!f)
		return -EBADF;
	*slot = (struct slot){NULL, false};
	let_go(fs, f);
	return 0;
}

bool files_cloexec(struct files *fs, int fd) { return slot_of(fs, fd)->cloexec; }
void files_set_cloexec(struct files *fs, int fd, bool on) { slot_of(fs, fd)->cloexec = on; }
