#include "kit.h"
#include <stdint.h>
#include <string.h>
#include <tests/lib.h>

void in_child(const char *name, void (*action)(void), int status)
{
	pid_t pid = fork(name);
	int got;

	if (pid == 0) {
		action();
		exit(0);
	}
	if (pid < 0)
		fail("fork(\"%s\") returned %d", name, pid);
	got = wait(pid);
	if (got != status)
		fail("%s ended with %d, expected %d", name, got, status);
	msg("%s ended with %d", name, status);
}

static unsigned char byte_at(size_t at, unsigned seed)
{
	uint32_t x = (uint32_t)(at / 4 + 1) * 2654435761U + seed * 40503U;

	x ^= x >> 15;
	return (unsigned char)(x * 2246822519U >> 13 >> at % 4);
}

void fill(void *buffer, size_t size, unsigned seed)
{
	unsigned char *p = buffer;

	for (size_t i = 0; i < size; i++)
		p[i] = byte_at(i, seed);
}

void check_filled(const void *buffer, size_t size, unsigned seed, const char *what)
{
	const unsigned char *p = buffer;

	for (size_t i = 0; i < size; i++) {
		if (p[i] != byte_at(i, seed))
			fail("%s: byte %zu is %d, expected %d", what, i, p[i], byte_at(i, seed));
	}
}

void make_file(const char *name, size_t size, unsigned seed)
{
	static unsigned char block[PAGE];
	int fd;

	if (!create(name, 0))
		fail("create \"%s\"", name);
	fd = open_file(name);
	for (size_t done = 0; done < size; done += PAGE) {
		size_t n = size - done < PAGE ? size - done : PAGE;

		for (size_t i = 0; i < n; i++)
			block[i] = byte_at(done + i, seed);
		if (write(fd, block, (unsigned)n) != (int)n)
			fail("write \"%s\" at %zu", name, done);
	}
	close(fd);
}

int open_file(const char *name)
{
	int fd = open(name);

	if (fd < 2)
		fail("open \"%s\" returned %d", name, fd);
	return fd;
}

void check_file_filled(const char *name, size_t size, unsigned seed)
{
	static unsigned char block[PAGE];
	int fd = open_file(name);

	if (filesize(fd) != (int)size)
		fail("filesize of \"%s\" is %d, expected %zu", name, filesize(fd), size);
	for (size_t done = 0; done < size; done += PAGE) {
		int n = read(fd, block, PAGE);

		for (int i = 0; i < n; i++) {
			if (block[i] != byte_at(done + i, seed))
				fail("\"%s\" differs at %zu", name, done + i);
		}
		if (n != (int)(size - done < PAGE ? size - done : PAGE))
			fail("read \"%s\" at %zu returned %d", name, done, n);
	}
	close(fd);
}

char *page_edge(void)
{
	static char room[3 * PAGE];
	uintptr_t first = ((uintptr_t)room + PAGE / 2 + PAGE - 1) & ~(uintptr_t)(PAGE - 1);

	return (char *)first;
}

char *on_edge(const char *string)
{
	size_t length = strlen(string);

	return strlcpy(page_edge() - length / 2, string, PAGE / 2) == length ? page_edge() - length / 2
									     : NULL;
}

char *before_hole(const char *string, bool with_null)
{
	size_t bytes = strlen(string) + with_null;
	char *end = (char *)MAP_AT + PAGE;
	int fd;

	create("hole", PAGE);
	fd = open_file("hole");
	if (mmap(MAP_AT, PAGE, true, fd, 0) != MAP_AT)
		fail("mmap before a hole");
	close(fd);
	memcpy(end - bytes, string, bytes);
	return end - bytes;
}

void merge_sort(unsigned char *bytes, unsigned char *scratch, size_t size)
{
	size_t half = size / 2, a = 0, b = half;

	if (size < 2)
		return;
	merge_sort(bytes, scratch, half);
	merge_sort(bytes + half, scratch + half, size - half);
	for (size_t i = 0; i < size; i++)
		scratch[i] = b == size || (a < half && bytes[a] <= bytes[b]) ? bytes[a++] : bytes[b++];
	memcpy(bytes, scratch, size);
}

void count_bytes(const unsigned char *bytes, size_t size, size_t counts[256])
{
	memset(counts, 0, 256 * sizeof *counts);
	for (size_t i = 0; i < size; i++)
		counts[bytes[i]]++;
}

void check_sorted(const unsigned char *bytes, size_t size, const size_t counts[256])
{
	size_t now[256];

	for (size_t i = 1; i < size; i++) {
		if (bytes[i - 1] > bytes[i])
			fail("byte %zu is %d, behind %d", i, bytes[i], bytes[i - 1]);
	}
	count_bytes(bytes, size, now);
	if (memcmp(now, counts, sizeof now) != 0)
		fail("sorting lost or made bytes");
}
