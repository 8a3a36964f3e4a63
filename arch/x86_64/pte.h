/* x86-64 page-table entries, 4 or 5 levels. Pure: written in the terms of vm/types.h, which the includer
 * brings; compiles and is tested on any host. No read bit: present is readable. NX is the absence of PT_X. */
#ifndef PTE_H
#define PTE_H

#define X86_P   0x001ull
#define X86_W   0x002ull
#define X86_U   0x004ull
#define X86_DEV 0x018ull /* PWT | PCD: uncached */
#define X86_A   0x020ull
#define X86_D   0x040ull
#define X86_PS  0x080ull /* a leaf, at any level but the lowest */
#define X86_G   0x100ull
#define X86_NX  0x8000000000000000ull
#define X86_PA  0x000ffffffffff000ull

static inline pte_t pte_table(paddr_t pa) { return pa | X86_P | X86_W | X86_U; }

static inline pte_t pte_leaf(paddr_t pa, unsigned level, unsigned flags)
{
	return pa | X86_P | (level ? X86_PS : 0) | (flags & PT_W ? X86_W : 0) | (flags & PT_X ? 0 : X86_NX) |
	       (flags & PT_U ? X86_U : 0) | (flags & PT_G ? X86_G : 0) | (flags & PT_A ? X86_A : 0) |
	       (flags & PT_D ? X86_D : 0) | (flags & PT_DEV ? X86_DEV : 0);
}

static inline enum pte_kind pte_kind(pte_t pte, unsigned level)
{
	if (!(pte & X86_P))
		return PTE_NONE;
	return level == 0 || (pte & X86_PS) ? PTE_LEAF : PTE_TABLE;
}

static inline paddr_t pte_pa(pte_t pte) { return pte & X86_PA; }

static inline unsigned pte_flags(pte_t pte, unsigned level)
{
	(void)level;
	return (pte & X86_W ? PT_W : 0u) | (pte & X86_NX ? 0u : PT_X) | (pte & X86_U ? PT_U : 0u) |
	       (pte & X86_G ? PT_G : 0u) | (pte & X86_A ? PT_A : 0u) | (pte & X86_D ? PT_D : 0u) |
	       (pte & X86_DEV ? PT_DEV : 0u);
}

#endif
