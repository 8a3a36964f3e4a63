/* Signal frames in Linux' layout: siginfo, then ucontext with the registers and the floating-point state. */
#include "abi.h"
#include "arch/arch.h"
#include "kernel/lib/lib.h"

struct image {
	uint8_t info[ARCH_SIGINFO];
	uint64_t flags, link;
	struct signal_stack alt;
	uint64_t mask, unused[15];
	uint64_t pad;       /* what follows is aligned to 16 */
	uint64_t pc, x[31]; /* x1 and on */
	uint64_t f[32], fcsr;
	uint64_t reserved[33]; /* room for wider registers; zeros */
};
_Static_assert(sizeof(struct image) == ARCH_SIGNAL_SIZE && ARCH_SIGNAL_SIZE % 16 == 0, "struct rt_sigframe");
_Static_assert(offsetof(struct image, pc) == ARCH_SIGINFO + 176, "struct ucontext");

/* li a7, rt_sigreturn; ecall */
const uint32_t arch_signal_code[] = {0x08b00893, 0x00000073};
const size_t arch_signal_code_size = sizeof arch_signal_code;

vaddr_t arch_signal_enter(struct intr_frame *f, const struct arch_user *u, const struct arch_signal *s,
			  void *image)
{
	vaddr_t at = (s->stack - sizeof(struct image)) & ~15ull;
	struct image *i = image;

	*i = (struct image){.alt = s->alt, .mask = s->mask, .pc = f->pc, .fcsr = u->fcsr};
	memcpy(i->info, s->info, sizeof i->info);
	memcpy(i->x, f->x + 1, sizeof i->x);
	memcpy(i->f, u->f, sizeof i->f);
	f->x[1] = s->back;
	f->x[2] = at;
	f->x[10] = (uint64_t)s->number;
	f->x[11] = at + offsetof(struct image, info);
	f->x[12] = at + offsetof(struct image, flags);
	f->pc = s->handler;
	return at;
}

/* As it is. */
void arch_signal_begin(struct arch_user *u) { (void)u; }

vaddr_t arch_signal_at(const struct intr_frame *f) { return f->x[2]; }

bool arch_signal_leave(struct intr_frame *f, struct arch_user *u, const void *image, vaddr_t at,
		       uint64_t *mask, struct signal_stack *alt)
{
	const struct image *i = image;

	(void)at;
	memcpy(f->x + 1, i->x, sizeof i->x);
	f->pc = i->pc;
	memcpy(u->f, i->f, sizeof u->f);
	u->fcsr = i->fcsr & 0xff;
	*mask = i->mask;
	*alt = i->alt;
	return true;
}

/* ecall is four bytes, and the result took the place of the first argument. */
void arch_frame_restart(struct intr_frame *f, uint64_t number, uint64_t arg0)
{
	(void)number;
	f->x[10] = arg0;
	f->pc -= 4;
}
