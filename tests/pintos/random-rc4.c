/* random.h is the key stream of RC4: against the first bytes that RFC 6229 gives for a key, and against itself. */
#include <random.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	/* Four equal bytes as a key are one such byte; the five of the RFC would need a longer seed. */
	static const unsigned char zeros[] = {0xde, 0x18, 0x89, 0x41, 0xa3, 0x37, 0x5d, 0x3a};
	unsigned char got[8], again[8];
	unsigned long value;

	random_init(0);
	random_bytes(got, sizeof got);
	CHECK(memcmp(got, zeros, sizeof got) == 0, "the stream of a key of zeros");
	random_init(0);
	value = random_ulong();
	CHECK(memcmp(&value, zeros, sizeof value) == 0, "random_ulong takes eight bytes of it");
	random_init(0x01020304);
	for (size_t i = 0; i < sizeof got; i++)
		random_bytes(&got[i], 1);
	random_init(0x01020304);
	random_bytes(again, sizeof again);
	CHECK(memcmp(got, again, sizeof got) == 0 && memcmp(got, zeros, sizeof got) != 0, "piece by piece");
}
