/* memhog size [seed]: fill SIZE bytes (such as 64M) with random numbers, read them back in random order twice, and
 * check their sum and each page. Prints what was swapped meanwhile; status 0 when all was as written.
 * Memory used besides: 4 bytes a page. */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORDS 512 /* of a page */

static uint64_t state;

static uint64_t next(void)
{
	state += 0x9e3779b97f4a7c15;
	uint64_t x = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The counters of /proc/vmstat, 0 where there are none. */
static unsigned long counter(const char *name)
{
	char line[128];
	unsigned long value = 0, found;
	FILE *f = fopen("/proc/vmstat", "r");
	size_t len = strlen(name);
	while (f && fgets(line, sizeof line, f)) {
		if (!strncmp(line, name, len) && sscanf(line + len, " %lu", &found) == 1)
			value = found;
	}
	if (f)
		fclose(f);
	return value;
}

static uint64_t write_all(uint64_t *memory, size_t pages, uint64_t seed)
{
	uint64_t sum = 0;
	for (size_t page = 0; page < pages; page++) {
		state = seed + page;
		for (int i = 0; i < WORDS; i++)
			sum += memory[page * WORDS + i] = next();
	}
	return sum;
}

/* Each page once, in an order that SEED and ROUND make. */
static uint64_t read_all(const uint64_t *memory, uint32_t *order, size_t pages, uint64_t seed, int round,
			 size_t *wrong)
{
	uint64_t sum = 0;
	state = ~seed - round;
	for (size_t i = 0; i < pages; i++)
		order[i] = i;
	for (size_t i = pages; i > 1; i--) {
		size_t other = next() % i;
		uint32_t swap = order[i - 1];
		order[i - 1] = order[other];
		order[other] = swap;
	}
	for (size_t i = 0; i < pages; i++) {
		size_t page = order[i];
		state = seed + page;
		for (int w = 0; w < WORDS; w++) {
			uint64_t got = memory[page * WORDS + w];
			sum += got;
			if (got == next())
				continue;
			if ((*wrong)++ < 10)
				printf("memhog: page %zu, word %d is %016lx\n", page, w, (unsigned long)got);
		}
	}
	return sum;
}

static size_t size_of(const char *text)
{
	char *end;
	size_t n = strtoul(text, &end, 0);
	n <<= *end == 'G' ? 30 : *end == 'M' ? 20 : *end == 'K' ? 10 : 0;
	if (n < WORDS * 8 || (*end && end[1]))
		errx(2, "%s is no size of a page or more", text);
	return n;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		errx(2, "usage: memhog size [seed]");
	size_t pages = size_of(argv[1]) / (WORDS * 8), wrong = 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) << 32 : 1UL << 32;
	unsigned long in = counter("pswpin"), out = counter("pswpout");
	uint64_t *memory =
		mmap(NULL, pages * WORDS * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *order = malloc(pages * sizeof *order);
	if (memory == MAP_FAILED || !order)
		err(1, "%s", argv[1]);
	uint64_t written = write_all(memory, pages, seed);
	for (int round = 1; round <= 2; round++) {
		uint64_t sum = read_all(memory, order, pages, seed, round, &wrong);
		printf("memhog: round %d: sum %016lx, %s\n", round, (unsigned long)sum,
		       sum == written ? "right" : "WRONG");
		wrong += sum != written;
	}
	printf("memhog: %zu pages written, %lu swapped out, %lu swapped in, %zu words wrong\n", pages,
	       counter("pswpout") - out, counter("pswpin") - in, wrong);
	return wrong != 0;
}
