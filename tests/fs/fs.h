/* What the tests of file systems share: a disk that notes and fails, and e2fsprogs as the judge. On the host alone. */
#ifndef TESTS_FS_FS_H
#define TESTS_FS_FS_H
#include "kernel/fs/block.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/namei.h"
#include "tests/test.h"

/* ThreadSanitizer is slow, and what it is for is in threads.c: the long tests do a part of their work there. */
#ifdef HOST_THREADS
#define FS_PART 16
#else
#define FS_PART 1
#endif

/* ---- port.c ---- */
long port_objects(void); /* that exist, pages too */
/* The N-th allocation from now fails (0: none), and with FOR_GOOD all after it. Did it? */
void port_fail_alloc(unsigned n, bool for_good);
bool port_alloc_failed(void);

/* ---- disk.c ---- */

enum disk_event_kind { DISK_WRITE, DISK_FLUSH, DISK_NOTE };
struct disk_event {
	enum disk_event_kind kind;
	uint64_t block;
	unsigned char *data; /* DISK_WRITE: a block */
	unsigned note;       /* DISK_NOTE: the caller's */
};

struct disk {
	struct block_device dev;
	unsigned char *image;
	bool logging;
	struct disk_event *log;
	size_t nlog, log_room;
	unsigned fail_in, transfers; /* the FAIL_IN-th transfer from now fails */
	bool fail_for_good, fail_reads, fail_writes, failed;
};

/* A disk of BLOCKS blocks, as mke2fs makes it (OPTIONS: more words for it, or NULL); blocks that are free hold
 * what looks like another's data. */
struct disk *disk_make(uint64_t blocks, const char *options);
struct disk *disk_copy(const struct disk *disk); /* contents alone */
void disk_free(struct disk *disk);
void disk_fail(struct disk *disk, unsigned n, bool for_good, bool reads, bool writes);
void disk_note(struct disk *disk, unsigned note);
/* e2fsck: is it clean (-fn)? A failed check that shows what e2fsck says. */
bool disk_clean(const struct disk *disk, const char *when);
/* e2fsck -fy, then -fn. MAY_SAY (or NULL) is asked about each line that the first prints. */
bool disk_mend(struct disk *disk, const char *when, bool (*may_say)(const char *line));

struct filesystem *disk_mount(struct disk *disk); /* a failed check: NULL */
bool fs_unmount_ok(struct filesystem *fs);

/* ---- short forms, from the root of FS ---- */
int at_namei(struct filesystem *fs, const char *path, struct inode **found);
int at_create(struct filesystem *fs, const char *path, uint32_t mode,
	      struct inode **made); /* MADE may be NULL */
int at_symlink(struct filesystem *fs, const char *path, const char *target);
int at_link(struct filesystem *fs, const char *from, const char *to);
int at_unlink(struct filesystem *fs, const char *path, bool directory);
int at_rename(struct filesystem *fs, const char *from, const char *to);

#endif
