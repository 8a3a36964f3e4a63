/* splitmix64 over a counter that the clock stirs: no lock, and no two calls get the same numbers. */
#include "kernel/sys/random.h"

#include "arch/arch.h"
#include "kernel/lib/lib.h"

static uint64_t next(void)
{
	static uint64_t state; /* [A] */
	uint64_t z =
		__atomic_add_fetch(&state, 0x9e3779b97f4a7c15ull + (arch_time_ns() << 1), __ATOMIC_RELAXED);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

void random_bytes(void *buf, size_t n)
{
	for (char *at = buf; n;) {
		uint64_t word = next();
		size_t k = n < sizeof word ? n : sizeof word;

		memcpy(at, &word, k);
		at += k;
		n -= k;
	}
}
