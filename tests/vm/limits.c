/* What there is no room or no memory for: below stacks, near address 0, in tables, in the list of swap areas. */
#include "vmtest.h"

#define P   PT_PAGE_SIZE
#define RW  (VM_READ | VM_WRITE)
#define GAP (256 * P)

static struct vmtest t;
static struct supplemental_page_table s;

static bool begin(void) { return vmtest_begin(&t, 64, 0) && CHECK_EQ(spt_init(&s), 0); }

static void end(void)
{
	vm_check();
	m_leave();
	spt_kill(&s);
	vmtest_end(&t);
}

/* What the kernel chooses lies below everything, so a stack at the top decides where. */
static vaddr_t chosen_below(uint64_t limit, vaddr_t top, uint64_t size)
{
	vaddr_t stack, va = 0, last;

	CHECK_EQ(vm_map(&s, 0, P, RW, 0, NULL, 0, &last), 0);
	s.stack_limit = limit;
	CHECK_EQ(vm_map(&s, top - size, size, RW, VM_STACK | VM_FIXED, NULL, 0, &stack), 0);
	CHECK_EQ(vm_map(&s, top, last - top, VM_READ, VM_FIXED, NULL, 0, &va), 0);
	CHECK_EQ(vm_map(&s, 0, P, RW, 0, NULL, 0, &va), 0);
	CHECK_EQ(vm_unmap(&s, P, last), 0);
	return va;
}

TEST(stack_room, "stack/what-it-may-grow-to-and-its-gap-stay-free-of-what-the-system-places")
{
	const vaddr_t top = 0x40000000;

	if (begin()) {
		CHECK_EQ(chosen_below(64 * P, top, P), top - 64 * P - GAP - P);
		CHECK_EQ(chosen_below(64 * P, top, 128 * P),
			 top - 128 * P - GAP - P); /* it is larger already */
		/* Its limit reaches below 0: all that is kept is the gap. */
		CHECK_EQ(chosen_below(2 * top, top, P), top - P - GAP - P);
		/* There is no room for a gap. */
		CHECK_EQ(chosen_below(64 * P, 65 * P + 64 * P, P), 64 * P);
	}
	end();
}

TEST(stack_floor, "stack/does-not-grow-into-the-first-pages-of-all")
{
	vaddr_t va;

	if (begin()) {
		s.stack_limit = 1000 * P;
		CHECK_EQ(vm_map(&s, 300 * P, P, RW, VM_STACK | VM_FIXED, NULL, 0, &va), 0);
		CHECK_EQ(user_write(&s, 256 * P, 1), 0);
		CHECK_EQ(user_write(&s, 255 * P, 1), -VM_EFAULT);
		CHECK_EQ(user_write(&s, 0, 1), -VM_EFAULT);
	}
	end();
}

TEST(remap_memory, "mmap/a-move-without-memory-for-tables-moves-nothing")
{
	vaddr_t va = 0x40000000, to, where;

	if (!m_fail(0, false)) {
		test_skip("memory cannot be made to fail here");
		return;
	}
	if (begin()) {
		unsigned tables, failed = 0;

		CHECK_EQ(vm_map(&s, va - 2 * P, 4 * P, RW, VM_FIXED, NULL, 0, &where), 0);
		CHECK_EQ(vm_map(&s, va + 2 * P, P, 0, VM_FIXED, NULL, 0, &where),
			 0); /* in the way of growing */
		CHECK_EQ(user_write(&s, va - P, 1), 0);
		CHECK_EQ(user_write(&s, va + P, 2), 0);
		tables = s.pt.tables;
		CHECK_EQ(vm_remap(&s, va - 2 * P, 4 * P, m_user_top() - 16 * P, true, &to), -VM_ENOMEM);
		CHECK_EQ(vm_remap(&s, va - 2 * P, 4 * P, 0, true, &to), -VM_EINVAL);
		CHECK_EQ(vm_remap(&s, va - 2 * P, 4 * P, m_user_top() + P, true, &to), -VM_EINVAL);
		for (unsigned n = 1;; n++) {
			int err;

			m_fail(n, true);
			err = vm_remap(&s, va - 2 * P, 4 * P, 8 * P, true, &to);
			m_fail(0, false);
			if (!err)
				break;
			failed++;
			CHECK_EQ(err, -VM_ENOMEM);
			CHECK_EQ(s.mapped, 5 * P);
			CHECK_EQ(s.pt.tables, tables);
			CHECK(user_sees(&s, va - P, 1));
			CHECK(user_sees(&s, va + P, 2));
			vm_check();
		}
		CHECK(failed >= 5); /* three regions, a table, what belongs to it */
		CHECK(user_sees(&s, to + P, 1));
		CHECK(user_sees(&s, to + 3 * P, 2));
	}
	end();
}

TEST(areas, "swap/areas-that-cannot-be-are-refused")
{
	static struct ramdisk disk[9];
	unsigned on = 0;

	if (begin()) {
		CHECK(ramdisk_make(&disk[0], 4));
		CHECK_EQ(vm_swapon(&disk[0].object, 0), -VM_EINVAL);
		CHECK_EQ(vm_swapon(&disk[0].object, ~(uint32_t)0), -VM_EINVAL);
		CHECK_EQ(vm_swapoff(&disk[0].object), -VM_EINVAL);
		CHECK_EQ(vm_swapoff(NULL), -VM_EINVAL);
		ramdisk_free(&disk[0]);
		for (unsigned i = 0; i < 9; i++) {
			CHECK(ramdisk_make(&disk[i], 4));
			on += vm_swapon(&disk[i].object, 4) == 0;
		}
		CHECK_EQ(on, 8); /* as many as there can be */
		CHECK_EQ(stats_now(&t)->slots, 32);
		CHECK_EQ(vm_swapon(&disk[0].object, 4), -VM_EINVAL); /* twice */
		for (unsigned i = 0; i < 9; i++) {
			CHECK_EQ(vm_swapoff(&disk[i].object), i < 8 ? 0 : -VM_EINVAL);
			ramdisk_free(&disk[i]);
		}
		CHECK_EQ(stats_now(&t)->slots, 0);
	}
	end();
}

TEST(area_object, "swap/an-area-whose-pages-of-shared-memory-cannot-be-read-is-not-given-up")
{
	vaddr_t va;

	if (vmtest_begin(&t, 32, 16) && CHECK_EQ(spt_init(&s), 0)) {
		CHECK_EQ(vm_map(&s, 0, 2 * P, RW, VM_SHARED, NULL, 0, &va), 0);
		CHECK_EQ(user_write(&s, va, 7), 0);
		CHECK_EQ(vm_reclaim(1), 1);
		t.disk.bad_all = true;
		CHECK_EQ(vm_swapoff(&t.disk.object), -VM_EIO);
		CHECK_EQ(stats_now(&t)->slots, 16);
		CHECK_EQ(stats_now(&t)->slots_used, 1);
		t.disk.bad_all = false;
		CHECK_EQ(vm_swapoff(&t.disk.object), 0);
		CHECK_EQ(stats_now(&t)->slots, 0);
		CHECK(user_sees(&s, va, 7));
	}
	end();
}

TEST(search, "swap/the-search-for-a-victim-ends-when-everything-is-used-and-locked")
{
	uint64_t looks;
	vaddr_t va;

	if (vmtest_begin(&t, 64, 64) && CHECK_EQ(spt_init(&s), 0)) {
		CHECK_EQ(vm_map(&s, 0, 40 * P, RW, VM_LOCKED, NULL, 0, &va), 0);
		for (unsigned round = 0; round < 3; round++) {
			for (unsigned i = 0; i < 40; i++)
				CHECK_EQ(user_write(&s, va + i * P, i), 0);
			looks = stats_now(&t)->looks;
			CHECK_EQ(vm_reclaim(1), 0);
			CHECK(stats_now(&t)->looks - looks <= 41 * 41);
		}
		CHECK_EQ(vm_unlock_range(&s, va, 40 * P), 0);
		CHECK_EQ(vm_reclaim(5), 5);
	}
	end();
}
