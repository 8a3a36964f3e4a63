/* Races in which one CPU meets what the other has in hand: a page that moves, a page that is looked for, shared memory
 * with its last mapping, an area that is given up twice, the last memory there is, pages brought in to stay. */
#include "filetest.h"
#include "race_acts.h"
#include "vm/internal.h"

static void *found[2];

static void op_find(void *unused)
{
	(void)unused;
	found[0] = spt_find_page(&now.a, (void *)(uintptr_t)now.va);
}

static void rival_find(void *unused)
{
	(void)unused;
	found[1] = spt_find_page(&now.a, (void *)(uintptr_t)now.va);
}

static void check_found(void *unused)
{
	CHECK(found[0] && found[0] == found[1]);
	CHECK_EQ(now.a.npages, 1);
	CHECK(user_sees(&now.a, now.va, 0));
	check_nothing(unused);
}

TEST(find_find, "race/two-looks-for-a-page-find-one")
{
	race(0, begin_empty, op_find, rival_find, check_found);
}

static vaddr_t before; /* where the pages are that move */

static void begin_moving(void *unused)
{
	begin_swapped(unused);
	before = now.va;
}

static void rival_read_before(void *unused)
{
	(void)unused;
	now.rival_err = user_read(&now.a, before, &now.rival_value);
}

/* It was read where it was before, or is not there any more. */
static void check_moved(void *unused)
{
	CHECK(now.rival_err == 0 || now.rival_err == -VM_EFAULT);
	now.rival_err = 0;
	check_a_old(unused);
}

TEST(move_bring, "race/pages-that-move-while-they-come-back-keep-their-contents")
{
	race(32, begin_moving, op_move, rival_read_before, check_moved);
}

/* ---- shared memory and its last mapping ---- */

static void begin_last(void *unused)
{
	begin_shared_written(unused);
	spt_kill(&now.b);
	now.b_alive = false;
	m_leave();
}

static void op_unmap_all(void *unused)
{
	(void)unused;
	now.op_err = vm_unmap(&now.a, now.va, RACE_PAGES * P);
}

static void check_all_gone(void *unused)
{
	uint64_t value;

	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(user_read(&now.a, now.va, &value), -VM_EFAULT);
	CHECK_EQ(stats_now(&now.t)->slots_used, 0);
	check_nothing(unused);
}

TEST(last_evict, "race/the-last-mapping-of-shared-memory-goes-while-its-pages-leave")
{
	race(32, begin_last, op_unmap_all, rival_evict, check_all_gone);
}

/* ---- an area ---- */

static void rival_swapoff(void *unused)
{
	(void)unused;
	now.rival_err = vm_swapoff(&now.t.disk.object);
}

/* Just one gave it up. */
static void check_off_once(void *unused)
{
	CHECK((now.op_err == 0 && now.rival_err == -VM_EINVAL) ||
	      (now.op_err == -VM_EINVAL && now.rival_err == 0));
	now.op_err = now.rival_err = 0;
	check_off(unused);
}

TEST(off_off, "race/an-area-is-given-up-by-one-of-two-who-want-to")
{
	race(32, begin_swapped, op_swapoff, rival_swapoff, check_off_once);
}

static void begin_shared_clean(void *unused)
{
	begin_shared_swapped(unused);
	CHECK(user_sees(&now.a, now.va, 1));
	CHECK(user_sees(&now.a, now.va + P, 101));
}

static void check_off_object(void *unused)
{
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(stats_now(&now.t)->slots, 0);
	CHECK(user_sees(&now.a, now.va, 1));
	CHECK(user_sees(&now.b, now.va + P, 101));
	check_nothing(unused);
}

TEST(off_object_evict, "race/an-area-is-given-up-while-an-object-s-pages-leave-it")
{
	race(32, begin_shared_clean, op_swapoff, rival_evict, check_off_object);
}

/* ---- files ---- */

static vaddr_t vb;
static int op_err, rival_err;

static void begin_file(unsigned flags)
{
	CHECK(ramfile_make(&ff, 8, 3 * P));
	CHECK_EQ(spt_init(&fa), 0);
	CHECK_EQ(spt_init(&fb), 0);
	CHECK_EQ(vm_map(&fb, 0x40000000 - P, 3 * P, RW, flags | VM_FIXED, &ff.object, 0, &vb), 0);
}

static void begin_private(void *unused)
{
	(void)unused;
	begin_file(0);
	CHECK(user_sees(&fb, vb, file_word(0, 0)));
}

static void begin_tail(void *unused)
{
	(void)unused;
	begin_file(VM_SHARED);
	CHECK_EQ(ramfile_truncate(&ff, P + 40), 0);
	CHECK_EQ(user_write(&fb, vb + P, 1), 0);
	CHECK_EQ(user_write(&fb, vb + P + 48, 9), 0); /* behind the end */
}

static void begin_absent(void *unused)
{
	(void)unused;
	begin_file(VM_SHARED);
}

static void first_write(void *unused)
{
	(void)unused;
	op_err = user_write(&fb, vb, 1);
}

static void second_write(void *unused)
{
	(void)unused;
	rival_err = user_write(&fb, vb + 8, 2);
}

static void op_grow(void *unused)
{
	(void)unused;
	op_err = ramfile_truncate(&ff, 3 * P);
}

static void rival_sync(void *unused)
{
	(void)unused;
	rival_err = vm_object_sync(&ff.object, 0, UINT64_MAX);
}

static void op_lock(void *unused)
{
	(void)unused;
	op_err = vm_lock_range(&fb, vb, 3 * P);
}

static void rival_hole(void *unused)
{
	(void)unused;
	rival_err = vm_unmap(&fb, vb + P, P);
}

static void over(void)
{
	vm_check();
	leave_all(2);
	spt_kill(&fa);
	spt_kill(&fb);
	vm_object_put(&ff.object);
	CHECK_EQ(ff.strays, 0);
	ramfile_free(&ff);
}

static void check_copy(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&fb, vb, 1));
	CHECK(user_sees(&fb, vb + 8, 2));
	CHECK_EQ(fb.anon, 1);
	CHECK_EQ(ff.makes, 0);
	CHECK_EQ(read_word(0), file_word(0, 0));
	over();
}

static void check_grown(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(read_word(P), 1);
	CHECK_EQ(read_word(P + 48), 0);
	CHECK_EQ(read_word(2 * P), 0);
	file_settled();
	over();
}

/* Locked before the hole was made, or not at all. */
static void check_lock(void *unused)
{
	unsigned locked = op_err ? 0 : VM_LOCKED;
	uint64_t value;

	(void)unused;
	CHECK(op_err == 0 || op_err == -VM_ENOMEM);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(region_find(&fb, vb)->flags & VM_LOCKED, locked);
	CHECK_EQ(region_find(&fb, vb + 2 * P)->flags & VM_LOCKED, locked);
	CHECK_EQ(user_read(&fb, vb + P, &value), -VM_EFAULT);
	CHECK(user_sees(&fb, vb, file_word(0, 0)));
	CHECK(user_sees(&fb, vb + 2 * P, file_word(2, 0)));
	over();
}

TEST(private_twice, "race/two-threads-that-write-a-private-page-of-a-file-get-one-copy")
{
	race_file(&ft, begin_private, first_write, second_write, check_copy);
}

TEST(grow_sync, "race/a-file-that-grows-while-its-end-is-written-out-shows-zeros-there")
{
	race_file(&ft, begin_tail, op_grow, rival_sync, check_grown);
}

static void op_append(void *unused)
{
	uint64_t value = 0;

	(void)unused;
	op_err = ramfile_write(&ff, 3 * P - 8, &value, 8) != 8;
}

TEST(append_sync, "race/a-file-that-is-written-past-its-end-while-that-is-written-out-shows-zeros-there")
{
	race_file(&ft, begin_tail, op_append, rival_sync, check_grown);
}

TEST(lock_hole, "race/a-page-is-unmapped-while-its-range-is-brought-in-to-stay")
{
	race_file(&ft, begin_absent, op_lock, rival_hole, check_lock);
}

/* ---- the last memory ---- */

/* Of 8 frames one is the zeros', one the reserve, three are locked, three can leave. */
static void begin_scarce(void *unused)
{
	vaddr_t where;

	begin_written(unused);
	CHECK_EQ(vm_map(&now.a, 0x60000000, 3 * P, RW, VM_FIXED | VM_LOCKED, NULL, 0, &where), 0);
	CHECK_EQ(vm_map(&now.a, 0x70000000, P, RW, VM_FIXED, NULL, 0, &where), 0);
}

static void op_write_new(void *unused)
{
	(void)unused;
	now.op_err = user_write(&now.a, 0x70000000, 5);
}

static void check_scarce(void *unused)
{
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(vm_unmap(&now.a, 0x60000000, 5 * P), 0);
	CHECK(user_sees(&now.a, 0x70000000, 5));
	check_a_old(unused);
}

/* Of 8 frames one is the zeros', five are locked, one is the reserve. Swap is full: nothing can leave before the rival
 * has its page back. */
static void begin_full(void *unused)
{
	vaddr_t where;

	begin_swapped(unused);
	CHECK_EQ(vm_map(&now.a, 0x60000000, 5 * P, RW, VM_FIXED | VM_LOCKED, NULL, 0, &where), 0);
	CHECK_EQ(vm_map(&now.a, 0x70000000, P, RW, VM_FIXED, NULL, 0, &where), 0);
}

/* There may have been nothing to wait for yet; then that is said, and nothing is lost. */
static void check_full(void *unused)
{
	if (now.op_err == -VM_ENOMEM) {
		CHECK_EQ(vm_unmap(&now.a, 0x60000000, 5 * P), 0);
		check_a_old(unused);
	} else {
		check_scarce(unused);
	}
}

static void race_scarce(uint32_t slots, void (*setup)(void *), void (*rival)(void *), void (*check)(void *))
{
	struct m_race r = {setup, op_write_new, rival, check, NULL, 0};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	swap_cluster = 1;
	if (vmtest_begin(&now.t, 8, slots))
		test_note("%u schedules", m_race(&r));
	vmtest_end(&now.t);
}

TEST(full, "race/who-finds-memory-and-swap-full-waits-for-what-comes-back-or-is-told")
{
	race_scarce(3, begin_full, rival_read_a, check_full);
}

TEST(scarce, "race/who-finds-no-memory-waits-for-what-is-leaving")
{
	race_scarce(32, begin_scarce, rival_evict, check_scarce);
}
