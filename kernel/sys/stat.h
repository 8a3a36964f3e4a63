/* What stat tells, in the machine's own layout. */
#ifndef KERNEL_STAT_H
#define KERNEL_STAT_H
#include "kernel/fs/fs.h"

int stat_out(vaddr_t at, const struct file_stat *stat, uint64_t device);

#endif
