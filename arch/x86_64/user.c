/* What user threads have beside their frames: the FPU's registers and the base of FS, the thread pointer. */
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#include <cpuid.h>

#define MSR_FS_BASE 0xc0000100
#define FCW_START   0x37f
#define MXCSR_START 0x1f80
#define MXCSR_AT    24

enum { ARCH_SET_FS = 0x1002, ARCH_GET_FS };

static void fs_base_write(uint64_t v)
{
	__asm__ volatile("wrmsr" : : "c"(MSR_FS_BASE), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

void arch_user_init(struct arch_user *u, struct intr_frame *f)
{
	const uint16_t fcw = FCW_START;
	const uint32_t mxcsr = MXCSR_START;

	(void)f;
	memset(u, 0, sizeof *u);
	memcpy(u->fx, &fcw, sizeof fcw);
	memcpy(u->fx + MXCSR_AT, &mxcsr, sizeof mxcsr);
}

void arch_user_save(struct arch_user *u, struct arch_thread *t)
{
	(void)t;
	__asm__ volatile("fxsave64 %0" : "=m"(u->fx));
}

void arch_user_load(const struct arch_user *u)
{
	__asm__ volatile("fxrstor64 %0" : : "m"(u->fx));
	fs_base_write(u->fs_base);
}

void arch_user_set_tls(struct arch_user *u, struct intr_frame *f, uint64_t tls, bool live)
{
	unsigned long was = arch_irq_save();

	(void)f;
	u->fs_base = tls;
	if (live)
		fs_base_write(tls);
	arch_irq_restore(was);
}

int arch_prctl(struct arch_user *u, struct intr_frame *f, uint64_t code, uint64_t value, uint64_t *out)
{
	*out = u->fs_base;
	if (code == ARCH_GET_FS)
		return 1;
	if (code != ARCH_SET_FS)
		return -EINVAL;
	if (value >> 47) /* not canonical, or the kernel's */
		return -EPERM;
	arch_user_set_tls(u, f, value, true);
	return 0;
}

uint64_t arch_hwcap(void)
{
	uint32_t a, b, c, d = 0;

	__get_cpuid(1, &a, &b, &c, &d);
	return d;
}
