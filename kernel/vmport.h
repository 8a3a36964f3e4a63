/* The kernel's threads that work for the VM layer. */
#ifndef KERNEL_VMPORT_H
#define KERNEL_VMPORT_H

/* After vm_setup(), once: dirty pages of files are written every few seconds, and when there are many. 0 or
 * -VM_ENOMEM. */
int vmport_start_writeback(void);

#endif
