/* Small objects. */
#include "crew.h"

#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define NOTES 100
#define CHUNK 256  /* pages */
#define LEFT  4096 /* pages */

static bool all_are(const unsigned char *object, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (object[i] != value)
			return false;
	return true;
}

TEST(sizes, "kernel/kmalloc-gives-what-was-asked-for-aligned-to-16")
{
	static const size_t around[] = {0,   16,  32,  48,  64,   96,   100,  128, 192,
					256, 384, 512, 800, 1344, 2016, 4096, 8192};

	for (unsigned i = 0; i < sizeof around / sizeof around[0]; i++) {
		for (size_t size = around[i] ? around[i] - 1 : 0; size <= around[i] + 1; size++) {
			unsigned char *a = kmalloc(size), *b = kmalloc(size);

			if (CHECK(a && b)) {
				CHECK_EQ((uintptr_t)a % 16, 0);
				CHECK(kmalloc_usable(a) >= size);
				CHECK(a + size <= b || b + size <= a);
				memset(a, 1, size);
				memset(b, 2, size);
				CHECK(all_are(a, size, 1) && all_are(b, size, 2));
			}
			kfree(a);
			kfree(b);
		}
	}
	kfree(NULL);
}

TEST(calloc, "kernel/kcalloc-zeroes-and-knows-when-a-product-overflows")
{
	unsigned char *a = kmalloc(300);

	if (CHECK(a))
		memset(a, 0xff, 300);
	kfree(a);
	a = kcalloc(3, 100);
	if (CHECK(a))
		CHECK(all_are(a, 300, 0));
	kfree(a);
	CHECK(!kcalloc(SIZE_MAX / 2, 3));
	CHECK(!kcalloc(SIZE_MAX, SIZE_MAX));
	CHECK(!kmalloc(SIZE_MAX));
	CHECK(!kmalloc(SIZE_MAX - PT_PAGE_SIZE));
}

TEST(realloc, "kernel/krealloc-keeps-the-contents")
{
	static const size_t sizes[] = {10, 16, 17, 60, 5000, 9000, 2000, 30, 1, 4096};
	unsigned char *a = NULL;
	size_t had = 0;

	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t keeps = had < sizes[i] ? had : sizes[i];

		a = krealloc(a, sizes[i]);
		if (!CHECK(a))
			return;
		CHECK(all_are(a, keeps, 7));
		memset(a, 7, sizes[i]);
		had = sizes[i];
	}
	CHECK(!krealloc(a, SIZE_MAX)); /* and A stays as it is */
	CHECK(all_are(a, had, 7));
	kfree(a);
}

TEST(reuse, "kernel/freed-objects-are-used-again")
{
	void *object[40];
	size_t used;

	for (unsigned i = 0; i < 40; i++)
		CHECK(object[i] = kmalloc(500));
	used = palloc_used();
	for (unsigned i = 0; i < 40; i += 2)
		kfree(object[i]);
	for (unsigned i = 0; i < 40; i += 2)
		CHECK(object[i] = kmalloc(500));
	CHECK(palloc_used() <= used);
	for (unsigned i = 0; i < 40; i++)
		kfree(object[i]);
}

struct link {
	struct link *next;
};

/* Most of memory at once, so that the rest is soon used up by small things; a list of CHUNKs. */
static struct link *pages_take(void)
{
	struct link *first = NULL, *chunk;

	while (palloc_total() - palloc_used() > LEFT && (chunk = palloc_get_multiple(0, CHUNK))) {
		chunk->next = first;
		first = chunk;
	}
	return first;
}

TEST(kmalloc_exhaustion, "kernel/kmalloc-says-null-when-memory-ends-and-all-comes-back")
{
	struct link *first = NULL, *object, *taken = pages_take();
	size_t objects = kmalloc_objects(), n = 0;

	while ((object = kmalloc(n % 3 ? 8192 : 700))) {
		object->next = first;
		first = object;
		n++;
	}
	while ((object = kmalloc(700))) {
		object->next = first;
		first = object;
		n++;
	}
	CHECK(!kmalloc(8192));
	CHECK_EQ(kmalloc_objects(), objects + n);
	CHECK(first && !krealloc(first, 100000));
	while ((object = first)) {
		first = object->next;
		kfree(object);
	}
	CHECK_EQ(kmalloc_objects(), objects);
	while ((object = taken)) {
		taken = object->next;
		palloc_free_multiple(object, CHUNK);
	}
}

/* ---- any order, any size, all CPUs ---- */

struct note {
	unsigned char *object;
	size_t size;
	unsigned char value;
};

static bool shuffle(unsigned rounds)
{
	struct note notes[NOTES] = {{NULL, 0, 0}};
	bool good = true;

	for (unsigned i = 0; i < rounds + NOTES; i++) {
		struct note *n = &notes[i < rounds ? test_rand() % NOTES : i - rounds];

		if (n->object) {
			good &= all_are(n->object, n->size, n->value);
			kfree(n->object);
			n->object = NULL;
		} else if (i < rounds) {
			n->size = (size_t)(test_rand() % (test_rand() % 8 ? 300 : 6000));
			n->value = (unsigned char)test_rand();
			n->object = kmalloc(n->size);
			good &= n->object != NULL;
			if (n->object)
				memset(n->object, n->value, n->size);
		}
	}
	return good;
}

TEST(kmalloc_random, "kernel/objects-are-nobody-elses-while-they-are-held") { CHECK(shuffle(10000)); }

static _Atomic unsigned bad;

static void shuffler(void *unused)
{
	(void)unused;
	bad += !shuffle(2000);
}

TEST(kmalloc_smp, "kernel/objects-are-nobody-elses-on-many-cpus")
{
	struct crew crew = {0};

	bad = 0;
	crew_spread(&crew, 2 * cpu_count < 8 ? 2 * cpu_count : 8, shuffler, NULL);
	crew_join(&crew);
	CHECK_EQ(bad, 0);
}
