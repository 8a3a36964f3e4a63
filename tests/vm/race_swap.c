/* Races around swap: an area is given up, neighbours are read along, while others use what is there. */
#include "race_acts.h"

TEST(off_read, "race/an-area-is-given-up-while-its-pages-are-read")
{
	race(32, begin_swapped, op_swapoff, rival_read_all, check_off_read);
}

TEST(off_write, "race/an-area-is-given-up-while-its-pages-are-written")
{
	race(32, begin_swapped, op_swapoff, rival_write_word, check_off_word);
}

TEST(off_shared_write, "race/an-area-is-given-up-while-one-sharer-writes")
{
	race(32, begin_forked_swapped, op_swapoff, rival_write_b, check_off_own_b);
}

TEST(off_fork, "race/an-area-is-given-up-during-fork")
{
	race(32, begin_fork_swapped, op_swapoff, rival_fork, check_off);
}

TEST(off_exit, "race/an-area-is-given-up-while-a-sharer-exits")
{
	race(32, begin_forked_swapped, op_swapoff, rival_exit, check_off);
}

TEST(off_unmap, "race/an-area-is-given-up-while-a-page-is-unmapped")
{
	race(32, begin_swapped, op_swapoff, rival_unmap, check_gone_off);
}

TEST(off_evict, "race/an-area-is-given-up-while-pages-leave")
{
	race(32, begin_written, op_swapoff, rival_evict, check_off);
}

TEST(off_evict_clean, "race/an-area-is-given-up-while-unchanged-pages-leave")
{
	race(32, begin_clean, op_swapoff, rival_evict, check_off);
}

TEST(off_object, "race/an-area-is-given-up-while-an-object-s-page-comes-back")
{
	race(32, begin_shared_swapped, op_swapoff, rival_read_b, check_off_shared);
}

/* ---- what is read along ---- */

TEST(ahead_fault, "race/neighbours-are-read-along-while-they-are-asked-for")
{
	race(32, begin_swapped, op_read, rival_read_all, check_old_all);
}

TEST(ahead_write, "race/a-neighbour-is-written-while-it-is-read-along")
{
	race(32, begin_swapped, op_read_last, rival_write_word, check_word);
}

TEST(ahead_unmap, "race/a-neighbour-is-unmapped-while-it-is-read-along")
{
	race(32, begin_swapped, op_read_last, rival_unmap, check_unmapped);
}

TEST(ahead_exit, "race/a-sharer-exits-while-its-pages-are-read-along")
{
	race(32, begin_forked_swapped, op_read, rival_exit, check_old);
}

TEST(ahead_evict, "race/what-is-read-along-is-dropped-at-once")
{
	race(32, begin_swapped, op_read, rival_evict, check_old);
}

TEST(ahead_object, "race/an-object-s-page-is-asked-for-while-it-is-read-along")
{
	race(32, begin_shared_swapped, op_read_last_b, rival_read_a, check_a_has_shared);
}
