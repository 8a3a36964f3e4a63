/* RC4's key stream (see include/random.h). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pintos_random_init(unsigned seed);
void pintos_random_bytes(void *buffer, size_t size);
unsigned long pintos_random_ulong(void);

static struct {
	uint8_t s[256], i, j;
	bool keyed;
} rc4;

static void swap(uint8_t a, uint8_t b)
{
	uint8_t was = rc4.s[a];

	rc4.s[a] = rc4.s[b];
	rc4.s[b] = was;
}

void pintos_random_init(unsigned seed)
{
	uint8_t j = 0;

	for (unsigned i = 0; i < 256; i++)
		rc4.s[i] = (uint8_t)i;
	for (unsigned i = 0; i < 256; i++) {
		j += rc4.s[i] + (uint8_t)(seed >> i % 4 * 8);
		swap((uint8_t)i, j);
	}
	rc4.i = rc4.j = 0;
	rc4.keyed = true;
}

void pintos_random_bytes(void *buffer, size_t size)
{
	if (!rc4.keyed)
		pintos_random_init(0);
	for (uint8_t *p = buffer, *end = p + size; p < end; p++) {
		rc4.i++;
		rc4.j += rc4.s[rc4.i];
		swap(rc4.i, rc4.j);
		*p = rc4.s[(uint8_t)(rc4.s[rc4.i] + rc4.s[rc4.j])];
	}
}

unsigned long pintos_random_ulong(void)
{
	unsigned long value;

	pintos_random_bytes(&value, sizeof value);
	return value;
}
