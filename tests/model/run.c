/* Operations on the real thing, each beside the model's. Where memory or the disk was made to fail, the operation
 * may say so, must then have done nothing, and is done again. */
#include "model.h"

struct aux {
	struct vm_aux head;
	bool live;
	unsigned fails;
	uint64_t value;
};

static struct run {
	struct model m;
	struct vmtest t;
	struct ramdisk other;
	struct supplemental_page_table space[SPACES];
	struct aux aux[PROMISES];
	struct ramfile file[FILES];
	const struct setup *setup;
} run;

struct real {
	const struct op *op;
	unsigned promise;
	int err;
	uint64_t value;
	bool random; /* advise: so, or not any more */
	bool in_use; /* swapon: the area is */
	vaddr_t where;
};

static void aux_free(void *arg)
{
	struct aux *aux = arg;

	CHECK(aux->live);
	aux->live = false;
}

bool aux_fill(struct page *page, void *arg)
{
	struct aux *aux = arg;

	CHECK(aux->live);
	if (aux->fails) {
		aux->fails--;
		return false;
	}
	for (unsigned w = 0; w < WORDS; w++)
		*(uint64_t *)((char *)page->frame->kva + word_at(w)) = promise_word(aux->value, w);
	return true;
}

struct aux *aux_new(uint64_t value)
{
	unsigned i = 0;

	while (i < PROMISES - 1 && run.aux[i].live)
		i++;
	run.aux[i] = (struct aux){{1, aux_free}, true, value & 3 ? 0 : 1, value};
	return &run.aux[i];
}

int space_make(struct supplemental_page_table *s, bool fenced)
{
	const vaddr_t half = (vaddr_t)1 << 47,
		      top = (m_user_top() < half ? m_user_top() : half) - PT_PAGE_SIZE;
	const vaddr_t fence[3][2] = {
		{PT_PAGE_SIZE, WINDOW_VA}, {page_va(BUSY_LO), page_va(BUSY_HI)}, {page_va(WINDOW), top}};
	vaddr_t where;
	int err = spt_init(s);

	if (err)
		return err;
	s->stack_limit = STACK_PAGES * PT_PAGE_SIZE;
	for (unsigned i = 0; !err && fenced && i < 3; i++)
		err = vm_map(s, fence[i][0], fence[i][1] - fence[i][0], VM_EXEC, VM_FIXED, NULL, 0, &where);
	if (err)
		spt_kill(s);
	return err;
}

/* ---- the real thing ---- */

static int real_promise(struct supplemental_page_table *s, struct real *r)
{
	struct aux *aux = &run.aux[r->promise];
	int err;

	CHECK(!aux->live);
	*aux = (struct aux){{1, aux_free}, true, r->op->value & 3 ? 0 : 1, r->op->value};
	err = vm_promise(s, VM_ANON, page_va(r->op->page), r->op->prot & VM_WRITE, aux_fill, aux);
	if (err) { /* still ours */
		CHECK_EQ(aux->head.refs, 1);
		aux->live = false;
	}
	return err;
}

static int real_fork(struct supplemental_page_table *to, struct supplemental_page_table *from)
{
	int err = spt_init(to);

	if (err)
		return err;
	err = spt_copy(to, from);
	if (err)
		spt_kill(to);
	return err;
}

static struct vm_object *area(unsigned which) { return which ? &run.other.object : &run.t.disk.object; }
/* The whole file is on its disk, and what is clean is not written. */
static int real_sync(struct ramfile *file, const struct m_file *m)
{
	int err = vm_object_sync(&file->object, 0, UINT64_MAX);
	unsigned writes = file->writes;

	if (err)
		return err;
	CHECK_EQ(vm_object_sync(&file->object, 0, UINT64_MAX), 0);
	CHECK_EQ(file->writes, writes);
	CHECK_EQ(file->object.size, m->size);
	for (unsigned i = 0; i < FILE_PAGES; i++) {
		for (unsigned w = 0; w < WORDS && file_holds(m, i, w); w++)
			CHECK_EQ(file->there[i] ? disk_word(file, i * PT_PAGE_SIZE + word_at(w)) : 0,
				 m->word[i][w]);
	}
	return 0;
}

static int real_file(struct real *r)
{
	struct ramfile *file = &run.file[r->op->file];
	uint64_t at = r->op->page * PT_PAGE_SIZE + word_at(r->op->word);
	int64_t done = 0;

	switch ((enum op_kind)r->op->kind) {
	case OP_FILE_READ:
		r->value = 0;
		done = ramfile_read(file, NULL, at, &r->value, 8);
		break;
	case OP_FILE_WRITE: done = ramfile_write(file, at, &r->value, 8); break;
	case OP_TRUNCATE: done = ramfile_truncate(file, r->op->value); break;
	case OP_SYNC: done = real_sync(file, &run.m.file[r->op->file]); break;
	default: vm_writeback(); break;
	}
	return done < 0 ? (int)done : 0;
}

static int real_advise(struct supplemental_page_table *s, struct real *r)
{
	static const enum vm_advice advice[ADVICES] = {VM_ADVISE_DONTNEED, VM_ADVISE_PAGEOUT,
						       VM_ADVISE_WILLNEED, VM_ADVISE_RANDOM};
	unsigned which = r->op->value % ADVICES;

	return vm_advise(s, page_va(r->op->page), r->op->n * PT_PAGE_SIZE,
			 which == RANDOM && !r->random ? VM_ADVISE_NORMAL : advice[which]);
}

/* To the model, an area in use that has failed and gets another chance is one in use. */
static int real_swapon(const struct real *r)
{
	bool failed = stats_now(&run.t)->slots_bad || run.t.stats.slots_aside;
	int err = vm_swapon(area(r->op->to), r->op->to ? OTHER_SLOTS : run.setup->slots);

	return !err && failed && r->in_use ? -VM_EINVAL : err;
}

static void real_do(void *arg)
{
	struct real *r = arg;
	const struct op *op = r->op;
	struct supplemental_page_table *s = &run.space[op->space];
	vaddr_t va = page_va(op->page);
	uint64_t len = op->n * PT_PAGE_SIZE;

	r->value = op->value;
	r->err = 0;
	switch ((enum op_kind)op->kind) {
	case OP_READ: r->err = user_read(s, va + word_at(op->word), &r->value); break;
	case OP_WRITE: r->err = user_write(s, va + word_at(op->word), op->value); break;
	case OP_EXEC: r->err = vm_fault(s, va, VM_EXEC); break;
	case OP_MAP:
		r->err = vm_map(s, op->move ? 0 : va, len, op->prot, op->flags,
				op->file ? &run.file[op->file - 1].object : NULL, op->file ? op->to : 0,
				&r->where);
		break;
	case OP_UNMAP: r->err = vm_unmap(s, va, len); break;
	case OP_PROTECT: r->err = vm_protect(s, va, len, op->prot); break;
	case OP_REMAP: r->err = vm_remap(s, va, len, op->to * PT_PAGE_SIZE, op->move, &r->where); break;
	case OP_PROMISE: r->err = real_promise(s, r); break;
	case OP_LOOK: r->value = spt_find_page(s, (void *)(uintptr_t)(va + 8)) != NULL; break;
	case OP_FORK: r->err = real_fork(&run.space[op->to], s); break;
	case OP_KILL: spt_kill(s); break;
	case OP_CREATE: r->err = space_make(s, run.setup->fenced); break;
	case OP_EVICT: r->value = vm_reclaim(op->n); break;
	case OP_THREADS:
		r->err = user_write_both(s, va + word_at(op->word), op->value,
					 va + word_at((op->word + 1) % WORDS), ~op->value, op->to);
		break;
	case OP_SWAPON: r->err = real_swapon(r); break;
	case OP_SWAPOFF: r->err = vm_swapoff(area(op->to)); break;
	case OP_FILE_READ:
	case OP_FILE_WRITE:
	case OP_TRUNCATE:
	case OP_SYNC:
	case OP_WRITEBACK: r->err = real_file(r); break;
	case OP_ADVISE: r->err = real_advise(s, r); break;
	}
}

/* ---- what is made to fail ---- */

static void fail_begin(const struct op *op)
{
	if (op->fail == FAIL_MEMORY || op->fail == FAIL_MEMORY_FOR_GOOD)
		m_fail(op->fail_n, op->fail == FAIL_MEMORY_FOR_GOOD);
	run.t.disk.fail_reads = op->fail == FAIL_READ ? op->fail_n : 0;
	run.t.disk.fail_writes = op->fail == FAIL_WRITE ? op->fail_n : 0;
	run.other.fail_reads = run.t.disk.fail_reads;
	run.other.fail_writes = run.t.disk.fail_writes;
	for (unsigned i = 0; i < FILES; i++) {
		run.file[i].fail_reads = run.t.disk.fail_reads;
		run.file[i].fail_writes = run.t.disk.fail_writes;
	}
}

static void fail_end(void)
{
	m_fail(0, false);
	run.t.disk.fail_reads = run.t.disk.fail_writes = 0;
	run.other.fail_reads = run.other.fail_writes = 0;
	for (unsigned i = 0; i < FILES; i++)
		run.file[i].fail_reads = run.file[i].fail_writes = 0;
}

static bool touches(const struct op *op)
{
	return op->kind <= OP_EXEC || (op->kind >= OP_FILE_READ && op->kind <= OP_TRUNCATE);
}
static bool brings(const struct op *op) { return touches(op) || op->kind == OP_SWAPOFF; }

/* May OP have said so because something was made to fail? */
static bool excused(const struct op *op, const struct real *r, const struct expect *e)
{
	switch ((enum op_fail)op->fail) {
	case FAIL_MEMORY:
	case FAIL_MEMORY_FOR_GOOD:
		return r->err == -VM_ENOMEM || (op->kind == OP_LOOK && !r->value && e->value);
	case FAIL_READ: return brings(op) && r->err == -VM_EIO && e->err != -VM_EIO;
	case FAIL_WRITE:
		return (brings(op) && r->err == -VM_ENOMEM) || (op->kind == OP_SYNC && r->err == -VM_EIO);
	case FAIL_NONE: break;
	}
	return false;
}

/* Is there so much that memory and swap may be full? */
static bool tight(void) { return model_held(&run.m) > stats_now(&run.t)->slots; }

/* May there be no room for what an area holds, when it is given up? */
static bool crowded(void) { return model_held(&run.m) > run.setup->frames / 2; }

/* ---- one operation beside the model ---- */

static bool op_agrees(const struct op *op, const struct real *r, const struct expect *e)
{
	if (!CHECK_EQ(r->err, e->err))
		return false;
	if (e->err)
		return true;
	if (e->read || op->kind == OP_LOOK)
		return CHECK_EQ(r->value, e->value);
	if (op->kind == OP_MAP || op->kind == OP_REMAP)
		return CHECK_EQ(r->where, page_va(e->page));
	if (op->kind == OP_EVICT && !op->fail && !tight() && run.setup->slots && !stats_now(&run.t)->dirty)
		return CHECK(r->value >= op->n || stats_now(&run.t)->frames_used == 1);
	return true;
}

static bool op_run(const struct op *op)
{
	struct real r = {.op = op};
	struct expect e;
	bool may_miss = touches(op) || op->kind == OP_SWAPOFF;

	if (may_miss)
		model_keep(&run.m, op);
	model_do(&run.m, op, &e);
	if (e.skip)
		return true;
	r.promise = e.promise;
	r.random = e.value;
	r.in_use = e.err;
	fail_begin(op);
	m_on(op->cpu % m_cpus(), real_do, &r);
	fail_end();
	if (excused(op, &r, &e))
		m_on(op->cpu % m_cpus(), real_do, &r);
	if (may_miss && r.err == -VM_ENOMEM && e.err != r.err) {
		model_back(&run.m, op);
		if (op->kind == OP_SWAPOFF ? crowded() : tight()) {
			if (op->kind <= OP_EXEC)
				model_grow(&run.m, op);
			return true;
		}
	}
	return op_agrees(op, &r, &e) && !test_failing();
}

/* ---- rounds ---- */

static void settled(void)
{
	m_check();
	vm_check();
	for (unsigned i = 0; i < PROMISES; i++)
		CHECK_EQ(run.aux[i].live, run.m.promise[i].refs != 0);
}

/* All that the spaces hold is what the model says. */
static void read_all(void)
{
	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned i = 0; run.m.space[s].alive && i < WINDOW; i++) {
			struct op op = {
				.kind = OP_READ, .space = (uint8_t)s, .page = (uint16_t)i, .word = i % WORDS};

			if (run.m.space[s].page[i].mapped && !op_run(&op)) {
				test_note("at the end: space %u, page %u", s, i);
				return;
			}
		}
	}
}

static void leave_here(void *unused)
{
	(void)unused;
	m_leave();
}

static void round_end(void)
{
	for (unsigned cpu = 0; cpu < m_cpus(); cpu++)
		m_on(cpu, leave_here, NULL);
	for (unsigned s = 0; s < SPACES; s++) {
		struct op op = {.kind = OP_KILL, .space = (uint8_t)s};

		op_run(&op);
	}
	settled();
	for (unsigned i = 0; i < FILES; i++) {
		struct op op = {.kind = OP_SYNC, .file = (uint8_t)i};

		op_run(&op);
		vm_object_put(&run.file[i].object);
		CHECK_EQ(run.file[i].releases, 1);
		CHECK_EQ(run.file[i].strays, 0);
		ramfile_free(&run.file[i]);
	}
	if (run.m.area[1])
		CHECK_EQ(vm_swapoff(&run.other.object), 0);
	ramdisk_free(&run.other);
	vmtest_end(&run.t);
	asid_setup(16);
	tlb_gather_max = TLB_GATHER_MAX;
}

bool ops_run(const struct setup *setup, const struct op *op, unsigned n, unsigned *failed)
{
	unsigned i = 0;

	model_init(&run.m, setup);
	__builtin_memset(run.aux, 0, sizeof run.aux);
	run.setup = setup;
	asid_setup(2);
	tlb_gather_max = setup->gather_one ? 1 : TLB_GATHER_MAX;
	*failed = n;
	run.other = (struct ramdisk){.npages = 0};
	if (!vmtest_begin(&run.t, setup->frames, setup->slots) || !ramdisk_make(&run.other, OTHER_SLOTS))
		return false;
	for (unsigned j = 0; j < FILES; j++)
		CHECK(ramfile_make(&run.file[j], FILE_PAGES, FILE_PAGES / 2 * PT_PAGE_SIZE));
	for (; i < n; i++) {
		m_mark(setup->round << MARK_BITS | (i + 1));
		if (!op_run(&op[i]))
			break;
		if (i % 64 == 63)
			settled();
		if (test_failing())
			break;
	}
	*failed = i;
	if (i == n) {
		settled();
		m_mark(setup->round << MARK_BITS | (n + 1));
		read_all();
	}
	round_end();
	return !test_failing();
}
