/* Signal frames in Linux' layout: return address, ucontext, siginfo, and what FXSAVE stores. */
#include "abi.h"
#include "arch/arch.h"
#include "kernel/lib/lib.h"

#define FLAGS_USER 0x50dd5 /* AC RF OF DF TF SF ZF AF PF CF: what a program may set */
#define FLAG_DF    0x400
#define FLAG_TF    0x100
#define FLAG_RF    0x10000
#define UC_SS      6 /* ss is stored, and is to be restored */
#define MXCSR_AT   24
#define MASK_AT    28
#define MASK_LEAST 0xffbf

struct image {
	uint64_t back;
	uint64_t flags, link;
	struct signal_stack alt;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, vector, old_mask, cr2;
	uint64_t fp; /* the address of FX; 0: as at the program's beginning */
	uint64_t reserved[8];
	uint64_t mask;
	uint8_t info[ARCH_SIGINFO];
	uint64_t pad[2];
	uint8_t fx[512]; /* at a multiple of 64 */
};
_Static_assert(sizeof(struct image) == ARCH_SIGNAL_SIZE, "struct rt_sigframe");
_Static_assert(offsetof(struct image, info) == 312 && offsetof(struct image, fx) % 16 == 8,
	       "struct rt_sigframe");

const uint32_t arch_signal_code[] = {0};
const size_t arch_signal_code_size = 0;

vaddr_t arch_signal_enter(struct intr_frame *f, const struct arch_user *u, const struct arch_signal *s,
			  void *image)
{
	vaddr_t fp = ((s->stack - sizeof u->fx) & ~63ull), at = fp - offsetof(struct image, fx);
	struct image *i = image;

	*i = (struct image){
		.back = s->back,
		.flags = UC_SS,
		.alt = s->alt,
		.r8 = f->r8,
		.r9 = f->r9,
		.r10 = f->r10,
		.r11 = f->r11,
		.r12 = f->r12,
		.r13 = f->r13,
		.r14 = f->r14,
		.r15 = f->r15,
		.rdi = f->rdi,
		.rsi = f->rsi,
		.rbp = f->rbp,
		.rbx = f->rbx,
		.rdx = f->rdx,
		.rax = f->rax,
		.rcx = f->rcx,
		.rsp = f->rsp,
		.rip = f->rip,
		.rflags = f->rflags,
		.cs = (uint16_t)f->cs,
		.ss = (uint16_t)f->ss,
		.error = f->error,
		.vector = f->vector,
		.old_mask = s->mask,
		.fp = fp,
		.mask = s->mask,
	};
	memcpy(i->info, s->info, sizeof i->info);
	memcpy(&i->cr2, s->info + 16, sizeof i->cr2);
	memcpy(i->fx, u->fx, sizeof i->fx);
	f->rdi = (uint64_t)s->number;
	f->rsi = at + offsetof(struct image, info);
	f->rdx = at + offsetof(struct image, flags);
	f->rax = 0;
	f->rip = s->handler;
	f->rsp = at;
	f->rflags &= ~(uint64_t)(FLAG_DF | FLAG_TF | FLAG_RF);
	return at;
}

void arch_signal_begin(struct arch_user *u)
{
	uint64_t fs_base = u->fs_base;

	arch_user_init(u, NULL);
	u->fs_base = fs_base;
}

/* The handler's return took BACK. */
vaddr_t arch_signal_at(const struct intr_frame *f) { return f->rsp - 8; }

/* A bit of MXCSR that the CPU does not have would be FXRSTOR's fault, in the kernel. */
static void fp_restore(struct arch_user *u, const uint8_t fx[512])
{
	uint32_t mask, mxcsr;

	memcpy(&mask, u->fx + MASK_AT, sizeof mask);
	memcpy(u->fx, fx, sizeof u->fx);
	memcpy(&mxcsr, u->fx + MXCSR_AT, sizeof mxcsr);
	mxcsr &= mask ? mask : MASK_LEAST;
	memcpy(u->fx + MXCSR_AT, &mxcsr, sizeof mxcsr);
}

bool arch_signal_leave(struct intr_frame *f, struct arch_user *u, const void *image, vaddr_t at,
		       uint64_t *mask, struct signal_stack *alt)
{
	const struct image *i = image;

	f->r8 = i->r8, f->r9 = i->r9, f->r10 = i->r10, f->r11 = i->r11;
	f->r12 = i->r12, f->r13 = i->r13, f->r14 = i->r14, f->r15 = i->r15;
	f->rdi = i->rdi, f->rsi = i->rsi, f->rbp = i->rbp, f->rbx = i->rbx;
	f->rdx = i->rdx, f->rax = i->rax, f->rcx = i->rcx, f->rsp = i->rsp;
	f->rip = i->rip;
	f->rflags = (f->rflags & ~(uint64_t)FLAGS_USER) | (i->rflags & FLAGS_USER);
	f->vector = 0; /* IRETQ: RCX and R11 are the program's */
	*mask = i->mask;
	*alt = i->alt;
	if (!i->fp)
		arch_signal_begin(u);
	else if (i->fp == at + offsetof(struct image, fx))
		fp_restore(u, i->fx);
	else
		return false;
	return true;
}

/* SYSCALL is two bytes, and its number was where the result is. */
void arch_frame_restart(struct intr_frame *f, uint64_t number, uint64_t arg0)
{
	(void)arg0;
	f->rax = number;
	f->rip -= 2;
}
