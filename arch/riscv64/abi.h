/* Where Linux' system calls on RISC-V differ from other machines'. */
#ifndef ARCH_ABI_H
#define ARCH_ABI_H
#include <stdint.h>

/* Which column of a system call's numbers is this machine's. */
#define ABI_NUMBER(x86_64, riscv64) (riscv64)

#define ABI_SIGACTION_SIZE  24
#define ABI_ELF_MACHINE     243
#define ABI_BREAKPOINT_CODE 1 /* si_code of a breakpoint */
#define ABI_RED_ZONE        0
#define ARCH_SIGNAL_SIZE    1088                /* of what arch_signal_enter() makes */
enum { ABI_CLONE_CTID = 4, ABI_CLONE_TLS = 3 }; /* arguments of clone */

struct abi_stat {
	uint64_t dev, ino;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev, zero;
	int64_t size;
	int32_t blksize, zero2;
	int64_t blocks;
	uint64_t atime[2], mtime[2], ctime[2];
	uint32_t unused[2];
};
_Static_assert(sizeof(struct abi_stat) == 128, "struct stat");

#endif
