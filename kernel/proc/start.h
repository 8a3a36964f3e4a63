/* The first process. */
#ifndef KERNEL_START_H
#define KERNEL_START_H
#include "arch/arch.h"

/* Run what the boot command line asks for, and do not return; or return because there is no root, or because the
 * monitor is asked for. */
void start_processes(const struct boot_info *info);
/* Nobody has a file open any more: what the disk has is all there, and it says so. An error: not all of it is. */
int files_end(void);

#endif
