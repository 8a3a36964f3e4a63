/* Open files: what descriptors name. Several descriptors, of several processes after fork, share one. */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H
#include "kernel/fs/fs.h"
#include "kernel/fs/namei.h"
#include "kernel/sync/mutex.h"

enum open_flag {
	O_WRONLY = 01,
	O_RDWR = 02,
	O_ACCMODE = 03,
	O_CREAT = 0100,
	O_EXCL = 0200,
	O_TRUNC = 01000,
	O_APPEND = 02000,
	O_NONBLOCK = 04000,
	O_DIRECTORY = 0200000,
	O_NOFOLLOW = 0400000,
	O_CLOEXEC = 02000000,
	O_PATH = 010000000,
};

enum poll_event { POLL_IN = 1, POLL_OUT = 4, POLL_ERR = 8, POLL_HUP = 16, POLL_NVAL = 32 };

struct iov { /* as user memory has it */
	uint64_t base, len;
};

struct file;
struct file_ops {
	/* Bytes from or to user memory at BUF, or an error; *POS is moved along where there is one. NULL: -EINVAL. */
	int64_t (*read)(struct file *f, vaddr_t buf, size_t n, uint64_t *pos);
	int64_t (*write)(struct file *f, vaddr_t buf, size_t n, uint64_t *pos);
	/* As one write of N bytes in parts; NULL: each part is one. */
	int64_t (*writev)(struct file *f, const struct iov *parts, size_t n);
	int (*ioctl)(struct file *f, uint64_t request, vaddr_t arg); /* NULL: -ENOTTY */
	unsigned (*poll)(struct file *f);                            /* NULL: always ready */
	void (*stat)(struct file *f, struct file_stat *stat);        /* of files without an inode */
	void (*release)(struct file *f);                             /* NULL: nothing to do */
	bool seekable;
	bool still; /* it has a position, which is 0 for ever */
};

struct file {                       /* [I] fixed  [A] atomic  [M] lock */
	const struct file_ops *ops; /* [I] */
	struct inode *inode;        /* [I] a reference, or NULL */
	void *private;              /* [I] the kind's own */
	_Atomic unsigned refs;      /* [A] */
	_Atomic unsigned flags;     /* [A] enum open_flag, as fcntl tells them */
	struct mutex lock;
	uint64_t pos;              /* [M] */
	struct vm_readahead ahead; /* a hint: no lock */
};
static inline bool file_reads(const struct file *f) { return (f->flags & O_ACCMODE) != O_WRONLY; }
static inline bool file_writes(const struct file *f) { return (f->flags & O_ACCMODE) != 0; }

/* ---- file.c ---- */
struct file *file_new(const struct file_ops *ops, unsigned flags); /* one reference; NULL: no memory */
static inline struct file *file_get(struct file *f)
{
	f->refs++;
	return f;
}
void file_put(struct file *f); /* sleeps */
/* PATH, made with MODE when that is asked for and it is not there. */
int file_open(const struct namei *at, const char *path, unsigned flags, uint32_t mode, struct file **opened);
int file_stat(struct file *f, struct file_stat *stat);
/* At the file's own position, or at *POS. */
int64_t file_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos);
int64_t file_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos);
/* N bytes in parts; of a kind that writes these as one. */
int64_t file_writev(struct file *f, const struct iov *parts, size_t n);
int64_t file_seek(struct file *f, int64_t offset, unsigned whence);
unsigned file_poll(struct file *f);
/* Something that file_poll() tells of may have changed, or a record gave way, anywhere. */
void poll_wake(void);
/* Sleep until then, or until the clock says DEADLINE (0: never). SEEN: poll_seen() before the caller looked.
 * 0, -EINTR, -ETIMEDOUT. */
uint64_t poll_seen(void);
int poll_sleep(uint64_t seen, uint64_t deadline);

/* ---- inode_file.c: contents of inodes ---- */
extern const struct file_ops inode_file_ops;
/* Kernel memory; bytes, short at the end of the file. */
int64_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t n);
int64_t inode_write(struct inode *inode, uint64_t offset, const void *buf, size_t n);

/* ---- files.c: descriptors of one process; no lock, only its own thread touches them ---- */
#define FILES_MAX 1024
struct files;
struct files *files_new(void);
struct files *files_copy(const struct files *from);
void files_free(struct files *fs);                 /* closes all; sleeps */
void files_exec(struct files *fs);                 /* closes those marked so */
struct file *files_find(struct files *fs, int fd); /* NULL; the table's reference */
/* The lowest free one from LEAST on, below LIMIT: F's reference goes over. -EMFILE. */
int files_add(struct files *fs, struct file *f, int least, uint64_t limit, bool cloexec);
int files_put_at(struct files *fs, struct file *f, int fd, bool cloexec); /* what was there is closed */
int files_close(struct files *fs, int fd);
bool files_cloexec(struct files *fs, int fd);
void files_set_cloexec(struct files *fs, int fd, bool on);

/* The process has, or had, locks on ranges of bytes: what it closes is looked for among them from now on. */
void files_have_records(struct files *fs);

/* ---- record.c: locks on ranges of a file's bytes ---- */
enum record_type { RECORD_READ, RECORD_WRITE, RECORD_NONE };
struct record {
	struct record *next;
	const struct files *owner;
	const void *file; /* record_file() of its open file */
	uint64_t first, last;
	int pid;
	enum record_type type;
};
/* What all open files of one inode, or of one pipe, have in common. */
static inline const void *record_file(const struct file *f) { return f->inode ? f->inode : f->private; }
/* The owner's lock on that range is WANT, or with RECORD_NONE nothing. 0, -EAGAIN, -ENOLCK; with WAIT instead of the
 * first -EDEADLK, -ERESTART. */
int record_set(const struct record *want, bool wait);
void record_find(struct record *want); /* a lock that is in its way; RECORD_NONE: none is */

/* ---- pipe.c ---- */
int pipe_make(unsigned flags, struct file *end[2]); /* 0: to read from */

/* ---- devices.c, tty.c ---- */
#define DEVICE(major, minor) ((uint64_t)(major) << 8 | (minor))
const struct file_ops *device_ops(uint64_t rdev); /* NULL: there is none */
extern const struct file_ops tty_ops;
void tty_init(void); /* input is read from now on */

/* ---- ramfs.c: a file system in memory ---- */
struct filesystem *ramfs_make(void); /* NULL: no memory */
/* Fill DIR from a cpio archive (newc) of N bytes. 0 or an error. */
int cpio_unpack(const struct namei *at, const void *archive, size_t n);
/* ---- procfs.c ---- */
struct filesystem *procfs_make(void);

#endif
