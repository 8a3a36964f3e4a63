/* The virtio disks of the test machine, by serial number: "scratch" may be overwritten, "bad" has a sector that cannot
 * be read or written (sector 80, in block 10), "slow" takes 300 ms for each request, "fixed" cannot be written, "short"
 * has less than one block. */
#include "crew.h"
#include "words.h"

#include "kernel/fs/block.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define PAGES   70 /* of one request: more than a slot of the queue has */
#define THREADS 8
#define BAD     10

static void *page[2][PAGES];

static bool pages_get(void)
{
	for (unsigned i = 0; i < 2 * PAGES; i++) {
		page[i / PAGES][i % PAGES] = palloc_get_page(0);
		if (!CHECK(page[i / PAGES][i % PAGES]))
			return false;
	}
	return true;
}

static void pages_put(void)
{
	for (unsigned i = 0; i < 2 * PAGES; i++) {
		palloc_free_page(page[i / PAGES][i % PAGES]);
		page[i / PAGES][i % PAGES] = NULL;
	}
}

TEST(disk_one, "disk/what-was-written-is-read")
{
	struct block_device *dev = block_find("scratch");

	if (!CHECK(dev) || !pages_get())
		return;
	CHECK(dev->blocks >= 1024);
	for (uint64_t block = 0; block < dev->blocks; block += dev->blocks / 7) {
		fill(page[0][0], block, 1);
		CHECK_EQ(block_write(dev, block, page[0][0]), 0);
		CHECK_EQ(block_flush(dev), 0);
		memset(page[0][1], 0, BLOCK_SIZE);
		CHECK_EQ(block_read(dev, block, page[0][1]), 0);
		CHECK(filled(page[0][1], block, 1));
	}
	pages_put();
}

TEST(disk_many, "disk/more-requests-than-the-queue-holds-are-all-served")
{
	struct block_device *dev = block_find("scratch");
	struct block_request r[40];

	if (!CHECK(dev) || !pages_get())
		return;
	for (unsigned i = 0; i < 40; i++) {
		fill(page[0][i], 100 + i * 3, 2);
		r[i] = (struct block_request){
			.write = true, .block = 100 + i * 3, .count = 1, .kva = &page[0][i]};
	}
	CHECK_EQ(block_transfer(dev, r, 40), 0);
	for (unsigned i = 0; i < 40; i++)
		r[i] = (struct block_request){.block = 100 + (39 - i) * 3, .count = 1, .kva = &page[1][i]};
	CHECK_EQ(block_transfer(dev, r, 40), 0);
	for (unsigned i = 0; i < 40; i++)
		CHECK(filled(page[1][i], 100 + (39 - i) * 3, 2));
	pages_put();
}

TEST(disk_long, "disk/a-request-of-many-scattered-pages-is-one-row-on-the-disk")
{
	struct block_device *dev = block_find("scratch");
	struct block_request r = {.write = true, .block = 500, .count = PAGES, .kva = page[0]};

	if (!CHECK(dev) || !pages_get())
		return;
	for (unsigned i = 0; i < PAGES; i++)
		fill(page[0][i], 500 + i, 3);
	CHECK_EQ(block_transfer(dev, &r, 1), 0);
	for (unsigned i = 0; i < PAGES; i++) {
		CHECK_EQ(block_read(dev, 500 + i, page[1][0]), 0);
		CHECK(filled(page[1][0], 500 + i, 3));
	}
	r = (struct block_request){.block = 500, .count = PAGES, .kva = page[1]};
	CHECK_EQ(block_transfer(dev, &r, 1), 0);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(filled(page[1][i], 500 + i, 3));
	pages_put();
}

TEST(disk_range, "disk/what-is-not-on-the-disk-is-refused")
{
	struct block_device *dev = block_find("scratch");
	void *kva[2];
	struct block_request r = {.count = 2, .kva = kva};
	uint64_t before;

	if (!CHECK(dev))
		return;
	before = dev->reads + dev->writes;
	kva[0] = kva[1] = palloc_get_page(PAL_ASSERT);
	CHECK_EQ(block_read(dev, dev->blocks, kva[0]), -EIO);
	CHECK_EQ(block_write(dev, ~(uint64_t)0, kva[0]), -EIO);
	r.block = dev->blocks - 1;
	CHECK_EQ(block_transfer(dev, &r, 1), -EIO);
	CHECK_EQ(dev->reads + dev->writes, before);
	CHECK(!block_find("scratc"));
	palloc_free_page(kva[0]);
}

/* One of several requests meets the bad sector: that one fails, the others do not. */
TEST(disk_bad, "disk/a-bad-sector-is-an-error-of-its-request-alone")
{
	struct block_device *dev = block_find("bad");
	struct block_request r[3];

	if (!CHECK(dev) || !pages_get())
		return;
	for (unsigned i = 0; i < 3; i++)
		r[i] = (struct block_request){.block = BAD - 4 + i * 4, .count = 1, .kva = &page[0][i]};
	CHECK_EQ(block_transfer(dev, r, 3), -EIO);
	CHECK_EQ(r[0].status, 0);
	CHECK_EQ(r[1].status, -EIO);
	CHECK_EQ(r[2].status, 0);
	CHECK_EQ(block_write(dev, BAD, page[0][0]), -EIO);
	CHECK_EQ(block_read(dev, BAD + 1, page[0][0]), 0);
	pages_put();
}

static _Atomic unsigned next_lane, wrong;

/* Each thread has blocks of its own, and looks whether they stay as it left them. */
static void lane(void *arg)
{
	struct block_device *dev = arg;
	unsigned me = next_lane++;
	void *mine = palloc_get_page(0);

	for (unsigned round = 0; mine && round < 30; round++) {
		uint64_t block = 700 + me * 8 + round % 8;

		if (round >= 8)
			wrong += block_read(dev, block, mine) || !filled(mine, block, round - 8);
		fill(mine, block, round);
		wrong += block_write(dev, block, mine) != 0;
		if (round % 10 == 0)
			wrong += block_flush(dev) != 0;
	}
	wrong += !mine;
	palloc_free_page(mine);
}

TEST(disk_threads, "disk/threads-share-a-disk")
{
	struct block_device *dev = block_find("scratch");
	struct crew crew = {0};

	if (!CHECK(dev))
		return;
	next_lane = wrong = 0;
	crew_spread(&crew, THREADS, lane, dev);
	crew_join(&crew);
	CHECK_EQ(wrong, 0);
}

TEST(disk_fixed, "disk/a-disk-that-cannot-be-written-says-so")
{
	struct block_device *dev = block_find("fixed");
	void *kva = palloc_get_page(PAL_ASSERT);

	if (CHECK(dev)) {
		CHECK_EQ(block_write(dev, 0, kva), -EROFS);
		CHECK_EQ(block_read(dev, 0, kva), 0);
		CHECK_EQ(dev->writes, 0);
	}
	palloc_free_page(kva);
}

TEST(disk_short, "disk/a-disk-of-less-than-a-block-has-none")
{
	struct block_device *dev = block_find("short");
	void *kva = palloc_get_page(PAL_ASSERT);

	if (CHECK(dev)) {
		CHECK_EQ(dev->blocks, 0);
		CHECK_EQ(block_read(dev, 0, kva), -EIO);
		CHECK_EQ(block_write(dev, 0, kva), -EIO);
		CHECK_EQ(block_flush(dev), 0);
	}
	palloc_free_page(kva);
}

TEST(disk_names, "disk/a-disk-is-found-by-its-serial-and-by-its-name")
{
	unsigned n = 0;

	for (struct block_device *dev = NULL; (dev = block_next(dev)); n++) {
		CHECK_EQ((void *)block_find(dev->name), (void *)dev);
		CHECK_EQ((void *)block_find(dev->serial), (void *)dev);
		CHECK_EQ(dev->name[0], 'v');
		CHECK_EQ(dev->name[2], 'a' + (char)n);
	}
	CHECK(n >= 5);
	CHECK(!block_find("none") && !block_find("vd"));
}

/* What takes longer than the patience is told once, and comes all the same. */
TEST(disk_slow, "disk/a-request-without-an-answer-is-told-of-and-waited-for")
{
	struct block_device *dev = block_find("slow");
	uint64_t before, patience = block_patience_ns;
	void *kva = palloc_get_page(PAL_ASSERT);

	if (CHECK(dev)) {
		before = dev->late;
		block_patience_ns = 10 * NS_PER_MS;
		memset(kva, 1, BLOCK_SIZE);
		CHECK_EQ(block_read(dev, 3, kva), 0);
		CHECK_EQ(*(char *)kva, 0);
		CHECK_EQ(dev->late, before + 1);
		block_patience_ns = patience;
		CHECK_EQ(block_read(dev, 4, kva), 0);
		CHECK_EQ(dev->late, before + 1);
	}
	palloc_free_page(kva);
}
