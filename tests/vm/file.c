/* Files: one page for read(), write() and every mapping; written when dirty, and only then. */
#include "filetest.h"

TEST(one_page, "file/read-write-and-mappings-see-the-same-page")
{
	vaddr_t va, vb;

	if (file_begin(64, 0, 8, 8 * P)) {
		va = map_file(&fa, 0, 8, RW, VM_SHARED);
		vb = map_file(&fb, 2, 4, RW, VM_SHARED);
		CHECK(user_sees(&fa, va + 3 * P + 8, file_word(3, 1)));
		CHECK_EQ(user_write(&fa, va + 3 * P + 8, 77), 0);
		CHECK(user_sees(&fb, vb + P + 8, 77));
		CHECK_EQ(read_word(3 * P + 8), 77);
		write_word(3 * P + 16, 78);
		CHECK(user_sees(&fa, va + 3 * P + 16, 78));
		CHECK(user_sees(&fb, vb + P + 16, 78));
		CHECK_EQ(user_write(&fb, vb + P + 24, 79), 0);
		CHECK_EQ(read_word(3 * P + 24), 79);
		CHECK_EQ(disk_word(&ff, 3 * P + 8), file_word(3, 1)); /* so far */
		CHECK_EQ(ff.writes, 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 1);
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(disk_word(&ff, 3 * P + 8 + i * 8), 77 + i);
	}
	file_end();
}

TEST(only_dirty, "file/only-dirty-pages-are-written-and-each-once")
{
	vaddr_t va, vb;

	if (file_begin(64, 0, 16, 16 * P)) {
		va = map_file(&fa, 0, 16, RW, VM_SHARED);
		vb = map_file(&fb, 0, 16, RW, VM_SHARED);
		for (unsigned i = 0; i < 16; i++)
			CHECK(user_sees(&fa, va + i * P, file_word(i, 0)));
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 0);
		CHECK_EQ(user_write(&fa, va + 2 * P, 2), 0);
		CHECK_EQ(user_write(&fb, vb + 2 * P + 8, 3), 0);
		CHECK_EQ(user_write(&fb, vb + 9 * P, 4), 0);
		CHECK_EQ(ff.makes, 2);
		CHECK_EQ(vm_object_sync(&ff.object, 3 * P, 9 * P), 0);
		CHECK_EQ(ff.writes, 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, 9 * P + 1), 0);
		CHECK_EQ(ff.writes, 2);
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 2);
		/* Clean again: the next write is noticed, whoever makes it. */
		CHECK_EQ(user_write(&fb, vb + 2 * P, 5), 0);
		vm_check();
		CHECK_EQ(user_write(&fa, va + 2 * P + 8, 6), 0);
		CHECK_EQ(stats_now(&ft)->dirty, 1);
		vm_writeback();
		CHECK_EQ(ff.writes, 3);
		CHECK_EQ(disk_word(&ff, 2 * P), 5);
		CHECK_EQ(disk_word(&ff, 2 * P + 8), 6);
	}
	file_end();
}

TEST(runs, "file/dirty-neighbours-are-written-in-one-request")
{
	vaddr_t va;

	if (file_begin(200, 0, 40, 40 * P)) { /* enough for all of it to be dirty */
		va = map_file(&fa, 0, 40, RW, VM_SHARED);
		for (unsigned i = 0; i < 40; i++) {
			if (i != 35)
				CHECK_EQ(user_write(&fa, va + i * P, i), 0);
		}
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 39);
		CHECK_EQ(ff.write_calls, 4); /* 16, 16, up to the clean one, behind it */
		for (unsigned i = 0; i < 40; i++)
			CHECK_EQ(disk_word(&ff, i * P), i != 35 ? i : file_word(i, 0));
	}
	file_end();
}

TEST(clean_goes, "file/clean-pages-leave-without-a-write-and-come-back")
{
	vaddr_t va;

	if (file_begin(16, 0, 64, 64 * P)) {
		va = map_file(&fa, 0, 64, VM_READ, VM_SHARED);
		for (unsigned round = 0; round < 2; round++) {
			for (unsigned i = 0; i < 64; i++)
				CHECK(user_sees(&fa, va + i * P + 8, file_word(i, 1)));
		}
		CHECK_EQ(ff.writes, 0);
		CHECK(stats_now(&ft)->evicted > 64);
		CHECK(ff.reads >= 112);
	}
	file_end();
}

TEST(dirty_stays, "file/more-than-fits-can-be-written-and-nothing-is-lost")
{
	vaddr_t va;

	if (file_begin(16, 0, 64, 64 * P)) {
		va = map_file(&fa, 0, 64, RW, VM_SHARED);
		for (unsigned i = 0; i < 64; i++)
			CHECK_EQ(user_write(&fa, va + i * P, 1000 + i), 0);
		for (unsigned i = 0; i < 64; i++)
			CHECK(user_sees(&fa, va + i * P, 1000 + i));
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 64);
		for (unsigned i = 0; i < 64; i++)
			CHECK_EQ(disk_word(&ff, i * P), 1000 + i);
	}
	file_end();
}

TEST(private, "file/a-private-mapping-keeps-what-it-writes-to-itself")
{
	vaddr_t va, vb;

	if (file_begin(32, 64, 8, 8 * P)) {
		va = map_file(&fa, 0, 8, RW, 0);
		vb = map_file(&fb, 0, 8, RW, VM_SHARED);
		CHECK(user_sees(&fa, va, file_word(0, 0)));
		CHECK_EQ(user_write(&fa, va, 5), 0);         /* after a read */
		CHECK_EQ(user_write(&fa, va + P + 8, 6), 0); /* at once */
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		CHECK(user_sees(&fb, vb, file_word(0, 0)));
		CHECK_EQ(read_word(P + 8), file_word(1, 1));
		CHECK_EQ(user_write(&fb, vb, 7), 0);
		CHECK_EQ(user_write(&fb, vb + 2 * P, 8), 0);
		CHECK(user_sees(&fa, va, 5));
		CHECK(user_sees(&fa, va + 2 * P, 8)); /* not written here: still the file's */
		vm_check();
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 2);
		vm_reclaim(30);
		CHECK(user_sees(&fa, va, 5));
		CHECK(user_sees(&fa, va + P + 8, 6));
		CHECK(user_sees(&fa, va + 2 * P, 8));
		CHECK_EQ(ff.makes, 2);
	}
	file_end();
}

TEST(private_fork, "file/fork-shares-private-copies-and-what-is-still-the-file-s")
{
	vaddr_t va;

	if (file_begin(64, 0, 8, 8 * P)) {
		va = map_file(&fa, 0, 8, RW, 0);
		CHECK_EQ(user_write(&fa, va, 5), 0);
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		m_leave();
		spt_kill(&fb);
		CHECK_EQ(spt_init(&fb), 0);
		CHECK_EQ(spt_copy(&fb, &fa), 0);
		vm_check();
		CHECK(user_sees(&fb, va, 5));
		CHECK_EQ(user_write(&fb, va, 6), 0);
		CHECK_EQ(user_write(&fb, va + P, 7), 0);
		CHECK(user_sees(&fa, va, 5));
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		CHECK(user_sees(&fb, va + 2 * P, file_word(2, 0)));
	}
	file_end();
}

/* As read() does: from the page that is lent to user memory, which may be a mapping of that very page. */
static void read_into(struct supplemental_page_table *s, vaddr_t va, uint64_t at)
{
	void *kva;

	if (!CHECK_EQ(vm_cache_get(&ff.object, at / P, false, &kva), 0))
		return;
	CHECK_EQ(user_write(s, va, *(uint64_t *)((char *)kva + at % P)),
		 0); /* faults, and waits for nobody */
	vm_cache_put(&ff.object, kva);
}

TEST(read_into, "file/read-into-a-mapping-of-the-page-that-is-read-waits-for-nobody")
{
	vaddr_t shared, private;

	if (file_begin(64, 32, 8, 8 * P)) {
		shared = map_file(&fa, 0, 8, RW, VM_SHARED);
		private = map_file(&fa, 0, 8, RW, 0);
		read_into(&fa, shared, 8); /* not mapped yet */
		CHECK(user_sees(&fa, shared + P, file_word(1, 0)));
		read_into(&fa, shared + P, P + 8); /* mapped, clean */
		read_into(&fa, shared + P, P + 16);
		read_into(&fa, private + 2 * P, 2 * P + 8);
		CHECK(user_sees(&fa, private + 3 * P, file_word(3, 0)));
		read_into(&fa, private + 3 * P, 3 * P + 8);
		vm_reclaim(60);
		read_into(&fa, shared + 4 * P, 4 * P + 8);
		vm_check();
		CHECK_EQ(read_word(0), file_word(0, 1));
		CHECK_EQ(read_word(P), file_word(1, 2));
		CHECK_EQ(read_word(2 * P), file_word(2, 0));
		CHECK(user_sees(&fa, private + 2 * P, file_word(2, 1)));
		CHECK(user_sees(&fa, private + 3 * P, file_word(3, 1)));
		CHECK_EQ(ff.makes, 3);
		file_settled();
	}
	file_end();
}

TEST(past_end, "file/the-last-page-ends-in-zeros-and-past-it-is-an-error")
{
	vaddr_t va;

	if (file_begin(64, 0, 8, 2 * P + 16)) {
		__builtin_memset(ff.page[2] + 16, 0x77, P - 16); /* what an old file left on the disk */
		va = map_file(&fa, 0, 8, RW, VM_SHARED);
		CHECK(user_sees(&fa, va + 2 * P + 8, file_word(2, 1)));
		CHECK(user_sees(&fa, va + 2 * P + 16, 0));
		CHECK(user_sees(&fa, va + 3 * P - 8, 0));
		CHECK_EQ(user_write(&fa, va + 3 * P, 1), -VM_EBUS);
		CHECK_EQ(user_write(&fa, va + 7 * P, 1), -VM_EBUS);
		/* What is written behind the end is neither saved nor shown when the file grows over it. */
		CHECK_EQ(user_write(&fa, va + 2 * P + 24, 9), 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(disk_word(&ff, 2 * P + 24), 0);
		CHECK_EQ(user_write(&fa, va + 2 * P + 24, 9), 0);
		write_word(5 * P, 1);
		CHECK_EQ(ff.object.size, 5 * P + 8);
		CHECK(user_sees(&fa, va + 2 * P + 24, 0));
		CHECK(user_sees(&fa, va + 3 * P, 0)); /* a hole */
		CHECK(user_sees(&fa, va + 5 * P, 1));
		CHECK_EQ(user_write(&fa, va + 6 * P, 1), -VM_EBUS);
		CHECK_EQ(user_write(&fa, va + 4 * P, 4), 0);
	}
	file_end();
	CHECK_EQ(ff.strays, 0);
}

TEST(truncate, "file/what-is-cut-off-is-gone-from-every-mapping-and-stays-gone")
{
	vaddr_t va, vb;

	if (file_begin(64, 0, 8, 8 * P)) {
		va = map_file(&fa, 0, 8, RW, VM_SHARED);
		vb = map_file(&fb, 0, 8, RW, 0);
		for (unsigned i = 0; i < 8; i++)
			CHECK_EQ(user_write(&fa, va + i * P + 64, i), 0);
		CHECK(user_sees(&fb, vb + 6 * P + 64, 6));
		CHECK_EQ(user_write(&fb, vb + 7 * P, 70), 0);
		CHECK_EQ(ramfile_truncate(&ff, 3 * P + 32), 0);
		vm_check();
		CHECK_EQ(user_write(&fa, va + 4 * P, 1), -VM_EBUS);
		CHECK_EQ(user_write(&fb, vb + 6 * P, 1), -VM_EBUS);
		CHECK(user_sees(&fb, vb + 7 * P, 70)); /* its own */
		CHECK(user_sees(&fa, va + 3 * P + 64, 0));
		CHECK(user_sees(&fa, va + 3 * P + 24, file_word(3, 3)));
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 4);
		CHECK_EQ(ramfile_truncate(&ff, 6 * P), 0);
		CHECK(user_sees(&fa, va + 3 * P + 64, 0));
		CHECK(user_sees(&fa, va + 4 * P + 64, 0));
		CHECK_EQ(disk_word(&ff, 3 * P + 64), 0);
		/* Cut in the middle of what is in no memory: it is read, cut, written. */
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		vm_reclaim(60);
		CHECK_EQ(ramfile_truncate(&ff, P + 8), 0);
		CHECK_EQ(ramfile_truncate(&ff, 2 * P), 0);
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		CHECK(user_sees(&fa, va + P + 8, 0));
		CHECK_EQ(ramfile_truncate(&ff, 0), 0);
		CHECK_EQ(user_write(&fa, va, 1), -VM_EBUS);
		CHECK_EQ(stats_now(&ft)->dirty, 0);
	}
	file_end();
}

TEST(drain, "file/drain-leaves-what-is-mapped-or-to-be-written")
{
	size_t frames, before;
	vaddr_t va;

	if (file_begin(64, 0, 8, 8 * P)) {
		frames = stats_now(&ft)->frames_used;
		va = map_file(&fa, 0, 1, VM_READ, VM_SHARED);
		CHECK(user_sees(&fa, va, file_word(0, 0)));
		CHECK_EQ(read_word(5 * P), file_word(5, 0));
		write_word(6 * P, 66);
		vm_drain();
		vm_check();
		CHECK_EQ(stats_now(&ft)->frames_used, frames + 2);
		CHECK(user_sees(&fa, va, file_word(0, 0)));
		CHECK_EQ(read_word(6 * P), 66);
		before = ff.reads;
		CHECK_EQ(read_word(5 * P), file_word(5, 0));
		CHECK(ff.reads > before);
		CHECK_EQ(vm_unmap(&fa, va, P), 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, 8 * P), 0);
		vm_drain();
		CHECK_EQ(stats_now(&ft)->frames_used, frames);
	}
	file_end();
}
