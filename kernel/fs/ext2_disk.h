/* ext2, revision 1, as it lies on the disk: little-endian, here with 4 KiB blocks only. */
#ifndef KERNEL_EXT2_DISK_H
#define KERNEL_EXT2_DISK_H
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "these structures are read as they lie on the disk"
#endif

#define EXT2_MAGIC           0xef53
#define EXT2_SUPER_AT        1024 /* of block 0 */
#define EXT2_ROOT            2
#define EXT2_DIRECT          12
#define EXT2_POINTERS        1024 /* block numbers in a block */
#define EXT2_SLOTS           15   /* 12 direct, then one, two, three levels of indirection */
#define EXT2_FAST_LINK       60   /* a target shorter than this stands in the inode */
#define EXT2_LINKS_MAX       32000
#define EXT2_VALID           1
#define EXT2_INDEX_FL        0x1000u
#define EXT2_GROUP_BYTES     32
#define EXT2_GROUPS_IN_BLOCK (4096 / EXT2_GROUP_BYTES)

enum ext2_feature {
	EXT2_INCOMPAT_FILETYPE = 2,
	EXT2_RO_SPARSE_SUPER = 1,
	EXT2_RO_LARGE_FILE = 2,
};

struct ext2_super {
	uint32_t inodes, blocks, reserved_blocks, free_blocks, free_inodes;
	uint32_t first_data_block, log_block_size, log_fragment_size;
	uint32_t blocks_per_group, fragments_per_group, inodes_per_group;
	uint32_t mtime, wtime;
	uint16_t mounts;
	int16_t max_mounts;
	uint16_t magic, state, errors, minor;
	uint32_t last_check, check_interval, creator, revision;
	uint16_t reserved_uid, reserved_gid;
	uint32_t first_inode;
	uint16_t inode_size, group;
	uint32_t compat, incompat, ro_compat;
	uint8_t rest[1024 - 104];
};
_Static_assert(sizeof(struct ext2_super) == 1024, "the superblock's layout");

struct ext2_group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t free_blocks, free_inodes, directories, pad;
	uint8_t rest[12];
};
_Static_assert(sizeof(struct ext2_group) == EXT2_GROUP_BYTES, "a group descriptor's layout");

struct ext2_dinode {
	uint16_t mode, uid;
	uint32_t size, atime, ctime, mtime, dtime;
	uint16_t gid, links;
	uint32_t blocks, flags, version; /* blocks: of 512 bytes */
	uint32_t block[EXT2_SLOTS];
	uint32_t generation, file_acl, size_high, fragment;
	uint16_t fragment_info, pad, uid_high, gid_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct ext2_dinode) == 128, "an inode's layout");

struct ext2_dirent {
	uint32_t inode; /* 0: unused */
	uint16_t rec_len;
	uint8_t name_len, type;
	char name[];
};
#define EXT2_DIRENT_HEAD 8

#endif
