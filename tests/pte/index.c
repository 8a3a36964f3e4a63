/* Which entry translates an address: pt_span() and pt_index() at every boundary, and golden addresses of
 * 3, 4 and 5 levels, split by hand into their groups of nine bits. */
#include "tests/pte/inputs.h"

TEST(spans, "pte/span-is-4K-2M-1G-512G-256T")
{
	CHECK_EQ(pt_span(0), 0x1000);
	CHECK_EQ(pt_span(1), 0x200000);
	CHECK_EQ(pt_span(2), 0x40000000);
	CHECK_EQ(pt_span(3), 0x8000000000);
	CHECK_EQ(pt_span(4), 0x1000000000000);
}

TEST(index_steps, "pte/index-steps-at-each-boundary-and-nowhere-else")
{
	for (unsigned level = 0; level < PT_MAX_LEVELS; level++) {
		uint64_t span = (uint64_t)1 << (12 + 9 * level);

		for (unsigned i = 0; i < 512; i++) {
			CHECK_EQ(pt_index(i * span, level), i);
			CHECK_EQ(pt_index(i * span + span - 1, level), i);
			CHECK_EQ(pt_index(i * span + span / 2, level), i);
		}
		/* past the last entry it begins again, and the level above steps */
		CHECK_EQ(pt_index(512 * span - 1, level), 511);
		CHECK_EQ(pt_index(512 * span, level), 0);
		if (level + 1 < PT_MAX_LEVELS) {
			CHECK_EQ(pt_index(512 * span - 1, level + 1), 0);
			CHECK_EQ(pt_index(512 * span, level + 1), 1);
		}
		if (test_failing()) {
			test_note("level %u", level);
			return;
		}
	}
}

TEST(index_one_bit, "pte/each-address-bit-counts-at-one-level")
{
	for (unsigned bit = 0; bit < 64; bit++)
		for (unsigned level = 0; level < PT_MAX_LEVELS; level++) {
			unsigned low = 12 + 9 * level;
			unsigned want = bit >= low && bit < low + 9 ? 1u << (bit - low) : 0;

			CHECK_EQ(pt_index((vaddr_t)1 << bit, level), want);
			CHECK_EQ(pt_index(~((vaddr_t)1 << bit), level), 511u ^ want);
		}
}

/* index[L] is what the nine bits from 12 + 9 L say. Levels that a machine does not have are the copies of
 * its sign bit: all zeros or all ones. */
static const struct {
	vaddr_t va;
	unsigned index[PT_MAX_LEVELS];
} addresses[] = {
	/* ---- any number of levels ---- */
	{0x0000000000000000, {0, 0, 0, 0, 0}},
	{0x0000000000000fff, {0, 0, 0, 0, 0}},          /* the last byte of the first page */
	{0x0000000000001000, {1, 0, 0, 0, 0}},          /* bit 12: level 0, 1 */
	{0x00000000001fffff, {511, 0, 0, 0, 0}},        /* bits 12-20 all set */
	{0x0000000000200000, {0, 1, 0, 0, 0}},          /* bit 21: level 1, 1 */
	{0x000000003fffffff, {511, 511, 0, 0, 0}},      /* bits 12-29 */
	{0x0000000040000000, {0, 0, 1, 0, 0}},          /* bit 30: level 2, 1 */
	{0x0000000000400000, {0, 2, 0, 0, 0}},          /* bit 22 is bit 1 of level 1 */
	{0x0000000000010000, {16, 0, 0, 0, 0}},         /* bit 16 is bit 4 of level 0 */
	{0x0000000080201000, {1, 1, 2, 0, 0}},          /* bits 31, 21, 12 */
	{0xffffffffffffffff, {511, 511, 511, 511, 511}},
	{0xfffffffffffff000, {511, 511, 511, 511, 511}},
	{0xffffffff80000000, {0, 0, 510, 511, 511}},    /* -2 GiB: bits 31-63, so level 2 is 511 - 1 */
	{0xffffffff80200000, {0, 1, 510, 511, 511}},
	{0xffffffffc0000000, {0, 0, 511, 511, 511}},    /* -1 GiB */
	/* ---- Sv39: bit 38 is the sign ---- */
	{0x0000003fffffffff, {511, 511, 255, 0, 0}},    /* the end of the lower half: bits 0-37 */
	{0x0000003ffffff000, {511, 511, 255, 0, 0}},
	{0xffffffc000000000, {0, 0, 256, 511, 511}},    /* the begin of the upper half: bits 38-63 */
	{0xffffffe000000000, {0, 0, 384, 511, 511}},    /* bits 37-63: 256 + 128 */
	/* ---- Sv48, PML4: bit 47 is the sign ---- */
	{0x0000004000000000, {0, 0, 256, 0, 0}},        /* bit 38 alone: half of level 2 */
	{0x0000007fffffffff, {511, 511, 511, 0, 0}},    /* bits 0-38 */
	{0x0000008000000000, {0, 0, 0, 1, 0}},          /* bit 39: level 3, 1 */
	{0x00007ffffffff000, {511, 511, 511, 255, 0}},  /* the last page of the lower half: bits 12-46 */
	{0x00007fffffffefff, {510, 511, 511, 255, 0}},  /* the page before it */
	{0xffff800000000000, {0, 0, 0, 256, 511}},      /* the begin of the upper half: bits 47-63 */
	{0xffffc00000000000, {0, 0, 0, 384, 511}},      /* bits 46-63: 256 + 128 */
	{0xffff8000fee00000, {0, 503, 3, 256, 511}},    /* fee00000: level 1 is 0x1f7, level 2 is 3 */
	{0x0000123456789abc, {393, 179, 209, 36, 0}},   /* in hexadecimal: 0 024 0d1 0b3 189, then abc */
	/* ---- Sv57, PML5: bit 56 is the sign ---- */
	{0x0000800000000000, {0, 0, 0, 256, 0}},        /* bit 47 alone: half of level 3 */
	{0x0000ffffffffffff, {511, 511, 511, 511, 0}},  /* bits 0-47 */
	{0x0001000000000000, {0, 0, 0, 0, 1}},          /* bit 48: level 4, 1 */
	{0x00fffffffffff000, {511, 511, 511, 511, 255}},
	{0xff00000000000000, {0, 0, 0, 0, 256}},        /* the begin of the upper half: bits 56-63 */
	{0xff80000000000000, {0, 0, 0, 0, 384}},        /* bits 55-63 */
	{0x0012345678abcdef, {188, 453, 345, 104, 18}}, /* in hexadecimal: 012 068 159 1c5 0bc, then def */
};

TEST(index_golden, "pte/index-golden-addresses")
{
	for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		for (unsigned level = 0; level < PT_MAX_LEVELS; level++)
			if (!CHECK_EQ(pt_index(addresses[i].va, level), addresses[i].index[level]))
				test_note("address %#llx, level %u", (unsigned long long)addresses[i].va,
					  level);
}
