/* The life of an object beside its mappings: who borrows a page, what is cut while it is lent, sparse ones, ones whose
 * owner asks for little, what cannot be written in the end. */
#include "filetest.h"

TEST(lent, "object/a-page-that-is-cut-off-while-it-is-read-stays-until-it-is-given-back")
{
	void *kva;

	if (file_begin(64, 0, 4, 4 * P)) {
		size_t frames = stats_now(&ft)->frames_used;

		CHECK_EQ(vm_cache_get(&ff.object, 1, false, &kva), 0);
		CHECK_EQ(ramfile_truncate(&ff, P), 0);
		CHECK_EQ(vm_reclaim(4), 0);
		vm_drain();
		CHECK_EQ(*(uint64_t *)kva, file_word(1, 0));
		CHECK_EQ(stats_now(&ft)->frames_used, frames + 1);
		vm_cache_put(&ff.object, kva);
		CHECK_EQ(stats_now(&ft)->frames_used, frames);
		CHECK_EQ(vm_cache_get(&ff.object, 1, false, &kva), -VM_EBUS);
	}
	file_end();
}

TEST(lent_drain, "object/drain-and-eviction-pass-over-what-is-lent")
{
	void *kva, *again;
	vaddr_t anon;

	if (file_begin(64, 16, 4, 4 * P)) {
		CHECK_EQ(vm_map(&fa, 0, 2 * P, RW, VM_SHARED, NULL, 0, &anon), 0);
		CHECK_EQ(user_write(&fa, anon, 7), 0); /* an object that is no file: not drain's */
		CHECK_EQ(vm_cache_get(&ff.object, 2, false, &kva), 0);
		CHECK_EQ(vm_cache_get(&ff.object, 2, false, &again), 0);
		CHECK(again == kva);
		vm_drain();
		CHECK_EQ(vm_reclaim(4), 1); /* the anonymous one */
		CHECK_EQ(*(uint64_t *)kva, file_word(2, 0));
		vm_cache_put(&ff.object, again);
		vm_drain();
		CHECK_EQ(*(uint64_t *)kva, file_word(2, 0));
		vm_cache_put(&ff.object, kva);
		CHECK_EQ(ff.reads, 1);
		CHECK(user_sees(&fa, anon, 7));
	}
	file_end();
}

TEST(sparse, "object/only-what-was-touched-of-a-sparse-file-is-known")
{
	uint8_t vec[80];
	vaddr_t va;

	if (file_begin(64, 0, 80, 80 * P)) {
		va = map_file(&fa, 0, 80, VM_READ, VM_SHARED);
		CHECK_EQ(read_word(0), file_word(0, 0));
		CHECK_EQ(vm_mincore(&fa, va, 80 * P, vec), 0);
		for (unsigned i = 0; i < 80; i++)
			CHECK_EQ(vec[i], i == 0);
		CHECK_EQ(read_word(79 * P), file_word(79, 0));
		CHECK_EQ(vm_mincore(&fa, va, 80 * P, vec), 0);
		for (unsigned i = 0; i < 80; i++)
			CHECK_EQ(vec[i], i == 0 || i == 79);
	}
	file_end();
}

/* ---- an owner that asks for little ---- */

static unsigned simple_writes, simple_fails;

static int simple_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	(void)object;
	for (unsigned i = 0; i < n; i++) {
		__builtin_memset(kva[i], 0, P);
		*(uint64_t *)kva[i] = 500 + index + i;
	}
	return 0;
}

static int simple_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	(void)object, (void)index, (void)kva;
	if (simple_fails)
		return -VM_EIO;
	simple_writes += n;
	return 0;
}

static const struct vm_object_ops simple_ops = {.read = simple_read, .write = simple_write};
static struct vm_object simple;

TEST(simple, "object/an-owner-need-not-be-asked-before-writes-nor-told-of-the-end")
{
	vaddr_t va;

	simple_writes = simple_fails = 0;
	if (file_begin(64, 0, 2, 2 * P)) {
		vm_object_init(&simple, &simple_ops, 4 * P);
		CHECK_EQ(vm_map(&fa, 0, 4 * P, RW, VM_SHARED, &simple, 0, &va), 0);
		vm_object_put(&simple); /* the mapping has it now */
		CHECK(user_sees(&fa, va + P, 501));
		CHECK_EQ(user_write(&fa, va + P, 1), 0);
		CHECK_EQ(user_write(&fa, va + 2 * P, 2), 0);
		CHECK_EQ(stats_now(&ft)->dirty, 2);
		CHECK_EQ(vm_unmap(&fa, va, 4 * P), 0);
		CHECK_EQ(simple_writes, 2);
		CHECK_EQ(stats_now(&ft)->dirty, 0);
	}
	file_end();
}

/* Its index has levels, and nothing in between. */
TEST(wide, "object/far-pages-of-an-object-do-not-hide-what-is-missing-between")
{
	uint8_t vec[3];
	vaddr_t va;

	if (file_begin(64, 0, 2, 2 * P)) {
		vm_object_init(&simple, &simple_ops, (uint64_t)1 << 40);
		CHECK_EQ(vm_map(&fa, 0, 400 * P, VM_READ, VM_SHARED, &simple, 1000000, &va), 0);
		vm_object_put(&simple);
		CHECK(user_sees(&fa, va, 1000500));
		CHECK(user_sees(&fa, va + 399 * P, 1000899));
		CHECK_EQ(vm_mincore(&fa, va + 199 * P, 3 * P, vec), 0);
		CHECK_EQ(vec[0] + vec[1] + vec[2], 0);
		CHECK(user_sees(&fa, va + 200 * P, 1000700));
		CHECK_EQ(vm_mincore(&fa, va + 200 * P, P, vec), 0);
		CHECK_EQ(vec[0], 1);
	}
	file_end();
}

TEST(lost, "object/what-cannot-be-written-at-the-last-reference-is-lost-and-not-counted")
{
	vaddr_t va;

	simple_writes = 0;
	simple_fails = 1;
	if (file_begin(64, 0, 2, 2 * P)) {
		size_t frames = stats_now(&ft)->frames_used;

		vm_object_init(&simple, &simple_ops, 4 * P);
		CHECK_EQ(vm_map(&fa, 0, 4 * P, RW, VM_SHARED, &simple, 0, &va), 0);
		CHECK_EQ(user_write(&fa, va, 1), 0);
		CHECK_EQ(vm_object_sync(&simple, 0, 4 * P), -VM_EIO);
		CHECK_EQ(stats_now(&ft)->dirty, 1); /* still */
		CHECK_EQ(vm_unmap(&fa, va, 4 * P), 0);
		vm_object_put(&simple);
		CHECK_EQ(simple_writes, 0);
		CHECK_EQ(stats_now(&ft)->dirty, 0);
		CHECK_EQ(stats_now(&ft)->frames_used, frames);
	}
	file_end();
}

TEST(nothing, "object/syncing-nothing-and-reading-behind-the-end-do-nothing")
{
	struct vm_readahead ahead = {0, 0};
	void *kva;

	if (file_begin(64, 0, 4, 4 * P)) {
		write_word(P, 1);
		CHECK_EQ(vm_object_sync(&ff.object, 2 * P, 2 * P), 0);
		CHECK_EQ(vm_object_sync(&ff.object, 2 * P, P), 0);
		CHECK_EQ(ff.writes, 0);
		vm_read_ahead(&ff.object, &ahead, 4);
		vm_read_ahead(&ff.object, &ahead, 1); /* it is there */
		CHECK_EQ(ff.read_calls, 1);
		CHECK_EQ(ahead.window, 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(vm_reclaim(1), 1);
		vm_read_ahead(&ff.object, &ahead, 1); /* it was there once */
		CHECK_EQ(ff.read_calls, 2);
		CHECK_EQ(vm_reclaim(1), 1);
		vm_drain();
		CHECK_EQ(read_word(P), 1);
		write_word(P, 1);
		CHECK_EQ(vm_cache_get(&ff.object, 4, false, &kva), -VM_EBUS);
		CHECK_EQ(ramfile_truncate(&ff, 2 * P + 16),
			 0); /* zeros behind there already: nothing to write */
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ramfile_truncate(&ff, 2 * P + 16), 0);
		CHECK_EQ(ramfile_truncate(&ff, 2 * P + 32), 0);
		CHECK_EQ(ramfile_truncate(&ff, 2 * P + 24), 0);
		CHECK_EQ(stats_now(&ft)->dirty, 0);
		file_settled();
	}
	file_end();
}
