/* RISC-V: golden entries worked out by hand from the privileged specification (4.3 to 4.6: Sv32, Sv39, Sv48,
 * Sv57), and the laws that only this encoding has.
 *
 *	bit 0 V 1       bit 3 X 8       bit 6 A 40      bits 10-53 PPN: the address shifted right by 12, then
 *	bit 1 R 2       bit 4 U 10      bit 7 D 80                 left by 10, so in all right by 2
 *	bit 2 W 4       bit 5 G 20      bits 8-9 software's; 54-60 reserved; 61-62 PBMT; 63 N
 *
 * A leaf looks the same at every level; only its low PPN bits must be clear. R, W and X clear make a table,
 * in which D, A and U are reserved and G would make all below it global. W without R is reserved. */
#include "tests/pte/inputs.h"

#ifdef RV_V
static const struct pte_golden leaves[] = {
	/* ---- 4 KiB: each flag alone, at 0x1000 = PPN 1 = 400; R 2 + V 1 in each ---- */
	{0x0000000000000003, 0x0, 0, 0},                         /* R V */
	{0x0000000000000403, 0x1000, 0, 0},                      /* 400 + 2 + 1 */
	{0x0000000000000407, 0x1000, 0, PT_W},                   /* W 4 */
	{0x000000000000040b, 0x1000, 0, PT_X},                   /* X 8 */
	{0x0000000000000413, 0x1000, 0, PT_U},                   /* U 10 */
	{0x0000000000000423, 0x1000, 0, PT_G},                   /* G 20 */
	{0x0000000000000443, 0x1000, 0, PT_A},                   /* A 40 */
	{0x0000000000000483, 0x1000, 0, PT_D},                   /* D 80 */
	{0x0000000000000403, 0x1000, 0, PT_DEV},                 /* dropped */
	/* ---- 4 KiB: what kernels map; PPN 80000, 80200, 87fff, 80201, 80202, 10000 ---- */
	{0x000000002000006b, 0x80000000, 0, PT_X | PT_G | PT_A},         /* kernel text: 40+20+8+3 */
	{0x00000000200800e7, 0x80200000, 0, PT_W | PT_G | PT_A | PT_D},  /* kernel data: 80+40+20+4+3 */
	{0x0000000021fffcd7, 0x87fff000, 0, PT_W | PT_U | PT_A | PT_D},  /* user data: 80+40+10+4+3 */
	{0x000000002008045b, 0x80201000, 0, PT_X | PT_U | PT_A},         /* user text: 40+10+8+3 */
	{0x0000000020080813, 0x80202000, 0, PT_U},                       /* user, read-only: 10+3 */
	{0x00000000040000e7, 0x10000000, 0, PT_W | PT_G | PT_A | PT_D | PT_DEV}, /* registers: as data */
	/* ---- 4 KiB: the whole width of the address ---- */
	{0x003ffffffffffcff, 0xfffffffffff000, 0, PT_ALL_FLAGS},         /* 10-53, all eight flags */
	{0x003ffffffffffc03, 0xfffffffffff000, 0, 0},                    /* 10-53, R V */
	{0x0020000000000003, 0x80000000000000, 0, 0},                    /* address bit 55 is entry bit 53 */
	{0x0000000040000003, 0x100000000, 0, 0},                         /* address bit 32 is entry bit 30 */
	/* ---- 2 MiB: PPN bits 10-18 clear ---- */
	{0x0000000000080003, 0x200000, 1, 0},                            /* PPN 200 = bit 19 */
	{0x000000000008000b, 0x200000, 1, PT_X},                         /* 8 + 3 */
	{0x00000000200800e7, 0x80200000, 1, PT_W | PT_G | PT_A | PT_D},  /* the same word as at level 0 */
	{0x003ffffffff800ff, 0xffffffffe00000, 1, PT_ALL_FLAGS},         /* 19-53 */
	/* ---- 1 GiB: bits 10-27 clear ---- */
	{0x0000000010000003, 0x40000000, 2, 0},                          /* address bit 30 is bit 28 */
	{0x00000000200000e7, 0x80000000, 2, PT_W | PT_G | PT_A | PT_D},  /* bit 31 is 29; 80+40+20+4+3 */
	{0x003ffffff00000ff, 0xffffffc0000000, 2, PT_ALL_FLAGS},         /* 28-53 */
	/* ---- 512 GiB (Sv48, Sv57): bits 10-36 clear ---- */
	{0x0000002000000003, 0x8000000000, 3, 0},                        /* address bit 39 is bit 37 */
	{0x0000002000000017, 0x8000000000, 3, PT_W | PT_U},              /* 10 + 4 + 3 */
	{0x003fffe0000000ff, 0xffff8000000000, 3, PT_ALL_FLAGS},         /* 37-53 */
	/* ---- 256 TiB (Sv57): bits 10-45 clear ---- */
	{0x0000400000000007, 0x1000000000000, 4, PT_W},                  /* address bit 48 is bit 46; 4 + 3 */
	{0x003fc000000000ff, 0xff000000000000, 4, PT_ALL_FLAGS},         /* 46-53 */
};

/* V 1 and nothing else. */
static const struct pte_golden tables[] = {
	{.pte = 0x0000000000000001, .pa = 0x0},
	{.pte = 0x0000000000000401, .pa = 0x1000},              /* PPN 1 */
	{.pte = 0x0000000020080401, .pa = 0x80201000},          /* PPN 80201 */
	{.pte = 0x0000000040000001, .pa = 0x100000000},         /* bit 32 is 30 */
	{.pte = 0x0020000000000001, .pa = 0x80000000000000},    /* bit 55 is 53 */
	{.pte = 0x003ffffffffffc01, .pa = 0xfffffffffff000},    /* 10-53 */
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

/* Entries that we do not write but may meet. */
TEST(golden_foreign, "pte/golden-foreign-entries")
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++) {
		CHECK_EQ(pte_kind(0xfffffffffffffffe, level), PTE_NONE); /* all but V: nothing else counts */
		CHECK_EQ(pte_kind(0x409, level), PTE_LEAF);              /* execute only: X 8 + V 1 */
		CHECK_EQ(pte_kind(0x403, level), PTE_LEAF);              /* read only: R 2 + V 1 */
		CHECK_EQ(pte_kind(0x405, level), PTE_LEAF);              /* W without R: faults, no table */
	}
	for (unsigned level = 1; level < PT_MAX_LEVELS; level++)
		CHECK_EQ(pte_kind(0x701, level), PTE_TABLE);   /* 300: software's bits */
	CHECK_EQ(pte_kind(0x401, 0), PTE_NONE);                /* a table at level 0: it faults */
	CHECK_EQ(pte_flags(0x409, 0), PT_X);
	CHECK_EQ(pte_pa(0x703), 0x1000);                       /* software's bits 8-9 are no address */
	CHECK_EQ(pte_flags(0x703, 0), 0);                      /* ... and no flag */
	CHECK_EQ(pte_pa(0xffc0000000000403), 0x1000);          /* nor are bits 54-63 */
	CHECK_EQ(pte_flags(0x4c3, 0), PT_A | PT_D);            /* what a store leaves behind: D 80 + A 40 */
}

static void always_reads(const struct pte_input *in)
{
	CHECK_EQ(pte_leaf(in->pa, in->level, in->flags) & 0x3, 0x3);
}

TEST(always_reads, "pte/riscv-no-leaf-without-read")
{
	pte_each_leaf(always_reads);
}

static void no_reserved_bit(const struct pte_input *in)
{
	pte_t ours = 0xff | pa_mask(in->level) >> 2;

	CHECK_EQ(pte_leaf(in->pa, in->level, in->flags) & ~ours, 0);
}

TEST(no_reserved_bit, "pte/no-reserved-bit-in-a-leaf")
{
	pte_each_leaf(no_reserved_bit);
}

static void table_decides_nothing(const struct pte_input *in)
{
	CHECK_EQ(pte_table(in->pa) & ~(pa_mask(0) >> 2), 0x1);
}

TEST(table_decides_nothing, "pte/table-leaves-all-rights-to-the-leaf")
{
	pte_each_table(table_decides_nothing);
}
#endif
