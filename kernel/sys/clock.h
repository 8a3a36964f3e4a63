/* The time of day: the boot command line's time=SECONDS since 1970, and what went by since. */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H
#include "kernel/fs/fs.h"

void clock_init(void);
struct file_time clock_wall(void);

#endif
