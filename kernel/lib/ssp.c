/* The stack protector: the canary where the compiler looks for one global, and what a smashed one means. */
#include "kernel/lib/lib.h"

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

/* No zero byte but the lowest, which stops a string that runs over its end from rewriting it. */
uintptr_t __stack_chk_guard = 0x9d5a7be3c61f2800;

void __stack_chk_fail(void)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	char where[64];

	symbol_name(pc - 1, where, sizeof where);
	panic("stack smashed in %s", where);
}
