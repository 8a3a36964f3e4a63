/* Two CPUs at the same pages at once: each pair of operations in every order of its steps. Whatever the order,
 * each space sees what was written to it, errors are those of one of the orders, and nothing is left over. */
#include "vmtest.h"

#define P PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)
#define PAGES 3

static struct vmtest t;
static struct supplemental_page_table a, b;
static bool b_alive;
static vaddr_t va;
static uint64_t op_value, rival_value;
static int op_err, rival_err;

static void race(uint32_t slots, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
		 void (*check)(void *))
{
	struct m_race r = {setup, op, rival, check, NULL};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	if (vmtest_begin(&t, 32, slots))
		test_note("%u trials", m_race(&r));
	vmtest_end(&t);
}

static void leave_here(void *unused)
{
	(void)unused;
	m_leave();
}

/* ---- before each trial ---- */

static void begin_empty(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_init(&a), 0);
	b_alive = false;
	op_err = rival_err = 0;
	op_value = rival_value = 0;
	/* Across a boundary of tables, the first page alone in its own: unmapped or moved it takes that along. No room
	 * to grow in place. */
	CHECK_EQ(vm_map(&a, 0x40000000 + (PAGES - 1) * P, P, VM_EXEC, VM_FIXED, NULL, 0, &va), 0);
	CHECK_EQ(vm_map(&a, 0x40000000 - P, PAGES * P, RW, VM_FIXED, NULL, 0, &va), 0);
}

static void begin_written(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK_EQ(user_write(&a, va + i * P, 100 + i), 0);
}

static void begin_swapped(void *unused)
{
	begin_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

static void fork_now(void)
{
	CHECK_EQ(spt_init(&b), 0);
	CHECK_EQ(spt_copy(&b, &a), 0);
	b_alive = true;
}

/* The child is there, empty: its making has many steps that concern nobody. */
static void begin_fork(void *unused)
{
	begin_written(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

static void begin_forked(void *unused)
{
	begin_written(unused);
	fork_now();
}

static void begin_child_reads(void *unused)
{
	begin_forked(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(user_sees(&b, va + i * P, 100 + i));
}

static void begin_forked_swapped(void *unused)
{
	begin_forked(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

static void begin_clean(void *unused) /* in memory, and unchanged in swap */
{
	begin_swapped(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(user_sees(&a, va + i * P, 100 + i));
}

/* One page, and nobody runs in the space: no flush waits for anyone. */
static void begin_lone(void *unused)
{
	begin_empty(unused);
	CHECK_EQ(user_write(&a, va, 100), 0);
	m_leave();
}

static void begin_lone_fork(void *unused)
{
	begin_lone(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

/* B has a page that is looked at and stays, A one that goes. */
static void begin_looks(void *unused)
{
	vaddr_t where;

	begin_empty(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
	CHECK_EQ(vm_map(&b, va, P, RW, VM_FIXED, NULL, 0, &where), 0);
	CHECK_EQ(user_write(&b, va, 7), 0);
	t.disk.fail_writes = ~0u; /* it cannot go, but is not fresh any more */
	CHECK_EQ(vm_reclaim(1), 0);
	t.disk.fail_writes = 0;
	CHECK(user_sees(&b, va, 7));
	CHECK_EQ(user_write(&a, va, 100), 0);
	m_leave();
}

static void begin_fork_clean(void *unused)
{
	begin_clean(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

static void begin_shared(void *unused)
{
	(void)unused;
	begin_empty(unused);
	CHECK_EQ(vm_map(&a, va, PAGES * P, RW, VM_SHARED | VM_FIXED, NULL, 0, &va), 0);
	CHECK_EQ(user_write(&a, va + P, 101), 0);
	fork_now();
}

static void begin_shared_written(void *unused)
{
	begin_shared(unused);
	CHECK_EQ(user_write(&a, va, 1), 0);
}

static void begin_shared_swapped(void *unused)
{
	begin_shared_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), 2);
}

static struct aux {
	struct vm_aux head;
	unsigned filled, freed;
} aux;

static void aux_free(void *arg) { ((struct aux *)arg)->freed++; }

static bool fill(struct page *page, void *arg)
{
	((struct aux *)arg)->filled++;
	*(uint64_t *)page->frame->kva = 1;
	return true;
}

static void begin_promised(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 1; i < PAGES; i++)
		CHECK_EQ(user_write(&a, va + i * P, 100 + i), 0);
	aux = (struct aux){{1, aux_free}, 0, 0};
	CHECK_EQ(vm_promise(&a, VM_ANON, va, true, fill, &aux), 0);
}

static void begin_fork_promised(void *unused)
{
	begin_promised(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

/* ---- the operations ---- */

static void op_write(void *unused)
{
	(void)unused;
	op_err = user_write(&a, va, 1);
}

static void op_read(void *unused)
{
	(void)unused;
	op_err = user_read(&a, va, &op_value);
}

/* As a thread whose CPU has gone over to another since: no flush waits for it. */
static void op_fault_read(void *unused)
{
	(void)unused;
	m_leave();
	op_err = vm_fault(&a, va, VM_READ);
}

static void op_fault_write(void *unused)
{
	(void)unused;
	m_leave();
	op_err = vm_fault(&a, va, VM_WRITE);
}

static void rival_write_word(void *unused)
{
	(void)unused;
	rival_err = user_write(&a, va + 8, 2);
}

static void rival_write_evict(void *unused)
{
	(void)unused;
	rival_err = user_write(&a, va, 1);
	vm_reclaim(PAGES);
}

static void rival_evict(void *unused)
{
	(void)unused;
	vm_reclaim(PAGES);
}

static void rival_evict_one(void *unused)
{
	(void)unused;
	vm_reclaim(1);
}

static void rival_write_b(void *unused)
{
	(void)unused;
	rival_err = user_write(&b, va, 2);
}

static void rival_evict_written(void *unused)
{
	rival_write_b(unused);
	vm_reclaim(PAGES);
}

static void rival_read_b(void *unused)
{
	(void)unused;
	rival_err = user_read(&b, va, &rival_value);
}

static void rival_read_a(void *unused)
{
	(void)unused;
	rival_err = user_read(&a, va, &rival_value);
}

static void op_unmap(void *unused)
{
	(void)unused;
	op_err = vm_unmap(&a, va, P);
}

static void op_protect(void *unused)
{
	(void)unused;
	op_err = vm_protect(&a, va, P, 0);
}

static void op_fork(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_copy(&b, &a), 0);
}

static void op_exit(void *unused)
{
	(void)unused;
	spt_kill(&b);
	b_alive = false;
	__builtin_memset(&b, 0xee, sizeof b); /* nobody may look there any more */
}

static void op_move(void *unused)
{
	vaddr_t where;

	(void)unused;
	op_err = vm_remap(&a, va, PAGES * P, 2 * PAGES * P, true, &where);
	CHECK(where != va);
	va = where;
}

/* ---- after each trial ---- */

static void end(void)
{
	vm_check();
	for (unsigned cpu = 0; cpu < 2; cpu++)
		m_on(cpu, leave_here, NULL);
	spt_kill(&a);
	if (b_alive)
		spt_kill(&b);
	vm_check();
	CHECK_EQ(stats_now(&t)->frames_used, 1);
	CHECK_EQ(stats_now(&t)->slots_used, 0);
}

/* A sees FIRST in its first page and what was written before in the others. */
static void a_sees(uint64_t first)
{
	CHECK(user_sees(&a, va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&a, va + i * P, 100 + i));
}

static void b_sees(uint64_t first)
{
	CHECK(user_sees(&b, va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&b, va + i * P, 100 + i));
}

static void check_both_words(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	CHECK(user_sees(&a, va + 8, 2));
	CHECK(a.npages <= PAGES);
	end();
}

/* The read came before the write, or after it. */
static void check_one_or_zero(void *unused)
{
	(void)unused;
	CHECK(op_value <= 1);
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	end();
}

static void check_a_one(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	a_sees(1);
	if (b_alive)
		b_sees(100);
	end();
}

static void check_unmapped(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(user_read(&a, va, &value), -VM_EFAULT);
	CHECK(user_sees(&a, va + P, 101));
	if (b_alive)
		b_sees(100);
	end();
}

static void check_closed_old(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(user_write(&a, va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&a, va, P, RW), 0);
	a_sees(100);
	end();
}

static void check_word(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va + 8, 2));
	a_sees(100);
	end();
}

static void check_old(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(op_value, 100);
	a_sees(100);
	end();
}

static void check_own(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	a_sees(1);
	b_sees(2);
	end();
}

static void check_own_b(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	a_sees(100);
	b_sees(2);
	end();
}

static void check_forked(void *unused)
{
	(void)unused;
	b_sees(100);
	CHECK_EQ(user_write(&b, va, 5), 0);
	a_sees(100);
	end();
}

static void check_fork_of_written(void *unused)
{
	uint64_t seen = 0;

	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va + 8, 2));
	a_sees(100);
	b_sees(100);
	CHECK_EQ(user_read(&b, va + 8, &seen), 0);
	CHECK(seen == 0 || seen == 2);
	CHECK_EQ(user_write(&a, va + 8, 7), 0);
	CHECK(user_sees(&b, va + 8, seen));
	end();
}

static void check_a_old(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	a_sees(100);
	end();
}

static void check_lone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(user_sees(&a, va, 100));
	if (b_alive) {
		CHECK(user_sees(&b, va, 100));
		CHECK_EQ(user_write(&a, va, 5), 0);
		CHECK(user_sees(&b, va, 100));
	}
	end();
}

static void check_gone(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK_EQ(user_read(&a, va, &value), -VM_EFAULT);
	end();
}

static void check_closed(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EACCES);
	CHECK_EQ(user_write(&a, va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&a, va, P, RW), 0);
	CHECK(user_sees(&a, va + 8, rival_err ? 0 : 2));
	a_sees(100);
	end();
}

static void check_read_or_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == -VM_EFAULT || (rival_err == 0 && rival_value == 100));
	end();
}

static void check_both_read(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(op_value, 100);
	CHECK_EQ(rival_value, 100);
	a_sees(100);
	b_sees(100);
	end();
}

static void check_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct supplemental_page_table *s = i ? &b : &a;

		CHECK(user_sees(s, va, 1));
		CHECK(user_sees(s, va + P, 101));
	}
	end();
}

static void check_shared_two(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 2));
	CHECK(user_sees(&b, va, 2));
	CHECK(user_sees(&a, va + P, 101));
	end();
}

static void check_b_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK(user_sees(&b, va, 1));
	CHECK(user_sees(&b, va + P, 101));
	end();
}

static void check_a_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(rival_value, 1);
	CHECK(user_sees(&a, va + P, 101));
	end();
}

static void check_promised(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	if (b_alive)
		CHECK(user_sees(&b, va, 1));
	CHECK(b_alive ? aux.filled <= 2 : aux.filled == 1);
	CHECK_EQ(aux.freed, 1);
	end();
}

static void check_promise_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK(aux.filled <= 1);
	CHECK_EQ(aux.freed, 1);
	end();
}

/* ---- two faults on one page ---- */

TEST(two_writes, "race/two-first-writes-to-a-page-make-one-frame")
{
	race(0, begin_empty, op_write, rival_write_word, check_both_words);
}

TEST(read_write, "race/zeros-read-do-not-hide-what-is-written-and-evicted-meanwhile")
{
	race(32, begin_empty, op_read, rival_write_evict, check_one_or_zero);
}

TEST(fault_write, "race/a-read-fault-that-is-late-does-not-hide-what-was-written-and-evicted")
{
	race(32, begin_empty, op_fault_read, rival_write_evict, check_one_or_zero);
}

TEST(fault_fault, "race/a-write-fault-that-is-late-keeps-what-was-written-and-evicted")
{
	race(32, begin_empty, op_fault_write, rival_write_evict, check_one_or_zero);
}

TEST(late_fault, "race/a-fault-that-is-late-keeps-a-page-that-leaves")
{
	race(32, begin_written, op_fault_write, rival_evict, check_a_old);
}

TEST(late_copy, "race/a-copy-that-is-late-keeps-a-page-that-leaves")
{
	race(32, begin_forked, op_fault_write, rival_evict, check_forked);
}

TEST(late_bring, "race/a-page-that-is-brought-back-late-keeps-what-is-written-meanwhile")
{
	race(32, begin_forked_swapped, op_fault_read, rival_write_b, check_own_b);
}

TEST(late_shared, "race/a-late-first-touch-of-an-object-s-page-keeps-it-while-it-leaves")
{
	race(32, begin_shared, op_fault_write, rival_evict_written, check_shared_two);
}

TEST(two_swapped, "race/two-faults-bring-a-page-back-once")
{
	race(32, begin_swapped, op_write, rival_write_word, check_both_words);
}

TEST(sharers_swapped, "race/two-sharers-of-a-slot-bring-it-back-at-once")
{
	race(32, begin_forked_swapped, op_read, rival_read_b, check_both_read);
}

TEST(two_shared, "race/two-first-touches-of-an-object-s-page-meet-in-one-frame")
{
	race(32, begin_shared, op_write, rival_read_b, check_shared);
}

/* ---- against eviction ---- */

TEST(write_evict, "race/a-write-is-not-lost-to-an-eviction")
{
	race(32, begin_written, op_write, rival_evict, check_a_one);
}

TEST(clean_evict, "race/a-write-to-a-clean-page-is-not-lost-to-an-eviction")
{
	race(32, begin_clean, op_write, rival_evict, check_a_one);
}

TEST(bring_evict, "race/a-page-comes-back-while-others-leave")
{
	race(32, begin_swapped, op_read, rival_evict, check_old);
}

TEST(evict_evict, "race/two-evictions-free-each-frame-once")
{
	race(32, begin_written, rival_evict, rival_evict, check_a_old);
}

TEST(fork_evict, "race/fork-while-pages-leave-loses-none")
{
	race(32, begin_fork, op_fork, rival_evict, check_forked);
}

TEST(fork_evict_clean, "race/fork-while-clean-pages-leave-loses-none")
{
	race(32, begin_fork_clean, op_fork, rival_evict, check_forked);
}

TEST(lone_fork_evict, "race/fork-of-a-page-that-leaves-is-found-by-whoever-takes-it-out")
{
	race(32, begin_lone_fork, op_fork, rival_evict, check_lone);
}

TEST(lone_move_evict, "race/a-page-that-moves-while-it-leaves-keeps-its-tables-until-then")
{
	race(32, begin_lone, op_move, rival_evict, check_lone);
}

TEST(lone_unmap_evict, "race/a-page-that-is-unmapped-while-it-leaves-keeps-its-tables-until-then")
{
	race(32, begin_lone, op_unmap, rival_evict, check_gone);
}

TEST(looks, "race/a-space-that-is-looked-at-stays-until-that-is-over")
{
	race(32, begin_looks, op_exit, rival_evict_one, check_lone);
}

TEST(exit_evict, "race/exit-while-pages-leave-frees-everything")
{
	race(32, begin_forked, op_exit, rival_evict, check_a_old);
}

TEST(unmap_evict, "race/unmap-while-pages-leave-frees-everything")
{
	race(32, begin_forked, op_unmap, rival_evict, check_unmapped);
}

TEST(protect_evict, "race/closing-a-page-while-it-leaves-keeps-its-contents")
{
	race(32, begin_written, op_protect, rival_evict, check_closed_old);
}

TEST(move_evict, "race/pages-that-move-while-they-leave-keep-their-contents")
{
	race(32, begin_written, op_move, rival_evict, check_a_old);
}

TEST(unmap_evict_own, "race/unmap-while-its-own-pages-leave-frees-nothing-in-reach")
{
	race(32, begin_written, op_unmap, rival_evict, check_unmapped);
}

TEST(exit_evict_own, "race/exit-while-its-own-pages-leave-frees-nothing-in-reach")
{
	race(32, begin_child_reads, op_exit, rival_evict, check_a_old);
}

TEST(shared_evict, "race/a-write-to-an-object-s-page-is-not-lost-to-an-eviction")
{
	race(32, begin_shared, op_write, rival_evict, check_shared);
}

/* ---- copy-on-write ---- */

TEST(cow_cow, "race/both-sides-write-a-shared-page-at-once")
{
	race(32, begin_forked, op_write, rival_write_b, check_own);
}

TEST(cow_cow_swapped, "race/both-sides-write-a-swapped-page-at-once")
{
	race(32, begin_forked_swapped, op_write, rival_write_b, check_own);
}

TEST(cow_evict, "race/a-copy-while-its-page-leaves-is-whole")
{
	race(32, begin_forked, op_write, rival_evict, check_a_one);
}

TEST(cow_exit, "race/exit-of-the-other-side-during-a-copy")
{
	race(32, begin_forked, op_exit, rival_write_word, check_word);
}

TEST(fork_write, "race/a-write-during-fork-goes-to-one-side")
{
	race(32, begin_fork, op_fork, rival_write_word, check_fork_of_written);
}

/* ---- against what takes a page away ---- */

TEST(unmap_write, "race/a-write-finds-the-page-or-an-error-when-it-is-unmapped")
{
	race(32, begin_written, op_unmap, rival_write_word, check_gone);
}

TEST(unmap_first, "race/a-first-write-finds-the-page-or-an-error-when-it-is-unmapped")
{
	race(0, begin_empty, op_unmap, rival_write_word, check_gone);
}

TEST(unmap_bring, "race/a-page-comes-back-or-an-error-when-it-is-unmapped")
{
	race(32, begin_swapped, op_unmap, rival_read_a, check_read_or_gone);
}

TEST(protect_write, "race/a-write-passes-or-fails-when-its-page-is-closed")
{
	race(32, begin_written, op_protect, rival_write_word, check_closed);
}

TEST(exit_bring, "race/exit-of-one-sharer-while-the-other-brings-the-page-back")
{
	race(32, begin_forked_swapped, op_exit, rival_read_a, check_a_old);
}

TEST(shared_exit_bring, "race/exit-of-one-side-while-the-other-brings-an-object-s-page-back")
{
	race(32, begin_shared_swapped, op_exit, rival_read_a, check_a_has_shared);
}

TEST(shared_unmap_bring, "race/unmap-of-an-object-s-page-while-it-comes-back-keeps-it")
{
	race(32, begin_shared_swapped, op_unmap, rival_read_a, check_b_has_shared);
}

TEST(shared_unmap_evict, "race/unmap-of-an-object-s-page-while-it-leaves-keeps-it")
{
	race(32, begin_shared_written, op_unmap, rival_evict, check_b_has_shared);
}

/* ---- promises ---- */

TEST(promise_twice, "race/two-faults-keep-a-promise-once")
{
	race(32, begin_promised, op_fault_read, rival_read_a, check_promised);
}

TEST(promise_fork, "race/a-promise-that-is-kept-during-fork-is-kept-for-both")
{
	race(32, begin_fork_promised, op_fork, rival_read_a, check_promised);
}

TEST(promise_unmap, "race/a-promise-that-is-unmapped-while-it-is-kept-is-freed-once")
{
	race(32, begin_promised, op_unmap, rival_read_a, check_promise_gone);
}
