/* mmap, munmap, mremap: where things lie, and what is refused. */
#include "tests/user/user.h"
#include <limits.h>

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static long map(uintptr_t at, size_t length, int prot, int flags, int fd, long offset)
{
	return result(syscall(SYS_mmap, at, length, prot, flags, fd, offset));
}

/* A length is rounded up to whole pages. */
TEST(rounded, "mmap/length-is-rounded-up")
{
	char *p = mmap(NULL, PAGE + 1, RW, ANON, -1, 0);
	p[2 * PAGE - 1] = 1;
	CHECK(munmap(p, PAGE + 1) == 0);
	CHECK_EQ(user_reads(p + 2 * PAGE - 1), SIGSEGV);
}

/* Mappings do not overlap, and a hundred of them keep their contents. */
TEST(apart, "mmap/mappings-are-apart")
{
	char *p[100];
	for (int i = 0; i < 100; i++) {
		p[i] = user_pages(1 + i % 3, RW);
		memset(p[i], i, (1 + i % 3) * PAGE);
	}
	for (int i = 0; i < 100; i++)
		CHECK(user_all(p[i], (1 + i % 3) * PAGE, i));
}

/* A free hint is taken; one that is in use is not. */
TEST(hint, "mmap/hint-is-a-hint")
{
	char *p = user_pages(8, RW);
	CHECK(munmap(p + 2 * PAGE, 2 * PAGE) == 0);
	CHECK(mmap(p + 2 * PAGE, 2 * PAGE, RW, ANON, -1, 0) == p + 2 * PAGE);
	memset(p, 3, PAGE);
	char *q = mmap(p, PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED && q != p && p[0] == 3);
}

/* FIXED replaces what is there, and only that. */
TEST(fixed, "mmap/fixed-replaces")
{
	char *p = user_pages(5, RW);
	memset(p, 1, 5 * PAGE);
	CHECK(mmap(p + PAGE, 3 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK(user_all(p, PAGE, 1) && user_all(p + PAGE, 3 * PAGE, 0) && user_all(p + 4 * PAGE, PAGE, 1));
}

/* FIXED_NOREPLACE fails where anything is, and changes nothing. */
TEST(noreplace, "mmap/fixed-noreplace")
{
	if (user_not_emulated("MAP_FIXED_NOREPLACE"))
		return;
	char *p = user_pages(4, RW);
	memset(p, 1, 4 * PAGE);
	CHECK_EQ(map((uintptr_t)p + 3 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
	CHECK(user_all(p, 4 * PAGE, 1));
	CHECK(munmap(p + PAGE, PAGE) == 0);
	CHECK_EQ(map((uintptr_t)p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), (uintptr_t)p + PAGE);
}

/* A hole in the middle makes two regions; what is in the hole is gone at once. */
TEST(split, "mmap/munmap-splits")
{
	char *p = user_pages(9, RW);
	user_fill(p, 9 * PAGE, 1);
	char copy[PAGE];
	memcpy(copy, p + 8 * PAGE, PAGE);
	CHECK(munmap(p + 3 * PAGE, 3 * PAGE) == 0);
	CHECK(user_filled(p, 3 * PAGE, 1) && !memcmp(copy, p + 8 * PAGE, PAGE));
	for (int i = 3; i < 6; i++)
		CHECK_EQ(user_reads(p + i * PAGE), SIGSEGV);
	CHECK_EQ(user_writes(p + 2 * PAGE + 4095), 0);
	CHECK_EQ(user_writes(p + 6 * PAGE), 0);
}

/* munmap over several regions and the holes between them takes all; over nothing it is no error.
 * Bad: mmap:unmap-hole */
TEST(across, "mmap/munmap-across-regions-and-holes")
{
	char *p = user_pages(12, RW);
	memset(p, 1, 12 * PAGE);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0 && mprotect(p + 5 * PAGE, PAGE, PROT_READ) == 0);
	CHECK(munmap(p + PAGE, 10 * PAGE) == 0);
	CHECK(munmap(p + PAGE, 10 * PAGE) == 0);
	CHECK_EQ(user_reads(p + PAGE), SIGSEGV);
	CHECK_EQ(user_reads(p + 10 * PAGE), SIGSEGV);
	CHECK(user_all(p, PAGE, 1) && user_all(p + 11 * PAGE, PAGE, 1));
}

/* munmap wants whole pages of the user's half. Bad: mmap:unmap-bad */
TEST(bad_unmap, "mmap/bad-munmap-is-refused")
{
	if (user_not_emulated("munmap"))
		return;
	char *p = user_pages(2, RW);
	CHECK_EQ(result(munmap(p + 1, PAGE)), -EINVAL);
	CHECK_EQ(result(munmap(p, 0)), -EINVAL);
	CHECK_EQ(result(munmap(p, -1UL)), -EINVAL);
	CHECK_EQ(result(munmap(p, -PAGE)), -EINVAL);
	CHECK_EQ(result(munmap((void *)-PAGE, PAGE)), -EINVAL);
	CHECK_EQ(result(munmap((void *)0xffff800000000000, PAGE)), -EINVAL);
	CHECK_EQ(result(munmap((void *)(1UL << 47), PAGE)), -EINVAL);
	CHECK_EQ(user_writes(p), 0);
}

/* Lengths that are nothing, or more than there is: 0, one byte less than 2^64, what rounds to 0, 2^63.
 * Bad: mmap:len-0 mmap:len-1 mmap:len-minus1 mmap:len-rounds-0 mmap:wrap */
TEST(lengths, "mmap/bad-lengths-are-refused")
{
	CHECK_EQ(map(0, 0, RW, ANON, -1, 0), -EINVAL);
	CHECK_EQ(map(0, -1, RW, ANON, -1, 0), -ENOMEM);
	CHECK_EQ(map(0, -4095, RW, ANON, -1, 0), -ENOMEM);
	CHECK_EQ(map(0, 1UL << 63, RW, ANON, -1, 0), -ENOMEM);
	CHECK_EQ(map(0, 1UL << 48, RW, ANON, -1, 0), -ENOMEM);
	char *p = user_pages(2, RW);
	CHECK_EQ(map((uintptr_t)p, -(size_t)p, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
	CHECK_EQ(map((uintptr_t)p, -(size_t)p + PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
	CHECK_EQ(user_writes(p), 0);
	long one = map(0, 1, RW, ANON, -1, 0);
	CHECK(one > 0 && user_writes((char *)one + PAGE - 1) == 0);
}

/* Places that are none: inside a page, the kernel's half, the last page before it, beyond what addresses can say.
 * Bad: mmap:fixed-misaligned mmap:kernel mmap:last-page */
TEST(places, "mmap/bad-places-are-refused")
{
	static const uintptr_t bad[] = {1UL << 47,          (1UL << 47) - PAGE, 1UL << 62, 1UL << 63,
					0xffff800000000000, 0xffffffff80000000, -2 * PAGE, -PAGE};
	char *p = user_pages(1, RW);
	CHECK_EQ(map((uintptr_t)p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), -EINVAL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		/* RISC-V lets the last page be mapped where the machine has it. */
		if (bad[i] == (1UL << 47) - PAGE && user_system != ON_QUIRE)
			continue;
		if (!CHECK_EQ(map(bad[i], PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM))
			test_note("at %#lx", bad[i]);
	}
	CHECK_EQ(map((1UL << 47) - 2 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
}

/* Page 0 is never mapped, nor does a hint of 0 give it. Bad: mmap:zero-fixed */
TEST(null, "mmap/page-zero-is-refused")
{
	if (user_only_quire())
		return;
	CHECK(map(0, PAGE, RW, ANON | MAP_FIXED, -1, 0) < 0);
	CHECK(map(0, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) < 0);
	CHECK_EQ(user_reads(NULL), SIGSEGV);
}

/* Neither PRIVATE nor SHARED, unknown kinds: EINVAL. Both together are a third kind, which wants a file system that
 * knows it, and for anonymous memory does not exist.
 * Bad: mmap:neither mmap:both mmap:unknown */
TEST(kinds, "mmap/bad-kinds-are-refused")
{
	int fd = user_file("f", PAGE);
	CHECK_EQ(map(0, PAGE, RW, MAP_ANONYMOUS, -1, 0), -EINVAL);
	CHECK_EQ(map(0, PAGE, RW, 0, fd, 0), -EINVAL);
	CHECK_EQ(map(0, PAGE, RW, 0x0f | MAP_ANONYMOUS, -1, 0), -EINVAL);
	long both = map(0, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE, fd, 0);
	CHECK(both > 0 || both == -EOPNOTSUPP || both == -EINVAL);
	long odd = map(0, PAGE, 0x40000000 | PROT_READ, ANON, -1, 0);
	CHECK(odd > 0 || odd == -EINVAL);
}

/* Offsets: inside a page, wrapping with the length. Bad: mmap:offset-misaligned mmap:offset-negative mmap:offset-wrap */
TEST(offsets, "mmap/bad-offsets-are-refused")
{
	int fd = user_file("f", PAGE);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_SHARED, fd, 1), -EINVAL);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_SHARED, fd, 2048), -EINVAL);
	CHECK(map(0, 2 * PAGE, PROT_READ, MAP_SHARED, fd, -PAGE) < 0);
	CHECK(map(0, PAGE, PROT_READ, MAP_SHARED, fd, LONG_MIN) < 0);
	CHECK(map(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, LONG_MAX & -PAGE) < 0);
}

/* A mapping that lies past the file's end may be made; touching it is SIGBUS. Bad: mmap:offset-past-end */
TEST(past_end, "mmap/offset-past-the-end")
{
	int fd = user_file("f", PAGE);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 16 * PAGE);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(user_reads(p), SIGBUS);
}

/* Descriptors that cannot be mapped, or not so.
 * Bad: mmap:bad-fd mmap:pipe-fd mmap:dir-fd mmap:wronly-fd mmap:rdonly-shared-write */
TEST(descriptors, "mmap/bad-descriptors-are-refused")
{
	int ends[2], fd = user_file("f", PAGE);
	CHECK(pipe(ends) == 0);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), -EBADF);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_PRIVATE, INT_MAX, 0), -EBADF);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), -ENODEV);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0), -ENODEV);
	CHECK_EQ(map(0, PAGE, PROT_READ, MAP_PRIVATE, open("f", O_WRONLY), 0), -EACCES);
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_EQ(map(0, PAGE, RW, MAP_SHARED, fd, 0), -EACCES);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(result(mprotect(p, PAGE, RW)), -EACCES);
	CHECK_EQ(user_writes(p), SIGSEGV);
	CHECK_EQ(map(0, PAGE, RW, MAP_PRIVATE, fd, 0) > 0, 1);
}

/* POPULATE: all is there without a touch. */
TEST(populate, "mmap/populate-makes-resident")
{
	if (user_not_emulated("MAP_POPULATE"))
		return;
	unsigned char in[16];
	char *p = mmap(NULL, 16 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	CHECK(p != MAP_FAILED && mincore(p, 16 * PAGE, in) == 0);
	for (int i = 0; i < 16; i++)
		CHECK(in[i] & 1);
	CHECK(user_all(p, 16 * PAGE, 0));
}

/* mremap shrinks in place, grows in place where it can, moves where it may; the content goes along. */
TEST(remap, "mmap/mremap-keeps-content")
{
	char *p = user_pages(8, RW);
	user_fill(p, 8 * PAGE, 1);
	CHECK(mremap(p, 8 * PAGE, 4 * PAGE, 0) == p);
	CHECK_EQ(user_reads(p + 4 * PAGE), SIGSEGV);
	char *wall = mmap(p + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	CHECK(wall == p + 4 * PAGE);
	CHECK(mremap(p, 4 * PAGE, 6 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	char *q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	if (!CHECK(q != MAP_FAILED && q != p))
		return;
	CHECK(user_filled(q, 4 * PAGE, 1) && user_all(q + 4 * PAGE, 60 * PAGE, 0));
	CHECK_EQ(user_reads(p), SIGSEGV);
	CHECK_EQ(user_reads(wall), 0);
}

/* mremap refuses a start inside a page, a new length of 0, a hole, and lengths that wrap. Bad: mmap:remap */
TEST(bad_remap, "mmap/bad-mremap-is-refused")
{
	if (user_not_emulated("mremap"))
		return;
	char *p = user_pages(4, RW);
	user_fill(p, 4 * PAGE, 1);
	CHECK_EQ(result((long)mremap(p + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE)), -EINVAL);
	CHECK_EQ(result((long)mremap(p, PAGE, 0, MREMAP_MAYMOVE)), -EINVAL);
	CHECK_EQ(result((long)mremap(p, PAGE, 2 * PAGE, 0x100)), -EINVAL);
	CHECK(result((long)mremap(p, 4 * PAGE, 1UL << 62, MREMAP_MAYMOVE)) < 0);
	CHECK(result((long)mremap(p, 4 * PAGE, -1UL, MREMAP_MAYMOVE)) < 0);
	CHECK_EQ(result((long)mremap((void *)(1UL << 46), PAGE, 2 * PAGE, MREMAP_MAYMOVE)), -EFAULT);
	CHECK(user_filled(p, 4 * PAGE, 1));
}

/* A thousand regions in a row, every second one gone, then all: nothing is left over. */
TEST(many, "mmap/thousand-regions")
{
	char *p = user_pages(2000, RW);
	for (int i = 0; i < 2000; i += 2)
		CHECK(munmap(p + i * PAGE, PAGE) == 0);
	for (int i = 1; i < 2000; i += 2)
		p[i * PAGE] = i;
	for (int i = 1; i < 2000; i += 2)
		CHECK_EQ(p[i * PAGE], (char)i);
	CHECK(munmap(p, 2000 * PAGE) == 0);
	CHECK(map((uintptr_t)p, 2000 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == (long)p);
	CHECK(user_all(p, 2000 * PAGE, 0));
}

/* Writable and executable at once is refused, by mmap and by mprotect. Bad: mmap:wx */
TEST(wx, "mmap/never-writable-and-executable")
{
	if (user_only_quire())
		return;
	char *p = user_pages(1, RW);
	CHECK_EQ(map(0, PAGE, RW | PROT_EXEC, ANON, -1, 0), -EACCES);
	CHECK_EQ(result(mprotect(p, PAGE, RW | PROT_EXEC)), -EACCES);
	CHECK_EQ(result(mprotect(p, PAGE, PROT_WRITE | PROT_EXEC)), -EACCES);
	CHECK_EQ(user_writes(p), 0);
}

/* FIXED over the program's own text, or over its stack, takes its place: whoever asks for it gets it, and ends by
 * it. The system goes on. Bad: mmap:over-stack mmap:over-text */
static void over(void *at)
{
	map((uintptr_t)at & -PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	_exit(*(volatile char *)at);
}
TEST(over_own, "mmap/over-stack-and-text")
{
	char here;
	int stack = user_status(over, &here), text = user_status(over, (void *)(uintptr_t)over);
	CHECK(stack != -1);
	CHECK(text == 0 || WTERMSIG(text) == SIGSEGV || WTERMSIG(text) == SIGILL);
}

/* The regions of a process have a limit; at it nothing is lost, and below it they can be had again. */
TEST(limit, "mmap/regions-have-a-limit")
{
	const size_t count = 80000;
	if (user_not_emulated("counting regions"))
		return;
	char *p = user_pages(2 * count, RW);
	size_t i = 0;
	p[PAGE] = 7;
	while (i < count && mprotect(p + 2 * i * PAGE, PAGE, PROT_READ) == 0)
		i++;
	CHECK(i > 1000 && i < count && errno == ENOMEM);
	CHECK_EQ(p[PAGE], 7);
	CHECK(mprotect(p, 2 * count * PAGE, RW) == 0);
	CHECK(mprotect(p, PAGE, PROT_READ) == 0 && user_writes(p) == SIGSEGV && user_writes(p + PAGE) == 0);
}
