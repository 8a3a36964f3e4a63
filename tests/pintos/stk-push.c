/* An access of up to eight bytes below the stack pointer grows the stack, as a push does; one further below does not. */
#include "kit.h"
#include <stdint.h>
#include <tests/lib.h>
#include <tests/main.h>

/* Writes at AT, with the stack pointer at SP; no function may be called meanwhile. */
static void write_with_sp(uintptr_t sp, uintptr_t at)
{
#if defined __x86_64__
	__asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; movb $1, (%1); mov %%rbx, %%rsp"
			 :
			 : "r"(sp), "r"(at)
			 : "rbx", "memory");
#else
	__asm__ volatile("mv s1, sp; mv sp, %0; sb zero, (%1); mv sp, s1"
			 :
			 : "r"(sp), "r"(at)
			 : "s1", "memory");
#endif
}

static uintptr_t page_below(unsigned pages)
{
	return ((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1)) - pages * PAGE;
}

static void at_sp(void) { write_with_sp(page_below(20), page_below(20)); }
static void push(void) { write_with_sp(page_below(20), page_below(20) - 8); }
static void further(void) { write_with_sp(page_below(20), page_below(20) - 16); }

void test_main(void)
{
	in_child("at sp", at_sp, 0);
	in_child("push", push, 0);
	in_child("further", further, -1);
}
