/* When memory is short: watermarks, the page-out thread, who ends when everything is full. And what is told. */
#include "vm/trace.h"
#include "vmtest.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

static vaddr_t written(struct supplemental_page_table *s, unsigned n)
{
	vaddr_t va = map_anon(s, n, RW);

	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(user_write(s, va + i * P, 100 + i), 0);
	return va;
}

static size_t left(struct vmtest *t)
{
	const struct vm_stats *now = stats_now(t);

	return now->frames - now->frames_used;
}

TEST(pageout, "memory/page-out-begins-below-one-mark-and-ends-at-another")
{
	struct supplemental_page_table s;
	struct vmtest t;

	if (vmtest_begin(&t, 128, 256) && CHECK_EQ(spt_init(&s), 0)) {
		written(&s, 100);
		vm_pageout();
		CHECK_EQ(left(&t), 128 - 1 - 100); /* enough are free */
		CHECK_EQ(t.disk.writes, 0);
		written(&s, 24);
		CHECK_EQ(left(&t), 3); /* the reserve */
		CHECK_EQ(t.disk.writes, 0);
		vm_pageout();
		CHECK_EQ(left(&t), 128 / 8 + 3 + 1);
		vm_check();
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

TEST(thread, "memory/the-page-out-thread-frees-what-is-short")
{
	struct supplemental_page_table s;
	struct vmtest t;
	vaddr_t va;

	if (vmtest_begin(&t, 128, 1024) && CHECK_EQ(spt_init(&s), 0)) {
		if (m_pageout(true)) {
			va = written(&s, 600);
			for (unsigned i = 0; i < 600; i++)
				CHECK(user_sees(&s, va + i * P, 100 + i));
			m_pageout(false);
			vm_check();
		} else {
			test_skip("no page-out thread here");
		}
		m_leave();
		spt_kill(&s);
	}
	vmtest_end(&t);
}

/* ---- memory and swap are full ---- */

static struct supplemental_page_table a, b, c;
static struct supplemental_page_table *ended;
static size_t ended_pages;
static unsigned ends;

/* As soon as it can: nobody runs in it. */
static bool end_now(struct supplemental_page_table *victim, size_t pages)
{
	ends++;
	ended = victim;
	ended_pages = pages;
	if (victim != &a)
		spt_kill(victim);
	return true;
}

static bool end_nobody(struct supplemental_page_table *victim, size_t pages)
{
	(void)victim, (void)pages;
	ends++;
	return false;
}

static bool full_begin(struct vmtest *t, size_t frames, uint32_t slots)
{
	ends = 0;
	ended = NULL;
	return vmtest_begin(t, frames, slots) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0) &&
	       CHECK_EQ(spt_init(&c), 0);
}

/* Write pages of S until that is an error. */
static int fill(struct supplemental_page_table *s, unsigned most, unsigned *n)
{
	vaddr_t va = map_anon(s, most, RW);
	int err = 0;

	for (*n = 0; *n < most && !err; ++*n)
		err = user_write(s, va + *n * P, *n);
	*n -= err != 0;
	return err;
}

TEST(largest, "memory/when-all-is-full-the-largest-ends-and-others-go-on")
{
	struct vmtest t;
	unsigned n;
	vaddr_t kept;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_now);
		kept = written(&c, 4);
		CHECK_EQ(fill(&b, 24, &n), 0);
		CHECK_EQ(fill(&a, 22, &n), 0); /* past what there is: B ends meanwhile */
		CHECK_EQ(ends, 1);
		CHECK(ended == &b);
		CHECK_EQ(ended_pages, 24);
		vm_check();
		for (unsigned i = 0; i < 4; i++)
			CHECK(user_sees(&c, kept + i * P, 100 + i));
		m_leave();
		spt_kill(&a);
		spt_kill(&c);
	}
	vmtest_end(&t);
}

TEST(asker, "memory/who-asks-ends-when-nobody-holds-more")
{
	struct vmtest t;
	unsigned n;
	uint64_t value;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_now);
		CHECK_EQ(fill(&b, 8, &n), 0);
		CHECK_EQ(fill(&a, 64, &n), -VM_ENOMEM);
		CHECK(n > 30);
		CHECK_EQ(ends, 1);
		CHECK(ended == &a);
		CHECK_EQ(user_read(&a, map_anon(&a, 1, RW), &value), -VM_ENOMEM); /* it gets nothing more */
		CHECK_EQ(ends, 1);
		vm_check();
		m_leave();
		spt_kill(&a);
		CHECK_EQ(fill(&b, 20, &n), 0);
		m_leave();
		spt_kill(&b);
		spt_kill(&c);
	}
	vmtest_end(&t);
}

/* A holds 64 pages, the younger C that many; no more are to be had when A wants one. */
static struct supplemental_page_table *ends_beside(unsigned pages)
{
	struct vmtest t;
	unsigned n;

	if (full_begin(&t, 40, 112)) {
		m_oom(end_nobody);
		CHECK_EQ(fill(&a, 64, &n), 0);
		CHECK_EQ(fill(&c, pages, &n), 0);
		CHECK_EQ(fill(&b, 60, &n), -VM_ENOMEM);
		ends = 0;
		m_oom(end_now);
		CHECK_EQ(user_write(&a, map_anon(&a, 1, RW), 1), pages < 60 ? -VM_ENOMEM : 0);
		CHECK_EQ(ends, 1);
		vm_check();
		m_leave();
		spt_kill(&a);
		spt_kill(&b);
		if (ended != &c)
			spt_kill(&c);
	}
	vmtest_end(&t);
	return ended;
}

TEST(youngest, "memory/among-equals-but-for-a-few-pages-the-youngest-ends")
{
	CHECK(ends_beside(64) == &c);
	CHECK(ends_beside(63) == &c);
	CHECK(ends_beside(50) == &a);
}

/* N pages of shared memory, written. */
static vaddr_t shared(struct supplemental_page_table *s, unsigned n)
{
	vaddr_t va = 0;

	CHECK_EQ(vm_map(s, 0, n * P, RW, VM_SHARED, NULL, 0, &va), 0);
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(user_write(s, va + i * P, 100 + i), 0);
	return va;
}

TEST(shared_counts, "memory/shared-pages-count-for-who-maps-them")
{
	struct vmtest t;
	unsigned n;
	vaddr_t va;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_now);
		CHECK_EQ(fill(&c, 4, &n), 0);
		va = shared(&b, 22);
		CHECK_EQ(vm_protect(&b, va + 3 * P, 2 * P, VM_READ), 0); /* several regions, one space */
		CHECK_EQ(fill(&a, 21, &n), 0);
		CHECK_EQ(ends, 1);
		CHECK(ended == &b);
		CHECK_EQ(ended_pages, 22);
		vm_check();
		m_leave();
		spt_kill(&a);
		spt_kill(&c);
	}
	vmtest_end(&t);
}

TEST(shared_parts, "memory/who-shares-memory-holds-a-part-of-it")
{
	struct vmtest t;
	unsigned n;
	vaddr_t va;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_now);
		va = shared(&b, 20);
		CHECK_EQ(spt_copy(&a, &b), 0);
		CHECK_EQ(fill(&c, 19, &n), 0);
		CHECK_EQ(fill(&a, 8, &n), 0); /* with half of what is shared, less than C has */
		CHECK_EQ(ends, 1);
		CHECK(ended == &c);
		CHECK_EQ(ended_pages, 19);
		for (unsigned i = 0; i < 20; i++)
			CHECK(user_sees(&b, va + i * P, 100 + i));
		vm_check();
		m_leave();
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}

/* B cannot be made to end: C, which holds the most of the others, does. */
static bool end_but_b(struct supplemental_page_table *victim, size_t pages)
{
	return victim == &b ? end_nobody(victim, pages) : end_now(victim, pages);
}

TEST(next, "memory/where-the-largest-cannot-be-ended-the-next-is")
{
	struct vmtest t;
	unsigned n;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_but_b);
		CHECK_EQ(fill(&b, 18, &n), 0);
		CHECK_EQ(fill(&c, 16, &n), 0);
		CHECK_EQ(fill(&a, 14, &n), 0);
		CHECK_EQ(ends, 2);
		CHECK(ended == &c);
		CHECK_EQ(ended_pages, 16);
		vm_check();
		CHECK(user_sees(&b, b.region[0]->start, 0));
		CHECK_EQ(vm_unmap(&b, b.region[0]->start, P), 0); /* B can still be asked for, another time */
		CHECK_EQ(fill(&a, 64, &n), -VM_ENOMEM);
		CHECK_EQ(ends, 3);
		CHECK(ended == &a);
		m_leave();
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}

TEST(nobody, "memory/where-nobody-can-be-ended-that-is-an-error")
{
	struct vmtest t;
	unsigned n;

	if (full_begin(&t, 32, 16)) {
		m_oom(end_nobody);
		CHECK_EQ(fill(&b, 24, &n), 0);
		CHECK_EQ(fill(&a, 64, &n), -VM_ENOMEM);
		CHECK_EQ(ends, 2); /* B, and then A itself */
		vm_check();
		CHECK_EQ(vm_unmap(&a, 0x1000, P), 0);
		CHECK(user_sees(&b, b.region[0]->start, 0));
		m_leave();
		spt_kill(&b);
		CHECK_EQ(fill(&a, 16, &n), 0);
		m_leave();
		spt_kill(&a);
		spt_kill(&c);
	}
	vmtest_end(&t);
}

/* ---- what is told ---- */

static enum vm_event told[64];
static unsigned ntold;

static unsigned heard;

static void count(const char *fmt, ...)
{
	(void)fmt;
	heard++;
}

TEST(untold, "memory/nothing-is-noted-while-that-is-off-and-what-is-too-old-is-not-told")
{
	struct vmtest t;

	if (vmtest_begin(&t, 32, 16) && CHECK_EQ(spt_init(&a), 0)) {
		vaddr_t va = map_anon(&a, 1, VM_READ);
		uint64_t value;

		vm_tracing = false;
		heard = 0;
		CHECK_EQ(user_read(&a, va, &value), 0);
		vm_tracing = true;
		CHECK_EQ(vm_fault(&a, 0, VM_READ), -VM_EFAULT); /* one event */
		for (unsigned i = 0; i < 300; i++)              /* more than one CPU keeps */
			CHECK_EQ(vm_fault(&a, 0, VM_READ), -VM_EFAULT);
		vm_trace_last(100, count);
		CHECK_EQ(heard, 100);
		heard = 0;
		vm_trace_last(310, count);
		CHECK(heard >= 256 && heard < 300);
		m_leave();
		spt_kill(&a);
	}
	vmtest_end(&t);
}

static void hear(const char *fmt, ...)
{
	static const char *const name[VM_EVENTS] = {
		[VM_FAULT] = "fault",        [VM_CLAIM] = "claim",     [VM_EVICT] = "evict",
		[VM_SWAP_OUT] = "swap out",  [VM_SWAP_IN] = "swap in", [VM_COW_BREAK] = "cow break",
		[VM_SHOOTDOWN] = "shootdown"};
	__builtin_va_list ap;
	const char *word;

	__builtin_va_start(ap, fmt);
	(void)__builtin_va_arg(ap, unsigned long long);
	(void)__builtin_va_arg(ap, unsigned);
	word = __builtin_va_arg(ap, const char *);
	for (unsigned e = 1; e < VM_EVENTS; e++) {
		if (name[e] && !__builtin_strcmp(word, name[e]) && e != VM_SHOOTDOWN && ntold < 64)
			told[ntold++] = e;
	}
	__builtin_va_end(ap);
}

TEST(told, "memory/the-last-events-are-told-in-order")
{
	static const enum vm_event want[] = {VM_FAULT,   VM_CLAIM, VM_SWAP_OUT,  VM_FAULT,
					     VM_SWAP_IN, VM_FAULT, VM_COW_BREAK, VM_CLAIM};
	struct vmtest t;

	ntold = 0;
	if (vmtest_begin(&t, 32, 16) && CHECK_EQ(spt_init(&a), 0) && CHECK_EQ(spt_init(&b), 0)) {
		vaddr_t va = written(&a, 1);

		CHECK_EQ(vm_reclaim(1), 1);
		CHECK(user_sees(&a, va, 100));
		CHECK_EQ(spt_copy(&b, &a), 0);
		CHECK_EQ(user_write(&b, va, 1), 0);
		m_leave();
		swap_cluster = 1;
		CHECK_EQ(vm_reclaim(2), 2);
		vm_trace_last(40, hear);
		for (unsigned i = 0; i < 8 && CHECK(ntold >= 10); i++)
			CHECK_EQ(told[ntold - 10 + i], want[i]);
		/* One was changed and one was not; which goes first is the policy's. */
		CHECK_EQ(told[ntold - 2] + told[ntold - 1], VM_SWAP_OUT + VM_EVICT);
		spt_kill(&a);
		spt_kill(&b);
	}
	vmtest_end(&t);
}
