/* RISC-V page-table entries, Sv39, Sv48 and Sv57. Pure: written in the terms of vm/types.h, which the
 * includer brings; compiles and is tested on any host. A leaf always reads, so W without R cannot be said.
 * PT_DEV is dropped: what is device memory is a matter of physical attributes here. */
#ifndef PTE_H
#define PTE_H

#define RV_V  0x01ull
#define RV_R  0x02ull
#define RV_W  0x04ull
#define RV_X  0x08ull
#define RV_U  0x10ull
#define RV_G  0x20ull
#define RV_A  0x40ull
#define RV_D  0x80ull
#define RV_PPN        0x003ffffffffffc00ull
#define RV_PPN_TO_PA  2 /* PPN stands at bit 10, a page's address at bit 12 */

static inline pte_t pte_table(paddr_t pa) { return (pa >> RV_PPN_TO_PA) | RV_V; }

static inline pte_t pte_leaf(paddr_t pa, unsigned level, unsigned flags)
{
	(void)level;
	return (pa >> RV_PPN_TO_PA) | RV_V | RV_R | (flags & PT_W ? RV_W : 0) | (flags & PT_X ? RV_X : 0) |
	       (flags & PT_U ? RV_U : 0) | (flags & PT_G ? RV_G : 0) | (flags & PT_A ? RV_A : 0) |
	       (flags & PT_D ? RV_D : 0);
}

static inline enum pte_kind pte_kind(pte_t pte, unsigned level)
{
	if (!(pte & RV_V))
		return PTE_NONE;
	if (pte & (RV_R | RV_W | RV_X))
		return PTE_LEAF;
	return level ? PTE_TABLE : PTE_NONE;
}

static inline paddr_t pte_pa(pte_t pte) { return (pte & RV_PPN) << RV_PPN_TO_PA; }

static inline unsigned pte_flags(pte_t pte, unsigned level)
{
	(void)level;
	return (pte & RV_W ? PT_W : 0u) | (pte & RV_X ? PT_X : 0u) | (pte & RV_U ? PT_U : 0u) |
	       (pte & RV_G ? PT_G : 0u) | (pte & RV_A ? PT_A : 0u) | (pte & RV_D ? PT_D : 0u);
}

#endif
