/* The fixture of tests of files; see filetest.h. */
#include "filetest.h"

struct vmtest ft;
struct supplemental_page_table fa, fb;
struct ramfile ff;

bool file_begin(size_t frames, uint32_t slots, uint32_t room, uint64_t size)
{
	return vmtest_begin(&ft, frames, slots) && CHECK(ramfile_make(&ff, room, size)) &&
	       CHECK_EQ(spt_init(&fa), 0) && CHECK_EQ(spt_init(&fb), 0);
}

void file_end(void)
{
	vm_check();
	m_leave();
	spt_kill(&fa);
	spt_kill(&fb);
	CHECK_EQ(ff.releases, 0);
	vm_object_put(&ff.object);
	CHECK_EQ(ff.releases, 1);
	CHECK_EQ(ff.strays, 0);
	ramfile_free(&ff);
	vmtest_end(&ft);
}

vaddr_t map_file(struct supplemental_page_table *s, uint64_t index, uint64_t npages, unsigned prot,
		 unsigned flags)
{
	vaddr_t va = 0;

	CHECK_EQ(vm_map(s, 0, npages * P, prot, flags, &ff.object, index, &va), 0);
	return va;
}

uint64_t read_word(uint64_t at)
{
	uint64_t value = 0;

	CHECK_EQ(ramfile_read(&ff, NULL, at, &value, 8), 8);
	return value;
}

void write_word(uint64_t at, uint64_t value) { CHECK_EQ(ramfile_write(&ff, at, &value, 8), 8); }

/* Does the file's page at BYTE, up to its end, hold what the disk does? Says where not. */
static bool page_on_disk(uint64_t byte)
{
	uint64_t left = ff.object.size - byte, n = (left < P ? left : P) & ~7ull, word[P / 8];

	CHECK_EQ(ramfile_read(&ff, NULL, byte, word, n), (long long)n);
	for (uint64_t at = byte; at < byte + n; at += 8) {
		if (!CHECK_EQ(word[(at - byte) / 8], ff.there[at / P] ? disk_word(&ff, at) : 0)) {
			test_note("at byte %llu", (unsigned long long)at);
			return false;
		}
	}
	return true;
}

void file_settled(void)
{
	unsigned writes;

	CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
	writes = ff.writes;
	for (uint64_t at = 0; at < ff.object.size && page_on_disk(at); at += P)
		continue;
	CHECK_EQ(vm_object_sync(&ff.object, 0, UINT64_MAX), 0);
	CHECK_EQ(ff.writes, writes);
}

void race_file(struct vmtest *t, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
	       void (*check)(void *))
{
	struct m_race r = {.setup = setup, .op = op, .rival = rival, .check = check};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	if (vmtest_begin(t, 32, 16))
		test_note("%u schedules", m_race(&r));
	vmtest_end(t);
}
