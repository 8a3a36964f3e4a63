/* random.h is the key stream of RC4, and shuffle is made from it. The numbers were found by another program, which has
 * the streams of RFC 6229 right. */
#include <random.h>
#include <string.h>
#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	static const unsigned char zeros[] = {0xde, 0x18, 0x89, 0x41, 0xa3, 0x37, 0x5d, 0x3a};
	static const unsigned char counted[] = {0x89, 0x1a, 0xb4, 0x16, 0x58, 0xe5, 0x9f, 0x7b};
	static const int order[] = {10, 3, 7, 1, 4, 0, 9, 11, 5, 6, 8, 2};
	int numbers[12];
	unsigned char got[8];
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
	CHECK(memcmp(got, counted, sizeof got) == 0, "the stream of the key 4 3 2 1, piece by piece");
	for (int i = 0; i < 12; i++)
		numbers[i] = i;
	random_init(0);
	shuffle(numbers, 12, sizeof *numbers);
	CHECK(memcmp(numbers, order, sizeof order) == 0, "shuffle");
}
