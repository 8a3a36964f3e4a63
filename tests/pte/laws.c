/* The laws that any port's pte.h keeps: vm/pt.c relies on them and on nothing else about an encoding.
 * Tried for every level and flag set over a spread of addresses (inputs.c), on the host for each ISA and in
 * the guests. What only one ISA asks for is in x86_64.c and riscv64.c, with the golden entries. */
#include "tests/pte/inputs.h"

TEST(zero_is_none, "pte/zero-is-none")
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++)
		CHECK_EQ(pte_kind(0, level), PTE_NONE);
}

static void leaf_is_leaf(const struct pte_input *in)
{
	CHECK_EQ(pte_kind(pte_leaf(in->pa, in->level, in->flags), in->level), PTE_LEAF);
}

TEST(leaf_is_leaf, "pte/leaf-is-a-leaf-at-every-level")
{
	pte_each_leaf(leaf_is_leaf);
}

static void table_is_table(const struct pte_input *in)
{
	CHECK_EQ(pte_kind(pte_table(in->pa), in->level), PTE_TABLE);
}

TEST(table_is_table, "pte/table-is-a-table-at-every-level-above-0")
{
	pte_each_table(table_is_table);
}

static void leaf_address(const struct pte_input *in)
{
	CHECK_EQ(pte_pa(pte_leaf(in->pa, in->level, in->flags)), in->pa);
}

TEST(leaf_address, "pte/leaf-keeps-its-address")
{
	pte_each_leaf(leaf_address);
}

static void table_address(const struct pte_input *in)
{
	CHECK_EQ(pte_pa(pte_table(in->pa)), in->pa);
}

TEST(table_address, "pte/table-keeps-its-address")
{
	pte_each_table(table_address);
}

/* PT_DEV is advisory: an encoding may drop it, and none may make it up. */
static void leaf_flags(const struct pte_input *in)
{
	unsigned got = pte_flags(pte_leaf(in->pa, in->level, in->flags), in->level);

	CHECK_EQ(got | PT_DEV, in->flags | PT_DEV);
	CHECK_EQ(got & ~in->flags, 0);
}

TEST(leaf_flags, "pte/leaf-keeps-its-flags")
{
	pte_each_leaf(leaf_flags);
}

/* The bits that turn when only FLAG does. */
static pte_t bits_of(unsigned flag, unsigned level)
{
	return pte_leaf(0, level, 0) ^ pte_leaf(0, level, flag);
}

/* So that hardware which sets A or D, and software which clears W, each change that and nothing else. */
static void flags_apart(const struct pte_input *in)
{
	pte_t entry = pte_leaf(in->pa, in->level, in->flags);

	for (unsigned flag = 1; flag <= PT_ALL_FLAGS; flag <<= 1)
		CHECK_EQ(entry ^ pte_leaf(in->pa, in->level, in->flags ^ flag), bits_of(flag, in->level));
}

TEST(flags_apart, "pte/each-flag-turns-the-same-bits-everywhere")
{
	pte_each_leaf(flags_apart);
}

TEST(flags_disjoint, "pte/no-two-flags-share-a-bit")
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++) {
		pte_t taken = pa_mask(0);

		for (unsigned flag = 1; flag <= PT_ALL_FLAGS; flag <<= 1) {
			CHECK_EQ(bits_of(flag, level) & taken, 0);
			CHECK(bits_of(flag, level) != 0 || flag == PT_DEV);
			taken |= bits_of(flag, level);
		}
	}
}

/* Bits of the address field that lie inside the leaf are reserved or mean something else (PAT on x86). */
static void low_bits_clear(const struct pte_input *in)
{
	CHECK_EQ(pte_pa(pte_leaf(in->pa, in->level, in->flags)) & ~pa_mask(in->level), 0);
}

TEST(low_bits_clear, "pte/leaf-sets-no-address-bit-below-its-span")
{
	pte_each_leaf(low_bits_clear);
}

/* What pt_protect() and pt_harvest() do with an entry: decode, change, encode. */
static void flags_change(const struct pte_input *in)
{
	static const unsigned settable[] = {PT_W | PT_X, PT_A, PT_D, PT_A | PT_D};
	pte_t old = pte_leaf(in->pa, in->level, in->flags);
	unsigned had = pte_flags(old, in->level);

	for (unsigned i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
		unsigned what = settable[i];
		pte_t off = pte_leaf(pte_pa(old), in->level, had & ~what);
		pte_t on = pte_leaf(pte_pa(off), in->level, pte_flags(off, in->level) | what);
		pte_t may = 0;

		for (unsigned flag = 1; flag <= PT_ALL_FLAGS; flag <<= 1)
			may |= what & flag ? bits_of(flag, in->level) : 0;
		CHECK_EQ((old ^ off) & ~may, 0);
		CHECK_EQ((old ^ on) & ~may, 0);
		CHECK_EQ(pte_flags(off, in->level), had & ~what);
		CHECK_EQ(pte_flags(on, in->level), had | what);
		CHECK_EQ(pte_pa(on), in->pa);
	}
}

TEST(flags_change, "pte/changing-flags-keeps-all-else")
{
	pte_each_leaf(flags_change);
}
