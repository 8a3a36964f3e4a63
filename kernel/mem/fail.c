/* Failures to order: the Nth allocation that a thread makes from now on fails, once. So a test makes every one fail in
 * turn and sees that nothing but an error comes of it. Or all of several pages fail, as they do when memory has long been
 * in use and no two free pages lie side by side: ordinary work has to do without. */
#include "kernel/config.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/thread.h"

static _Atomic bool ordered; /* once by anybody: until then nobody's thread is looked at */

uint64_t alloc_fail(uint64_t n)
{
	struct thread *me = thread_current();
	uint64_t left = me->alloc_fails_in;

	if (!KERNEL_DEBUG)
		return 0;
	ordered = true;
	me->alloc_fails_in = n;
	return left;
}

bool alloc_fails_now(size_t pages)
{
	struct thread *me;

	if (!ordered)
		return false;
	me = thread_current();
	if (me->alloc_fails_in == ALLOC_SEVERAL)
		return pages > 1;
	return me->alloc_fails_in && --me->alloc_fails_in == 0;
}
