/* The VM tests' fixture; see vmtest.h. */
#include "vmtest.h"

static bool fails(struct ramdisk *d, unsigned *wanted)
{
	if (*wanted) {
		--*wanted;
		return true;
	}
	if (!d->fail_nth || --d->fail_nth)
		return false;
	d->fail_nth = d->fail_on;
	d->failed++;
	return true;
}

/* One transfer more is asked for, by CALLER. */
static bool disk_fails(struct ramdisk *d, uint64_t index, unsigned *count, unsigned *wanted,
		       const void *caller)
{
	bool is;

	port_lock(&d->lock);
	++*count;
	is = fails(d, wanted) || index + 1 == d->bad || d->bad_all;
	port_unlock(&d->lock);
	if (is)
		m_failed_at(caller);
	return is;
}

static void request(struct ramdisk *d, unsigned *count)
{
	port_lock(&d->lock);
	++*count;
	port_unlock(&d->lock);
}

static int disk_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramdisk *d = (struct ramdisk *)object;

	request(d, &d->read_requests);
	for (unsigned i = 0; i < n; i++) {
		if (disk_fails(d, index + i, &d->reads, &d->fail_reads, __builtin_return_address(0)))
			return -VM_EIO;
		__builtin_memcpy(kva[i], d->page[index + i], PT_PAGE_SIZE);
	}
	return 0;
}

static int disk_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramdisk *d = (struct ramdisk *)object;

	request(d, &d->write_requests);
	for (unsigned i = 0; i < n; i++) {
		if (disk_fails(d, index + i, &d->writes, &d->fail_writes, __builtin_return_address(0)))
			return -VM_EIO;
		__builtin_memcpy(d->page[index + i], kva[i], PT_PAGE_SIZE);
	}
	return 0;
}

static const struct vm_object_ops disk_ops = {.read = disk_read, .write = disk_write};

void ramdisk_free(struct ramdisk *d)
{
	for (uint32_t i = 0; d->page && i < d->npages; i++) {
		if (d->page[i])
			port_free(d->page[i], PT_PAGE_SIZE);
	}
	if (d->page)
		port_free(d->page, d->npages * sizeof *d->page);
	d->page = NULL;
}

bool ramdisk_make(struct ramdisk *d, uint32_t npages)
{
	*d = (struct ramdisk){.object.ops = &disk_ops, .lock = PORT_LOCK_INIT("ramdisk"), .npages = npages};
	d->page = port_alloc(npages * sizeof *d->page);
	for (uint32_t i = 0; d->page && i < npages; i++) {
		d->page[i] = port_alloc(PT_PAGE_SIZE);
		if (!d->page[i])
			return false;
	}
	return d->page;
}

bool vmtest_begin(struct vmtest *t, size_t frames, uint32_t slots)
{
	paddr_t lo, hi;

	*t = (struct vmtest){.pages = m_pages_in_use(), .small = m_small_in_use()};
	m_ram(&lo, &hi);
	if (!CHECK_EQ(vm_setup(lo, hi, frames, m_policy()), 0))
		return false;
	return !slots ||
	       (CHECK(ramdisk_make(&t->disk, slots)) && CHECK_EQ(vm_swapon(&t->disk.object, slots), 0));
}

const struct vm_stats *stats_now(struct vmtest *t)
{
	vm_stats(&t->stats);
	return &t->stats;
}

void vmtest_end(struct vmtest *t)
{
	m_leave();
	m_oom(NULL);
	swap_cluster = SWAP_CLUSTER_MAX;
	swap_count_max = SWAP_COUNT_MAX;
	vm_check();
	vm_stats(&t->stats);
	CHECK_EQ(t->stats.frames_used, 1); /* the zero frame */
	CHECK_EQ(t->stats.slots_used, 0);
	vm_shutdown();
	swap_cluster = SWAP_CLUSTER_MAX;
	ramdisk_free(&t->disk);
	CHECK_EQ(m_pages_in_use(), t->pages);
	CHECK_EQ(m_small_in_use(), t->small);
}

static int user(struct supplemental_page_table *spt, vaddr_t va, unsigned how, unsigned access,
		uint64_t *value)
{
	int err = 0;

	m_enter(&spt->pt);
	while (!err && m_access(va, how, value) != M_OK)
		err = vm_fault(spt, va, access);
	m_linger();
	return err;
}

int user_read(struct supplemental_page_table *spt, vaddr_t va, uint64_t *value)
{
	return user(spt, va, M_USER, VM_READ, value);
}

int user_write(struct supplemental_page_table *spt, vaddr_t va, uint64_t value)
{
	return user(spt, va, M_USER | M_WRITE, VM_WRITE, &value);
}

struct write {
	struct supplemental_page_table *spt;
	vaddr_t va;
	uint64_t value;
	int err;
};

static void write_one(void *arg)
{
	struct write *w = arg;

	w->err = user_write(w->spt, w->va, w->value);
}

int user_write_both(struct supplemental_page_table *spt, vaddr_t va, uint64_t value, vaddr_t va2,
		    uint64_t value2, unsigned when)
{
	struct write a = {spt, va, value, 0}, b = {spt, va2, value2, 0};

	m_both(write_one, &a, &b, when);
	CHECK_EQ(a.err, b.err);
	return a.err;
}

bool user_sees(struct supplemental_page_table *spt, vaddr_t va, uint64_t want)
{
	uint64_t value = ~want;

	return CHECK_EQ(user_read(spt, va, &value), 0) && CHECK_EQ(value, want);
}

vaddr_t map_anon(struct supplemental_page_table *spt, uint64_t npages, unsigned prot)
{
	vaddr_t where = 0;

	CHECK_EQ(vm_map(spt, 0, npages * PT_PAGE_SIZE, prot, 0, NULL, 0, &where), 0);
	return where;
}

static void leave_here(void *unused)
{
	(void)unused;
	m_leave();
}

void leave_all(unsigned n)
{
	for (unsigned cpu = 0; cpu < n; cpu++)
		m_on(cpu, leave_here, NULL);
}
