/* Tests of the RISC-V model, rule by rule, with raw entries: V 1, R 2, W 4, X 8, U 10, G 20, A 40, D 80. */
#include "selftest.h"

#ifdef HOST_ISA_RISCV64
#include "vm/port.h"

#define V    0x01ull
#define R    0x03ull  /* with V */
#define RW   0x07ull
#define RWX  0x0full
#define U    0x10ull
#define G    0x20ull
#define A    0x40ull
#define D    0x80ull
#define AD   0xc0ull
#define USER MMU_USER
#define UW   (MMU_USER | MMU_WRITE)
#define UX   (MMU_USER | MMU_EXEC)

static uint64_t ppn(paddr_t pa) { return pa >> 12 << 10; }

uint64_t hand_pointer(paddr_t pa) { return ppn(pa) | V; }

uint64_t hand_leaf(paddr_t pa, unsigned level)
{
	(void)level;
	return ppn(pa) | RWX | U | AD;
}

static void forget(void) { arch_tlb_flush(0, 0, 0, TLB_EVERYTHING); }

/* The leaf for HAND_VA is ENTRY from now on, and nothing is cached. */
static void set_leaf(const struct hand *h, uint64_t entry)
{
	*hand_entry(h, 0, HAND_VA) = entry;
	forget();
}

TEST(rv_rights, "host/riscv-the-leaf-alone-says-what-is-allowed")
{
	static const struct {
		uint64_t bits;
		unsigned how;
		enum mmu_fault want;
	} t[] = {
		{R | U, USER, MMU_OK}, {R | U, UW, MMU_DENIED}, {R | U, UX, MMU_DENIED},
		{RW | U, UW, MMU_OK}, {RW | U, UX, MMU_DENIED}, {RWX | U, UX, MMU_OK},
		{9 | U, UX, MMU_OK}, {9 | U, USER, MMU_DENIED}, /* execute only: MXR is clear */
		{RWX, USER, MMU_DENIED}, {RWX, UX, MMU_DENIED}, {RWX, MMU_READ, MMU_OK}, {RWX, MMU_WRITE, MMU_OK},
		{RWX, MMU_EXEC, MMU_OK}, {R, MMU_WRITE, MMU_DENIED}, {RW, MMU_EXEC, MMU_DENIED},
		{RWX | U, MMU_READ, MMU_DENIED}, {RWX | U, MMU_WRITE, MMU_DENIED}, /* SUM is clear */
		{RWX | U, MMU_EXEC, MMU_DENIED},
		{5 | U, USER, MMU_RESERVED}, {13 | U, UX, MMU_RESERVED}, {5 | U, UW, MMU_RESERVED}, /* W without R */
		{V, USER, MMU_ABSENT}, /* a pointer below the last level */
		{0, USER, MMU_ABSENT}, {RWX & ~V, USER, MMU_ABSENT},
	};
	struct hand h;

	hand_begin(&h);
	for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
		set_leaf(&h, ppn(h.frame[0]) | t[i].bits | (t[i].bits & 0xe ? AD : 0));
		for (unsigned again = 0; again < 2; again++) {
			enum mmu_fault got = hand_try(HAND_VA, t[i].how);

			if (!CHECK_EQ(got, t[i].want))
				test_note("entry %d: bits %#llx, access %u", i, (unsigned long long)t[i].bits, t[i].how);
		}
	}
	hand_end(&h);
}

TEST(rv_reserved, "host/riscv-reserved-bits-fault")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was;

		set_leaf(&h, ppn(h.frame[0]) | RWX | U | AD);
		was = *entry;
		for (unsigned bit = 54; bit < 64; bit++) {
			*entry = was | 1ull << bit;
			forget();
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
		}
		for (unsigned bit = 4; level && bit < 8; bit++) { /* in a pointer: U, A, D; not G */
			*entry = was | 1ull << bit;
			forget();
			CHECK_EQ(hand_try(HAND_VA, USER), bit == 5 ? MMU_OK : MMU_RESERVED);
			CHECK_EQ(hand_try(HAND_VA, USER), bit == 5 ? MMU_OK : MMU_RESERVED);
		}
		*entry = was | 3ull << 8; /* software's */
		forget();
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		*entry = was;
	}
	hand_end(&h);
}

TEST(rv_canonical, "host/riscv-addresses-must-be-sign-extended")
{
	uint64_t edge = 1ull << (12 + 9 * host_config.levels - 1);

	CHECK_EQ(hand_try(edge, MMU_READ), MMU_ADDRESS);
	CHECK_EQ(hand_try(-edge - 8, MMU_READ), MMU_ADDRESS);
	CHECK_EQ(hand_try(edge | HAND_VA, MMU_USER), MMU_ADDRESS);
	CHECK(hand_try(edge - 8, MMU_USER) != MMU_ADDRESS);
	CHECK(hand_try(-edge, MMU_READ) != MMU_ADDRESS);
}

TEST(rv_large, "host/riscv-leaves-at-every-level-must-be-aligned")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 1; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was = *entry, span = 0x1000ull << 9 * level;
		paddr_t pa = level > 2 ? span * 3 : MEM_BLOCKS;

		*entry = hand_leaf(pa, level);
		forget();
		CHECK_EQ(hand_try(HAND_VA + 0x1238, UW), MMU_OK);
		CHECK_EQ(hand_pa, pa + ((HAND_VA + 0x1238) & (span - 1)));
		CHECK_EQ(hand_try((HAND_VA & ~(span - 1)) + span - 8, UW), MMU_OK);
		CHECK_EQ(hand_pa, pa + span - 8);
		for (unsigned bit = 12; bit < 12 + 9 * level; bit++) {
			*entry = hand_leaf(pa | 1ull << bit, level);
			forget();
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_RESERVED);
		}
		*entry = was;
	}
	hand_end(&h);
}

TEST(rv_hardware_ad, "host/riscv-hardware-sets-a-and-d-in-the-leaf-that-it-used")
{
	struct hand h;
	uint64_t *leaf;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	if (!host_config.hardware_ad) {
		test_skip("A and D are set by fault here");
		hand_end(&h);
		return;
	}
	set_leaf(&h, ppn(h.frame[0]) | R | U);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	CHECK_EQ(*leaf & AD, 0);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	CHECK_EQ(*leaf & AD, A);
	for (unsigned level = 1; level < host_config.levels; level++)
		CHECK_EQ(*hand_entry(&h, level, HAND_VA) & AD, 0);
	set_leaf(&h, ppn(h.frame[0]) | RW | U);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf & AD, AD);
	*leaf &= ~AD; /* cached as set: not written again */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf & AD, 0);
	/* A cached leaf without D: the write compares with memory, and goes by what stands there. */
	set_leaf(&h, ppn(h.frame[0]) | RW | U);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf &= ~4ull;
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	CHECK_EQ(*leaf, ppn(h.frame[0]) | R | U | A);
	set_leaf(&h, ppn(h.frame[0]) | RW | U);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf |= D; /* another hart was first */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	set_leaf(&h, ppn(h.frame[0]) | RW | U);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = 0;
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK); /* still cached for reading */
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_ABSENT);
	CHECK_EQ(*leaf, 0);
	hand_end(&h);
}

TEST(rv_svade, "host/riscv-svade-faults-until-set-and-fenced")
{
	struct hand h;
	uint64_t *leaf;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	if (host_config.hardware_ad) {
		test_skip("the hardware sets A and D here");
		hand_end(&h);
		return;
	}
	set_leaf(&h, ppn(h.frame[0]) | RW | U);
	CHECK_EQ(hand_try(HAND_VA, UX), MMU_DENIED); /* what is not allowed comes first */
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_AD);
	CHECK_EQ(*leaf & AD, 0);
	*leaf |= A;
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_AD); /* it is cached without A */
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_AD);
	*leaf |= D;
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_AD);
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	*leaf &= ~AD;
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	CHECK_EQ(*leaf & AD, 0);
	hand_end(&h);
}

TEST(rv_holes, "host/riscv-holes-are-cached-until-the-right-fence")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was;

		for (unsigned publish = 0; publish < 2; publish++) {
			set_leaf(&h, hand_leaf(h.frame[0], 0));
			was = *entry;
			*entry = 0;
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
			*entry = was;
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
			arch_tlb_flush(host_me->tag, HAND_VA + 0x8000000000, 1, TLB_LEAVES); /* elsewhere */
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
			if (publish)
				arch_pt_publish(HAND_VA);
			else
				arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
			/* A fence for an address orders leaves; a hole that became a pointer needs one for all. */
			CHECK_EQ(hand_try(HAND_VA, USER), level ? MMU_ABSENT : MMU_OK);
			arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		}
	}
	for (unsigned level = 1; level < 3; level++) { /* a hole that became a large leaf does not */
		uint64_t *entry = hand_entry(&h, level, HAND_VA), was = *entry;

		*entry = 0;
		forget();
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
		*entry = hand_leaf(MEM_BLOCKS, level);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
		arch_pt_publish(HAND_VA);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		*entry = was;
	}
	hand_end(&h);
}

TEST(rv_fault, "host/riscv-a-fault-drops-nothing")
{
	struct hand h;

	hand_begin(&h);
	set_leaf(&h, ppn(h.frame[0]) | R | U | AD);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	*hand_entry(&h, 0, HAND_VA) |= 4;
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_DENIED);
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	CHECK_EQ(hand_try(HAND_VA, UW), MMU_OK);
	hand_end(&h);
}

TEST(rv_walk_cache, "host/riscv-pointers-are-cached-until-a-fence-for-all-addresses")
{
	struct hand h;
	paddr_t second = mem_alloc();
	uint64_t *pages = port_kva(second), *entry;

	hand_begin(&h);
	entry = hand_entry(&h, 1, HAND_VA);
	set_leaf(&h, hand_leaf(h.frame[0], 0));
	*hand_entry(&h, 0, HAND_VA + 0x1000) = hand_leaf(h.frame[1], 0);
	pages[2] = hand_leaf(h.frame[2], 0);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*entry = hand_pointer(second);
	arch_tlb_flush(host_me->tag, HAND_VA, 2, TLB_LEAVES);
	arch_pt_publish(HAND_VA + 0x1000);
	CHECK_EQ(hand_try(HAND_VA + 0x1000, USER), MMU_OK);
	CHECK_EQ(hand_pa, h.frame[1]); /* by the old table */
	arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
	CHECK_EQ(hand_try(HAND_VA + 0x1000, USER), MMU_OK);
	CHECK_EQ(hand_pa, h.frame[2]);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
	hand_end(&h);
	mem_free(second);
}

/* G in the leaf or in a pointer above it: fences that name a tag pass it by. */
TEST(rv_global, "host/riscv-global-entries-outlive-fences-with-an-asid")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned level = 0; level < host_config.levels; level++) {
		for (unsigned way = 0; way < 2; way++) {
			uint64_t *entry = hand_entry(&h, level, HAND_VA), was, tag = host_me->tag;

			set_leaf(&h, hand_leaf(h.frame[0], 0));
			was = *entry;
			*entry |= G;
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
			*hand_entry(&h, 0, HAND_VA) = 0;
			arch_tlb_flush((unsigned)tag, HAND_VA, 1, TLB_LEAVES);
			arch_tlb_flush((unsigned)tag, 0, 0, TLB_SPACE);
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
			if (way)
				arch_pt_publish(HAND_VA); /* sfence.vma va, x0 */
			else
				forget();
			CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
			*entry = was;
		}
	}
	hand_end(&h);
}

TEST(rv_satp, "host/riscv-a-write-to-satp-forgets-nothing")
{
	struct hand h;
	uint64_t *leaf;
	paddr_t root;

	hand_begin(&h);
	leaf = hand_entry(&h, 0, HAND_VA);
	root = host_me->root;
	set_leaf(&h, hand_leaf(h.frame[0], 0));
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	*leaf = 0;
	if (host_config.asid_bits) {
		arch_pt_activate(root, 2, false);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT); /* tags are apart */
		arch_tlb_flush(2, HAND_VA, 1, TLB_LEAVES);
		arch_tlb_flush(2, 0, 0, TLB_SPACE);
		arch_pt_activate(root, 1, false);
		CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
		arch_pt_activate(root, 1u << host_config.asid_bits | 1, false); /* bits that do not exist */
		CHECK_EQ(host_me->tag, 1);
	} else {
		arch_pt_activate(root, 3, false);
		CHECK_EQ(host_me->tag, 0);
	}
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_OK);
	arch_pt_activate(root, host_me->tag, true);
	CHECK_EQ(hand_try(HAND_VA, USER), MMU_ABSENT);
	hand_end(&h);
}

#endif
