/* The loop over all N; see nth.h. */
#include "nth.h"

#define MOST 2000 /* a workload that asks for more is too long */

static struct world world;

enum what { MEMORY, DISK, FILE_OP };
static const char *const what_name[] = {"allocation", "transfer", "operation of the file"};

static void arm(struct world *w, enum what what, unsigned n, bool for_good)
{
	if (what == MEMORY) {
		m_fail(n, for_good);
	} else if (what == DISK) {
		w->t.disk.fail_nth = n;
		w->t.disk.fail_on = for_good;
	} else {
		w->file.fail_nth = w->file_nth = n;
		w->file.fail_on = w->file_on = for_good;
	}
}

static unsigned reached(const struct world *w, enum what what)
{
	return what == MEMORY ? m_failed() : what == DISK ? w->t.disk.failed : w->file.failed;
}

/* Nothing fails any more, and an area that was set aside is swapped on again. */
static void mend(struct world *w, enum what what)
{
	arm(w, what, 0, false);
	if (stats_now(&w->t)->slots_aside)
		CHECK_EQ(vm_swapon(&w->t.disk.object, w->t.disk.npages), 0);
}

/* One run. Were there N? */
static bool run(const struct workload *load, enum what what, unsigned n, bool for_good)
{
	struct world *w = &world;
	bool met;

	*w = (struct world){.va = 0};
	if (!vmtest_begin(&w->t, load->frames, load->slots))
		return false;
	arm(w, what, n, for_good);
	met = false;
	for (unsigned i = 0; load->step[i] && !test_failing(); i++) {
		int err = load->step[i](w);

		if (err) {
			met |= reached(w, what) != 0;
			CHECK(met);
			mend(w, what);
			CHECK(err == -VM_ENOMEM || err == -VM_EIO || err == -VM_ENOSPC);
			m_check();
			vm_check();
			CHECK_EQ(load->step[i](w), 0);
		}
		if (test_failing())
			test_note("step %u; the %s that failed%s was number %u", i + 1, what_name[what],
				  for_good ? ", and all after it," : "", n);
	}
	met |= reached(w, what) != 0;
	m_leave();
	if (load->end)
		load->end(w);
	if (w->has_a)
		spt_kill(&w->a); /* needs no memory: what fails for good fails still */
	if (w->has_b)
		spt_kill(&w->b);
	if (w->has_c)
		spt_kill(&w->c);
	if (w->has_file) {
		vm_object_put(&w->file.object);
		CHECK_EQ(w->file.releases, 1);
		CHECK_EQ(w->file.strays, 0);
		ramfile_free(&w->file);
	}
	arm(w, what, 0, false);
	vmtest_end(&w->t);
	return met;
}

void fail_every(const struct workload *load)
{
	unsigned n;

	if (!m_fail(0, false)) {
		test_skip("memory cannot be made to fail here");
		return;
	}
	for (enum what what = MEMORY; what <= (load->file ? FILE_OP : DISK); what++) {
		for (unsigned for_good = 0; for_good <= 1; for_good++) {
			for (n = 1; n < MOST && run(load, what, n, for_good) && !test_failing(); n++)
				continue;
			CHECK(n < MOST);
			if (n > 1)
				test_note("%u %ss, each fails %s", n - 1, what_name[what],
					  for_good ? "for good" : "once");
		}
	}
	m_failed_tell();
}

int write_pages(struct supplemental_page_table *s, vaddr_t va, unsigned n, uint64_t from)
{
	int err = 0;

	for (unsigned i = 0; !err && i < n; i++)
		err = user_write(s, va + i * P, from + i);
	return err;
}

int see_pages(struct supplemental_page_table *s, vaddr_t va, unsigned n, uint64_t from)
{
	uint64_t value;
	int err = 0;

	for (unsigned i = 0; !err && i < n; i++) {
		err = user_read(s, va + i * P, &value);
		if (!err)
			CHECK_EQ(value, from + i);
	}
	return err;
}

int make_a(struct world *w)
{
	int err = spt_init(&w->a);

	w->has_a = !err;
	return err;
}

int fork_b(struct world *w)
{
	int err = spt_init(&w->b);

	if (err)
		return err;
	err = spt_copy(&w->b, &w->a);
	w->has_b = !err;
	if (err)
		spt_kill(&w->b);
	return err;
}

int make_file(struct world *w)
{
	if (!ramfile_make(&w->file, 24, 20 * P + 100))
		return -VM_ENOMEM;
	w->file.fail_nth = w->file_nth;
	w->file.fail_on = w->file_on;
	w->has_file = true;
	return 0;
}
