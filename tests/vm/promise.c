/* Promises: pages whose contents somebody says how to make, when they are first wanted. */
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

static struct aux {
	struct vm_aux head;
	unsigned filled, freed, fails;
} aux;

static void aux_free(void *arg) { ((struct aux *)arg)->freed++; }

static bool fill(struct page *page, void *arg)
{
	struct aux *x = arg;

	if (x->fails) {
		x->fails--;
		return false;
	}
	x->filled++;
	if (CHECK(page->frame != NULL))
		*(uint64_t *)page->frame->kva = 77;
	return true;
}

static bool begin(struct vmtest *t, struct supplemental_page_table *s)
{
	aux = (struct aux){{1, aux_free}, 0, 0, 0};
	return vmtest_begin(t, 64, 0) && CHECK_EQ(spt_init(s), 0);
}

static void end(struct vmtest *t, struct supplemental_page_table *s)
{
	vm_check();
	m_leave();
	spt_kill(s);
	vmtest_end(t);
}

TEST(kept, "promise/an-initializer-finds-its-frame-in-place")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s)) {
		CHECK_EQ(vm_promise(&s, VM_ANON, 16 * P, true, fill, &aux), 0);
		CHECK_EQ(aux.filled, 0);
		CHECK(user_sees(&s, 16 * P, 77));
		CHECK(user_sees(&s, 16 * P + 8, 0));
		CHECK_EQ(user_write(&s, 16 * P, 1), 0);
		CHECK_EQ(aux.filled, 1);
		CHECK_EQ(aux.freed, 1);
	}
	end(&t, &s);
}

TEST(refused, "promise/an-initializer-that-fails-is-asked-again")
{
	struct supplemental_page_table s;
	struct vmtest t;
	uint64_t value;

	if (begin(&t, &s)) {
		aux.fails = 1;
		CHECK_EQ(vm_promise(&s, VM_ANON, 16 * P, false, fill, &aux), 0);
		CHECK_EQ(user_read(&s, 16 * P, &value), -VM_EIO);
		vm_check();
		CHECK_EQ(aux.freed, 0);
		CHECK(user_sees(&s, 16 * P, 77));
		CHECK_EQ(user_write(&s, 16 * P, 1), -VM_EACCES);
		CHECK_EQ(aux.freed, 1);
	}
	end(&t, &s);
}

TEST(after_zeros, "promise/zeros-read-before-do-not-hide-it")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s)) {
		vaddr_t va = map_anon(&s, 4, RW);

		CHECK(user_sees(&s, va + P, 0));
		CHECK_EQ(vm_promise(&s, VM_ANON, va + P, true, fill, &aux), 0);
		CHECK(user_sees(&s, va + P, 77));
		CHECK(user_sees(&s, va, 0));
	}
	end(&t, &s);
}

TEST(taken, "promise/a-page-that-is-there-or-an-object-s-cannot-be-promised")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va;

	if (begin(&t, &s)) {
		va = map_anon(&s, 1, RW);
		CHECK_EQ(user_write(&s, va, 5), 0);
		CHECK_EQ(vm_promise(&s, VM_ANON, va, true, fill, &aux), -VM_EEXIST);
		CHECK_EQ(vm_map(&s, 0, 2 * P, RW, VM_SHARED, NULL, 0, &va), 0);
		CHECK_EQ(vm_promise(&s, VM_ANON, va, true, fill, &aux), -VM_EEXIST);
		CHECK_EQ(vm_promise(&s, VM_FILE, 16 * P, true, fill, &aux), -VM_EINVAL);
		CHECK_EQ(vm_promise(&s, VM_ANON, 0, true, fill, &aux), -VM_EINVAL);
		CHECK_EQ(vm_promise(&s, VM_ANON, -P, true, fill, &aux), -VM_EINVAL);
		CHECK_EQ(aux.head.refs, 1); /* still ours */
		CHECK_EQ(aux.freed, 0);
	}
	end(&t, &s);
}

TEST(unmapped, "promise/one-that-nobody-wanted-is-freed")
{
	struct supplemental_page_table s, child;
	struct vmtest t;

	if (begin(&t, &s)) {
		CHECK_EQ(vm_promise(&s, VM_ANON, 16 * P, true, fill, &aux), 0);
		CHECK_EQ(spt_init(&child), 0);
		CHECK_EQ(spt_copy(&child, &s), 0);
		CHECK_EQ(aux.head.refs, 2);
		CHECK_EQ(vm_unmap(&s, 16 * P, P), 0);
		CHECK_EQ(aux.freed, 0);
		CHECK(user_sees(&child, 16 * P, 77));
		CHECK_EQ(aux.freed, 1);
		m_leave();
		spt_kill(&child);
	}
	end(&t, &s);
}

TEST(looked_at, "promise/looking-at-an-object-s-page-makes-it-the-object-s")
{
	struct supplemental_page_table s;
	struct page *page;
	struct vmtest t;
	vaddr_t va;

	if (begin(&t, &s)) {
		CHECK_EQ(vm_map(&s, 0, 2 * P, RW, VM_SHARED, NULL, 0, &va), 0);
		page = spt_find_page(&s, (void *)(uintptr_t)va);
		if (CHECK(page != NULL))
			CHECK_EQ(page->operations->type, VM_FILE);
		CHECK_EQ(user_write(&s, va, 5), 0);
		CHECK(user_sees(&s, va, 5));
		CHECK(spt_find_page(&s, (void *)(uintptr_t)va) == page);
	}
	end(&t, &s);
}

TEST(no_free, "promise/what-its-initializer-needs-may-be-nobody-s-to-free")
{
	static struct aux own;
	struct supplemental_page_table s;
	struct vmtest t;

	own = (struct aux){{1, NULL}, 0, 0, 0};
	if (begin(&t, &s)) {
		CHECK_EQ(vm_promise(&s, VM_ANON, 16 * P, true, fill, &own), 0);
		CHECK(user_sees(&s, 16 * P, 77));
		CHECK_EQ(own.filled, 1);
		CHECK_EQ(own.head.refs, 0);
	}
	end(&t, &s);
}

TEST(halves, "promise/without-memory-nothing-is-mapped")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (begin(&t, &s)) {
		for (unsigned n = 1; m_fail(n, true); n++) {
			int err = vm_promise(&s, VM_ANON, 16 * P, true, fill, &aux);

			m_fail(0, false);
			if (!err)
				break;
			CHECK_EQ(err, -VM_ENOMEM);
			CHECK_EQ(s.mapped, 0);
			CHECK_EQ(s.nregions, 0);
			CHECK_EQ(s.npages, 0);
			CHECK_EQ(s.pt.tables, 1);
		}
		CHECK(s.nregions <= 1);
	}
	end(&t, &s);
}
