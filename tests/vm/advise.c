/* madvise, mincore, mlock, msync and the flags of mmap, on files and on anonymous memory. */
#include "filetest.h"

static unsigned in_core(vaddr_t va, unsigned n)
{
	uint8_t vec[64];
	unsigned bits = 0;

	CHECK_EQ(vm_mincore(&fa, va, n * P, vec), 0);
	for (unsigned i = 0; i < n; i++)
		bits += vec[i];
	return bits;
}

TEST(ahead, "advise/pages-read-in-order-come-many-at-a-time-others-alone")
{
	struct vm_readahead ahead = {0, 0};
	uint64_t value;

	if (file_begin(64, 0, 40, 40 * P)) {
		vaddr_t va = map_file(&fa, 0, 40, VM_READ, VM_SHARED);

		for (unsigned i = 0; i < 40; i++) {
			CHECK_EQ(ramfile_read(&ff, &ahead, i * P, &value, 8), 8);
			CHECK_EQ(value, file_word(i, 0));
		}
		CHECK_EQ(ff.reads, 40);
		CHECK(ff.read_calls <= 5);
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(va, 40), 40); /* nobody maps them: not this program's */
		for (unsigned i = 0; i < 40; i++)
			CHECK(user_sees(&fa, va + i * P, file_word(i, 0)));
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(va, 40), 0);
		ff.read_calls = ff.reads = 0;
		for (unsigned i = 0; i < 40; i++)
			CHECK(user_sees(&fa, va + i * P, file_word(i, 0)));
		CHECK_EQ(ff.reads, 40);
		CHECK(ff.read_calls <= 5);
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_PAGEOUT), 0);
		ff.read_calls = ff.reads = 0;
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_RANDOM), 0);
		for (unsigned i = 0; i < 10; i++)
			CHECK(user_sees(&fa, va + i * P, file_word(i, 0)));
		CHECK_EQ(ff.reads, 10);
		CHECK_EQ(in_core(va, 40), 10);
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_SEQUENTIAL), 0);
		CHECK(user_sees(&fa, va + 20 * P, file_word(20, 0)));
		CHECK(in_core(va, 40) > 11);
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_WILLNEED), 0);
		CHECK_EQ(in_core(va, 40), 40);
		CHECK_EQ(ff.reads, 40);
		CHECK_EQ(vm_advise(&fa, va, 40 * P, VM_ADVISE_NORMAL), 0);
		CHECK_EQ(fa.nregions, 1);
	}
	file_end();
}

TEST(around, "advise/a-fault-maps-what-is-in-memory-around-it")
{
	if (file_begin(64, 0, 16, 16 * P)) {
		vaddr_t va = map_file(&fa, 0, 16, VM_READ, VM_SHARED);
		uint64_t faults;

		for (unsigned i = 0; i < 16; i++)
			CHECK_EQ(read_word(i * P), file_word(i, 0));
		CHECK(user_sees(&fa, va + 5 * P, file_word(5, 0)));
		faults = stats_now(&ft)->faults;
		for (unsigned i = 0; i < 16; i++) {
			struct pt_leaf leaf;

			/* No further than the boundary that both share. */
			if ((va + i * P) / (16 * P) != (va + 5 * P) / (16 * P))
				continue;
			CHECK(pt_query(&fa.pt, va + i * P, &leaf));
			CHECK(!(leaf.flags & PT_W));
		}
		CHECK_EQ(stats_now(&ft)->faults, faults);
		vm_check();
	}
	file_end();
}

TEST(dontneed, "advise/what-is-not-needed-is-as-freshly-mapped")
{
	if (file_begin(64, 32, 8, 8 * P)) {
		vaddr_t anon = map_anon(&fa, 4, RW), priv = map_file(&fa, 0, 4, RW, 0),
			shared = map_file(&fa, 4, 4, RW, VM_SHARED);

		for (unsigned i = 0; i < 4; i++) {
			CHECK_EQ(user_write(&fa, anon + i * P, i + 1), 0);
			CHECK_EQ(user_write(&fa, priv + i * P, i + 1), 0);
			CHECK_EQ(user_write(&fa, shared + i * P, i + 1), 0);
		}
		CHECK_EQ(in_core(anon, 4) + in_core(priv, 4) + in_core(shared, 4), 12);
		CHECK_EQ(vm_advise(&fa, anon + P, 2 * P, VM_ADVISE_DONTNEED), 0);
		CHECK_EQ(vm_advise(&fa, priv + P, 2 * P - 5, VM_ADVISE_DONTNEED), 0);
		CHECK_EQ(vm_advise(&fa, shared + P, 2 * P, VM_ADVISE_DONTNEED), 0);
		vm_check();
		for (unsigned i = 0; i < 4; i++) {
			bool went = i == 1 || i == 2;

			CHECK(user_sees(&fa, anon + i * P, went ? 0 : i + 1));
			CHECK(user_sees(&fa, priv + i * P, went ? file_word(i, 0) : i + 1));
			CHECK(user_sees(&fa, shared + i * P, i + 1));
		}
		CHECK_EQ(vm_advise(&fa, anon, 4 * P, VM_ADVISE_FREE), 0);
		CHECK(user_sees(&fa, anon, 0));
		CHECK_EQ(vm_advise(&fa, priv, 4 * P, VM_ADVISE_FREE), -VM_EINVAL);
		CHECK_EQ(vm_advise(&fa, shared, 4 * P, VM_ADVISE_FREE), -VM_EINVAL);
		CHECK_EQ(vm_advise(&fa, anon + 1, P, VM_ADVISE_DONTNEED), -VM_EINVAL);
		CHECK_EQ(vm_advise(&fa, anon, 0, VM_ADVISE_DONTNEED), 0);
		CHECK_EQ(vm_advise(&fa, 64 * P, P, VM_ADVISE_WILLNEED), -VM_ENOMEM);
		CHECK_EQ(vm_advise(&fa, 64 * P, P, VM_ADVISE_RANDOM), -VM_ENOMEM);
		CHECK_EQ(vm_advise(&fa, 64 * P, P, VM_ADVISE_DONTNEED), -VM_ENOMEM);
		CHECK_EQ(vm_advise(&fa, anon, -P, VM_ADVISE_DONTNEED), -VM_ENOMEM);
		CHECK_EQ(vm_advise(&fa, anon, ~0ull, VM_ADVISE_DONTNEED), -VM_EINVAL);
		CHECK_EQ(vm_advise(&fa, anon, P, (enum vm_advice)99), -VM_EINVAL);
	}
	file_end();
}

TEST(pageout, "advise/what-is-paged-out-is-saved-and-comes-back")
{
	if (file_begin(64, 32, 8, 8 * P)) {
		vaddr_t anon = map_anon(&fa, 4, RW), shared = map_file(&fa, 0, 8, RW, VM_SHARED);

		for (unsigned i = 0; i < 4; i++) {
			CHECK_EQ(user_write(&fa, anon + i * P, i + 1), 0);
			CHECK_EQ(user_write(&fa, shared + i * P, i + 1), 0);
		}
		CHECK_EQ(in_core(anon, 4), 4);
		CHECK_EQ(vm_advise(&fa, anon, 4 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(ft.disk.write_requests, 1);
		CHECK_EQ(vm_advise(&fa, shared, 8 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(anon, 4), 0);
		CHECK_EQ(in_core(shared, 4), 0);
		CHECK_EQ(ff.writes, 4);
		vm_check();
		for (unsigned i = 0; i < 4; i++) {
			CHECK(user_sees(&fa, anon + i * P, i + 1));
			CHECK(user_sees(&fa, shared + i * P, i + 1));
		}
		CHECK_EQ(in_core(anon, 4), 4);
		CHECK_EQ(vm_mincore(&fa, 64 * P, P, NULL), -VM_ENOMEM);
		CHECK_EQ(vm_mincore(&fa, anon + 1, P, NULL), -VM_EINVAL);
	}
	file_end();
}

TEST(mlock, "advise/what-is-locked-stays-until-it-is-unlocked")
{
	if (file_begin(32, 64, 8, 8 * P)) {
		vaddr_t anon = map_anon(&fa, 6, RW), file = map_file(&fa, 0, 4, VM_READ, VM_SHARED), other;

		CHECK_EQ(vm_lock_range(&fa, anon + P, 4 * P), 0);
		CHECK_EQ(vm_lock_range(&fa, file, 4 * P), 0);
		CHECK_EQ(in_core(anon, 6), 4);
		CHECK_EQ(in_core(file, 4), 4);
		other = map_anon(&fa, 40, RW);
		for (unsigned i = 0; i < 40; i++)
			CHECK_EQ(user_write(&fa, other + i * P, i), 0);
		CHECK_EQ(in_core(anon, 6), 4);
		CHECK_EQ(in_core(file, 4), 4);
		CHECK_EQ(vm_advise(&fa, anon, 6 * P, VM_ADVISE_DONTNEED), -VM_EINVAL);
		CHECK_EQ(vm_advise(&fa, anon, 6 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(anon, 6), 4);
		/* A child has its own lot. */
		m_leave();
		spt_kill(&fb);
		CHECK_EQ(spt_init(&fb), 0);
		CHECK_EQ(spt_copy(&fb, &fa), 0);
		CHECK(!(region_find(&fb, anon + P)->flags & VM_LOCKED));
		m_leave();
		spt_kill(&fb);
		CHECK_EQ(spt_init(&fb), 0);
		CHECK_EQ(vm_unlock_range(&fa, anon, 6 * P), 0);
		CHECK_EQ(vm_unlock_range(&fa, file, 4 * P), 0);
		CHECK_EQ(vm_advise(&fa, anon, 6 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(anon, 6), 0);
		CHECK_EQ(vm_lock_range(&fa, 64 * P, P), -VM_ENOMEM);
		CHECK_EQ(vm_lock_range(&fa, other, 40 * P), -VM_EAGAIN); /* does not fit */
		CHECK(!(region_find(&fa, other)->flags & VM_LOCKED));
		CHECK_EQ(vm_protect(&fa, anon, P, 0), 0);
		CHECK_EQ(vm_lock_range(&fa, anon, P), -VM_ENOMEM);
	}
	file_end();
}

TEST(populate, "advise/populate-brings-in-all-at-once")
{
	vaddr_t va, priv;

	if (file_begin(64, 0, 8, 8 * P)) {
		CHECK_EQ(vm_map(&fa, 0, 8 * P, VM_READ, VM_SHARED | VM_POPULATE, &ff.object, 0, &va), 0);
		CHECK_EQ(in_core(va, 8), 8);
		CHECK_EQ(ff.reads, 8);
		CHECK_EQ(vm_map(&fa, 0, 8 * P, RW, VM_POPULATE, NULL, 0, &priv), 0);
		CHECK_EQ(in_core(priv, 8), 8);
		CHECK_EQ(vm_map(&fa, 0, 12 * P, RW, VM_POPULATE | VM_SHARED, &ff.object, 4, &priv),
			 0); /* past the end */
		CHECK_EQ(ff.makes, 0);
	}
	file_end();
}

/* VM_LOCKED: as locked by itself, or not mapped at all. */
TEST(map_locked, "advise/what-is-mapped-locked-is-there-and-stays-or-is-not-mapped")
{
	vaddr_t va, file, got = 0;
	uint64_t mapped;

	if (file_begin(32, 64, 8, 8 * P)) {
		CHECK_EQ(vm_map(&fa, 0, 4 * P, RW, VM_LOCKED, NULL, 0, &va), 0);
		CHECK_EQ(vm_map(&fa, 0, 4 * P, RW, VM_SHARED | VM_LOCKED, &ff.object, 2, &file), 0);
		CHECK_EQ(in_core(va, 4), 4);
		CHECK_EQ(in_core(file, 4), 4);
		CHECK_EQ(ff.makes, 0); /* brought in, not written */
		vm_reclaim(30);
		CHECK_EQ(vm_advise(&fa, va, 4 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(vm_advise(&fa, va, 4 * P, VM_ADVISE_DONTNEED), -VM_EINVAL);
		CHECK_EQ(in_core(va, 4), 4);
		CHECK_EQ(in_core(file, 4), 4);
		/* All or nothing: more than there is, behind the end of the file, without access. */
		mapped = fa.mapped;
		CHECK_EQ(vm_map(&fa, 0, 40 * P, RW, VM_LOCKED, NULL, 0, &got), -VM_EAGAIN);
		CHECK_EQ(vm_map(&fa, 0, 8 * P, VM_READ, VM_LOCKED, &ff.object, 4, &got), -VM_EBUS);
		CHECK_EQ(vm_map(&fa, 0, P, 0, VM_LOCKED, NULL, 0, &got), -VM_ENOMEM);
		CHECK_EQ(fa.mapped, mapped);
		CHECK_EQ(fa.nregions, 2);
		CHECK_EQ(fa.resident, 8);
		CHECK_EQ(vm_unlock_range(&fa, va, 4 * P), 0);
		CHECK_EQ(vm_advise(&fa, va, 4 * P, VM_ADVISE_PAGEOUT), 0);
		CHECK_EQ(in_core(va, 4), 0);
		/* Zeros that are only read need no frame to stay. */
		CHECK_EQ(vm_map(&fa, 0, 4 * P, VM_READ, VM_LOCKED, NULL, 0, &got), 0);
		CHECK_EQ(fa.resident, 4);
		CHECK_EQ(vm_unlock_range(&fa, got, 4 * P), 0);
		CHECK(user_sees(&fa, got, 0));
	}
	file_end();
}

TEST(ranges, "advise/ranges-that-cannot-be-are-refused-and-nothing-is-done")
{
	if (file_begin(64, 32, 8, 8 * P)) {
		vaddr_t va = map_anon(&fa, 6, RW);

		CHECK_EQ(user_write(&fa, va, 1), 0);
		CHECK_EQ(vm_unmap(&fa, va + 2 * P, P), 0);
		CHECK_EQ(vm_lock_range(&fa, va + 1, P), -VM_EINVAL);
		CHECK_EQ(vm_unlock_range(&fa, va + 1, P), -VM_EINVAL);
		CHECK_EQ(vm_lock_range(&fa, va, 0), 0);
		CHECK_EQ(vm_sync_range(&fa, va, 4 * P), -VM_ENOMEM);
		CHECK_EQ(vm_lock_range(&fa, va, 4 * P), -VM_ENOMEM);
		CHECK_EQ(vm_unlock_range(&fa, va, 4 * P), -VM_ENOMEM);
		CHECK_EQ(vm_advise(&fa, va, 4 * P, VM_ADVISE_PAGEOUT), -VM_ENOMEM);
		CHECK_EQ(in_core(va, 2), 1);
		CHECK(!(region_find(&fa, va)->flags & VM_LOCKED));
		CHECK_EQ(vm_map(&fa, 0, ~0ull, RW, 0, NULL, 0, &va), -VM_ENOMEM);
		CHECK_EQ(vm_map(&fa, 0, 0, RW, 0, NULL, 0, &va), -VM_EINVAL);
	}
	file_end();
}

TEST(willneed, "advise/what-will-be-needed-comes-as-far-as-the-file-reaches-and-can-be-read")
{
	if (file_begin(64, 32, 40, 40 * P)) {
		vaddr_t va = map_file(&fa, 36, 12, VM_READ, VM_SHARED), anon, all;

		CHECK_EQ(vm_advise(&fa, va, 12 * P, VM_ADVISE_WILLNEED), 0);
		CHECK_EQ(ff.reads, 4);
		CHECK_EQ(in_core(va, 4), 4);
		CHECK_EQ(vm_map(&fa, 0, 4 * P, RW, VM_SHARED, NULL, 0, &anon), 0);
		CHECK_EQ(vm_advise(&fa, anon, 4 * P, VM_ADVISE_WILLNEED), 0);
		CHECK_EQ(in_core(anon, 4), 0);
		CHECK_EQ(vm_sync_range(&fa, anon, 4 * P), 0);
		CHECK_EQ(ff.writes, 0);
		all = map_file(&fa, 0, 36, VM_READ, 0);
		ff.fail_reads = 2; /* all at once, and then the first alone */
		CHECK_EQ(vm_advise(&fa, all, 36 * P, VM_ADVISE_WILLNEED), 0);
		CHECK_EQ(in_core(all, 36), 0);
		CHECK_EQ(vm_advise(&fa, all, 36 * P, VM_ADVISE_WILLNEED), 0);
		CHECK_EQ(in_core(all, 36), 36);
	}
	file_end();
	/* With too little memory it stops before others have to give theirs. */
	if (file_begin(32, 32, 40, 40 * P)) {
		vaddr_t all = map_file(&fa, 0, 40, VM_READ, 0);

		CHECK_EQ(vm_advise(&fa, all, 40 * P, VM_ADVISE_WILLNEED), 0);
		CHECK(in_core(all, 40) > 8 && in_core(all, 40) < 32);
		CHECK_EQ(stats_now(&ft)->evicted, 0);
	}
	file_end();
}

TEST(msync_first, "advise/msync-of-several-mappings-tells-the-first-error")
{
	if (file_begin(64, 0, 8, 8 * P)) {
		vaddr_t va = map_file(&fa, 0, 8, RW, VM_SHARED), got;

		CHECK_EQ(user_write(&fa, va, 1), 0);
		CHECK_EQ(user_write(&fa, va + 7 * P, 7), 0);
		CHECK_EQ(vm_map(&fa, va + 3 * P, P, RW, VM_FIXED, &ff.object, 3, &got), 0); /* private */
		CHECK_EQ(user_write(&fa, va + 3 * P, 3), 0);
		ff.fail_writes = 1;
		CHECK_EQ(vm_sync_range(&fa, va, 8 * P), -VM_EIO);
		CHECK_EQ(ff.writes, 2); /* the others are written all the same */
		CHECK_EQ(disk_word(&ff, 7 * P), 7);
		CHECK_EQ(disk_word(&ff, 3 * P), file_word(3, 0));
		CHECK_EQ(vm_sync_range(&fa, va, 8 * P), 0);
		CHECK_EQ(disk_word(&ff, 0), 1);
	}
	file_end();
}

TEST(readonly, "advise/a-read-only-file-is-never-writable-through-a-mapping")
{
	vaddr_t va;

	if (file_begin(64, 0, 8, 8 * P)) {
		CHECK_EQ(vm_map(&fa, 0, 8 * P, RW, VM_SHARED | VM_READONLY, &ff.object, 0, &va), -VM_EACCES);
		CHECK_EQ(vm_map(&fa, 0, 8 * P, VM_READ, VM_SHARED | VM_READONLY, &ff.object, 0, &va), 0);
		CHECK_EQ(vm_protect(&fa, va, 2 * P, RW), -VM_EACCES);
		CHECK_EQ(vm_protect(&fa, va, 2 * P, 0), 0);
		CHECK_EQ(vm_protect(&fa, va, 8 * P, RW), -VM_EACCES);
		CHECK_EQ(vm_protect(&fa, va, 8 * P, VM_READ), 0);
		CHECK_EQ(user_write(&fa, va, 1), -VM_EACCES);
		/* To itself, a private mapping may. */
		CHECK_EQ(vm_map(&fa, 0, 8 * P, VM_READ, 0, &ff.object, 0, &va), 0);
		CHECK_EQ(vm_protect(&fa, va, 2 * P, RW), 0);
		CHECK_EQ(user_write(&fa, va, 1), 0);
		CHECK_EQ(vm_map(&fa, 0, 8 * P, RW, 0, &ff.object, (UINT64_MAX >> PT_PAGE_SHIFT) - 4, &va),
			 -VM_EINVAL);
	}
	CHECK_EQ(ff.makes, 0);
	file_end();
}

TEST(msync, "advise/msync-writes-what-its-range-dirtied")
{
	if (file_begin(64, 0, 8, 8 * P)) {
		vaddr_t va = map_file(&fa, 0, 8, RW, VM_SHARED);

		for (unsigned i = 0; i < 8; i++)
			CHECK_EQ(user_write(&fa, va + i * P, i), 0);
		CHECK_EQ(vm_sync_range(&fa, va + 2 * P, 3 * P), 0);
		CHECK_EQ(ff.writes, 3);
		CHECK_EQ(disk_word(&ff, 3 * P), 3);
		CHECK_EQ(vm_sync_range(&fa, va + 2 * P, 30 * P), -VM_ENOMEM);
		CHECK_EQ(vm_sync_range(&fa, va + 1, P), -VM_EINVAL);
		ff.fail_writes = 1;
		CHECK_EQ(vm_sync_range(&fa, va, 8 * P), -VM_EIO);
		CHECK_EQ(vm_sync_range(&fa, va, 8 * P), 0);
		CHECK_EQ(disk_word(&ff, 7 * P), 7);
		file_settled();
	}
	file_end();
}

TEST(remap, "advise/a-mapped-file-moves-and-grows-with-its-pages")
{
	vaddr_t va, to, got;

	if (file_begin(64, 0, 16, 16 * P)) {
		va = map_file(&fa, 2, 4, RW, VM_SHARED);
		CHECK_EQ(user_write(&fa, va, 5), 0);
		CHECK_EQ(vm_remap(&fa, va, 4 * P, 20 * P, true, &to), 0);
		CHECK(user_sees(&fa, to, 5));
		CHECK(user_sees(&fa, to + 9 * P, file_word(11, 0)));
		CHECK_EQ(user_write(&fa, to + 14 * P, 5), -VM_EBUS);
		CHECK_EQ(vm_unmap(&fa, to + 3 * P, P), 0);
		CHECK_EQ(vm_protect(&fa, to + 6 * P, P, VM_READ), 0);
		CHECK(user_sees(&fa, to + 6 * P, file_word(8, 0)));
		CHECK(user_sees(&fa, to + 7 * P, file_word(9, 0)));
		/* Over what is there: pages of the file give way to zeros, and the other way round. */
		CHECK_EQ(vm_map(&fa, to, P, RW, VM_FIXED, NULL, 0, &got), 0);
		CHECK(user_sees(&fa, to, 0));
		CHECK_EQ(vm_map(&fa, to, 2 * P, VM_READ, VM_FIXED, &ff.object, 1, &got), 0);
		CHECK(user_sees(&fa, to + P, 5));
		CHECK_EQ(vm_map(&fa, to, 2 * P, VM_READ, VM_NOREPLACE, &ff.object, 1, &got), -VM_EEXIST);
		vm_check();
		file_settled();
	}
	file_end();
}
