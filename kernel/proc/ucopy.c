/* User memory, as system calls reach it: addresses are checked here, and nowhere else. A fault is resolved like the
 * program's own, or ends the copy. */
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

#define USER_END (((vaddr_t)1 << 47) - PT_PAGE_SIZE)

vaddr_t user_top(void)
{
	vaddr_t half = pt_span(pt_levels() - 1) * (PT_ENTRIES / 2) - PT_PAGE_SIZE;

	return half < USER_END ? half : USER_END;
}

bool user_range(vaddr_t va, uint64_t n) { return n <= user_top() && va <= user_top() - n; }

int copy_in(void *dst, vaddr_t src, size_t n)
{
	return user_range(src, n) && arch_copy_from_user(dst, src, n) == 0 ? 0 : -EFAULT;
}

int copy_out(vaddr_t dst, const void *src, size_t n)
{
	return user_range(dst, n) && arch_copy_to_user(dst, src, n) == 0 ? 0 : -EFAULT;
}

size_t copy_out_some(vaddr_t dst, const void *src, size_t n)
{
	return user_range(dst, n) ? n - arch_copy_to_user(dst, src, n) : 0;
}

size_t copy_in_some(void *dst, vaddr_t src, size_t n)
{
	return user_range(src, n) ? n - arch_copy_from_user(dst, src, n) : 0;
}

/* Page by page: what lies behind the string need not be there. */
int copy_in_string(char *dst, vaddr_t src, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t n = PT_PAGE_SIZE - ((src + done) & PT_PAGE_MASK);
		size_t got, len;

		n = n < size - done ? n : size - done;
		got = copy_in_some(dst + done, src + done, n);
		len = strnlen(dst + done, got);
		if (len < got)
			return (int)(done + len);
		if (got < n)
			return -EFAULT;
		done += n;
	}
	return -ENAMETOOLONG;
}
