/* Where Linux' system calls on x86-64 differ from other machines'. */
#ifndef ARCH_ABI_H
#define ARCH_ABI_H
#include <stdint.h>

/* Which column of a system call's numbers is this machine's. */
#define ABI_NUMBER(x86_64, riscv64) (x86_64)

#define ABI_SIGACTION_SIZE  32 /* with a restorer */
#define ABI_ELF_MACHINE     62
#define ABI_BREAKPOINT_CODE 0x80                /* si_code of a breakpoint */
#define ABI_RED_ZONE        128                 /* bytes below sp that are the program's */
#define ARCH_SIGNAL_SIZE    968                 /* of what arch_signal_enter() makes */
enum { ABI_CLONE_CTID = 3, ABI_CLONE_TLS = 4 }; /* arguments of clone */

struct abi_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, zero;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	uint64_t atime[2], mtime[2], ctime[2];
	int64_t unused[3];
};
_Static_assert(sizeof(struct abi_stat) == 144, "struct stat");

#endif
