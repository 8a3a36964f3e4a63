/* Tests of what all simulated machines share: hand-made tables to test with, memory, the watch over freed
 * memory and tags, interrupts, locks, the explorer of races. */
#include "selftest.h"

#include "vm/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

paddr_t hand_pa;

/* ---- hand-made tables ---- */

static uint64_t *word(paddr_t pa) { return (uint64_t *)port_kva(pa); }

uint64_t *hand_entry(const struct hand *h, unsigned level, vaddr_t va)
{
	return word(h->table[level]) + (va >> (12 + 9 * level) & 511);
}

void hand_begin(struct hand *h)
{
	for (unsigned level = 0; level < host_config.levels; level++)
		h->table[level] = mem_alloc();
	for (unsigned level = 1; level < host_config.levels; level++)
		*hand_entry(h, level, HAND_VA) = hand_pointer(h->table[level - 1]);
	for (unsigned i = 0; i < HAND_LEAF; i++)
		h->frame[i] = mem_alloc();
	h->root = host_me->root;
	h->tag = host_me->tag;
	arch_pt_activate(h->table[host_config.levels - 1], host_config.asid_bits ? 1 : 0, true);
}

void hand_end(struct hand *h)
{
	arch_tlb_flush(host_me->tag, 0, 0, TLB_EVERYTHING);
	arch_pt_activate(h->root, h->tag, true);
	for (unsigned level = 0; level < host_config.levels; level++) {
		if (h->table[level])
			mem_free(h->table[level]);
	}
	for (unsigned i = 0; i < HAND_LEAF; i++) {
		if (h->frame[i])
			mem_free(h->frame[i]);
	}
}

enum mmu_fault hand_try(vaddr_t va, unsigned how) { return mmu_translate(host_me, va, how, &hand_pa); }

/* ---- memory ---- */

TEST(mem_alloc, "host/memory-is-zeroed-and-counted")
{
	size_t before = mem_in_use();
	paddr_t a = mem_alloc(), b = mem_alloc(), c;
	uint64_t serial = mem_serial(a);

	CHECK(a && b && a != b);
	CHECK(mem_serial(a) && mem_serial(a) != mem_serial(b));
	CHECK_EQ(mem_in_use(), before + 2);
	*word(a) = 1;
	word(a)[511] = 1;
	mem_free(a);
	CHECK_EQ(mem_serial(a), 0);
	c = mem_alloc();
	CHECK_EQ(c, a);
	CHECK(mem_serial(c) != serial);
	CHECK_EQ(*word(c), 0);
	CHECK_EQ(word(c)[511], 0);
	mem_free(b);
	mem_free(c);
	CHECK_EQ(mem_in_use(), before);
	CHECK(!mem_is_ram(MEM_BASE - 1) && !mem_is_ram(MEM_END) && !mem_is_ram(MEM_BASE + MEM_PAGES));
}

TEST(mem_blocks, "host/blocks-are-aligned-and-zeroed")
{
	paddr_t small = mem_block_alloc(1), large = mem_block_alloc(2), again;

	CHECK(small && large);
	CHECK_EQ(small & 0x1fffff, 0);
	CHECK_EQ(large & 0x3fffffff, 0);
	CHECK(small + 0x200000 <= large || large + 0x40000000 <= small);
	CHECK(!mem_block_alloc(3));
	word(small)[1] = 7;
	mem_block_free(small, 1);
	again = mem_block_alloc(1);
	CHECK_EQ(again, small);
	CHECK_EQ(word(again)[1], 0);
	mem_block_free(again, 1);
	mem_block_free(large, 2);
}

__attribute__((no_sanitize("address"))) static void scribble(char *page) { ((volatile char *)page)[100] = 1; }

TEST(mem_poison, "host/a-write-to-free-memory-is-noticed")
{
	paddr_t pa = mem_alloc();
	char *page = port_kva(pa);

	mem_free(pa);
	host_expect();
	mem_check_poison();
	CHECK_EQ(host_expected(NULL), 0);
	scribble(page);
	host_expect();
	mem_check_poison();
	CHECK_EQ(host_expected(NULL), 1);
	host_expect();
	CHECK_EQ(mem_alloc(), pa);
	CHECK_EQ(host_expected(NULL), 1);
	mem_free(pa);
}

TEST(mem_fail, "host/the-nth-allocation-fails-on-request")
{
	paddr_t a, b;

	mem_fail(2, false);
	a = mem_alloc();
	CHECK(a != 0);
	CHECK_EQ(mem_alloc(), 0);
	b = mem_alloc();
	CHECK(b != 0);
	mem_free(b);
	mem_fail(1, true);
	CHECK_EQ(mem_alloc(), 0);
	CHECK_EQ(mem_alloc(), 0);
	mem_fail(0, false);
	mem_free(a);
}

/* ---- the watch over freed memory ---- */

static bool complains(unsigned n, const char *about)
{
	const char *last;
	unsigned got = host_expected(&last);

	return CHECK_EQ(got, n) && (!n || CHECK(strstr(last, about) != NULL));
}

TEST(free_frame, "host/freeing-a-frame-in-reach-is-noticed")
{
	struct hand h;

	hand_begin(&h);
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	*hand_entry(&h, 0, HAND_VA) = 0;
	host_expect();
	mem_free(h.frame[1]);
	complains(0, "");
	host_expect();
	mem_free(h.frame[0]);
	complains(1, "still reaches it");
	host_expect();
	hand_try(HAND_VA, MMU_USER);
	CHECK(host_expected(NULL) > 0); /* used as well */
	h.frame[0] = mem_alloc();
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	*hand_entry(&h, 0, HAND_VA) = 0;
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	host_expect();
	mem_free(h.frame[0]);
	complains(0, "");
	h.frame[0] = h.frame[1] = 0;
	hand_end(&h);
}

TEST(free_global, "host/freeing-a-frame-in-reach-of-a-global-entry-is-noticed")
{
	struct hand h;

	hand_begin(&h);
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0) | hand_global;
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	*hand_entry(&h, 0, HAND_VA) = 0;
	arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
	host_expect();
	mem_free(h.frame[0]);
	complains(1, "still reaches it");
	h.frame[0] = 0;
	hand_end(&h);
}

TEST(free_table, "host/freeing-a-table-in-a-walk-cache-is-noticed")
{
	struct hand h;

	hand_begin(&h);
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	*hand_entry(&h, 1, HAND_VA) = 0;
	host_expect();
	mem_free(h.table[0]);
	complains(1, "walk caches");
	arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
	h.table[0] = mem_alloc();
	*hand_entry(&h, 1, HAND_VA) = hand_pointer(h.table[0]);
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	*hand_entry(&h, 1, HAND_VA) = 0;
	arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
	host_expect();
	mem_free(h.table[0]);
	complains(0, "");
	host_expect();
	mem_free(h.table[host_config.levels - 1]);
	complains(1, "root");
	h.table[0] = h.table[host_config.levels - 1] = 0;
	hand_end(&h);
}

TEST(tag_reuse, "host/a-tag-used-again-without-a-flush-is-noticed")
{
	struct hand h;
	paddr_t other = mem_alloc(), root;

	hand_begin(&h);
	root = host_me->root;
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER), MMU_OK);
	if (!host_config.asid_bits) {
		test_skip("no tags here");
	} else {
		host_expect();
		arch_pt_activate(other, 2, false);
		complains(0, "");
		mem_free(h.frame[0]); /* not in reach now */
		complains(0, "");
		host_expect();
		arch_pt_activate(root, 1, false);
		complains(1, "freed meanwhile");
		host_expect();
		arch_pt_activate(other, 1, false);
		complains(1, "another table");
		host_expect();
		arch_pt_activate(other, 1, true);
		arch_pt_activate(root, 1, true);
		complains(0, "");
		h.frame[0] = 0;
	}
	hand_end(&h);
	mem_free(other);
}

TEST(agree, "host/an-entry-that-allows-more-than-its-table-is-noticed")
{
	struct hand h;

	hand_begin(&h);
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[0], 0);
	CHECK_EQ(hand_try(HAND_VA, MMU_USER | MMU_WRITE), MMU_OK);
	host_expect();
	htlb_check();
	complains(0, "");
	*hand_entry(&h, 0, HAND_VA) = hand_leaf(h.frame[1], 0);
	host_expect();
	htlb_check();
	complains(1, "flush was forgotten");
	*hand_entry(&h, 0, HAND_VA) = 0;
	host_expect();
	htlb_check();
	complains(1, "flush was forgotten");
	arch_tlb_flush(host_me->tag, HAND_VA, 1, TLB_LEAVES);
	host_expect();
	htlb_check();
	complains(0, "");
	hand_end(&h);
}

TEST(forget, "host/a-tlb-forgets-what-it-is-told-and-nothing-else")
{
	struct hand h;

	hand_begin(&h);
	for (unsigned gone = 0; gone < HAND_LEAF; gone++) {
		for (unsigned i = 0; i < HAND_LEAF; i++) {
			*hand_entry(&h, 0, HAND_VA + i * 0x1000) = hand_leaf(h.frame[i], 0);
			CHECK_EQ(hand_try(HAND_VA + i * 0x1000, MMU_USER), MMU_OK);
		}
		for (unsigned i = 0; i < HAND_LEAF; i++)
			*hand_entry(&h, 0, HAND_VA + i * 0x1000) = 0;
		arch_tlb_flush(host_me->tag, HAND_VA + gone * 0x1000, 1, TLB_LEAVES);
		for (unsigned i = 0; i < HAND_LEAF; i++) {
			CHECK_EQ(hand_try(HAND_VA + i * 0x1000, MMU_USER), i == gone ? MMU_ABSENT : MMU_OK);
			CHECK(i == gone || hand_pa == h.frame[i]);
		}
		arch_tlb_flush(host_me->tag, 0, 0, TLB_SPACE);
	}
	hand_end(&h);
}

/* ---- interrupts ---- */

TEST(ipi, "host/an-interrupt-waits-until-interrupts-are-on")
{
	unsigned long irq = port_irq_save();

	host_me->ipi = true;
	port_point();
	CHECK(host_me->ipi);
	CHECK(!port_may_wait());
	port_irq_restore(irq);
	CHECK(!host_me->ipi);
	CHECK(port_may_wait());
	host_me->ipi = true;
	port_point();
	CHECK(!host_me->ipi);
}

TEST(idle_ipi, "host/an-idle-cpu-is-interrupted-while-another-waits")
{
	port_tlb_ipi(1u << 3 | 1u << 5);
	for (unsigned i = 0; i < 1000000 && (host_cpu[3].ipi || host_cpu[5].ipi); i++)
		port_relax();
	CHECK(!host_cpu[3].ipi && !host_cpu[5].ipi);
}

static void note_cpu(void *cpu) { *(unsigned *)cpu = port_cpu(); }

TEST(on, "host/work-runs-as-the-cpu-that-was-asked")
{
	for (unsigned i = 0; i < HOST_CPUS; i++) {
		unsigned cpu = ~0u;

		race_on(i, note_cpu, &cpu);
		CHECK_EQ(cpu, i);
		CHECK_EQ(port_cpu(), 0);
	}
}

/* ---- what cannot go on, and the explorer: where one thread runs at a time ---- */

static bool one_at_a_time(void)
{
#ifdef HOST_THREADS
	test_skip("threads run freely here");
	return false;
#else
	return true;
#endif
}

/* FN must end its process with a sentence that has WORDS in it. */
static void ends(void (*fn)(void), const char *words)
{
	char text[600] = "";
	int out[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (!CHECK(pipe(out) == 0))
		return;
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		fn();
		_exit(0);
	}
	close(out[1]);
	while (n < sizeof text - 1 && (got = read(out[0], text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)got;
	close(out[0]);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status != 0);
	if (!CHECK(strstr(text, words) != NULL))
		test_note("it said: %s", text);
}

static struct port_lock lock_a = PORT_LOCK_INIT("first"), lock_b = PORT_LOCK_INIT("second");

static void lock_twice(void)
{
	port_lock(&lock_a);
	port_lock(&lock_a);
}

static void both_orders_op(void *unused)
{
	(void)unused;
	port_lock(&lock_a);
	port_lock(&lock_b);
	port_unlock(&lock_b);
	port_unlock(&lock_a);
}

static void both_orders_rival(void *unused)
{
	(void)unused;
	port_lock(&lock_b);
	port_lock(&lock_a);
	port_unlock(&lock_a);
	port_unlock(&lock_b);
}

static void lock_inversion(void)
{
	for (unsigned k = 1;
	     race_trial(&(struct race_schedule){false, {k}}, both_orders_op, both_orders_rival, NULL); k++)
		continue;
}

static void wait_for_nobody(void)
{
	for (;;)
		port_relax();
}

static void relax_locked(void)
{
	port_lock(&lock_a);
	port_relax();
}

static void look_at_free(void)
{
	paddr_t pa = mem_alloc();

	mem_free(pa);
	*word(pa) = 1;
}

static void free_twice(void)
{
	paddr_t pa = mem_alloc();

	mem_free(pa);
	mem_free(pa);
}

TEST(fatal, "host/what-cannot-go-on-ends-with-a-sentence")
{
	if (!one_at_a_time())
		return;
	ends(lock_twice, "which it holds itself");
	ends(lock_inversion, "deadlock: CPU 0 waits for second, CPU 1 waits for first");
	ends(wait_for_nobody, "deadlock: CPU 0 waits for other CPUs");
	ends(relax_locked, "a spinlock held");
	ends(look_at_free, "free memory");
	ends(free_twice, "freed twice");
}

/* Each step of either side is a letter: the rival's are capitals. */
static char story[16];
static unsigned told;

static void tell(char c)
{
	if (told < sizeof story - 1)
		story[told++] = c;
	port_point();
}

static void story_op(void *unused)
{
	(void)unused;
	tell('a');
	tell('b');
	tell('c');
}

static void story_rival(void *unused)
{
	(void)unused;
	tell('A');
	tell('B');
}

static void story_is(bool rival_first, unsigned first, unsigned second, const char *want, unsigned cuts)
{
	const struct race_schedule schedule = {rival_first, {first, second}};

	memset(story, 0, sizeof story);
	told = 0;
	CHECK_EQ(race_trial(&schedule, story_op, story_rival, NULL), cuts);
	if (!CHECK(!strcmp(story, want)))
		test_note("%u, %u: %s, not %s", first, second, story, want);
}

TEST(explorer, "host/a-race-is-tried-at-every-point")
{
	if (!one_at_a_time())
		return;
	story_is(false, 1, 0, "aABbc", 1);
	story_is(false, 2, 0, "abABc", 1);
	story_is(false, 3, 0, "abcAB", 1);
	story_is(false, 4, 0, "abcAB", 0);
	story_is(false, 1, 2, "aAbcB", 2);
	story_is(false, 2, 3, "abAcB", 2);
	story_is(false, 1, 3, "aABbc", 2);
	story_is(false, 1, 4, "aABbc", 1);
	story_is(true, 0, 0, "ABabc", 0);
	story_is(true, 1, 0, "AabcB", 1);
	story_is(true, 1, 2, "AaBbc", 2);
	story_is(true, 1, 3, "AabBc", 2);
	story_is(true, 2, 0, "ABabc", 1);
	story_is(true, 3, 0, "ABabc", 0);
}

/* A loop is interrupted in its first turns, and behind it. */
static void looping_op(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 100; i++)
		port_point();
	tell('a');
}

TEST(loops, "host/a-long-loop-is-interrupted-a-few-times")
{
	unsigned cuts = 0;

	if (!one_at_a_time())
		return;
	memset(story, 0, sizeof story);
	for (told = 0; race_trial(&(struct race_schedule){false, {cuts + 1}}, looping_op, story_rival, NULL);
	     told = 0)
		cuts++;
	CHECK(cuts > 2 && cuts < 20);
	CHECK(!strcmp(story, "aAB"));
}

static _Atomic bool served;

static void ask_op(void *unused)
{
	(void)unused;
	tell('a');
	port_tlb_ipi(2);
	while (host_cpu[1].ipi)
		port_relax();
	tell('b');
}

static void masked_rival(void *unused)
{
	unsigned long irq = port_irq_save();

	(void)unused;
	tell('A');
	tell('B');
	served = !host_cpu[1].ipi;
	port_irq_restore(irq);
	tell('C');
}

TEST(masked, "host/a-cpu-with-interrupts-off-is-waited-for")
{
	if (!one_at_a_time())
		return;
	memset(story, 0, sizeof story);
	told = 0;
	/* The rival comes at a's point and is interrupted at A's: then the request is made, and waits. */
	CHECK_EQ(race_trial(&(struct race_schedule){false, {1, 2}}, ask_op, masked_rival, NULL), 2);
	CHECK(!served);
	CHECK(!strcmp(story, "aABCb"));
}
