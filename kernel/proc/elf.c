/* Programs: static ELF executables, checked whole before anything is mapped, mapped without being read.
 *
 * A segment is a private mapping of the file; where its bytes end inside a page, the rest of that page is zeros. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#include "abi.h"

enum { ET_EXEC = 2, ET_DYN = 3, PT_LOAD_TYPE = 1, PT_INTERP_TYPE = 3, PF_X = 1, PF_W = 2 };
#define SEGMENTS_MAX 128
#define LOWEST       0x1000ull
#define STACK_ROOM   (64ull << 20) /* below the end of user memory: no segment reaches there */

struct elf_header {
	uint8_t magic[4], class, data, version, abi[9];
	uint16_t type, machine;
	uint32_t version2;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static bool header_ok(const struct elf_header *h, uint64_t size)
{
	uint64_t table = (uint64_t)h->phnum * sizeof(struct elf_segment);

	return memcmp(h->magic, "\177ELF", 4) == 0 && h->class == 2 && h->data == 1 && h->version == 1 &&
	       (h->type == ET_EXEC || h->type == ET_DYN) && h->machine == ABI_ELF_MACHINE &&
	       h->phentsize == sizeof(struct elf_segment) && h->phnum && h->phnum <= SEGMENTS_MAX &&
	       h->phoff <= size && table <= size - h->phoff;
}

static vaddr_t page_down(vaddr_t va) { return va & ~PT_PAGE_MASK; }
static vaddr_t page_up(vaddr_t va) { return (va + PT_PAGE_MASK) & ~PT_PAGE_MASK; }

/* By itself; addresses are still without the base. */
static bool segment_ok(const struct elf_segment *s, vaddr_t base, uint64_t size)
{
	uint64_t top = user_top() - STACK_ROOM - base, lowest = base ? 0 : LOWEST;

	return s->filesz <= s->memsz && s->offset <= size && s->filesz <= size - s->offset &&
	       ((s->vaddr ^ s->offset) & PT_PAGE_MASK) == 0 && s->vaddr >= lowest && s->vaddr < top &&
	       s->memsz < top && s->vaddr + s->memsz <= top && !(s->flags & PF_W && s->flags & PF_X);
}

/* All of them: in order, apart by pages, at least one, the entry in one that may be executed. */
static bool segments_ok(const struct elf_header *h, const struct elf_segment *s, vaddr_t base, uint64_t size)
{
	vaddr_t end = 0;
	bool entry = false;

	for (unsigned i = 0; i < h->phnum; i++) {
		if (s[i].type == PT_INTERP_TYPE)
			return false;
		if (s[i].type != PT_LOAD_TYPE || !s[i].memsz)
			continue;
		if (!segment_ok(&s[i], base, size) || page_down(s[i].vaddr) < end)
			return false;
		end = page_up(s[i].vaddr + s[i].memsz);
		entry |= s[i].flags & PF_X && h->entry - s[i].vaddr < s[i].memsz;
	}
	return entry;
}

/* ---- mapping ---- */

/* Whole pages: what the file has in front of the segment in its first one comes along. */
static int segment_map(struct space *s, struct inode *inode, const struct elf_segment *seg, vaddr_t base)
{
	unsigned prot = VM_READ | (seg->flags & PF_W ? VM_WRITE : 0u) | (seg->flags & PF_X ? VM_EXEC : 0u);
	vaddr_t from = page_down(base + seg->vaddr), to = page_up(base + seg->vaddr + seg->memsz);
	uint64_t before = seg->vaddr & PT_PAGE_MASK, bytes = seg->filesz ? before + seg->filesz : 0;

	return vm_load_segment(&s->spt, &inode->object, page_down(seg->offset), from, bytes,
			       to - from - bytes, prot);
}

static void image_note(struct elf_image *image, const struct elf_header *h, const struct elf_segment *seg,
		       vaddr_t base)
{
	vaddr_t end = page_up(base + seg->vaddr + seg->memsz);

	if (end > image->end)
		image->end = end;
	if (h->phoff >= seg->offset && h->phoff + h->phnum * sizeof *seg <= seg->offset + seg->filesz)
		image->phdr = base + seg->vaddr + (h->phoff - seg->offset);
}

int elf_load(struct space *s, struct inode *inode, const void *head, size_t n, struct elf_image *image)
{
	vaddr_t base = 0;
	struct elf_segment *seg;
	struct elf_header h;
	size_t table;
	int err = 0;

	if (n < sizeof h)
		return -ENOEXEC;
	memcpy(&h, head, sizeof h);
	if (!header_ok(&h, inode_size(inode)))
		return -ENOEXEC;
	table = h.phnum * sizeof *seg;
	seg = kmalloc(table);
	if (!seg)
		return -ENOMEM;
	if (h.type == ET_DYN)
		base = page_down(user_top() / 3 * 2);
	*image = (struct elf_image){.entry = base + h.entry, .phnum = h.phnum};
	if (inode_read(inode, h.phoff, seg, table) != (int64_t)table)
		err = -EIO;
	else if (!segments_ok(&h, seg, base, inode_size(inode)))
		err = -ENOEXEC;
	for (unsigned i = 0; i < h.phnum && !err; i++) {
		if (seg[i].type != PT_LOAD_TYPE || !seg[i].memsz)
			continue;
		err = segment_map(s, inode, &seg[i], base);
		image_note(image, &h, &seg[i], base);
	}
	kfree(seg);
	return err;
}
