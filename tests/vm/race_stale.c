/* Races with what a TLB still has. A leaf is taken out, or W from it, to save its page, and that is not flushed yet; the
 * rival, whose CPU has the leaf cached, changes what may be done there: it must hold at once. */
#include "filetest.h"
#include "race_acts.h"

/* ---- before: the rival's CPU has written by the leaves ---- */

static void touch(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < RACE_PAGES; i++)
		CHECK_EQ(user_write(&now.a, now.va + i * P, 100 + i), 0);
}

static void begin_there(void *unused)
{
	begin_written(unused);
	m_on(1, touch, NULL);
}

static void begin_fork_there(void *unused)
{
	begin_fork(unused);
	m_on(1, touch, NULL);
}

/* ---- the two sides ---- */

static void op_page_out(void *unused)
{
	(void)unused;
	vm_advise(&now.a, now.va, RACE_PAGES * P,
		  VM_ADVISE_PAGEOUT); /* what is unmapped meanwhile is an error */
}

static void rival_protect_write(void *unused)
{
	(void)unused;
	CHECK_EQ(vm_protect(&now.a, now.va, P, VM_READ), 0);
	CHECK_EQ(user_write(&now.a, now.va, 7), -VM_EACCES);
}

static void rival_close_read(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(vm_protect(&now.a, now.va, P, 0), 0);
	CHECK_EQ(user_read(&now.a, now.va, &value), -VM_EACCES);
}

static void rival_unmap_write(void *unused)
{
	(void)unused;
	CHECK_EQ(vm_unmap(&now.a, now.va, P), 0);
	CHECK_EQ(user_write(&now.a, now.va, 7), -VM_EFAULT);
}

TEST(protect, "race/writing-is-over-with-mprotect-while-the-page-leaves")
{
	race(32, begin_there, op_page_out, rival_protect_write, check_closed_old);
}

TEST(close, "race/reading-is-over-with-mprotect-while-the-page-leaves")
{
	race(32, begin_there, op_page_out, rival_close_read, check_closed_old);
}

TEST(unmap, "race/a-page-is-out-of-reach-with-munmap-while-it-leaves")
{
	race(32, begin_there, op_page_out, rival_unmap_write, check_nothing);
}

TEST(fork, "race/a-write-after-fork-is-not-the-child-s-while-pages-are-paged-out")
{
	race(32, begin_fork_there, op_page_out, rival_fork_write, check_fork_written);
}

/* ---- the same while a file's page is written back ---- */

static vaddr_t file;

static void touch_file(void *unused)
{
	(void)unused;
	CHECK_EQ(user_write(&fa, file, 1), 0);
}

static void begin_file(void *unused)
{
	(void)unused;
	CHECK(ramfile_make(&ff, 2, P));
	CHECK_EQ(spt_init(&fa), 0);
	CHECK_EQ(vm_map(&fa, 0, P, RW, VM_SHARED, &ff.object, 0, &file), 0);
	m_on(1, touch_file, NULL);
}

static void op_sync(void *unused)
{
	(void)unused;
	CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
}

static void rival_protect_file(void *unused)
{
	(void)unused;
	CHECK_EQ(vm_protect(&fa, file, P, VM_READ), 0);
	CHECK_EQ(user_write(&fa, file, 7), -VM_EACCES);
}

static void check_file(void *unused)
{
	(void)unused;
	CHECK(user_sees(&fa, file, 1));
	leave_all(2);
	CHECK_EQ(disk_word(&ff, 0), 1);
	spt_kill(&fa);
	vm_object_put(&ff.object);
	ramfile_free(&ff);
}

TEST(file, "race/writing-is-over-with-mprotect-while-the-page-is-written-back")
{
	race_file(&ft, begin_file, op_sync, rival_protect_file, check_file);
}
