/* The monitor: what the kernel offers on its console when nothing else runs there. */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

struct boot_info;

/* With cmd="a; b" on the boot command line: those commands, then power off, with the status of a failure when
 * one of them failed. Else commands from the console, for ever. In a thread; INFO stays. */
_Noreturn void monitor_run(const struct boot_info *info);

#endif
