/* Workloads in which everything fails that can: touch, fork, swap, regions, promises, shared memory. */
#include "nth.h"

static int map16(struct world *w) { return vm_map(&w->a, 0, 16 * P, RW, 0, NULL, 0, &w->va); }
static int map48(struct world *w) { return vm_map(&w->a, 0, 48 * P, RW, 0, NULL, 0, &w->va); }
static int write16(struct world *w) { return write_pages(&w->a, w->va, 16, 100); }
static int write40(struct world *w) { return write_pages(&w->a, w->va, 40, 100); }
static int see16(struct world *w) { return see_pages(&w->a, w->va, 16, 100); }
static int see40(struct world *w) { return see_pages(&w->a, w->va, 40, 100); }
static int child_sees16(struct world *w) { return see_pages(&w->b, w->va, 16, 100); }
static int child_writes16(struct world *w) { return write_pages(&w->b, w->va, 16, 300); }
static int child_sees_own(struct world *w) { return see_pages(&w->b, w->va, 16, 300); }

static int reclaim(struct world *w)
{
	(void)w;
	vm_reclaim(20);
	return 0;
}

static int read_zeros(struct world *w)
{
	uint64_t value = 1;
	int err = user_read(&w->a, w->va + 44 * P, &value);

	if (!err)
		CHECK_EQ(value, 0);
	return err;
}

/* ---- first touches ---- */

static step_fn *const touch_steps[] = {make_a, map48, read_zeros, write40, see40, NULL};

TEST(touch, "fault/touching-memory-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 64, .slots = 0, .step = touch_steps});
}

/* ---- swap ---- */

static step_fn *const swap_steps[] = {make_a, map48, write40, see40, write40, reclaim, see40, NULL};

TEST(swap, "fault/swapping-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 16, .slots = 96, .step = swap_steps});
}

/* ---- fork ---- */

static int parent_rewrites(struct world *w) { return write_pages(&w->a, w->va, 8, 200); }

static int parent_sees(struct world *w)
{
	int err = see_pages(&w->a, w->va, 8, 200);

	return err ? err : see_pages(&w->a, w->va + 8 * P, 8, 108);
}

static step_fn *const fork_steps[] = {make_a,       map16,           write16,      fork_b,
				      child_sees16, parent_rewrites, child_sees16, child_writes16,
				      parent_sees,  child_sees_own,  NULL};

TEST(fork, "fault/fork-and-copy-on-write-survive-any-failure")
{
	fail_every(&(struct workload){.frames = 64, .slots = 0, .step = fork_steps});
}

static step_fn *const fork_swap_steps[] = {
	make_a,  map16,          write16, reclaim, fork_b,          child_sees16,   reclaim,     see16,
	reclaim, child_writes16, see16,   reclaim, parent_rewrites, child_sees_own, parent_sees, NULL};

TEST(fork_swap, "fault/fork-of-swapped-memory-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 16, .slots = 96, .step = fork_swap_steps});
}

/* ---- regions ---- */

static int unmap_middle(struct world *w) { return vm_unmap(&w->a, w->va + 4 * P, 4 * P); }
static int protect_some(struct world *w) { return vm_protect(&w->a, w->va + 10 * P, 3 * P, VM_READ); }
static int protect_none(struct world *w) { return vm_protect(&w->a, w->va + 9 * P, 6 * P, 0); }
static int protect_back(struct world *w) { return vm_protect(&w->a, w->va + 8 * P, 8 * P, RW); }
static int map_in_hole(struct world *w)
{
	return vm_map(&w->a, w->va + 5 * P, 2 * P, VM_READ | VM_EXEC, VM_FIXED, NULL, 0, &w->other);
}
static int map_over(struct world *w)
{
	return vm_map(&w->a, w->va + 2 * P, 4 * P, RW, VM_FIXED, NULL, 0, &w->other);
}
static int move_end(struct world *w)
{
	return vm_remap(&w->a, w->va + 8 * P, 8 * P, 40 * P, true, &w->other);
}
static int see_moved(struct world *w) { return see_pages(&w->a, w->other, 8, 108); }
static int shrink_moved(struct world *w)
{
	return vm_remap(&w->a, w->other, 40 * P, 3 * P, false, &w->other);
}
static int see_shrunk(struct world *w) { return see_pages(&w->a, w->other, 3, 108); }

static step_fn *const region_steps[] = {make_a,       map16,        write16,     unmap_middle, protect_some,
					protect_none, protect_back, map_in_hole, map_over,     move_end,
					see_moved,    shrink_moved, see_shrunk,  NULL};

TEST(regions, "fault/changing-regions-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 64, .slots = 0, .step = region_steps});
	fail_every(&(struct workload){.frames = 16, .slots = 64, .step = region_steps});
}

/* ---- promises ---- */

static struct aux {
	struct vm_aux head;
	bool live;
	unsigned filled;
} aux[8];

static void aux_free(void *arg)
{
	struct aux *x = arg;

	CHECK(x->live);
	x->live = false;
}

static bool fill(struct page *page, void *arg)
{
	struct aux *x = arg;

	CHECK(x->live);
	x->filled++;
	*(uint64_t *)page->frame->kva = 100 + (uint64_t)(x - aux);
	return true;
}

static int promise_all(struct world *w)
{
	w->va = 0x40000000 - 4 * P; /* across a boundary of two levels */
	for (unsigned i = 0; i < 8; i++) {
		int err;

		if (aux[i].live)
			continue; /* done before the failure */
		aux[i] = (struct aux){{1, aux_free}, true, 0};
		err = vm_promise(&w->a, VM_ANON, w->va + i * P, true, fill, &aux[i]);
		if (err) {
			CHECK_EQ(aux[i].head.refs, 1);
			CHECK_EQ(w->a.mapped, i * P);
			aux[i].live = false;
			return err;
		}
	}
	return 0;
}

static int see_promised(struct world *w) { return see_pages(&w->a, w->va, 4, 100); }
static int child_sees_promised(struct world *w) { return see_pages(&w->b, w->va, 8, 100); }

static void promises_end(struct world *w)
{
	if (w->has_b)
		spt_kill(&w->b);
	if (w->has_a)
		spt_kill(&w->a);
	w->has_a = w->has_b = false;
	for (unsigned i = 0; i < 8; i++) {
		CHECK(!aux[i].live);
		CHECK(aux[i].filled);
		aux[i].live = false;
	}
}

static step_fn *const promise_steps[] = {make_a, promise_all,         see_promised,
					 fork_b, child_sees_promised, NULL};

TEST(promises, "fault/promises-survive-any-failure")
{
	fail_every(&(struct workload){.frames = 64, .slots = 0, .step = promise_steps, .end = promises_end});
}

/* ---- shared memory ---- */

static int map_shared(struct world *w) { return vm_map(&w->a, 0, 24 * P, RW, VM_SHARED, NULL, 0, &w->va); }
static int see_rewritten(struct world *w) { return see_pages(&w->a, w->va, 16, 300); }

static step_fn *const shared_steps[] = {make_a,       map_shared,     write16, reclaim,       fork_b,
					child_sees16, child_writes16, reclaim, see_rewritten, unmap_middle,
					protect_none, child_sees_own, NULL};

TEST(shared, "fault/shared-memory-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 16, .slots = 96, .step = shared_steps});
}

/* ---- a stack ---- */

static int map_stack(struct world *w)
{
	w->va = 0x40000000;
	return vm_map(&w->a, w->va, P, RW, VM_STACK | VM_FIXED, NULL, 0, &w->other);
}

static int grow_stack(struct world *w)
{
	int err = write_pages(&w->a, w->va - 8 * P, 9, 100);

	return err ? err : see_pages(&w->a, w->va - 8 * P, 9, 100);
}

static step_fn *const stack_steps[] = {make_a, map_stack, grow_stack, NULL};

TEST(stack, "fault/a-growing-stack-survives-any-failure")
{
	fail_every(&(struct workload){.frames = 64, .slots = 0, .step = stack_steps});
}

/* ---- the layer itself ---- */

TEST(setup, "fault/setting-up-survives-any-failure")
{
	size_t pages = m_pages_in_use(), small = m_small_in_use();
	struct vm_object disk = {.ops = NULL};
	paddr_t lo, hi;

	if (!m_fail(0, false)) {
		test_skip("memory cannot be made to fail here");
		return;
	}
	m_ram(&lo, &hi);
	for (unsigned n = 1;; n++) {
		int err;

		m_fail(n, false);
		err = vm_setup(lo, hi, 32, NULL);
		if (!err) {
			err = vm_swapon(&disk, 16);
			if (err) {
				CHECK_EQ(err, -VM_ENOMEM);
				CHECK_EQ(vm_swapon(&disk, 16), 0);
			}
			vm_check();
			vm_shutdown();
		} else {
			CHECK_EQ(err, -VM_ENOMEM);
		}
		CHECK_EQ(m_pages_in_use(), pages);
		CHECK_EQ(m_small_in_use(), small);
		if (!m_failed() || test_failing())
			break;
	}
	m_fail(0, false);
}
