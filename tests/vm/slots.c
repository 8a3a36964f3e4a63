/* Free slots of swap areas: how they are found. Areas with nothing behind them; a guest has no memory for these. */
#include "vm/internal.h"
#include "vmtest.h"

#if __STDC_HOSTED__
#define P PT_PAGE_SIZE

TEST(slots, "swap/a-free-slot-is-found-without-a-search")
{
	static const struct vm_object_ops none = {.read = NULL};
	static struct vm_object disk;
	enum { N = 1 << 20, HOLE = 12345, RUN = 700000 };
	struct vmtest t;
	uint64_t before;
	uint32_t first, slot;

	if (vmtest_begin(&t, 32, 0)) {
		vm_object_init(&disk, &none, (uint64_t)N * P);
		CHECK_EQ(vm_swapon(&disk, N), 0);
		port_lock(&vm_lock);
		first = slot = swap_alloc(0);
		for (unsigned i = 1; i < N && slot; i++) {
			uint32_t next = swap_alloc(slot);

			if (!CHECK_EQ(next, slot + 1))
				break;
			slot = next;
		}
		CHECK_EQ(swap_alloc(0), 0); /* full */
		/* One free slot, again and again, wherever the search begins. */
		before = vm_counts.slot_looks;
		for (unsigned i = 0; i < 1000; i++) {
			swap_put(first + (HOLE + i * 977) % N);
			CHECK_EQ(swap_alloc(0), first + (HOLE + i * 977) % N);
		}
		test_note("%llu looks for 1000 slots in an area of %u that is full but for one",
			  (unsigned long long)(vm_counts.slot_looks - before), (unsigned)N);
		CHECK(vm_counts.slot_looks - before <= 16 * 1000);
		/* A run is a run still. */
		for (unsigned i = 0; i < 8; i++)
			swap_put(first + RUN + i);
		for (unsigned i = 0; i < 8; i++)
			CHECK_EQ(swap_alloc(i ? first + RUN + i - 1 : 0), first + RUN + i);
		for (unsigned i = 0; i < N; i++)
			swap_put(first + i);
		port_unlock(&vm_lock);
		CHECK_EQ(vm_swapoff(&disk), 0);
		vm_object_put(&disk);
	}
	vmtest_end(&t);
}

/* Sizes around those at which the map gets a level more. */
TEST(slots_sizes, "swap/every-slot-of-an-area-is-given-out-once")
{
	static const uint32_t sizes[] = {1, 2, 63, 64, 65, 4095, 4096, 4097, 5000, 262143, 262144, 262145};
	static const struct vm_object_ops none = {.read = NULL};
	static struct vm_object disk;
	struct vmtest t;

	if (vmtest_begin(&t, 32, 0)) {
		vm_object_init(&disk, &none, UINT32_MAX);
		for (unsigned k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
			uint32_t first;

			CHECK_EQ(vm_swapon(&disk, sizes[k]), 0);
			port_lock(&vm_lock);
			first = swap_alloc(0);
			for (uint32_t i = 1; i < sizes[k] && !test_failing(); i++)
				CHECK_EQ(swap_alloc(0), first + i);
			CHECK_EQ(swap_alloc(0), 0);
			swap_put(first + sizes[k] - 1);
			CHECK_EQ(swap_alloc(0), first + sizes[k] - 1);
			if (sizes[k] > 1000) { /* two of one word, the second from elsewhere */
				swap_put(first + 512);
				swap_put(first + 513);
				CHECK_EQ(swap_alloc(0), first + 512);
				swap_put(first + 1);
				CHECK_EQ(swap_alloc(first), first + 1);
				CHECK_EQ(swap_alloc(0), first + 513);
			}
			for (uint32_t i = 0; i < sizes[k]; i++)
				swap_put(first + i);
			port_unlock(&vm_lock);
			CHECK_EQ(vm_swapoff(&disk), 0);
		}
		vm_object_put(&disk);
	}
	vmtest_end(&t);
}
#endif
