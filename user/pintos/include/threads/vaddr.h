/* Pages, and where Pintos has its kernel and the top of a program's stack. */
#ifndef PINTOS_THREADS_VADDR_H
#define PINTOS_THREADS_VADDR_H

#include <stdint.h>

#define PGBITS 12
#define PGSIZE 4096
#define PGMASK 4095

#define KERN_BASE  0x8004000000
#define USER_STACK 0x47480000

#define pg_ofs(VA)          ((uint64_t)(VA)&PGMASK)
#define pg_no(VA)           ((uint64_t)(VA) >> PGBITS)
#define pg_round_up(VA)     ((void *)(((uint64_t)(VA) + PGMASK) & ~(uint64_t)PGMASK))
#define pg_round_down(VA)   ((void *)((uint64_t)(VA) & ~(uint64_t)PGMASK))
#define is_user_vaddr(VA)   ((uint64_t)(VA) < KERN_BASE)
#define is_kernel_vaddr(VA) ((uint64_t)(VA) >= KERN_BASE)

#endif
