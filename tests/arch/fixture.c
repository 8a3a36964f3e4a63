/* The conformance tests' fixture; see fixture.h. */
#include "fixture.h"

static void enter_here(void *pt) { m_enter(pt); }

static void leave_here(void *unused)
{
	(void)unused;
	m_leave();
}

void enter_on(unsigned cpu, struct pt *pt) { m_on(cpu, enter_here, pt); }

void leave_on(unsigned cpu) { m_on(cpu, leave_here, NULL); }

bool two_cpus(void)
{
	if (m_cpus() >= 2)
		return true;
	test_skip("needs 2 CPUs");
	return false;
}

bool fixture_begin(struct fixture *f, unsigned n)
{
	*f = (struct fixture){.cpus = m_cpus() < 2 ? 1 : 2, .pages = m_pages_in_use()};
	f->ok = CHECK_EQ(pt_init(&f->pt), 0);
	for (unsigned i = 0; f->ok && i < n; i++) {
		f->frame[i] = m_page();
		f->ok = CHECK(f->frame[i] != 0);
		if (f->ok)
			*m_word(f->frame[i]) = 100 + i;
	}
	for (unsigned cpu = 0; f->ok && cpu < f->cpus; cpu++)
		enter_on(cpu, &f->pt);
	return f->ok;
}

void fixture_end(struct fixture *f)
{
	struct tlb_gather g;

	for (unsigned cpu = 0; cpu < f->cpus; cpu++)
		leave_on(cpu);
	tlb_begin(&g, &f->pt, NULL);
	pt_unmap(&f->pt, 0, m_user_top(), &g, NULL, NULL);
	tlb_finish(&g);
	for (unsigned i = 0; i < sizeof f->frame / sizeof f->frame[0]; i++) {
		if (f->frame[i])
			m_page_free(f->frame[i]);
	}
	pt_destroy(&f->pt);
	CHECK_EQ(m_pages_in_use(), f->pages);
}

struct access {
	vaddr_t va;
	unsigned how;
	uint64_t value;
	enum m_result result;
	unsigned mended;
};

static struct access last;

static void access_here(void *arg)
{
	struct access *a = arg;

	a->result = m_access(a->va, a->how, &a->value);
	a->mended = m_mended();
}

enum m_result access_on(unsigned cpu, vaddr_t va, unsigned how, uint64_t *value)
{
	last = (struct access){.va = va, .how = how, .value = *value};
	m_on(cpu, access_here, &last);
	*value = last.value;
	return last.result;
}

bool reads(unsigned cpu, vaddr_t va, uint64_t want)
{
	uint64_t value = ~want;

	return access_on(cpu, va, M_USER, &value) == M_OK && CHECK_EQ(value, want);
}

bool writes(unsigned cpu, vaddr_t va, uint64_t value)
{
	return access_on(cpu, va, M_USER | M_WRITE, &value) == M_OK;
}

bool faults(unsigned cpu, vaddr_t va, unsigned how)
{
	uint64_t value = 0;

	return access_on(cpu, va, how, &value) == M_FAULT;
}

unsigned mended(void) { return last.mended; }

void unmap_now(struct pt *pt, vaddr_t va, unsigned npages)
{
	struct tlb_gather g;

	tlb_begin(&g, pt, NULL);
	pt_unmap(pt, va, va + npages * PT_PAGE_SIZE, &g, NULL, NULL);
	tlb_finish(&g);
}

void protect_now(struct pt *pt, vaddr_t va, unsigned npages, unsigned prot)
{
	struct tlb_gather g;

	tlb_begin(&g, pt, NULL);
	pt_protect(pt, va, va + npages * PT_PAGE_SIZE, prot, &g);
	tlb_finish(&g);
}

unsigned leaf_flags(struct pt *pt, vaddr_t va)
{
	struct pt_leaf leaf;

	return pt_query(pt, va, &leaf) ? leaf.flags : ~0u;
}
