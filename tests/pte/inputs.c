/* The spread of inputs for the laws, and the comparison with a golden entry. */
#include "tests/pte/inputs.h"

/* Does LAW hold for IN? Otherwise say which input it was. */
static bool holds(pte_law *law, const struct pte_input *in)
{
	law(in);
	if (test_failing())
		test_note("level %u, flags %#x, address %#llx", in->level, in->flags,
			  (unsigned long long)in->pa);
	return !test_failing();
}

static bool try_flags(pte_law *law, unsigned level, paddr_t pa, unsigned flag_sets)
{
	for (unsigned flags = 0; flags < flag_sets; flags++) {
		const struct pte_input in = {level, flags, pa};

		if (!holds(law, &in))
			return false;
	}
	return true;
}

/* Every address bit alone and every one missing, none, all, both alternations, and a few at random. */
static bool try_addresses(pte_law *law, unsigned level, paddr_t mask, unsigned flag_sets)
{
	const paddr_t patterns[] = {0, ~(paddr_t)0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
				    test_rand(), test_rand(), test_rand()};

	for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!try_flags(law, level, patterns[i] & mask, flag_sets))
			return false;
	for (paddr_t bit = 1; bit; bit <<= 1)
		if ((bit & mask) && (!try_flags(law, level, bit, flag_sets) ||
				     !try_flags(law, level, mask & ~bit, flag_sets)))
			return false;
	return true;
}

void pte_each_leaf(pte_law *law)
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++)
		if (!try_addresses(law, level, pa_mask(level), PT_ALL_FLAGS + 1))
			return;
}

void pte_each_table(pte_law *law)
{
	for (unsigned level = 1; level < PT_MAX_LEVELS; level++)
		if (!try_addresses(law, level, pa_mask(0), 1))
			return;
}

void pte_golden_leaf(const struct pte_golden *g)
{
	CHECK_EQ(pte_leaf(g->pa, g->level, g->flags), g->pte);
	CHECK_EQ(pte_kind(g->pte, g->level), PTE_LEAF);
	CHECK_EQ(pte_pa(g->pte), g->pa);
	/* PT_DEV is advisory: it may be lost, not made up */
	CHECK_EQ(pte_flags(g->pte, g->level) & ~(unsigned)PT_DEV, g->flags & ~(unsigned)PT_DEV);
	CHECK_EQ(pte_flags(g->pte, g->level) & ~g->flags, 0);
}

void pte_golden_table(const struct pte_golden *g)
{
	CHECK_EQ(pte_table(g->pa), g->pte);
	CHECK_EQ(pte_pa(g->pte), g->pa);
	for (unsigned level = 1; level < PT_MAX_LEVELS; level++)
		CHECK_EQ(pte_kind(g->pte, level), PTE_TABLE);
}
