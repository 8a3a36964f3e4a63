/* The names that Pintos students know, as they would call them: on the caller's space, with pages in hand. */
#include "filetest.h"
#include "vm/internal.h"

#define AT ((void *)(16 * P))

static unsigned filled;

static bool fill(struct page *page, void *aux)
{
	(void)aux;
	filled++;
	*(uint64_t *)page->frame->kva = 77;
	return true;
}

TEST(by_name, "pintos/a-page-is-promised-found-claimed-copied-and-removed-by-its-names")
{
	struct supplemental_page_table s, child;
	struct vmtest t;
	struct page *page;

	filled = 0;
	if (vmtest_begin(&t, 64, 0)) {
		supplemental_page_table_init(&s);
		supplemental_page_table_init(&child);
		if (!m_spt(&s)) {
			test_skip("the functions with Pintos' arguments work on another space here");
		} else {
			CHECK(vm_alloc_page_with_initializer(VM_ANON, AT, true, fill, NULL));
			CHECK(!vm_alloc_page(VM_ANON, AT, true)); /* taken */
			page = spt_find_page(&s, AT);
			if (CHECK(page != NULL)) {
				CHECK_EQ(page->operations->type, VM_UNINIT);
				CHECK_EQ(page_get_type(page), VM_ANON);
				CHECK(page->frame == NULL);
			}
			CHECK(spt_find_page(&s, (char *)AT + P) == NULL);
			CHECK_EQ(filled, 0);
			CHECK(vm_claim_page(AT));
			CHECK_EQ(filled, 1);
			CHECK(page->frame != NULL);
			CHECK_EQ(page_get_type(page), VM_ANON);
			CHECK_EQ(page->operations->type, VM_ANON);
			CHECK(!vm_claim_page((char *)AT + P));
			CHECK(supplemental_page_table_copy(&child, &s));
			CHECK(user_sees(&child, 16 * P, 77));
			spt_remove_page(&s, page);
			CHECK(spt_find_page(&s, AT) == NULL);
			CHECK(!vm_claim_page(AT));
			CHECK(user_sees(&child, 16 * P, 77));
			vm_check();
			m_spt(NULL);
		}
		m_leave();
		supplemental_page_table_kill(&child);
		supplemental_page_table_kill(&s);
	}
	vmtest_end(&t);
}

/* What somebody made by hand is put where a region is, and nothing was yet. */
TEST(insert, "pintos/a-page-is-inserted-where-none-is-and-no-object-s")
{
	if (file_begin(64, 0, 2, 2 * P)) {
		vaddr_t va = map_anon(&fa, 2, RW), file = map_file(&fa, 0, 1, RW, VM_SHARED);
		struct page *page = page_new(&fa, va), *second = page_new(&fa, va);

		if (CHECK(page && second)) {
			CHECK(user_sees(&fa, va, 0)); /* and is not hidden by the zeros read there */
			page->uninit.init = fill;
			CHECK(spt_insert_page(&fa, page));
			CHECK(spt_find_page(&fa, page->va) == page);
			CHECK(user_sees(&fa, va, 77));
			CHECK(!spt_insert_page(&fa, second));
			second->va = (void *)(uintptr_t)file;
			CHECK(!spt_insert_page(&fa, second));
			second->va = AT;
			CHECK(!spt_insert_page(&fa, second));
			vm_dealloc_page(second);
			CHECK_EQ(fa.npages, 1);
		}
	}
	file_end();
}

TEST(find, "pintos/looking-for-a-page-makes-it-and-a-write-finds-it-behind-zeros")
{
	if (file_begin(64, 0, 2, 2 * P)) {
		vaddr_t va = map_anon(&fa, 2, RW);
		void *at = (void *)(uintptr_t)va;
		struct page *page;

		CHECK(user_sees(&fa, va, 0));
		for (unsigned n = 1; m_fail(n, true); n++) {
			page = spt_find_page(&fa, (char *)at + P);
			m_fail(0, false);
			if (page)
				break;
			CHECK_EQ(fa.npages, 0);
		}
		page = spt_find_page(&fa, at);
		CHECK(page && !page->frame);
		CHECK_EQ(user_write(&fa, va, 5), 0);
		CHECK(page->frame != NULL);
		CHECK(spt_find_page(&fa, at) == page);
		CHECK(user_sees(&fa, va, 5));
		CHECK(user_sees(&fa, va + 8, 0));
		CHECK(user_sees(&fa, va + P, 0));
	}
	file_end();
}

TEST(munmap_whole, "pintos/munmap-takes-only-what-mmap-made")
{
	if (file_begin(64, 0, 2, 2 * P)) {
		if (!m_spt(&fa)) {
			test_skip("the functions with Pintos' arguments work on another space here");
		} else {
			vaddr_t anon = map_anon(&fa, 2, RW);

			CHECK_EQ(user_write(&fa, anon, 5), 0);
			do_munmap((void *)(uintptr_t)anon);
			CHECK(user_sees(&fa, anon, 5));
			CHECK(do_mmap(AT, 2 * P, 1, &ff.object, 0) == AT);
			do_munmap((char *)AT + P);
			CHECK(user_sees(&fa, 17 * P, file_word(1, 0)));
			do_munmap(AT);
			CHECK_EQ(user_write(&fa, 17 * P, 1), -VM_EFAULT);
			m_spt(NULL);
		}
	}
	file_end();
}
