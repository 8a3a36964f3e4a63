/* Races around files: one CPU writes, cuts, evicts or writes back what the other is using. Whatever the order, what
 * was written is on the disk in the end or was cut off, and nothing is written where the file has no block. */
#include "filetest.h"

#define PAGES 3

static vaddr_t va, vb;
static int op_err, rival_err;
static uint64_t op_value, rival_value;
static bool b_alive;

/* ---- before each trial: A maps the file shared, B too or privately ---- */

static void begin(unsigned b_flags)
{
	CHECK(ramfile_make(&ff, 2 * PAGES, PAGES * P));
	CHECK_EQ(spt_init(&fa), 0);
	CHECK_EQ(spt_init(&fb), 0);
	b_alive = true;
	op_err = rival_err = 0;
	op_value = rival_value = 0;
	CHECK_EQ(vm_map(&fa, 0x40000000 - P, 2 * PAGES * P, RW, VM_SHARED | VM_FIXED, &ff.object, 0, &va), 0);
	CHECK_EQ(vm_map(&fb, 0x40000000 - P, 2 * PAGES * P, RW, b_flags | VM_FIXED, &ff.object, 0, &vb), 0);
}

static void begin_absent(void *unused)
{
	(void)unused;
	begin(VM_SHARED);
}

static void begin_clean(void *unused)
{
	begin_absent(unused);
	CHECK(user_sees(&fa, va, file_word(0, 0)));
	CHECK(user_sees(&fb, vb, file_word(0, 0)));
}

static void begin_dirty(void *unused)
{
	begin_clean(unused);
	CHECK_EQ(user_write(&fa, va + 16, 16), 0);
	CHECK_EQ(user_write(&fb, vb + 24, 24), 0);
}

static void begin_private(void *unused)
{
	(void)unused;
	begin(0);
	CHECK(user_sees(&fb, vb, file_word(0, 0)));
}

static void begin_private_dirty(void *unused)
{
	begin_private(unused);
	CHECK_EQ(user_write(&fa, va + 16, 16), 0);
}

static void begin_short(void *unused)
{
	begin_absent(unused);
	CHECK_EQ(ramfile_truncate(&ff, 40), 0);
	CHECK_EQ(user_write(&fa, va, 1), 0);
}

/* ---- what is done at once ---- */

static void op_write(void *unused)
{
	(void)unused;
	op_err = user_write(&fa, va, 1);
}

static void op_read(void *unused)
{
	(void)unused;
	op_err = user_read(&fa, va, &op_value);
}

static void op_sys_read(void *unused)
{
	(void)unused;
	op_err = (int)ramfile_read(&ff, NULL, 0, &op_value, 8);
}

static void op_sys_write(void *unused)
{
	uint64_t value = 1;

	(void)unused;
	op_err = (int)ramfile_write(&ff, 0, &value, 8) < 0;
}

static void op_grow(void *unused)
{
	uint64_t value = 3;

	(void)unused;
	op_err = (int)ramfile_write(&ff, 2 * P, &value, 8) < 0;
}

static void op_sync(void *unused)
{
	(void)unused;
	op_err = vm_object_sync(&ff.object, 0, UINT64_MAX);
}

static void op_cut(void *unused)
{
	(void)unused;
	op_err = vm_object_truncate(&ff.object, 0);
}

static void op_cut_middle(void *unused)
{
	(void)unused;
	op_err = vm_object_truncate(&ff.object, 8);
}

static void rival_write(void *unused)
{
	(void)unused;
	rival_err = user_write(&fb, vb + 8, 2);
}

static void rival_read(void *unused)
{
	(void)unused;
	rival_err = user_read(&fb, vb, &rival_value);
}

static void rival_unmap(void *unused)
{
	(void)unused;
	CHECK_EQ(vm_unmap(&fb, vb, 2 * PAGES * P), 0);
}

static void rival_exit(void *unused)
{
	(void)unused;
	m_leave();
	spt_kill(&fb);
	b_alive = false;
	__builtin_memset(&fb, 0xee, sizeof fb); /* nobody may look there any more */
}

static void rival_evict(void *unused)
{
	(void)unused;
	vm_reclaim(4);
}

static void rival_sync(void *unused)
{
	(void)unused;
	rival_err = vm_object_sync(&ff.object, 0, UINT64_MAX);
}

static void rival_forget(void *unused)
{
	(void)unused;
	rival_err = vm_advise(&fb, vb, 2 * PAGES * P, VM_ADVISE_DONTNEED);
}

static void rival_tail(void *unused)
{
	(void)unused;
	rival_err = user_write(&fb, vb + 48, 9);
}

static void rival_cut(void *unused)
{
	(void)unused;
	rival_err = vm_object_truncate(&ff.object, 0);
}

/* ---- what holds then ---- */

static void over(void)
{
	vm_check();
	leave_all(2);
	spt_kill(&fa);
	if (b_alive)
		spt_kill(&fb);
	vm_check();
	vm_object_put(&ff.object);
	CHECK_EQ(ff.releases, 1);
	CHECK_EQ(ff.strays, 0);
	CHECK_EQ(stats_now(&ft)->frames_used, 1);
	CHECK_EQ(stats_now(&ft)->dirty, 0);
	ramfile_free(&ff);
}

/* The disk's words, after all is written: FIRST, SECOND, and, where both wrote before, 16 and 24. */
static void disk_has(uint64_t first, uint64_t second)
{
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&fa, va, first));
	CHECK(user_sees(&fa, va + 8, second));
	file_settled();
	CHECK_EQ(disk_word(&ff, 0), first);
	CHECK_EQ(disk_word(&ff, 8), second);
}

static void check_both(void *unused)
{
	(void)unused;
	disk_has(1, 2);
	over();
}

static void check_first(void *unused)
{
	(void)unused;
	disk_has(1, file_word(0, 1));
	over();
}

static void check_second(void *unused)
{
	(void)unused;
	disk_has(file_word(0, 0), 2);
	CHECK_EQ(disk_word(&ff, 16), 16);
	CHECK_EQ(disk_word(&ff, 24), 24);
	over();
}

static void check_old(void *unused)
{
	(void)unused;
	disk_has(file_word(0, 0), file_word(0, 1));
	CHECK_EQ(disk_word(&ff, 16), 16);
	CHECK_EQ(disk_word(&ff, 24), 24);
	over();
}

static void check_read(void *unused)
{
	(void)unused;
	CHECK_EQ(op_value, file_word(0, 0));
	CHECK_EQ(ff.makes, 0);
	disk_has(file_word(0, 0), file_word(0, 1));
	over();
}

static void check_sys_read(void *unused)
{
	CHECK_EQ(op_err, 8);
	op_err = 0;
	check_read(unused);
}

static void check_both_read(void *unused)
{
	CHECK_EQ(rival_value, file_word(0, 0));
	CHECK(ff.reads <= PAGES);
	check_read(unused);
}

/* B's copy is B's; the file has what A wrote. */
static void check_private(void *unused)
{
	(void)unused;
	disk_has(1, file_word(0, 1));
	CHECK(user_sees(&fb, vb + 8, 2));
	over();
}

static void check_private_synced(void *unused)
{
	(void)unused;
	disk_has(file_word(0, 0), file_word(0, 1));
	CHECK(user_sees(&fb, vb + 8, 2));
	CHECK_EQ(disk_word(&ff, 16), 16);
	over();
}

/* It came before the cut, and is gone, or after, and was told. */
static void cut_is_cut(int err, uint64_t value, uint64_t was)
{
	CHECK(err == 0 || err == -VM_EBUS);
	if (!err && was)
		CHECK(value == was || value == 0);
	vm_check();
	CHECK_EQ(user_read(&fa, va, &value), -VM_EBUS);
	CHECK_EQ(stats_now(&ft)->dirty, 0);
	CHECK_EQ(ff.object.size, 0);
	over();
}

static void check_cut_write(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	cut_is_cut(rival_err, 0, 0);
}

static void check_cut_read(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	cut_is_cut(rival_err, rival_value, file_word(0, 0));
}

static void check_read_cut(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	cut_is_cut(op_err > 0 ? 0 : op_err, op_value, file_word(0, 0));
}

static void check_cut_private(void *unused)
{
	uint64_t value = 0;

	CHECK(rival_err == 0 || rival_err == -VM_EBUS);
	if (!rival_err) /* its own copy */
		CHECK(user_sees(&fb, vb + 8, 2));
	CHECK_EQ(user_read(&fa, va, &value), -VM_EBUS);
	(void)unused;
	over();
}

static void check_cut_middle(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
	CHECK_EQ(disk_word(&ff, 0), file_word(0, 0));
	CHECK_EQ(disk_word(&ff, 8), 0);
	CHECK_EQ(vm_object_truncate(&ff.object, P), 0);
	CHECK_EQ(read_word(8), 0);
	over();
}

/* What was behind the end when the file grew is zeros, unless it was written after. */
static void check_grown(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(ff.object.size, 2 * P + 8);
	CHECK_EQ(read_word(0), 1);
	value = read_word(48);
	CHECK(value == 0 || value == 9);
	CHECK_EQ(read_word(P), 0);
	CHECK_EQ(read_word(2 * P), 3);
	file_settled();
	over();
}

TEST(two_writes, "race/two-first-writes-to-a-clean-page-of-a-file-are-both-kept")
{
	race_file(&ft, begin_clean, op_write, rival_write, check_both);
}

TEST(two_absent, "race/two-first-writes-to-an-absent-page-of-a-file-are-both-kept")
{
	race_file(&ft, begin_absent, op_write, rival_write, check_both);
}

TEST(two_reads, "race/two-faults-read-a-page-of-a-file-once")
{
	race_file(&ft, begin_absent, op_read, rival_read, check_both_read);
}

TEST(sync_write, "race/a-write-during-write-out-is-not-lost")
{
	race_file(&ft, begin_dirty, op_sync, rival_write, check_second);
}

TEST(write_sync, "race/a-first-write-is-not-lost-to-a-write-out")
{
	race_file(&ft, begin_clean, op_write, rival_sync, check_first);
}

TEST(sync_sync, "race/two-write-outs-of-a-page-write-it-both-or-wait")
{
	race_file(&ft, begin_dirty, op_sync, rival_sync, check_old);
}

TEST(sys_write, "race/write-and-a-mapping-s-write-are-both-kept")
{
	race_file(&ft, begin_clean, op_sys_write, rival_write, check_both);
}

TEST(sys_write_sync, "race/write-is-not-lost-to-a-write-out")
{
	race_file(&ft, begin_clean, op_sys_write, rival_sync, check_first);
}

TEST(sys_write_evict, "race/write-is-not-lost-to-an-eviction")
{
	race_file(&ft, begin_clean, op_sys_write, rival_evict, check_first);
}

TEST(sync_unmap, "race/a-page-that-is-unmapped-during-write-out-is-written-whole")
{
	race_file(&ft, begin_dirty, op_sync, rival_unmap, check_old);
}

TEST(sync_exit, "race/exit-during-write-out-leaves-nothing-to-walk-to")
{
	race_file(&ft, begin_dirty, op_sync, rival_exit, check_old);
}

TEST(sync_forget, "race/a-mapping-forgotten-during-write-out-loses-nothing")
{
	race_file(&ft, begin_dirty, op_sync, rival_forget, check_old);
}

TEST(sync_evict, "race/a-page-is-evicted-before-or-after-write-out-never-during")
{
	race_file(&ft, begin_dirty, op_sync, rival_evict, check_old);
}

TEST(write_evict, "race/a-first-write-to-a-page-of-a-file-that-leaves-is-kept")
{
	race_file(&ft, begin_clean, op_write, rival_evict, check_first);
}

TEST(read_evict, "race/a-read-of-a-page-of-a-file-that-leaves-finds-it")
{
	race_file(&ft, begin_clean, op_sys_read, rival_evict, check_sys_read);
}

TEST(cut_write, "race/a-write-finds-the-page-or-an-error-when-the-file-is-cut")
{
	race_file(&ft, begin_clean, op_cut, rival_write, check_cut_write);
}

TEST(cut_write_absent, "race/a-write-to-an-absent-page-or-an-error-when-the-file-is-cut")
{
	race_file(&ft, begin_absent, op_cut, rival_write, check_cut_write);
}

TEST(cut_read_absent, "race/a-page-that-comes-while-the-file-is-cut-does-not-stay")
{
	race_file(&ft, begin_absent, op_cut, rival_read, check_cut_read);
}

TEST(read_cut, "race/what-read-has-in-hand-outlives-the-cut")
{
	race_file(&ft, begin_clean, op_sys_read, rival_cut, check_read_cut);
}

TEST(cut_sync, "race/write-out-does-not-reach-behind-a-cut")
{
	race_file(&ft, begin_dirty, op_cut, rival_sync, check_cut_write);
}

TEST(cut_evict, "race/a-page-leaves-or-is-cut")
{
	race_file(&ft, begin_dirty, op_cut, rival_evict, check_cut_write);
}

TEST(cut_exit, "race/exit-while-its-file-is-cut")
{
	race_file(&ft, begin_clean, op_cut, rival_exit, check_cut_write);
}

TEST(cut_private, "race/a-private-copy-or-an-error-when-the-file-is-cut")
{
	race_file(&ft, begin_private_dirty, op_cut, rival_write, check_cut_private);
}

TEST(cut_middle, "race/a-write-behind-a-cut-in-its-page-is-not-the-file-s")
{
	race_file(&ft, begin_dirty, op_cut_middle, rival_write, check_cut_middle);
}

TEST(grow_tail, "race/a-file-that-grows-over-what-a-mapping-left-behind-its-end")
{
	race_file(&ft, begin_short, op_grow, rival_tail, check_grown);
}

TEST(private_write, "race/a-private-copy-is-whole-while-the-file-is-written")
{
	race_file(&ft, begin_private, op_write, rival_write, check_private);
}

TEST(private_sync, "race/a-private-copy-during-write-out-is-whole")
{
	race_file(&ft, begin_private_dirty, op_sync, rival_write, check_private_synced);
}
