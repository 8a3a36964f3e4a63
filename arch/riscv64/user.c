/* What user threads have beside their frames: the floating-point registers. sstatus.FS in the frame says whether the
 * program wrote them since they were loaded. The thread pointer is an ordinary register. */
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#define HWCAP_IMAFDC 0x112d /* a bit for each letter */

/* The compiler's flags say that there are no such registers, so fsd and fld of f0-f31 are spelled out. */
#define FP_ALL                                                                                               \
	"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, " \
	"27, 28, 29, 30, 31"

static void fp_save(struct arch_user *u)
{
	register uint64_t *at __asm__("a0") = u->f;

	__asm__ volatile("csrs sstatus, %2\n.irp n, " FP_ALL "\n"
			 ".word 0x53027 | (8*\\n & 0xfe0) << 20 | \\n << 20 | (8*\\n & 31) << 7\n.endr\n"
			 "csrr %0, 0x003\ncsrc sstatus, %2"
			 : "=&r"(u->fcsr)
			 : "r"(at), "r"((uint64_t)SSTATUS_FS)
			 : "memory");
}

static void fp_load(const struct arch_user *u)
{
	register const uint64_t *at __asm__("a0") = u->f;

	__asm__ volatile("csrs sstatus, %2\n.irp n, " FP_ALL "\n"
			 ".word 0x53007 | 8*\\n << 20 | \\n << 7\n.endr\n"
			 "csrw 0x003, %0\ncsrc sstatus, %2"
			 :
			 : "r"(u->fcsr), "r"(at), "r"((uint64_t)SSTATUS_FS)
			 : "memory");
}

static void mark_clean(struct intr_frame *f)
{
	f->status = (f->status & ~(uint64_t)SSTATUS_FS) | SSTATUS_CLEAN;
}

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
