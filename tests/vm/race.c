/* Races in the VM layer: one CPU evicts, forks, unmaps or faults what another is using. Each line names how a
 * trial begins, what CPU 0 and CPU 1 do at once, and what must hold then. */
#include "race_acts.h"

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

/* From the choice on the frame is BUSY, and its leaves go only later: the parent that is back from fork has lost W. */
TEST(evict_fork_write, "race/a-write-after-fork-is-not-the-child-s-while-the-page-leaves")
{
	race(32, begin_fork, rival_evict, rival_fork_write, check_fork_written);
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
	race(32, begin_fork_looked_at, op_fork, rival_write_word, check_fork_of_written);
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
