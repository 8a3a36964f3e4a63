/* Page tables and the TLB, made readable. */
#ifndef KERNEL_SHOW_H
#define KERNEL_SHOW_H
#include "vm/pt.h"

struct boot_info;

struct size {
	char text[16];
};
/* "4 KiB", "1.5 GiB": the largest unit that leaves at least one; a tenth where it is no whole number. */
struct size size_text(uint64_t bytes);

/* VA's translation by PT, level by level. False, and it says so: no table can map that address. BOOT tells
 * what is RAM. */
bool show_walk(struct pt *pt, const struct boot_info *boot, vaddr_t va);
/* The kernel half of PT as ranges of one kind. */
void show_maps(struct pt *pt, const struct boot_info *boot);
void show_tlb(void);

#endif
