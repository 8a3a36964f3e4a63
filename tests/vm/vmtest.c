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

/* One transfer more is asked for. */
static bool disk_fails(struct ramdisk *d, unsigned *count, unsigned *wanted)
{
	bool is;

	port_lock(&d->lock);
	++*count;
	is = fails(d, wanted);
	port_unlock(&d->lock);
	return is;
}

static int disk_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramdisk *d = (struct ramdisk *)object;

	for (unsigned i = 0; i < n; i++) {
		if (disk_fails(d, &d->reads, &d->fail_reads))
			return -VM_EIO;
		__builtin_memcpy(kva[i], d->page[index + i], PT_PAGE_SIZE);
	}
	return 0;
}

static int disk_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramdisk *d = (struct ramdisk *)object;

	for (unsigned i = 0; i < n; i++) {
		if (disk_fails(d, &d->writes, &d->fail_writes))
			return -VM_EIO;
		__builtin_memcpy(d->page[index + i], kva[i], PT_PAGE_SIZE);
	}
	return 0;
}

static const struct vm_object_ops disk_ops = {.read = disk_read, .write = disk_write};

static void disk_free(struct ramdisk *d)
{
	for (uint32_t i = 0; d->page && i < d->npages; i++) {
		if (d->page[i])
			port_free(d->page[i], PT_PAGE_SIZE);
	}
	if (d->page)
		port_free(d->page, d->npages * sizeof *d->page);
	d->page = NULL;
}

static bool disk_make(struct ramdisk *d, uint32_t npages)
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
	if (!CHECK_EQ(vm_setup(lo, hi, frames, NULL), 0))
		return false;
	return !slots ||
	       (CHECK(disk_make(&t->disk, slots)) && CHECK_EQ(vm_swapon(&t->disk.object, slots), 0));
}

const struct vm_stats *stats_now(struct vmtest *t)
{
	vm_stats(&t->stats);
	return &t->stats;
}

void vmtest_end(struct vmtest *t)
{
	m_leave();
	vm_check();
	vm_stats(&t->stats);
	CHECK_EQ(t->stats.frames_used, 1); /* the zero frame */
	CHECK_EQ(t->stats.slots_used, 0);
	vm_shutdown();
	disk_free(&t->disk);
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
