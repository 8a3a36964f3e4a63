/* Pages in random order: an array is shuffled, again and again, and sorted in the end. */
#include "kit.h"
#include <random.h>
#include <tests/lib.h>
#include <tests/main.h>

#define COUNT (256 * 1024)

static unsigned numbers[COUNT];

void test_main(void)
{
	random_init(3);
	for (unsigned i = 0; i < COUNT; i++)
		numbers[i] = i;
	for (int round = 0; round < 3; round++) {
		unsigned long long sum = 0;
		unsigned moved = 0;

		shuffle(numbers, COUNT, sizeof *numbers);
		for (unsigned i = 0; i < COUNT; i++) {
			sum += numbers[i];
			moved += numbers[i] != i;
		}
		CHECK(sum == (unsigned long long)COUNT * (COUNT - 1) / 2 && moved > COUNT / 2, "shuffled");
	}
	for (unsigned i = 0; i < COUNT; i++) {
		while (numbers[i] != i) {
			unsigned home = numbers[i];

			numbers[i] = numbers[home];
			numbers[home] = home;
		}
	}
	for (unsigned i = 0; i < COUNT; i++) {
		if (numbers[i] != i)
			fail("number %u", i);
	}
	msg("sorted");
}
