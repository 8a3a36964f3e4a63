/* Flattened device tree, read-only and distrustful: a damaged tree gives "not found", never a bad access.
 * Nodes are offsets; -1 is none. Works before memory does; no state. */
#ifndef KERNEL_FDT_H
#define KERNEL_FDT_H
#include <stdbool.h>
#include <stdint.h>

bool fdt_ok(const void *fdt);
uint32_t fdt_size(const void *fdt);
int fdt_root(const void *fdt);
/* "/chosen"; a unit address may be left out. */
int fdt_path(const void *fdt, const char *path);
/* All nodes in order, from -1 on; *DEPTH (may be NULL) is kept from call to call, the root's is 0. */
int fdt_next(const void *fdt, int node, unsigned *depth);
int fdt_child(const void *fdt, int node);
int fdt_sibling(const void *fdt, int node);
int fdt_parent(const void *fdt, int node);
/* The next node after AFTER (-1: the first) that says so. */
int fdt_compatible(const void *fdt, int after, const char *which);
int fdt_device_type(const void *fdt, int after, const char *type);
const char *fdt_name(const void *fdt, int node);
/* LEN may be NULL. The value is as it stands in the tree: big-endian, a string perhaps unterminated. */
const void *fdt_prop(const void *fdt, int node, const char *name, uint32_t *len);
bool fdt_u32(const void *fdt, int node, const char *name, unsigned index, uint32_t *value);
/* The INDEX-th (address, size) of reg, in the parent's cells; as the parent numbers it (no ranges walk). */
bool fdt_reg(const void *fdt, int node, unsigned index, uint64_t *addr, uint64_t *size);
/* Where the boot loader put its archive, as /chosen tells it in one or two cells. */
bool fdt_initrd(const void *fdt, uint64_t *addr, uint64_t *size);
/* Reserved ranges (the header's table), INDEX-th. */
bool fdt_reserved(const void *fdt, unsigned index, uint64_t *addr, uint64_t *size);

#endif
