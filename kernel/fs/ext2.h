/* What the parts of ext2 offer one another; users of the file system need ext2_mount() alone.
 *
 * ext2_super.c  mount, unmount, what is checked then; statfs, sync
 * ext2_alloc.c  the bitmaps: blocks and inodes, given out and taken back
 * ext2_map.c    where a file's blocks are; giving it more, taking them back
 * ext2_inode.c  inodes in memory, attributes, sizes, the end of a file
 * ext2_data.c   contents, for the page cache
 * ext2_dir.c    the names in a directory's blocks
 * ext2_name.c   the operations on names
 *
 * One lock a mount, `lock`, guards everything below, and all metadata; it is held while waiting for the disk and for
 * nothing else. Order: an inode's rwlock, then `lock`. The page cache is called without it. "Locked" in the
 * comments means that the caller holds it. What is read from the disk is checked each time it is used: a damaged
 * image gives -EIO. */
#ifndef KERNEL_EXT2_H
#define KERNEL_EXT2_H
#include "kernel/fs/bcache.h"
#include "kernel/fs/ext2_disk.h"
#include "kernel/fs/fs.h"
#include "kernel/sync/mutex.h"

/* 0 and a mount, or why not: -EINVAL no ext2 that we know, -EIO, -ENOMEM, -EROFS. */
int ext2_mount(struct block_device *dev, bool read_only, struct filesystem **fs);

#define EXT2_INODE_HASH 64
#define EXT2_IDLE_MAX   128 /* inodes kept that nobody uses */
#define EXT2_BUFFERS    128

struct ext2_inode {                     /* [L] the mount's lock  [I] fixed */
	struct inode inode;             /* first; refs goes from 0 and to 0 under [L] only */
	struct buf *buf;                /* [I] the block of the inode table where it lies, in use */
	struct ext2_dinode *disk;       /* [L] in BUF: the inode itself */
	struct ext2_inode *hash_next;   /* [L] */
	struct ext2_inode *prev, *next; /* [L] in the list of idle ones, when refs is 0 */
	bool going;                     /* [L] refs is 0 and it is being dropped from memory: wait */
	bool overhang;                  /* [L] it may have blocks behind its end */
};

struct ext2 { /* [L] lock  [I] fixed at mount */
	struct filesystem fs;
	struct block_device *dev; /* [I] */
	struct mutex lock;
	struct mutex renames; /* before `lock`: one rename at a time */
	struct bcache cache;  /* [L] */
	struct buf *super;    /* [I] in use */
	struct buf **groups;  /* [I] the descriptors' blocks, in use */
	uint32_t nblocks, ninodes, blocks_per_group, inodes_per_group, ngroups; /* [I] */
	uint32_t descriptor_blocks, table_blocks, inode_size, first_inode; /* [I] of a group, of an inode */
	bool sparse, filetype, was_valid;                                  /* [I] */
	struct ext2_inode *hash[EXT2_INODE_HASH];                          /* [L] */
	struct ext2_inode idle;                                            /* [L] head of the list */
	unsigned nidle, ninodes_used; /* [L] inodes in memory: idle, others */
	int end_error;                /* [L] why the last inode that was to be deleted is not */
	bool closing;                 /* [L] nothing is deleted any more */
	struct spinlock gone_lock;    /* inside: RANK_SYNC */
	struct waitq gone;            /* [gone_lock] for inodes that are going */
	unsigned ngone;               /* [gone_lock], and changed with [L], too */
};

static inline struct ext2 *ext2_of(struct inode *inode) { return (struct ext2 *)inode->fs; }
static inline struct ext2_inode *ext2_inode_of(struct inode *inode) { return (struct ext2_inode *)inode; }
static inline uint32_t div_up(uint64_t a, uint64_t b) { return (uint32_t)((a + b - 1) / b); }

/* ---- ext2_super.c; locked ---- */
struct ext2_super *ext2_super(struct ext2 *fs);
/* Group N's descriptor; *HOLDER (may be NULL): its buffer. */
struct ext2_group *ext2_group(struct ext2 *fs, uint32_t n, struct buf **holder);
/* May BLOCK be a file's: on the disk, and no part of the file system's own tables? */
bool ext2_block_ok(struct ext2 *fs, uint32_t block);
uint32_t ext2_now(struct ext2 *fs);

/* ---- ext2_alloc.c; locked ---- */
/* A block, near GOAL if that can be had. Its bit is set; nothing else happened to it. Commits when only held ones are
 * left. */
int ext2_block_alloc(struct ext2 *fs, uint32_t goal, uint32_t *block);
/* Taken back; REUSE: it was never on the disk as a part of anything. -EIO: it was free already. */
int ext2_block_free(struct ext2 *fs, uint32_t block, bool reuse);
bool ext2_block_in_use(struct ext2 *fs, uint32_t block);
int ext2_inode_alloc(struct ext2 *fs, uint32_t parent, bool directory, uint32_t *number);
int ext2_inode_free(struct ext2 *fs, uint32_t number, bool directory);

/* ---- ext2_map.c; locked ---- */
uint64_t ext2_size_max(void);
/* The block of page INDEX; 0: a hole. */
int ext2_map(struct ext2_inode *e, uint64_t index, uint32_t *block);
/* The same, where a hole gets a block: *FRESH. For data it is marked fresh; else *BUF has it, zeroed, dirty, in use,
 * and the pointer to it comes after it. */
int ext2_map_alloc(struct ext2_inode *e, uint64_t index, uint32_t *block, bool *fresh, struct buf **buf);
/* Free the blocks from page FIRST on. */
int ext2_map_cut(struct ext2_inode *e, uint64_t first);

/* ---- ext2_inode.c; locked unless it says otherwise ---- */
/* -EAGAIN: it was just being dropped; that was waited for, without the lock: begin anew. */
int ext2_iget(struct ext2 *fs, uint32_t number, struct ext2_inode **found);
/* As inode_put(), which wants the lock free for a moment: it is given back meanwhile. NULL is fine. */
void ext2_put(struct ext2 *fs, struct inode *inode);
/* Inode NUMBER, fresh from ext2_inode_alloc(), becomes one of MODE, without links. */
int ext2_inode_make(struct ext2 *fs, uint32_t number, uint32_t mode, uint64_t rdev, struct ext2_inode **made);
bool ext2_inode_in_memory(struct ext2 *fs, uint32_t number);
void ext2_inode_changed(struct ext2_inode *e); /* its buffer is dirty */
void ext2_touch(struct ext2_inode *e);         /* modified now */
int ext2_set_size(struct ext2_inode *e,
		  uint64_t size); /* in its buffer; of what has no pages also in memory */
/* Nobody uses it and it has no pages: it goes from memory, and without links from the disk. If that fails it is idle. */
void ext2_inode_end(struct ext2_inode *e);
/* Not locked: forget idle inodes until at most KEEP are left. */
int ext2_inodes_trim(struct ext2 *fs, unsigned keep);
int ext2_sync(struct filesystem *fs); /* not locked */
/* Whatever state they are in; nobody uses them. */
void ext2_inodes_drop(struct ext2 *fs);
int ext2_stat(struct inode *inode, struct file_stat *stat);
int ext2_set_attr(struct inode *inode, const struct file_attr *attr);
int ext2_resize(struct inode *inode, uint64_t size);
int ext2_fsync(struct inode *inode);
void ext2_release(struct inode *inode);

/* ---- ext2_data.c ---- */
extern const struct vm_object_ops ext2_object_ops;

/* ---- ext2_dir.c; locked ---- */
/* Where a name stands. */
struct ext2_place {
	struct buf *buf; /* in use */
	uint32_t number; /* the inode's */
	unsigned offset; /* of the entry in its block */
};
/* -ENOENT: there is none. */
int ext2_dir_find(struct ext2_inode *dir, const char *name, size_t len, struct ext2_place *place);
/* A block with room for a name of LEN bytes; the directory grows when it has none. */
int ext2_dir_room(struct ext2_inode *dir, size_t len, struct buf **buf);
/* These change BUF and mark it dirty; the caller has said after what. -EIO: it is damaged, nothing changed. */
int ext2_dir_insert(struct ext2 *fs, struct buf *buf, const char *name, size_t len, uint32_t number,
		    uint32_t type);
int ext2_dir_remove(struct buf *buf, const char *name, size_t len);
void ext2_dir_replace(struct ext2 *fs, const struct ext2_place *place, uint32_t number, uint32_t type);
void ext2_dir_begin(struct ext2 *fs, struct buf *buf, uint32_t self, uint32_t parent);
int ext2_dir_empty(struct ext2_inode *dir); /* 0, -ENOTEMPTY or -EIO */
int ext2_readdir(struct inode *inode, uint64_t *position, dir_visit_fn *visit, void *ctx); /* not locked */

/* ---- ext2_name.c ---- */
extern const struct inode_ops ext2_inode_ops;

#endif
