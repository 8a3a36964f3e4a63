/* What the machine swaps on: disks. */
#ifndef KERNEL_SWAP_H
#define KERNEL_SWAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inode;

/* Once, after vm_setup(): swap on the disk whose serial number is "swap", if there is one. */
void swap_start(void);
/* Swap on the disk that INODE is the node of: all of it when its serial number is "swap", else what the header of mkswap
 * on it says. -EINVAL: it is neither; -EBUSY: it is in use; -EPERM: too many are. */
int swap_on(struct inode *inode);
/* No more. -EINVAL: it is not in use; -ENOMEM: what is on it finds no other place; -EIO. */
int swap_off(struct inode *inode);

struct swap_told {
	const char *name;
	size_t pages, used;
};
/* The N-th place; false: nothing is swapped there. */
#define SWAP_PLACES 8
bool swap_tell(unsigned n, struct swap_told *told);
/* Pages that were read and written, since boot. */
uint64_t swap_pages_in(void);
uint64_t swap_pages_out(void);

#endif
