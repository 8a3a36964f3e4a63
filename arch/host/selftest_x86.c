/* Tests of the x86-64 model, rule by rule, with raw entries: P 1, RW 2, US 4, A 20, D 40, PS 80, G 100, XD. */
#include "selftest.h"

#ifdef HOST_ISA_X86_64
#include "vm/port.h"

#define XD      (1ull << 63)
#define ALL     0x7ull          /* P, RW, US */
#define AD      0x60ull
#define PS      0x80ull
#define G       0x100ull
#define PA(e)   ((e) & 0x000ffffffffff000ull)
#define USER    MMU_USER
#define UW      (MMU_USER | MMU_WRITE)
#define UX      (MMU_USER | MMU_EXEC)

uint64_t hand_pointer(paddr_t pa) { return pa | ALL; }

uint64_t hand_leaf(paddr_t pa, unsigned level) { return pa | ALL | AD | (level ? PS : 0); }

/* The leaf for HAND_VA is ENTRY from now on, and nothing is cached. */
static void set_leaf(const struct hand *h, uint64_t entry)
{
	*hand_entry(h, 0, HAND_VA) = entry;
	arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
}

TEST(x86_rights, "host/x86-every-level-must-allow-it")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA);

		set_leaf(&h, h.frame[0] | ALL);
		CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
		CHECK_EQ(hand_try(HAND_VA, UX), MMU_OK);
		*entry &= ~2ull;
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED); /* from the cache, too */
		*entry = (*entry | 2) & ~4ull;
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_DENIED);
		CHECK_EQ(hand_try(HAND_VA, MMU_WRITE), MMU_OK); /* the kernel's now */
		*entry |= 4 | XD;
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, UX), MMU_DENIED);
		CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
		*entry &= ~XD;
		*entry &= ~1ull;
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
		*entry |= 1;
	}
	hand_end(&h);
}

TEST(x86_kernel, "host/x86-the-kernel-obeys-smap-smep-and-wp")
{
	struct hand h;

	hand_begin(&h);
	set_leaf(&h, h.frame[0] | ALL);
	CHECK_EQ(hand_try(HAND_VA, MMU_READ), MMU_DENIED);
	CHECK_EQ(hand_try(HAND_VA, MMU_WRITE), MMU_DENIED);
	CHECK_EQ(hand_try(HAND_VA, MMU_EXEC), MMU_DENIED);
	set_leaf(&h, h.frame[0] | 1);
	CHECK_EQ(hand_try(HAND_VA, MMU_READ), MMU_OK);
	CHECK_EQ(hand_try(HAND_VA, MMU_EXEC), MMU_OK);
	CHECK_EQ(hand_try(HAND_VA, MMU_WRITE), MMU_DENIED);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_DENIED);
	set_leaf(&h, h.frame[0] | 3 | XD);
	CHECK_EQ(hand_try(HAND_VA, MMU_WRITE), MMU_OK);
	CHECK_EQ(hand_try(HAND_VA, MMU_EXEC), MMU_DENIED);
	hand_end(&h);
}

TEST(x86_reserved, "host/x86-reserved-bits-fault")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was;

		set_leaf(&h, h.frame[0] | ALL);
		was = *entry;
		for (unsigned bit = 46; bit < 52; bit++) {
			*entry = was | 1ull << bit;
			arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
		}
		*entry = was | 0x7ff0000000000e00ull; /* software's */
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		if (level > 2) {
			*entry = was | PS;
			arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
		} else if (level) {
			*entry = MEM_BLOCKS | 1ull << (12 + 9 * level - 1) | ALL | PS; /* misaligned */
			arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
		}
		*entry = was;
	}
	hand_end(&h);
}

TEST(x86_canonical, "host/x86-addresses-must-be-canonical")
{
	uint64_t edge = 1ull << (12 + 9 * host_config.levels - 1);

	CHECK_EQ(hand_try(edge, MMU_READ), MMU_ADDRESS);
	CHECK_EQ(hand_try(-edge - 8, MMU_READ), MMU_ADDRESS);
	CHECK_EQ(hand_try(edge | HAND_VA, MMU_USER), MMU_ADDRESS);
	CHECK(hand_try(edge - 8, MMU_USER) != MMU_ADDRESS);
	CHECK(hand_try(-edge, MMU_READ) != MMU_ADDRESS);
}

TEST(x86_large, "host/x86-large-leaves")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 1; level <= 2; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was = *entry, span = 0x1000ull << 9 * level;

		*entry = MEM_BLOCKS | ALL | PS | 0x1000; /* bit 12 is PAT here */
		arch_tlb_flush(0, 0, 0, TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA + 0x1238, UW), MMU_OK);
		CHECK_EQ(hand_pa, MEM_BLOCKS + ((HAND_VA + 0x1238) & (span - 1)));
		CHECK_EQ(*entry & AD, AD);
		*entry = 0;
		CHECK_EQ(hand_try((HAND_VA & ~(span - 1)) + span - 8, UW), MMU_OK); /* one entry for all of it */
		CHECK_EQ(hand_pa, MEM_BLOCKS + span - 8);
		arch_tlb_flush(0, HAND_VA, 1, TLB_LEAVES);
		CHECK_EQ(hand_try(HAND_VA, UW), MMU_ABSENT);
		*entry = was;
	}
	hand_end(&h);
}

TEST(x86_ad, "host/x86-a-on-every-level-d-on-the-leaf")
{
	struct hand h;
	uint64_t *leaf;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	set_leaf(&h, h.frame[0] | 5);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	CHECK_EQ(*leaf & AD, 0);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	for (unsigned level = 0; level < host_config.levels; level++)
		CHECK_EQ(*hand_entry(&h, level, HAND_VA) & AD, 0x20);
	set_leaf(&h, h.frame[0] | ALL);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf & AD, AD);
	*leaf &= ~AD; /* cached as set: not written again */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf & AD, 0);
	hand_end(&h);
}

TEST(x86_stale_d, "host/x86-a-stale-entry-sets-d-in-what-is-present")
{
	struct hand h;
	uint64_t *leaf;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	set_leaf(&h, h.frame[0] | ALL);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf &= ~2ull; /* no flush: the cached entry still allows writing */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf, h.frame[0] | 5 | AD);
	set_leaf(&h, h.frame[0] | ALL);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = 0;
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK); /* still cached for reading */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_ABSENT);
	CHECK_EQ(*leaf, 0);
	set_leaf(&h, h.frame[0] | ALL);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = h.frame[1] | ALL; /* a live leaf's address must not change without a flush between */
	host_expect();
	hand_try(HAND_VA, UW);
	CHECK_EQ(host_expected(NULL), 1);
	hand_end(&h);
}

TEST(x86_holes, "host/x86-holes-are-not-cached")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was;

		set_leaf(&h, h.frame[0] | ALL);
		was = *entry;
		*entry = 0;
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
		*entry = was;
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	}
	hand_end(&h);
}

TEST(x86_fault, "host/x86-a-fault-drops-what-was-stale")
{
	struct hand h;

	hand_begin(&h);
	set_leaf(&h, h.frame[0] | 5);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*hand_entry(&h, 0, HAND_VA) |= 2;
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	hand_end(&h);
}

/* Two tables of leaves: the second maps the page after HAND_VA, and HAND_VA itself, elsewhere. */
TEST(x86_walk_cache, "host/x86-walk-caches-hold-until-invlpg-of-any-page")
{
	struct hand h;
	paddr_t second = mem_alloc();
	uint64_t *pages = port_kva(second), *entry;

	hand_begin(&h);
	entry = hand_entry(&h, 1, HAND_VA);
	set_leaf(&h, h.frame[0] | ALL | AD);
	*hand_entry(&h, 0, HAND_VA + 0x1000) = h.frame[1] | ALL | AD;
	pages[2] = h.frame[2] | ALL | AD;
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*entry = second | ALL;
	CHECK_EQ(hand_try(HAND_VA + 0x1000, USER), MMU_OK);
	CHECK_EQ(hand_pa, h.frame[1]);                         /* by the old table */
	arch_tlb_flush(0, 0x7000000000, 1, TLB_LEAVES);        /* any page: the walk caches go, leaves stay */
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	CHECK_EQ(hand_pa, h.frame[0]);
	arch_tlb_flush(0, HAND_VA + 0x1000, 1, TLB_LEAVES);
	CHECK_EQ(hand_try(HAND_VA + 0x1000, USER), MMU_OK);
	CHECK_EQ(hand_pa, h.frame[2]);
	hand_end(&h);
	mem_free(second);
}

TEST(x86_global, "host/x86-global-entries-outlive-cr3-not-invlpg-not-pge")
{
	struct hand h;
	uint64_t *leaf;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	for (unsigned way = 0; way < 2; way++) {
		set_leaf(&h, h.frame[0] | ALL | AD | G);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		*leaf = 0;
		arch_tlb_flush(0, 0, 0, TLB_SPACE);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		if (host_config.asid_bits) { /* and in every space */
			arch_pt_activate(host_me->root, 2, true);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
			arch_pt_activate(host_me->root, 1, true);
		}
		arch_tlb_flush(0, HAND_VA, 1, way ? TLB_LEAVES : TLB_EVERYTHING);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
	}
	set_leaf(&h, h.frame[0] | ALL | AD);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = 0;
	arch_tlb_flush(0, 0, 0, TLB_SPACE);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
	hand_end(&h);
}

TEST(x86_pcid, "host/x86-cr3-forgets-by-pcid-and-only-when-asked")
{
	struct hand h;
	uint64_t *leaf;
	paddr_t root;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	root = host_me->root;
	set_leaf(&h, h.frame[0] | ALL | AD);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = 0;
	if (host_config.asid_bits) {
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		arch_pt_activate(root, 2, true);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
		arch_pt_activate(root, 1, false);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		arch_pt_activate(root, 1, true);
	} else {
		arch_pt_activate(root, 0, false); /* cannot be kept */
	}
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
	hand_end(&h);
}

#endif
