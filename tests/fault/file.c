/* Workloads on files in which memory, swap and the file's own operations fail. */
#include "nth.h"

static int map_file(struct world *w, unsigned flags)
{
	return vm_map(&w->a, 0, 24 * P, RW, flags, &w->file.object, 0, &w->va);
}

static int map_shared(struct world *w) { return map_file(w, VM_SHARED); }
static int map_private(struct world *w) { return map_file(w, 0); }
static int write16(struct world *w) { return write_pages(&w->a, w->va, 16, 100); }
static int see16(struct world *w) { return see_pages(&w->a, w->va, 16, 100); }
static int child_sees16(struct world *w) { return see_pages(&w->b, w->va, 16, 100); }
static int child_writes16(struct world *w) { return write_pages(&w->b, w->va, 16, 300); }
static int see_child_s(struct world *w) { return see_pages(&w->a, w->va, 16, 300); }
static int sync_all(struct world *w) { return vm_object_sync(&w->file.object, 0, UINT64_MAX); }

static int reclaim(struct world *w)
{
	(void)w;
	vm_reclaim(20);
	return 0;
}

/* Nothing of what was acknowledged is missing from the disk. */
static int disk_has300(struct world *w)
{
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(disk_word(&w->file, i * P), 300 + i);
	CHECK_EQ(stats_now(&w->t)->dirty, 0);
	return 0;
}

static int read_file(struct world *w)
{
	uint64_t value;

	for (unsigned i = 0; i < 16; i++) {
		int64_t got = ramfile_read(&w->file, NULL, i * P, &value, 8);

		if (got < 0)
			return (int)got;
		CHECK_EQ(value, 300 + i);
	}
	return 0;
}

static int grow(struct world *w)
{
	uint64_t value = 7;
	int64_t done = ramfile_write(&w->file, 22 * P + 8, &value, 8);

	if (done >= 0)
		CHECK_EQ(w->file.object.size, 22 * P + 16);
	return done < 0 ? (int)done : 0;
}

static int cut(struct world *w)
{
	int err = ramfile_truncate(&w->file, 12 * P + 8);

	CHECK_EQ(w->file.object.size, err ? 22 * P + 16 : 12 * P + 8);
	return err;
}

static int see_cut(struct world *w)
{
	uint64_t value;
	int err = see_pages(&w->a, w->va, 13, 300);

	if (!err)
		err = user_read(&w->a, w->va + 12 * P + 16, &value);
	if (!err)
		CHECK_EQ(value, 0);
	if (!err)
		CHECK_EQ(user_read(&w->a, w->va + 13 * P, &value), -VM_EBUS);
	return err;
}

static step_fn *const shared_steps[] = {
	make_a,         make_file,   map_shared, write16,     reclaim, see16,     fork_b, child_sees16,
	child_writes16, see_child_s, sync_all,   disk_has300, reclaim, read_file, grow,   cut,
	see_cut,        sync_all,    NULL};

TEST(shared, "fault/a-shared-file-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 16, .slots = 0, .step = shared_steps, .file = true});
}

static step_fn *const private_steps[] = {make_a, make_file,    map_private,    write16, reclaim, see16,
					 fork_b, child_sees16, child_writes16, see16,   NULL};

TEST(private, "fault/a-private-mapping-of-a-file-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 48, .slots = 96, .step = private_steps, .file = true});
}

/* ---- a program ---- */

static int load(struct world *w)
{
	int err = 0;

	w->va = 0x400000;
	if (!region_find(&w->a, w->va))
		err = vm_load_segment(&w->a, &w->file.object, 0, w->va, 2 * P, 0, VM_READ | VM_EXEC);
	if (!err && !region_find(&w->a, w->va + 4 * P))
		err = vm_load_segment(&w->a, &w->file.object, 2 * P, w->va + 4 * P, P + 24, 2 * P - 24, RW);
	return err;
}

static int run(struct world *w)
{
	uint64_t value;
	int err = user_read(&w->a, w->va, &value);

	for (unsigned i = 0; !err && i < 3; i++)
		err = user_write(&w->a, w->va + (4 + i) * P, i);
	if (!err)
		err = user_read(&w->a, w->va + 5 * P + 8, &value);
	if (!err)
		CHECK_EQ(value, file_word(3, 1));
	return err;
}

static int advise(struct world *w)
{
	int err = vm_advise(&w->a, w->va + 4 * P, 2 * P, VM_ADVISE_RANDOM);

	if (!err)
		err = vm_lock_range(&w->a, w->va + 5 * P, P);
	if (!err)
		err = vm_unlock_range(&w->a, w->va + 4 * P, 3 * P);
	if (!err)
		err = vm_advise(&w->a, w->va, 2 * P, VM_ADVISE_WILLNEED);
	if (!err)
		err = vm_advise(&w->a, w->va + 4 * P, 3 * P, VM_ADVISE_PAGEOUT);
	return err == -VM_EAGAIN ? -VM_ENOMEM : err;
}

static int see_run(struct world *w) { return see_pages(&w->a, w->va + 4 * P, 3, 0); }

static step_fn *const load_steps[] = {make_a, make_file, load, run, advise, see_run, NULL};

TEST(load, "fault/loading-a-program-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 32, .slots = 32, .step = load_steps, .file = true});
}
