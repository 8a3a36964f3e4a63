/* A program's segments and stack, and mmap with Pintos' arguments. */
#include "filetest.h"

TEST(segment, "load/a-segment-is-the-file-s-bytes-and-then-zeros")
{
	const vaddr_t va = 0x400000, data = 0x600000;

	if (file_begin(64, 32, 8, 8 * P)) {
		CHECK_EQ(vm_load_segment(&fa, &ff.object, 0, va, 2 * P, 0, VM_READ | VM_EXEC), 0);
		CHECK_EQ(vm_load_segment(&fa, &ff.object, 2 * P, data, P + 24, 3 * P - 24, RW), 0);
		CHECK_EQ(ff.reads, 0);
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		CHECK_EQ(user_write(&fa, va, 1), -VM_EACCES);
		CHECK(user_sees(&fa, data + 8, file_word(2, 1)));
		CHECK(user_sees(&fa, data + P + 16, file_word(3, 2)));
		CHECK(user_sees(&fa, data + P + 24, 0));
		CHECK(user_sees(&fa, data + 3 * P, 0));
		CHECK_EQ(user_write(&fa, data, 5), 0);
		CHECK_EQ(user_write(&fa, data + P, 6), 0);
		CHECK_EQ(user_write(&fa, data + 2 * P, 7), 0);
		vm_check();
		CHECK_EQ(vm_load_segment(&fb, &ff.object, 2 * P, data, P + 24, 3 * P - 24, RW), 0);
		m_leave();
		spt_kill(&fb);
		CHECK_EQ(spt_init(&fb), 0);
		CHECK_EQ(spt_copy(&fb, &fa), 0);
		CHECK_EQ(user_write(&fb, data + P, 8), 0);
		CHECK(user_sees(&fa, data + P, 6));
		CHECK(user_sees(&fb, data, 5));
		CHECK_EQ(read_word(2 * P), file_word(2, 0));
		CHECK_EQ(read_word(3 * P), file_word(3, 0));
		CHECK_EQ(ff.makes, 0);
	}
	file_end();
}

TEST(text, "load/a-running-program-s-text-is-changed-in-a-copy-only")
{
	const vaddr_t va = 0x400000;

	if (file_begin(64, 32, 8, 8 * P)) {
		CHECK_EQ(vm_load_segment(&fa, &ff.object, 0, va, 2 * P, 0, VM_READ | VM_EXEC), 0);
		CHECK_EQ(vm_load_segment(&fb, &ff.object, 0, va, 2 * P, 0, VM_READ | VM_EXEC), 0);
		CHECK_EQ(vm_fault(&fa, va, VM_EXEC), 0);
		CHECK_EQ(vm_fault(&fb, va, VM_EXEC), 0);
		CHECK_EQ(user_write(&fa, va, 1), -VM_EACCES);
		CHECK_EQ(vm_protect(&fa, va, 2 * P, RW | VM_EXEC), -VM_EACCES);
		CHECK_EQ(vm_protect(&fa, va, 2 * P, RW), 0);
		CHECK_EQ(user_write(&fa, va, 1), 0);         /* after it ran */
		CHECK_EQ(user_write(&fa, va + P + 8, 2), 0); /* at once */
		CHECK_EQ(vm_protect(&fa, va, 2 * P, VM_READ | VM_EXEC), 0);
		CHECK(user_sees(&fa, va, 1));
		CHECK(user_sees(&fa, va + P + 8, 2));
		CHECK(user_sees(&fb, va, file_word(0, 0)));
		CHECK(user_sees(&fb, va + P + 8, file_word(1, 1)));
		CHECK_EQ(read_word(0), file_word(0, 0));
		CHECK_EQ(ff.makes, 0);
		CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
		CHECK_EQ(ff.writes, 0);
	}
	file_end();
}

TEST(segment_bad, "load/a-segment-that-cannot-be-leaves-nothing-behind")
{
	if (file_begin(64, 0, 8, 2 * P)) {
		struct vm_object *file = &ff.object;

		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x400000, P, 1, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, 8, 0x400000, P, 0, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x400008, P, 0, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0, P, 0, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x400000, ~0ull, 1, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, -P, 0x400000, 2 * P, 0, RW), -VM_EINVAL);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x400000, P, 0, VM_WRITE | VM_EXEC), -VM_EACCES);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x400000, 2 * P, 0, RW), 0);
		CHECK_EQ(vm_load_segment(&fa, file, 0, 0x401000, 8, 2 * P - 8, RW), -VM_EEXIST);
		CHECK_EQ(vm_load_segment(&fa, file, 3 * P, 0x500000, 8, P - 8, RW),
			 0); /* past the end of the file */
		CHECK_EQ(user_write(&fa, 0x500000, 1), -VM_EIO);
		CHECK_EQ(user_write(&fa, 0x501000, 1), -VM_EFAULT);
		CHECK_EQ(fa.mapped, 3 * P);
	}
	file_end();
}

TEST(stack, "load/a-stack-grows-down-from-its-page")
{
	const vaddr_t top = 0x40000000;

	if (file_begin(64, 0, 1, 8)) {
		CHECK_EQ(vm_load_stack(&fa, top, 4 * P), 0);
		CHECK_EQ(user_write(&fa, top - 8, 1), 0);
		CHECK_EQ(user_write(&fa, top - 4 * P, 2), 0);
		CHECK_EQ(user_write(&fa, top - 4 * P - 8, 3), -VM_EFAULT);
		CHECK(user_sees(&fa, top - 8, 1));
	}
	file_end();
}

#define AT ((void *)(uintptr_t)0x10000000)

TEST(pintos, "load/mmap-and-munmap-with-pintos-arguments")
{
	struct vm_object *file = &ff.object;
	const vaddr_t va = 0x10000000;

	if (!m_spt(&fa)) {
		test_skip("no thread has a space of its own here");
		return;
	}
	if (file_begin(64, 0, 8, 4 * P + 100)) {
		CHECK(do_mmap(AT, 4 * P + 100, 1, file, 0) == AT);
		CHECK(user_sees(&fa, va + 8, file_word(0, 1)));
		CHECK_EQ(user_write(&fa, va, 1), 0);
		CHECK(!do_mmap(NULL, P, 1, file, 0));
		CHECK(!do_mmap((char *)AT + 1, P, 1, file, 0));
		CHECK(!do_mmap((char *)AT + 16 * P, 0, 1, file, 0));
		CHECK(!do_mmap((char *)AT + 16 * P, P, 1, file, 8));
		CHECK(!do_mmap((char *)AT + 16 * P, P, 1, file, -(int64_t)P));
		CHECK(!do_mmap((char *)AT + 16 * P, P, 1, NULL, 0));
		CHECK(!do_mmap((char *)AT + 4 * P, P, 1, file, 0));
		/* What continues it stays a mapping of its own. */
		CHECK(do_mmap((char *)AT + 5 * P, P, 0, file, 5 * (int64_t)P));
		CHECK(do_mmap((char *)AT + 6 * P, P, 0, file, 0));
		CHECK_EQ(user_write(&fa, va + 6 * P, 1), -VM_EACCES);
		CHECK(user_sees(&fa, va + 6 * P, 1));
		do_munmap((char *)AT + P);
		CHECK(user_sees(&fa, va + P, file_word(1, 0)));
		do_munmap(AT);
		CHECK_EQ(user_write(&fa, va, 2), -VM_EFAULT);
		CHECK(user_sees(&fa, va + 6 * P, 1));
		CHECK_EQ(read_word(0), 1);
		do_munmap(AT);
		do_munmap((char *)AT + 5 * P);
		do_munmap((char *)AT + 6 * P);
		CHECK_EQ(fa.nregions, 0);
		CHECK(load_segment(file, 0, AT, P + 8, P - 8, true));
		CHECK_EQ(user_write(&fa, va, 3), 0);
		CHECK_EQ(user_write(&fa, va + P, 3), 0);
		CHECK_EQ(read_word(0), 1);
		CHECK(!load_segment(file, 0, AT, P, 0, false));
		CHECK_EQ(ramfile_truncate(&ff, 0), 0);
		CHECK(!do_mmap((char *)AT + 16 * P, P, 1, file, 0));
	}
	m_spt(NULL);
	file_end();
}
