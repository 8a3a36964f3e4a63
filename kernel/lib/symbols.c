/* Names for addresses of the kernel's text. The table is generated from the linked image (tests/tools/symtab)
 * and lies in its read-only data; the first of the two links has an empty one. No locks: nothing changes. */
#include "kernel/lib/lib.h"
#include "kernel/lib/symbols.h"

extern const uint64_t ksyms_count;
extern const uint64_t ksyms_addrs[]; /* ascending */
extern const uint32_t ksyms_names[]; /* where each one's name begins in ksyms_text */
extern const char ksyms_text[];
extern const char __text_start[], __text_end[];

static int64_t find(uintptr_t pc)
{
	bool text = pc >= (uintptr_t)__text_start && pc < (uintptr_t)__text_end;

	return text ? symbol_index(ksyms_addrs, ksyms_count, pc) : -1;
}

uintptr_t symbol_start(uintptr_t pc)
{
	int64_t i = find(pc);

	return i < 0 ? 0 : ksyms_addrs[i];
}

void symbol_name(uintptr_t pc, char *buf, size_t size)
{
	int64_t i = find(pc);

	if (i < 0) {
		ksnprintf(buf, size, "0x%lx", (unsigned long)pc);
	} else {
		unsigned long off = pc - ksyms_addrs[i];
		ksnprintf(buf, size, "%s+0x%lx", ksyms_text + ksyms_names[i], off);
	}
}
