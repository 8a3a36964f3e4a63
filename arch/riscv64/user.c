/* What user threads have beside their frames: the floating-point registers. sstatus.FS in the frame says whether the
 * program wrote them since they were loaded. The thread pointer is an ordinary register. */
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#define HWCAP_IMAFDC 0x112d /* a bit for each letter */

static void mark_clean(struct intr_frame *f) { f->status = (f->status & ~(uint64_t)SSTATUS_FS) | SSTATUS_CLEAN; }

void arch_user_init(struct arch_user *u, struct intr_frame *f)
{
	memset(u, 0, sizeof *u);
	mark_clean(f);
}

void arch_user_save(struct arch_user *u, struct arch_thread *t)
{
	struct intr_frame *f = (struct intr_frame *)t->user_sp - 1;

	if (!t->user_sp || (f->status & SSTATUS_FS) != SSTATUS_FS)
		return;
	fp_save(u);
	mark_clean(f);
}

void arch_user_load(const struct arch_user *u) { fp_load(u); }

void arch_user_set_tls(struct arch_user *u, struct intr_frame *f, uint64_t tls, bool live)
{
	(void)u, (void)live;
	f->x[4] = tls;
}

int arch_prctl(struct arch_user *u, struct intr_frame *f, uint64_t code, uint64_t value, uint64_t *out)
{
	(void)u, (void)f, (void)code, (void)value, (void)out;
	return -ENOSYS;
}

uint64_t arch_hwcap(void) { return HWCAP_IMAFDC; }
