/* An object of its own, for programs that bring theirs. */
#include <random.h>
#include <tests/lib.h>

/* Each element changes places with one of those from it to the end. */
void shuffle(void *array, size_t cnt, size_t size)
{
	char *elements = array;

	for (size_t i = 0; i < cnt; i++) {
		size_t j = i + random_ulong() % (cnt - i);

		for (size_t k = 0; k < size; k++) {
			char was = elements[i * size + k];

			elements[i * size + k] = elements[j * size + k];
			elements[j * size + k] = was;
		}
	}
}
