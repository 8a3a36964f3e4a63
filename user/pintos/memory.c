/* Mappings of files, where frames are, and what the disk did. */
#include "pintos.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPPINGS_MAX 512

void *pintos_mmap(void *addr, size_t length, int writable, int fd, int offset);
void pintos_munmap(void *addr);
void *pintos_get_phys_addr(void *va);
long long pintos_get_fs_disk_read_cnt(void);
long long pintos_get_fs_disk_write_cnt(void);

static struct {
	char *addr; /* NULL: not in use */
	size_t size;
} mappings[MAPPINGS_MAX];

/* Exactly there, where nothing was mapped yet (a kernel that does not know the flag takes another place), or over
 * what we mapped there ourselves. */
static bool map_at(char *addr, size_t size, int prot, int flags, int kfd, int offset)
{
	char *p = mmap(addr, size, prot, flags, kfd, offset);

	if (p != addr && p != (char *)-1)
		munmap(p, size);
	return p == addr;
}

/* Pintos maps zeros behind the file's last page, where Linux has SIGBUS. */
static bool map_file(char *addr, size_t size, int prot, int kfd, int offset, uint64_t file_size)
{
	uint64_t left = file_size > (uint64_t)offset ? file_size - offset : 0;
	size_t from_file = (left + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	const int zeros = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	if (from_file >= size)
		return map_at(addr, size, prot, MAP_SHARED | MAP_FIXED_NOREPLACE, kfd, offset);
	if (!map_at(addr, size, prot, zeros, -1, 0))
		return false;
	if (from_file == 0 || map_at(addr, from_file, prot, MAP_SHARED | MAP_FIXED, kfd, offset))
		return true;
	munmap(addr, size);
	return false;
}

void *pintos_mmap(void *addr, size_t length, int writable, int fd, int offset)
{
	uintptr_t va = (uintptr_t)addr;
	size_t size, i = 0;
	uint64_t file_size = 0;
	bool done;
	int kfd;

	if (va == 0 || va % PAGE_SIZE || offset < 0 || offset % PAGE_SIZE || length == 0 || va >= KERN_BASE ||
	    length > KERN_BASE - va)
		return NULL;
	size = (length + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	while (i < MAPPINGS_MAX && mappings[i].addr)
		i++;
	kfd = file_to_map(fd, writable, &file_size);
	if (i == MAPPINGS_MAX || kfd < 0)
		return NULL;
	done = file_size > 0 &&
	       map_file(addr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, kfd, offset, file_size);
	file_mapped(fd, kfd);
	if (!done)
		return NULL;
	mappings[i].addr = addr;
	mappings[i].size = size;
	return addr;
}

void pintos_munmap(void *addr)
{
	for (size_t i = 0; addr && i < MAPPINGS_MAX; i++) {
		if (mappings[i].addr == addr) {
			if (!native) /* what was written is in the file now, and behind its end there are zeros */
				msync(addr, mappings[i].size, MS_SYNC);
			munmap(addr, mappings[i].size);
			mappings[i].addr = NULL;
			return;
		}
	}
}

/* ---- a look into the kernel ---- */

/* Linux' pagemap says whether a page is there, and its frame only to the privileged. */
static uint64_t linux_frame(uintptr_t va)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	static uint64_t entry;
	uint64_t frame;

	entry = 0;
	if (fd < 0 || pread(fd, &entry, sizeof entry, va / PAGE_SIZE * sizeof entry) != sizeof entry)
		entry = 0;
	close(fd);
	frame = entry & ((1UL << 55) - 1);
	return entry >> 63 ? (frame ? frame : 1) * PAGE_SIZE : 0;
}

void *pintos_get_phys_addr(void *va)
{
	int fd = open("/proc/self/phys", O_RDONLY);
	static uint64_t frame;

	frame = 0;
	if (fd < 0)
		return (void *)linux_frame((uintptr_t)va);
	if (pread(fd, &frame, sizeof frame, (uintptr_t)va) != sizeof frame)
		frame = 0;
	close(fd);
	return (void *)frame;
}

static long long number_in(const char *path)
{
	static char text[32];
	int fd = open(path, O_RDONLY);
	long n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	return atoll(text);
}

long long pintos_get_fs_disk_read_cnt(void) { return number_in("/proc/quire/fs_reads"); }

long long pintos_get_fs_disk_write_cnt(void) { return number_in("/proc/quire/fs_writes"); }
