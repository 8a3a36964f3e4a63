/* The entries of a machine that this example makes up: flags in the low bits, the address as it is. */
#ifndef PTE_H
#define PTE_H

#define TOY_TABLE 0x400ull
#define TOY_LEAF  0x800ull

static inline pte_t pte_table(paddr_t pa) { return pa | TOY_TABLE; }
static inline pte_t pte_leaf(paddr_t pa, unsigned level, unsigned flags)
{
	(void)level;
	return pa | TOY_LEAF | flags;
}
static inline enum pte_kind pte_kind(pte_t pte, unsigned level)
{
	return pte & TOY_LEAF ? PTE_LEAF : level && pte & TOY_TABLE ? PTE_TABLE : PTE_NONE;
}
static inline paddr_t pte_pa(pte_t pte) { return pte & ~(pte_t)PT_PAGE_MASK; }
static inline unsigned pte_flags(pte_t pte, unsigned level)
{
	(void)level;
	return (unsigned)pte & PT_ALL_FLAGS;
}

#endif
