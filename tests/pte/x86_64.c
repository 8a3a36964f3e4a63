/* x86-64: golden entries worked out by hand from the Intel SDM, volume 3A, chapter 4 (tables 4-14 to 4-20:
 * PML5E, PML4E, PDPTE, PDE, PTE), and the laws that only this encoding has.
 *
 *	bit 0 P 1       bit 3 PWT 8     bit 6 D  40     bit 8  G   100
 *	bit 1 R/W 2     bit 4 PCD 10    bit 7 PS 80     bit 63 XD  8000000000000000
 *	bit 2 U/S 4     bit 5 A   20    bits 12-51 the address, from bit 21 for 2 MiB, from bit 30 for 1 GiB
 *
 * Bit 7 of a level-0 entry is PAT, as is bit 12 of a large leaf; 9-11 and 52-58 are software's; 59-62 are the
 * protection key. All of these stay clear in what we encode. */
#include "tests/pte/inputs.h"

#ifdef X86_P
static const struct pte_golden leaves[] = {
	/* ---- 4 KiB: each flag alone, at 0x1000; without X there is XD ---- */
	{0x0000000000000001, 0x0, 0, PT_X},                     /* P */
	{0x8000000000000001, 0x0, 0, 0},                        /* XD P */
	{0x8000000000001001, 0x1000, 0, 0},                     /* XD, 1000, P */
	{0x8000000000001003, 0x1000, 0, PT_W},                  /* XD, 1000, R/W 2 + P 1 */
	{0x0000000000001001, 0x1000, 0, PT_X},                  /* 1000, P; XD is gone */
	{0x8000000000001005, 0x1000, 0, PT_U},                  /* XD, 1000, U/S 4 + P 1 */
	{0x8000000000001101, 0x1000, 0, PT_G},                  /* XD, 1000, G 100 + P 1 */
	{0x8000000000001021, 0x1000, 0, PT_A},                  /* XD, 1000, A 20 + P 1 */
	{0x8000000000001041, 0x1000, 0, PT_D},                  /* XD, 1000, D 40 + P 1 */
	{0x8000000000001019, 0x1000, 0, PT_DEV},                /* XD, 1000, PCD 10 + PWT 8 + P 1 */
	/* ---- 4 KiB: what kernels map ---- */
	{0x800000007fffe067, 0x7fffe000, 0, PT_W | PT_U | PT_A | PT_D},  /* user data: 40 + 20 + 4 + 2 + 1 */
	{0x8000000000600005, 0x600000, 0, PT_U},                         /* user, read-only: 4 + 1 */
	{0x0000000000400025, 0x400000, 0, PT_X | PT_U | PT_A},           /* user text: 20 + 4 + 1 */
	{0x0000000000101121, 0x101000, 0, PT_X | PT_G | PT_A},           /* kernel text: 100 + 20 + 1 */
	{0x8000000000202163, 0x202000, 0, PT_W | PT_G | PT_A | PT_D},    /* kernel data: 100+40+20+2+1 */
	{0x80000000fee0017b, 0xfee00000, 0, PT_W | PT_G | PT_A | PT_D | PT_DEV}, /* registers: 163 + 10 + 8 */
	/* ---- 4 KiB: the whole width of the address ---- */
	{0x000ffffffffff17f, 0xffffffffff000, 0, PT_ALL_FLAGS},          /* 12-51; 100+40+20+10+8+4+2+1 */
	{0x800ffffffffff001, 0xffffffffff000, 0, 0},                     /* XD, 12-51, P */
	{0x0008000000000001, 0x8000000000000, 0, PT_X},                  /* bit 51, P */
	{0x0000000100000001, 0x100000000, 0, PT_X},                      /* bit 32, P */
	/* ---- 2 MiB: PS 80 in each ---- */
	{0x8000000000200081, 0x200000, 1, 0},                            /* XD, bit 21, PS 80 + P 1 */
	{0x0000000000200081, 0x200000, 1, PT_X},                         /* bit 21, PS 80 + P 1 */
	{0x8000000000200083, 0x200000, 1, PT_W},                         /* 80 + 2 + 1 */
	{0x8000000000200085, 0x200000, 1, PT_U},                         /* 80 + 4 + 1 */
	{0x8000000000200181, 0x200000, 1, PT_G},                         /* 100 + 80 + 1 */
	{0x80000000002000a1, 0x200000, 1, PT_A},                         /* 80 + 20 + 1 */
	{0x80000000002000c1, 0x200000, 1, PT_D},                         /* 80 + 40 + 1 */
	{0x80000000fec0009b, 0xfec00000, 1, PT_W | PT_DEV},              /* 80 + 10 + 8 + 2 + 1 */
	{0x80000000400001e3, 0x40000000, 1, PT_W | PT_G | PT_A | PT_D},  /* 100 + 80 + 40 + 20 + 2 + 1 */
	{0x00000001234000a5, 0x123400000, 1, PT_X | PT_U | PT_A},        /* 80 + 20 + 4 + 1 */
	{0x000fffffffe001ff, 0xfffffffe00000, 1, PT_ALL_FLAGS},          /* 21-51; 17f + PS 80 */
	/* ---- 1 GiB ---- */
	{0x8000000040000081, 0x40000000, 2, 0},                          /* XD, bit 30, PS 80 + P 1 */
	{0x80000001000001e3, 0x100000000, 2, PT_W | PT_G | PT_A | PT_D}, /* XD, bit 32, 1e3 as above */
	{0x0000000080000187, 0x80000000, 2, PT_W | PT_X | PT_U | PT_G},  /* bit 31, 100 + 80 + 4 + 2 + 1 */
	{0x0008000000000081, 0x8000000000000, 2, PT_X},                  /* bit 51, PS 80 + P 1 */
	{0x000fffffc00001ff, 0xfffffc0000000, 2, PT_ALL_FLAGS},          /* 30-51; 17f + PS 80 */
};

/* A table lets everything through, and the leaf decides: U/S 4 + R/W 2 + P 1, no XD. */
static const struct pte_golden tables[] = {
	{.pte = 0x0000000000000007, .pa = 0x0},
	{.pte = 0x0000000000001007, .pa = 0x1000},            /* bit 12 */
	{.pte = 0x000000007fffe007, .pa = 0x7fffe000},        /* bits 13-30 */
	{.pte = 0x0000000100000007, .pa = 0x100000000},       /* bit 32 */
	{.pte = 0x0008000000000007, .pa = 0x8000000000000},   /* bit 51 */
	{.pte = 0x000ffffffffff007, .pa = 0xffffffffff000},   /* bits 12-51 */
};

TEST(golden_leaves, "pte/golden-leaves")
{
	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		pte_golden_leaf(&leaves[i]);
}

TEST(golden_tables, "pte/golden-tables")
{
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		pte_golden_table(&tables[i]);
}

/* Entries that we do not write but may meet: the walker marks tables, software bits may be used one day. */
TEST(golden_foreign, "pte/golden-foreign-entries")
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++)
		CHECK_EQ(pte_kind(0xfffffffffffffffe, level), PTE_NONE); /* all but P: nothing else counts */
	for (unsigned level = 1; level < PT_MAX_LEVELS; level++) {
		CHECK_EQ(pte_kind(0x5027, level), PTE_TABLE);  /* the walker set A 20 */
		CHECK_EQ(pte_kind(0x5147, level), PTE_TABLE);  /* 100 and 40 are ignored in a table */
		CHECK_EQ(pte_kind(0x8000000000005001, level), PTE_TABLE); /* XD, read-only, kernel */
	}
	CHECK_EQ(pte_pa(0x5027), 0x5000);
	CHECK_EQ(pte_kind(0x1081, 0), PTE_LEAF);               /* 80 at level 0 is PAT: a leaf all the same */
	CHECK_EQ(pte_pa(0x7ff0000000001e01), 0x1000);          /* bits 9-11 and 52-62 are no address */
	CHECK_EQ(pte_flags(0x7ff0000000001e01, 0), PT_X);      /* ... and no flag */
	CHECK_EQ(pte_flags(0x8000000000001061, 0), PT_A | PT_D); /* what a store leaves behind: A 20 + D 40 */
}

static void ps_iff_large(const struct pte_input *in)
{
	pte_t entry = pte_leaf(in->pa, in->level, in->flags);

	CHECK_EQ(entry >> 7 & 1, in->level > 0);
}

TEST(ps_iff_large, "pte/x86-page-size-bit-in-large-leaves-only")
{
	pte_each_leaf(ps_iff_large);
}

static void xd_iff_not_x(const struct pte_input *in)
{
	pte_t entry = pte_leaf(in->pa, in->level, in->flags);

	CHECK_EQ(entry >> 63, !(in->flags & PT_X));
}

TEST(xd_iff_not_x, "pte/x86-execute-disable-unless-executable")
{
	pte_each_leaf(xd_iff_not_x);
}

/* P, R/W, U/S, PWT, PCD, A, D, G: 17f; PS where it is large; XD; the address. PAT, the software bits and the
 * protection key are none of ours. */
static void no_reserved_bit(const struct pte_input *in)
{
	pte_t ours = 0x800000000000017f | (in->level ? 0x80 : 0) | pa_mask(in->level);

	CHECK_EQ(pte_leaf(in->pa, in->level, in->flags) & ~ours, 0);
}

TEST(no_reserved_bit, "pte/no-reserved-bit-in-a-leaf")
{
	pte_each_leaf(no_reserved_bit);
}

static void table_decides_nothing(const struct pte_input *in)
{
	CHECK_EQ(pte_table(in->pa) & ~pa_mask(0), 0x7);
}

TEST(table_decides_nothing, "pte/table-leaves-all-rights-to-the-leaf")
{
	pte_each_table(table_decides_nothing);
}
#endif
