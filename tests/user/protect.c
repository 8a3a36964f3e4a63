/* Protection: what may be read, written and executed, and what ends the process. */
#include "tests/user/user.h"

/* Machine code of a function that returns 42, for each machine. */
#if defined(__x86_64__)
static const unsigned char answer[] = {0xb8, 42, 0, 0, 0, 0xc3};
#elif defined(__riscv)
static const unsigned char answer[] = {0x13, 0x05, 0xa0, 0x02, 0x67, 0x80, 0x00, 0x00};
#endif

static int call(const void *code)
{
	int (*f)(void);
	memcpy(&f, &code, sizeof f);
	return f();
}

/* Read-only memory keeps its content and refuses writes, until it is made writable again. */
TEST(read_only, "protect/read-only")
{
	char *p = user_pages(3, RW);
	user_fill(p, 3 * PAGE, 1);
	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	CHECK_EQ(user_writes(p + PAGE), SIGSEGV);
	CHECK_EQ(user_writes(p + 2 * PAGE - 1), SIGSEGV);
	CHECK_EQ(user_writes(p + PAGE - 1), 0);
	CHECK_EQ(user_writes(p + 2 * PAGE), 0);
	CHECK(user_filled(p, 3 * PAGE, 1));
	CHECK(mprotect(p + PAGE, PAGE, RW) == 0);
	p[PAGE] ^= 1;
	p[PAGE] ^= 1;
	CHECK(user_filled(p, 3 * PAGE, 1));
}

/* PROT_NONE hides pages, touched and untouched, and keeps what is in them. */
TEST(none, "protect/none-hides-and-keeps")
{
	char *p = user_pages(4, RW);
	user_fill(p, 2 * PAGE, 1);
	CHECK(mprotect(p, 4 * PAGE, PROT_NONE) == 0);
	CHECK_EQ(user_reads(p), SIGSEGV);
	CHECK_EQ(user_reads(p + 3 * PAGE), SIGSEGV);
	CHECK(mprotect(p, 4 * PAGE, PROT_READ) == 0);
	CHECK(user_filled(p, 2 * PAGE, 1) && user_all(p + 2 * PAGE, 2 * PAGE, 0));
}

/* A reservation without access costs nothing and is opened page by page. */
TEST(reserve, "protect/reservation-is-opened-in-parts")
{
	char *p = user_pages(1 << 16, PROT_NONE);
	for (int i = 0; i < 1 << 16; i += 4096) {
		CHECK(mprotect(p + i * PAGE, PAGE, RW) == 0);
		p[i * PAGE] = 1;
	}
	CHECK_EQ(user_reads(p + PAGE), SIGSEGV);
	CHECK_EQ(p[4096 * PAGE], 1);
}

/* Data is not executable, and becomes it only by mprotect; then the new code runs, also when it is changed. */
TEST(execute, "protect/code-runs-only-where-allowed")
{
	char *p = user_pages(1, RW);
	memcpy(p, answer, sizeof answer);
	CHECK_EQ(user_jumps(p), SIGSEGV);
	CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	__builtin___clear_cache(p, p + PAGE);
	CHECK_EQ(call(p), 42);
	CHECK_EQ(user_writes(p), SIGSEGV);
	CHECK(mprotect(p, PAGE, RW) == 0);
	memset(p, 0, PAGE);
	memcpy(p + 64, answer, sizeof answer);
	CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	__builtin___clear_cache(p, p + PAGE);
	CHECK_EQ(call(p + 64), 42);
}

/* A file's pages run when they are mapped so. */
TEST(execute_file, "protect/code-of-a-file-runs")
{
	int fd = open("code", O_RDWR | O_CREAT, 0755);
	CHECK_EQ(write(fd, answer, sizeof answer), sizeof answer);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(call(p), 42);
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK_EQ(user_jumps(q), SIGSEGV);
}

/* mprotect in the middle makes three regions, and takes them back. */
TEST(split, "protect/middle-of-a-region")
{
	char *p = user_pages(30, RW);
	for (int i = 0; i < 30; i += 3)
		CHECK(mprotect(p + i * PAGE, PAGE, PROT_READ) == 0);
	for (int i = 0; i < 30; i++)
		CHECK_EQ(user_writes(p + i * PAGE), i % 3 ? 0 : SIGSEGV);
	CHECK(mprotect(p, 30 * PAGE, RW) == 0);
	memset(p, 1, 30 * PAGE);
}

/* What a hole interrupts is ENOMEM, and what lies before the hole has changed.
 * Bad: mmap:protect-hole mmap:protect-bad */
TEST(bad, "protect/bad-mprotect-is-refused")
{
	if (user_not_emulated("mprotect"))
		return;
	char *p = user_pages(4, RW);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_EQ(result(mprotect(p, 4 * PAGE, PROT_READ)), -ENOMEM);
	CHECK_EQ(result(mprotect(p + 1, PAGE, PROT_READ)), -EINVAL);
	CHECK_EQ(result(mprotect(p, PAGE, 0x100)), -EINVAL);
	CHECK_EQ(result(mprotect(p, -PAGE, PROT_READ)), -ENOMEM);
	CHECK_EQ(result(mprotect((void *)-PAGE, PAGE, PROT_READ)), -ENOMEM);
	CHECK_EQ(mprotect(p, 0, PROT_READ), 0);
	CHECK_EQ(user_writes(p + 3 * PAGE), 0);
}

/* The program's text and constants cannot be written, its data cannot be executed. */
static const char constant[64] = "constant";
static char data[64];
TEST(program, "protect/text-constants-and-data")
{
	CHECK_EQ(user_writes((void *)(uintptr_t)user_child), SIGSEGV);
	CHECK_EQ(user_writes((void *)(uintptr_t)constant), SIGSEGV);
	CHECK_EQ(user_jumps(data), SIGSEGV);
}

/* Page 0 and the page after nothing: a null pointer ends the process. */
TEST(null, "protect/null-pointer-is-sigsegv")
{
	CHECK_EQ(user_reads((void *)8), SIGSEGV);
	CHECK_EQ(user_writes((void *)8), SIGSEGV);
	CHECK_EQ(user_jumps((void *)0), SIGSEGV);
}

/* The kernel's half, the last bytes, and addresses that no machine has: SIGSEGV for all three accesses. */
TEST(kernel, "protect/kernel-addresses-are-sigsegv")
{
	static const uintptr_t at[] = {1UL << 47,
				       (1UL << 47) - 4096,
				       0x0000900000000000,
				       0x8000000000000000,
				       0xffff7ffffffff000,
				       0xffff800000000000,
				       0xffff888000100000,
				       0xffffffff80000000,
				       0xffffffff80200000,
				       0xfffffffffffff000,
				       -8UL};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		/* The last page of the lower half may be a stack's on RISC-V. */
		if (at[i] == (1UL << 47) - 4096 && user_system != ON_QUIRE)
			continue;
		if (!CHECK_EQ(user_reads((void *)at[i]), SIGSEGV) ||
		    !CHECK_EQ(user_writes((void *)at[i]), SIGSEGV) ||
		    !CHECK_EQ(user_jumps((void *)at[i]), SIGSEGV))
			test_note("at %#lx", (unsigned long)at[i]);
	}
}

/* PROT_WRITE alone reads as well: so does all hardware that we know, and Quire says so. */
TEST(write_alone, "protect/write-alone-reads")
{
	char *p = user_pages(1, PROT_WRITE);
	p[5] = 1;
	CHECK_EQ(p[5], 1);
}

/* System calls respect protection like the program itself: no read into what is read-only, no write from none. */
TEST(calls, "protect/system-calls-respect-it")
{
	char *p = user_pages(2, RW);
	int fd = user_file("f", PAGE);
	user_fill(p, 2 * PAGE, 1);
	CHECK(mprotect(p, PAGE, PROT_READ) == 0 && mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	CHECK_EQ(result(pread(fd, p, 100, 0)), -EFAULT);
	CHECK_EQ(result(pread(fd, p + PAGE, 100, 0)), -EFAULT);
	CHECK_EQ(result(pwrite(fd, p + PAGE, 100, 0)), -EFAULT);
	CHECK_EQ(pwrite(fd, p, 100, 0), 100);
	CHECK(mprotect(p, 2 * PAGE, PROT_READ) == 0);
	CHECK(user_filled(p, 2 * PAGE, 1));
}

/* Changing the protection again and again, while the pages are used, loses no byte. */
TEST(often, "protect/changed-a-thousand-times")
{
	char *p = user_pages(16, RW);
	memset(p, 0, 16 * PAGE);
	for (int i = 0; i < 1000; i++) {
		size_t page = test_rand() % 16;
		CHECK(mprotect(p + page * PAGE, PAGE, PROT_READ) == 0);
		CHECK(mprotect(p + page * PAGE, PAGE, RW) == 0);
		p[page * PAGE + i % PAGE]++;
	}
	int sum = 0;
	for (size_t i = 0; i < 16 * PAGE; i++)
		sum += p[i];
	CHECK_EQ(sum, 1000);
}
