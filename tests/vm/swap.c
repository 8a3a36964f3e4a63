/* Swap: what leaves and comes back together, slots, areas that come and go, devices that fail. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

/* N pages of S hold FROM + i. */
static vaddr_t written(struct supplemental_page_table *s, unsigned n, uint64_t from)
{
	vaddr_t va = map_anon(s, n, RW);

	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(user_write(s, va + i * P, from + i), 0);
	return va;
}

static bool all_there(struct supplemental_page_table *s, vaddr_t va, unsigned n, uint64_t from)
{
	for (unsigned i = 0; i < n; i++) {
		if (!CHECK(user_sees(s, va + i * P, from + i)))
			return false;
	}
	return true;
}

static bool begin(struct vmtest *t, struct supplemental_page_table *s, size_t frames, uint32_t slots)
{
	return vmtest_begin(t, frames, slots) && CHECK_EQ(spt_init(s), 0);
}

static void end(struct vmtest *t, struct supplemental_page_table *s)
{
	m_leave();
	vm_check();
	spt_kill(s);
	vmtest_end(t);
}

/* ---- how much of it ---- */

static struct vm_use use_of(struct supplemental_page_table *s, vaddr_t va, unsigned n)
{
	struct vm_use use;

	port_read_lock(&s->lock);
	use = vm_use(s, va, va + n * P);
	port_read_unlock(&s->lock);
	return use;
}

TEST(use, "swap/what-a-range-holds-is-counted-by-where-it-is")
{
	struct supplemental_page_table s, child, third;
	struct vmtest t;

	if (begin(&t, &s, 128, 256)) {
		vaddr_t va = written(&s, 8, 100), zeros = map_anon(&s, 2, RW);
		struct vm_use use = use_of(&s, va, 8);
		size_t slots, used;

		CHECK(use.resident == 8 && use.dirty == 8 && !use.swapped && !use.shared &&
		      !use.shared_dirty);
		CHECK_EQ(use_of(&s, va + 3 * P, 2).resident, 2);
		CHECK(user_sees(&s, zeros, 0));
		CHECK_EQ(use_of(&s, zeros, 2).resident, 0); /* everybody's zeros are nobody's */
		CHECK_EQ(spt_init(&child), 0);
		CHECK_EQ(spt_copy(&child, &s), 0);
		CHECK_EQ(user_write(&child, va, 7), 0);
		use = use_of(&s, va, 8);
		CHECK(use.resident == 8 && use.shared == 7 && use.shared_dirty == 7 && use.dirty == 8);
		m_leave();
		spt_kill(&child);
		CHECK_EQ(use_of(&s, va, 8).shared, 0);
		CHECK_EQ(vm_reclaim(8), 8);
		use = use_of(&s, va, 8);
		CHECK(!use.resident && use.swapped == 8 && !use.dirty);
		CHECK(vm_swap_area(&t.disk.object, &slots, &used));
		CHECK(slots >= 255 && used == 8);
		CHECK(all_there(&s, va, 8, 100));
		use = use_of(&s, va, 8);
		CHECK(use.resident == 8 && !use.swapped && !use.dirty);
		CHECK_EQ(spt_init(&child), 0);
		CHECK_EQ(spt_init(&third), 0);
		CHECK_EQ(spt_copy(&child, &s), 0);
		CHECK_EQ(spt_copy(&third, &s), 0);
		CHECK_EQ(user_write(&s, va, 9), 0);
		use = use_of(&child, va, 8);
		CHECK(use.shared == 8 && !use.shared_dirty && !use.dirty && use.resident == 8);
		m_leave();
		spt_kill(&third);
		spt_kill(&child);
		CHECK(!vm_swap_area(&(struct vm_object){.size = 0}, &slots, &used));
		CHECK(!slots && !used);
	}
	end(&t, &s);
}

/* ---- runs ---- */

TEST(run_out, "swap/pages-that-leave-together-leave-in-one-request")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 128, 256)) {
		vaddr_t va = written(&s, 24, 100);

		CHECK_EQ(vm_reclaim(24), 24);
		CHECK_EQ(t.disk.writes, 24);
		CHECK_EQ(t.disk.write_requests, 24 / SWAP_CLUSTER_MAX);
		vm_check();
		CHECK(all_there(&s, va, 24, 100));
	}
	end(&t, &s);
}

TEST(run_in, "swap/neighbours-come-back-in-one-request")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 128, 256)) {
		vaddr_t va = written(&s, 24, 100);

		CHECK_EQ(vm_reclaim(24), 24);
		CHECK(user_sees(&s, va + 10 * P, 110));
		CHECK_EQ(t.disk.read_requests, 1);
		CHECK_EQ(stats_now(&t)->ahead, SWAP_CLUSTER_MAX - 1);
		vm_check();
		CHECK(all_there(&s, va, 24, 100));
		CHECK_EQ(t.disk.read_requests, 3);
		CHECK_EQ(t.disk.reads, 24);
		CHECK_EQ(stats_now(&t)->ahead_used, 24 - 3);
		CHECK_EQ(s.major, 3);
		CHECK_EQ(vm_reclaim(24), 24); /* unchanged, with their slots: no I/O */
		CHECK_EQ(t.disk.writes, 24);
		CHECK(all_there(&s, va, 24, 100));
	}
	end(&t, &s);
}

TEST(ahead_first, "swap/what-was-read-ahead-for-nobody-goes-first")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 128, 256)) {
		vaddr_t va = written(&s, 16, 100);
		size_t used;

		CHECK_EQ(vm_reclaim(8), 8);
		CHECK(user_sees(&s, va, 100));
		used = stats_now(&t)->frames_used;
		CHECK_EQ(t.stats.ahead, 7);
		CHECK_EQ(vm_reclaim(7), 7);
		CHECK_EQ(stats_now(&t)->frames_used, used - 7);
		CHECK_EQ(t.stats.evicted, 8);
		vm_check();
		CHECK(all_there(&s, va, 16, 100));
	}
	end(&t, &s);
}

TEST(ahead_none, "swap/nothing-leaves-for-what-is-read-ahead")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 64, 256)) {
		vaddr_t va = written(&s, 32, 100), more;
		uint64_t evicted;

		CHECK_EQ(vm_reclaim(32), 32);
		more = written(&s, 57, 500); /* what is free now would wake page-out */
		evicted = stats_now(&t)->evicted;
		CHECK(user_sees(&s, va, 100));
		CHECK_EQ(stats_now(&t)->ahead, 0);
		CHECK_EQ(t.stats.evicted, evicted);
		CHECK(all_there(&s, va, 32, 100));
		CHECK(all_there(&s, more, 57, 500));
	}
	end(&t, &s);
}

TEST(ahead_exit, "swap/what-was-read-ahead-goes-with-its-last-page")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 128, 256)) {
		vaddr_t va = written(&s, 8, 100);

		CHECK_EQ(vm_reclaim(8), 8);
		CHECK(user_sees(&s, va, 100));
		CHECK_EQ(stats_now(&t)->frames_used, 1 + 8);
		m_leave();
		CHECK_EQ(vm_unmap(&s, va + 4 * P, 4 * P), 0);
		CHECK_EQ(stats_now(&t)->frames_used, 1 + 4);
		vm_check();
		CHECK(all_there(&s, va, 4, 100));
	}
	end(&t, &s);
}

TEST(ahead_shared, "swap/an-object-s-pages-are-read-ahead-and-stay-whole")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va = 0;

	if (begin(&t, &s, 128, 256) && CHECK_EQ(vm_map(&s, 0, 16 * P, RW, VM_SHARED, NULL, 0, &va), 0)) {
		for (unsigned round = 0; round < 3; round++) {
			for (unsigned i = 0; i < 16; i++)
				CHECK_EQ(user_write(&s, va + i * P, 1000 * round + i), 0);
			CHECK_EQ(vm_reclaim(16), 16);
			CHECK(all_there(&s, va, 16, 1000 * round));
			vm_check();
		}
		CHECK_EQ(t.disk.read_requests, 3 * 2);
		CHECK_EQ(t.disk.reads, 3 * 16);
	}
	end(&t, &s);
}

/* ---- slots ---- */

TEST(count, "swap/a-slot-that-can-count-no-further-is-not-shared")
{
	struct supplemental_page_table s, child[3];
	unsigned n = 0;
	struct vmtest t;

	if (begin(&t, &s, 64, 64)) {
		vaddr_t va = written(&s, 4, 100);

		swap_count_max = 3;
		CHECK_EQ(vm_reclaim(4), 4);
		for (; n < 3 && CHECK_EQ(spt_init(&child[n]), 0); n++) {
			int err = spt_copy(&child[n], &s);

			CHECK_EQ(err, n < 2 ? 0 : -VM_ENOMEM);
			vm_check();
		}
		for (unsigned i = 0; i < 2; i++)
			CHECK(all_there(&child[i], va, 4, 100));
		CHECK(all_there(&s, va, 4, 100));
		m_leave();
	}
	while (n)
		spt_kill(&child[--n]);
	end(&t, &s);
}

TEST(count_frame, "swap/a-page-with-more-sharers-than-a-slot-can-count-stays")
{
	struct supplemental_page_table s, child[3];
	unsigned n = 0;
	struct vmtest t;

	if (begin(&t, &s, 64, 64)) {
		vaddr_t va = written(&s, 4, 100);

		swap_count_max = 3;
		for (; n < 3 && CHECK_EQ(spt_init(&child[n]), 0); n++)
			CHECK_EQ(spt_copy(&child[n], &s), 0);
		CHECK_EQ(vm_reclaim(4), 0);
		CHECK_EQ(stats_now(&t)->slots_used, 0);
		CHECK_EQ(t.disk.writes, 0);
		vm_check();
		for (unsigned i = 0; i < 3; i++)
			CHECK(all_there(&child[i], va, 4, 100));
		m_leave();
		spt_kill(&child[--n]);
		CHECK_EQ(vm_reclaim(4), 4);
		CHECK(all_there(&s, va, 4, 100));
		m_leave();
	}
	while (n)
		spt_kill(&child[--n]);
	end(&t, &s);
}

TEST(bad_write, "swap/a-slot-that-cannot-be-written-is-not-used-again")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 64, 16)) {
		vaddr_t va = written(&s, 8, 100);

		t.disk.bad = 3 + 1;
		CHECK_EQ(vm_reclaim(8), 8); /* the one that stayed goes elsewhere */
		vm_check();
		CHECK_EQ(stats_now(&t)->slots_bad, 1);
		CHECK_EQ(t.stats.slots, 15);
		CHECK_EQ(t.disk.write_requests, 1 + 8 + 1);
		for (unsigned round = 1; round < 8; round++) {
			for (unsigned i = 0; i < 8; i++)
				CHECK_EQ(user_write(&s, va + i * P, 1000 * round + i), 0);
			CHECK_EQ(vm_reclaim(8), 8);
			CHECK(all_there(&s, va, 8, 1000 * round));
		}
		CHECK_EQ(stats_now(&t)->slots_bad, 1);
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		CHECK_EQ(stats_now(&t)->slots, 0);
		CHECK_EQ(t.stats.slots_bad, 0);
	}
	end(&t, &s);
}

TEST(bad_all, "swap/a-device-that-takes-nothing-loses-nothing")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 16, 8)) {
		vaddr_t va = map_anon(&s, 32, RW);
		unsigned n = 0;

		t.disk.fail_writes = ~0u;
		while (n < 32 && user_write(&s, va + n * P, n) == 0)
			n++;
		CHECK_EQ(n, 14); /* all but the zero frame and the reserve */
		CHECK_EQ(stats_now(&t)->slots, 0);
		vm_check();
		CHECK(all_there(&s, va, n, 0));
	}
	end(&t, &s);
}

/* So many SLOTS are in areas that are set aside. */
static bool is_aside(struct vmtest *t, size_t slots) { return CHECK_EQ(stats_now(t)->slots_aside, slots); }

TEST(aside, "swap/a-device-that-fails-for-good-is-left-alone-and-still-read")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 64, 64)) {
		vaddr_t va = written(&s, 40, 100);
		unsigned requests;

		CHECK_EQ(vm_reclaim(16), 16);
		t.disk.fail_writes = ~0u;
		for (unsigned i = 0; i < 8 && !stats_now(&t)->slots_aside; i++)
			vm_reclaim(8);
		is_aside(&t, 64);
		CHECK(t.stats.slots_bad <= 32); /* not slot by slot */
		CHECK_EQ(t.stats.slots, 0);
		vm_check();
		requests = t.disk.write_requests;
		CHECK_EQ(vm_reclaim(40), 0);
		CHECK_EQ(t.disk.write_requests, requests);
		CHECK(all_there(&s, va, 40, 100));
		CHECK(vm_reclaim(8) > 0); /* unchanged, with their slots */
		CHECK_EQ(t.disk.write_requests, requests);
		CHECK(all_there(&s, va, 40, 100));
		is_aside(&t, 64);
	}
	end(&t, &s);
}

TEST(aside_other, "swap/what-a-failing-device-does-not-take-another-does")
{
	struct supplemental_page_table s;
	struct ramdisk other;
	struct vmtest t;

	if (begin(&t, &s, 64, 64) && CHECK(ramdisk_make(&other, 64)) &&
	    CHECK_EQ(vm_swapon(&other.object, 64), 0)) {
		vaddr_t va = written(&s, 40, 100);

		CHECK_EQ(vm_reclaim(40), 40);
		t.disk.fail_writes = ~0u;
		for (unsigned round = 1; round < 8; round++) {
			for (unsigned i = 0; i < 40; i++)
				CHECK_EQ(user_write(&s, va + i * P, 1000 * round + i), 0);
			while (vm_reclaim(8))
				continue;
			CHECK(all_there(&s, va, 40, 1000 * round));
			vm_check();
		}
		is_aside(&t, 64);
		CHECK_EQ(t.stats.slots, 64);
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		is_aside(&t, 0);
		CHECK_EQ(t.stats.slots, 64);
		CHECK_EQ(t.stats.slots_bad, 0);
		CHECK(all_there(&s, va, 40, 7000));
		CHECK_EQ(vm_swapoff(&other.object), 0);
		ramdisk_free(&other);
	}
	end(&t, &s);
}

TEST(again, "swap/an-area-that-is-swapped-on-again-has-another-chance")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 64, 64)) {
		vaddr_t va = written(&s, 40, 100);

		CHECK_EQ(vm_reclaim(8), 8);
		t.disk.bad = 8 + 1;
		CHECK(vm_reclaim(8) > 0);
		CHECK_EQ(stats_now(&t)->slots_bad, 1);
		CHECK_EQ(vm_swapon(&t.disk.object, 63), -VM_EINVAL); /* not the same */
		t.disk.bad = 0;
		CHECK_EQ(vm_swapon(&t.disk.object, 64), 0); /* one slot */
		CHECK_EQ(stats_now(&t)->slots_bad, 0);
		CHECK_EQ(t.stats.slots, 64);
		vm_check();
		t.disk.bad_all = true;
		for (unsigned i = 0; i < 8 && !stats_now(&t)->slots_aside; i++)
			vm_reclaim(8);
		is_aside(&t, 64);
		t.disk.bad_all = false;
		CHECK_EQ(vm_swapon(&t.disk.object, 64), 0); /* the whole area */
		is_aside(&t, 0);
		CHECK_EQ(t.stats.slots_bad, 0);
		CHECK_EQ(t.stats.slots, 64);
		vm_check();
		CHECK_EQ(vm_swapon(&t.disk.object, 64), -VM_EINVAL); /* nothing failed since */
		CHECK_EQ(vm_reclaim(16), 16);
		CHECK(all_there(&s, va, 40, 100));
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		CHECK_EQ(vm_swapon(&t.disk.object, 64), 0);
	}
	end(&t, &s);
}

TEST(bad_read, "swap/a-page-that-cannot-be-read-is-the-only-one")
{
	struct supplemental_page_table s;
	struct vmtest t;
	uint64_t value;

	if (begin(&t, &s, 128, 64)) {
		vaddr_t va = written(&s, 16, 100);

		CHECK_EQ(vm_reclaim(16), 16);
		t.disk.bad = 5 + 1;
		for (unsigned i = 0; i < 16; i++) {
			int err = user_read(&s, va + i * P, &value);

			CHECK_EQ(err, i == 5 ? -VM_EIO : 0);
			CHECK(err || value == 100 + i);
		}
		vm_check();
		CHECK_EQ(vm_swapoff(&t.disk.object), -VM_EIO);
		vm_check();
		t.disk.bad = 0;
		CHECK(all_there(&s, va, 16, 100));
	}
	end(&t, &s);
}

/* ---- areas ---- */

TEST(off, "swap/giving-up-an-area-brings-everything-back")
{
	struct supplemental_page_table s, child;
	struct vmtest t;
	vaddr_t shared = 0;

	if (begin(&t, &s, 128, 64) && CHECK_EQ(spt_init(&child), 0)) {
		vaddr_t va = written(&s, 24, 100);

		CHECK_EQ(vm_map(&s, 0, 4 * P, RW, VM_SHARED, NULL, 0, &shared), 0);
		for (unsigned i = 0; i < 4; i++)
			CHECK_EQ(user_write(&s, shared + i * P, 700 + i), 0);
		CHECK_EQ(vm_reclaim(28), 28);
		CHECK_EQ(spt_copy(&child, &s), 0);
		CHECK_EQ(vm_protect(&s, va, 2 * P, 0), 0);
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		vm_check();
		CHECK_EQ(stats_now(&t)->slots, 0);
		CHECK_EQ(t.stats.slots_used, 0);
		CHECK_EQ(t.stats.frames_used, 1 + 28); /* sharers share still */
		CHECK_EQ(vm_reclaim(1), 0);
		CHECK_EQ(vm_swapoff(&t.disk.object), -VM_EINVAL);
		t.disk.bad_all = true;
		CHECK_EQ(vm_protect(&s, va, 2 * P, RW), 0);
		CHECK(all_there(&s, va, 24, 100));
		CHECK(all_there(&child, va, 24, 100));
		CHECK(all_there(&child, shared, 4, 700));
		t.disk.bad_all = false;
		CHECK_EQ(vm_swapon(&t.disk.object, 64), 0);
		CHECK_EQ(vm_swapon(&t.disk.object, 64), -VM_EINVAL);
		CHECK_EQ(user_write(&child, va, 1), 0);
		CHECK_EQ(vm_reclaim(29), 29);
		CHECK(all_there(&s, va, 24, 100));
		CHECK(user_sees(&child, va, 1));
		m_leave();
	}
	spt_kill(&child);
	end(&t, &s);
}

TEST(off_full, "swap/an-area-without-room-elsewhere-stays-in-use")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s, 32, 64)) {
		vaddr_t va = written(&s, 64, 100);

		CHECK_EQ(vm_swapoff(&t.disk.object), -VM_ENOMEM);
		vm_check();
		CHECK_EQ(stats_now(&t)->slots, 64);
		CHECK(all_there(&s, va, 64, 100));
		for (unsigned i = 0; i < 64; i++)
			CHECK_EQ(user_write(&s, va + i * P, 300 + i), 0);
		CHECK(all_there(&s, va, 64, 300));
	}
	end(&t, &s);
}

TEST(areas, "swap/what-is-in-an-area-that-goes-moves-on-to-another")
{
	struct supplemental_page_table s;
	struct ramdisk other = {.npages = 0};
	struct vmtest t;

	if (begin(&t, &s, 32, 64) && CHECK(ramdisk_make(&other, 96))) {
		vaddr_t va = written(&s, 64, 100);

		CHECK_EQ(vm_swapon(&other.object, 96), 0);
		CHECK_EQ(stats_now(&t)->slots, 160);
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		vm_check();
		CHECK_EQ(stats_now(&t)->slots, 96);
		t.disk.bad_all = true;
		CHECK(all_there(&s, va, 64, 100));
		t.disk.bad_all = false;
		CHECK_EQ(vm_swapon(&t.disk.object, 64), 0);
		t.disk.writes = other.writes = 0;
		for (unsigned round = 0; round < 4; round++) {
			for (unsigned i = 0; i < 64; i++)
				CHECK_EQ(user_write(&s, va + i * P, 300 + i), 0);
		}
		CHECK(t.disk.writes > 20); /* both take their part */
		CHECK(other.writes > 20);
		CHECK(all_there(&s, va, 64, 300));
		m_leave();
		CHECK_EQ(vm_unmap(&s, va, 64 * P), 0);
		CHECK_EQ(vm_swapoff(&other.object), 0);
		ramdisk_free(&other);
	}
	end(&t, &s);
}

TEST(areas_full, "swap/a-full-area-leaves-the-rest-to-the-next")
{
	struct supplemental_page_table s;
	struct ramdisk other = {.npages = 0};
	struct vmtest t;

	if (begin(&t, &s, 32, 8) && CHECK(ramdisk_make(&other, 64)) &&
	    CHECK_EQ(vm_swapon(&other.object, 64), 0)) {
		vaddr_t va = written(&s, 80, 100);

		CHECK(stats_now(&t)->slots_used >= 50);
		CHECK(all_there(&s, va, 80, 100));
		m_leave();
		CHECK_EQ(vm_unmap(&s, va, 80 * P), 0);
		CHECK_EQ(vm_swapoff(&other.object), 0);
	}
	ramdisk_free(&other);
	end(&t, &s);
}
