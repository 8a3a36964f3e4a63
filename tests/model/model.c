/* The reference: what each operation must do, on arrays of pages. It shares no code with vm/. */
#include "model.h"

static struct m_page *pages(struct model *m, const struct op *op) { return m->space[op->space].page; }

static const struct m_page nothing;

void model_init(struct model *m, const struct setup *setup)
{
	__builtin_memset(m, 0, sizeof *m);
	m->fenced = setup->fenced;
	m->slots = setup->slots;
	m->area[0] = setup->slots != 0;
	for (unsigned i = 0; i < FILES; i++) {
		m->file[i].size = FILE_PAGES / 2 * PT_PAGE_SIZE;
		for (unsigned page = 0; page < FILE_PAGES / 2; page++) {
			for (unsigned w = 0; w < WORDS; w++)
				m->file[i].word[page][w] = file_word(page, word_at(w) / 8);
		}
	}
}

bool file_holds(const struct m_file *f, uint64_t index, unsigned word)
{
	return index * PT_PAGE_SIZE + word_at(word) + 8 <= f->size;
}

uint64_t promise_word(uint64_t value, unsigned word) { return (value | 1) * (word + 1); }

/* ---- single pages ---- */

static void promise_drop(struct model *m, struct m_page *p)
{
	if (p->promise)
		m->promise[p->promise - 1].refs--;
	p->promise = 0;
}

static void page_drop(struct model *m, struct m_page *p)
{
	promise_drop(m, p);
	if (p->object && --m->object_refs[p->object - 1] == 0)
		__builtin_memset(m->object[p->object - 1], 0, sizeof m->object[0]);
	*p = nothing;
}

static void page_ref(struct model *m, const struct m_page *p)
{
	if (p->promise)
		m->promise[p->promise - 1].refs++;
	if (p->object)
		m->object_refs[p->object - 1]++;
}

static uint64_t *page_word(struct model *m, struct m_page *p, unsigned word)
{
	return p->object ? &m->object[p->object - 1][p->index][word] : &p->word[word];
}

static bool holds(const struct m_page *p)
{
	return p->mapped && (p->file ? p->copied : p->present || p->object);
}

size_t model_held(const struct model *m)
{
	size_t n = 0;

	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned i = 0; m->space[s].alive && i < WINDOW; i++)
			n += holds(&m->space[s].page[i]);
	}
	for (unsigned o = 0; o < OBJECTS; o++) /* what is not mapped now is still held */
		n += m->object_refs[o] ? OBJECT_PAGES / 2 : 0;
	return n;
}

/* ---- regions, as far as one can tell them ---- */

static bool one_region(const struct m_page *a, const struct m_page *b)
{
	if (!a->mapped || !b->mapped || a->prot != b->prot || a->flags != b->flags ||
	    a->object != b->object || a->file != b->file)
		return false;
	if (a->flags & VM_STACK)
		return !b->cut;
	return !(a->object || a->file) || a->index + 1 == b->index;
}

static unsigned region_end(const struct m_page *p, unsigned page)
{
	while (page + 1 < WINDOW && one_region(&p[page], &p[page + 1]))
		page++;
	return page + 1;
}

/* The first mapped page from PAGE on, or WINDOW. */
static unsigned mapped_from(const struct m_page *p, unsigned page)
{
	while (page < WINDOW && !p[page].mapped)
		page++;
	return page;
}

/* The page below which others must stay, for what begins at PAGE (mapped, or the window's end): a stack keeps what it
 * may grow to, and its gap. */
static int floor_of(const struct m_page *p, unsigned page)
{
	int low;

	if (page == WINDOW || !(p[page].flags & VM_STACK))
		return (int)page;
	low = (int)region_end(p, page) - STACK_PAGES;
	return (low < (int)page ? low : (int)page) - GAP;
}

/* The highest room for N pages, -1: none. */
static int room(const struct m_page *p, unsigned n)
{
	for (int top = WINDOW; top > 0;) {
		int lo = top, hi = floor_of(p, (unsigned)top);

		while (lo > 0 && !p[lo - 1].mapped)
			lo--;
		if (hi > lo && hi - lo >= (int)n)
			return hi - (int)n;
		top = lo ? lo - 1 : 0;
	}
	return -1;
}

static void cut(struct m_page *p, unsigned at)
{
	if (at < WINDOW)
		p[at].cut = true;
}

static bool grow(const struct model *m, struct m_page *p, unsigned page)
{
	unsigned top = mapped_from(p, page), below = page;

	if (top == WINDOW || !(p[top].flags & VM_STACK) || region_end(p, top) - page > STACK_PAGES)
		return false;
	while (below > 0 && !p[below - 1].mapped)
		below--;
	if ((below > 0 || m->fenced) && page < below + GAP)
		return false;
	p[top].cut = false;
	for (unsigned i = page; i < top; i++)
		p[i] = (struct m_page){.mapped = true, .prot = p[top].prot, .flags = p[top].flags};
	p[page].cut = true;
	return true;
}

void model_grow(struct model *m, const struct op *op)
{
	struct m_page *p = pages(m, op);

	if (!p[op->page].mapped)
		grow(m, p, op->page);
}

/* ---- operations that did not happen ---- */

#define TOUCHED (STACK_PAGES + 1) /* as far as a stack grows, the page that was its lowest with it */

static struct {
	struct m_page page[TOUCHED];
	struct m_promise promise[PROMISES];
	struct m_file file[FILES];
	uint64_t object[WORDS];
	bool area[AREAS];
} kept;

static unsigned touched(const struct op *op)
{
	return op->page + TOUCHED < WINDOW ? TOUCHED : WINDOW - op->page;
}

static uint64_t *object_page(struct model *m, const struct op *op)
{
	const struct m_page *p = &pages(m, op)[op->page];

	return p->object ? m->object[p->object - 1][p->index] : NULL;
}

void model_keep(struct model *m, const struct op *op)
{
	const uint64_t *object = object_page(m, op);

	__builtin_memcpy(kept.page, &pages(m, op)[op->page], touched(op) * sizeof *kept.page);
	__builtin_memcpy(kept.promise, m->promise, sizeof kept.promise);
	__builtin_memcpy(kept.file, m->file, sizeof kept.file);
	__builtin_memcpy(kept.area, m->area, sizeof kept.area);
	if (object)
		__builtin_memcpy(kept.object, object, sizeof kept.object);
}

void model_back(struct model *m, const struct op *op)
{
	uint64_t *object;

	__builtin_memcpy(&pages(m, op)[op->page], kept.page, touched(op) * sizeof *kept.page);
	__builtin_memcpy(m->promise, kept.promise, sizeof kept.promise);
	__builtin_memcpy(m->file, kept.file, sizeof kept.file);
	__builtin_memcpy(m->area, kept.area, sizeof kept.area);
	object = object_page(m, op);
	if (object)
		__builtin_memcpy(object, kept.object, sizeof kept.object);
}

/* ---- files ---- */

/* A page that shows a file, unless it is a private copy by now; ACCESS is allowed. */
static void do_touch_file(struct model *m, const struct op *op, struct m_page *p, struct expect *e)
{
	struct m_file *f = &m->file[p->file - 1];
	bool inside = file_holds(f, p->index, op->word);

	if (p->index * PT_PAGE_SIZE >= f->size) {
		e->err = -VM_EBUS;
	} else if (op->kind == OP_READ) {
		e->read = inside; /* behind the end may be what was written there, or not any more */
		e->value = inside ? f->word[p->index][op->word] : 0;
	} else if (op->kind == OP_WRITE && p->flags & VM_SHARED) {
		if (inside)
			f->word[p->index][op->word] = op->value;
	} else if (op->kind == OP_WRITE) {
		p->copied = true;
		p->unknown = 0;
		for (unsigned w = 0; w < WORDS; w++) {
			if (file_holds(f, p->index, w))
				p->word[w] = f->word[p->index][w];
			else
				p->unknown |= (uint8_t)(1u << w);
		}
		p->word[op->word] = op->value;
		p->unknown &= (uint8_t) ~(1u << op->word);
	}
}

static void file_resize(struct m_file *f, uint64_t size)
{
	f->size = size;
	for (unsigned page = 0; page < FILE_PAGES; page++) {
		for (unsigned w = 0; w < WORDS; w++) {
			if (!file_holds(f, page, w))
				f->word[page][w] = 0;
		}
	}
}

static void do_file(struct model *m, const struct op *op, struct expect *e)
{
	struct m_file *f = &m->file[op->file];
	uint64_t end = op->page * PT_PAGE_SIZE + word_at(op->word) + 8;

	if (op->kind == OP_FILE_READ) {
		e->read = true;
		e->value = end <= f->size ? f->word[op->page][op->word] : 0;
	} else if (op->kind == OP_FILE_WRITE) {
		if (end > f->size)
			f->size = end;
		f->word[op->page][op->word] = op->value;
	} else if (op->kind == OP_TRUNCATE) {
		file_resize(f, op->value);
	}
}

static void do_advise(struct model *m, const struct op *op, struct expect *e)
{
	struct m_page *p = m->space[op->space].page;
	bool random = !(p[op->page].flags & VM_RANDOM);

	for (unsigned i = op->page; !e->err && i < op->page + op->n; i++)
		e->err = p[i].mapped ? 0 : -VM_ENOMEM;
	for (unsigned i = op->page; !e->err && i < op->page + op->n; i++) {
		if (op->value % ADVICES == RANDOM)
			p[i].flags = (uint8_t)((p[i].flags & ~VM_RANDOM) | (random ? VM_RANDOM : 0));
		if (op->value % ADVICES != DONTNEED || p[i].object)
			continue;
		promise_drop(m, &p[i]);
		p[i].present = p[i].copied = false;
		__builtin_memset(p[i].word, 0, sizeof p[i].word);
	}
	if (!e->err && op->value % ADVICES == RANDOM) {
		cut(p, op->page);
		cut(p, op->page + op->n);
	}
	e->value = random;
}

/* ---- operations ---- */

static void do_touch(struct model *m, const struct op *op, struct expect *e)
{
	unsigned access = op->kind == OP_WRITE ? VM_WRITE : op->kind == OP_EXEC ? VM_EXEC : VM_READ;
	struct m_page *all = pages(m, op), *p = &all[op->page];

	if (!p->mapped && !grow(m, all, op->page)) {
		e->err = -VM_EFAULT;
		return;
	}
	if (!p->prot || access & ~(unsigned)p->prot & (VM_WRITE | VM_EXEC)) {
		e->err = -VM_EACCES;
		return;
	}
	if (p->file && !p->copied) {
		do_touch_file(m, op, p, e);
		return;
	}
	if (p->promise) {
		struct m_promise *promise = &m->promise[p->promise - 1];

		if (promise->fails) {
			promise->fails--;
			e->err = -VM_EIO;
			return;
		}
		for (unsigned w = 0; w < WORDS; w++)
			p->word[w] = promise_word(promise->value, w);
		promise_drop(m, p);
	}
	if (access == VM_WRITE) {
		p->present = true;
		p->unknown &= (uint8_t) ~(1u << op->word);
		*page_word(m, p, op->word) = op->value;
	} else if (access == VM_READ) {
		e->read = !(p->unknown >> op->word & 1);
		e->value = *page_word(m, p, op->word);
	}
}

/* Two threads write to one page at once. When memory may be full, or a promise fails once, who of the two meets that
 * is open. */
static void do_threads(struct model *m, const struct op *op, struct expect *e)
{
	const struct m_page *p = &pages(m, op)[op->page];
	struct op second = *op;

	e->skip = model_held(m) > (m->area[0] ? m->slots : 0) + (m->area[1] ? OTHER_SLOTS : 0) ||
		  (p->promise && m->promise[p->promise - 1].fails);
	if (e->skip)
		return;
	second.kind = OP_WRITE;
	do_touch(m, &second, e);
	second.word = (uint8_t)((op->word + 1) % WORDS);
	second.value = ~op->value;
	if (!e->err)
		do_touch(m, &second, e);
}

static void do_unmap(struct model *m, struct m_page *p, unsigned page, unsigned n)
{
	cut(p, page + n);
	for (unsigned i = page; i < page + n; i++)
		page_drop(m, &p[i]);
}

static void do_map(struct model *m, const struct op *op, struct expect *e)
{
	struct m_page *p = pages(m, op);
	unsigned object = 0, page = op->page;

	if (op->flags & VM_SHARED && !op->file) {
		while (object < OBJECTS && m->object_refs[object])
			object++;
		e->skip = object == OBJECTS;
		object++;
	}
	e->skip |= op->move && !m->fenced;
	if (e->skip)
		return;
	if ((op->prot & (VM_WRITE | VM_EXEC)) == (VM_WRITE | VM_EXEC)) {
		e->err = -VM_EACCES;
		return;
	}
	if (op->move) {
		int found = room(p, op->n);

		e->err = found < 0 ? -VM_ENOMEM : 0;
		page = (unsigned)found;
	} else if (op->flags & VM_NOREPLACE) {
		e->err = mapped_from(p, page) < page + op->n ? -VM_EEXIST : 0;
	}
	if (e->err)
		return;
	e->page = page;
	do_unmap(m, p, page, op->n);
	for (unsigned i = 0; i < op->n; i++) {
		p[page + i] = (struct m_page){.mapped = true,
					      .cut = i == 0,
					      .prot = op->prot,
					      .flags = op->flags & (VM_SHARED | VM_STACK),
					      .object = (uint8_t)object,
					      .file = op->file,
					      .index = (uint16_t)(i + (op->file ? op->to : 0u))};
		page_ref(m, &p[page + i]);
	}
}

static void do_protect(struct model *m, const struct op *op, struct expect *e)
{
	struct m_page *p = pages(m, op);

	if ((op->prot & (VM_WRITE | VM_EXEC)) == (VM_WRITE | VM_EXEC))
		e->err = -VM_EACCES;
	for (unsigned i = op->page; !e->err && i < op->page + op->n; i++)
		e->err = p[i].mapped ? 0 : -VM_ENOMEM;
	if (e->err)
		return;
	cut(p, op->page);
	cut(p, op->page + op->n);
	for (unsigned i = op->page; i < op->page + op->n; i++)
		p[i].prot = op->prot;
}

/* N pages from PAGE move to TO, which is free. */
static void pages_move(struct model *m, struct m_page *p, unsigned page, unsigned to, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		p[to + i] = p[page + i];
		page_ref(m, &p[to + i]);
	}
	do_unmap(m, p, page, n);
}

static void do_remap(struct model *m, const struct op *op, struct expect *e)
{
	struct m_page *p = pages(m, op);
	unsigned page = op->page, n = op->n, to = op->to, end, next;
	int found;

	if (p[page].flags & VM_STACK || (p[page].object && p[page].index + to > OBJECT_PAGES) ||
	    (!m->fenced && (op->move || page + to > WINDOW))) {
		e->skip = true;
		return;
	}
	end = p[page].mapped ? region_end(p, page) : 0;
	if (end < page + n) {
		e->err = -VM_EFAULT;
		return;
	}
	e->page = page;
	if (to < n) {
		do_unmap(m, p, page + to, n - to);
		return;
	}
	next = mapped_from(p, end);
	if (to > n && (end != page + n || floor_of(p, next) < (int)(page + to))) {
		found = op->move ? room(p, to) : -1;
		e->err = found < 0 ? -VM_ENOMEM : 0;
		if (e->err)
			return;
		pages_move(m, p, page, (unsigned)found, n);
		page = e->page = (unsigned)found;
	}
	for (unsigned i = page + n; i < page + to; i++) {
		p[i] = (struct m_page){.mapped = true,
				       .prot = p[page].prot,
				       .flags = p[page].flags,
				       .object = p[page].object,
				       .file = p[page].file,
				       .index = (uint16_t)(p[i - 1].index + 1)};
		page_ref(m, &p[i]);
	}
}

static void do_promise(struct model *m, const struct op *op, struct expect *e)
{
	struct m_page *p = &pages(m, op)[op->page];
	unsigned i = 0;

	while (i < PROMISES && m->promise[i].refs)
		i++;
	e->skip = i == PROMISES;
	if (e->skip)
		return;
	e->promise = i;
	if (p->mapped && (holds(p) || p->file)) {
		e->err = -VM_EEXIST;
		return;
	}
	if (!p->mapped) {
		cut(pages(m, op), op->page + 1);
		*p = (struct m_page){.mapped = true, .cut = true, .prot = VM_READ | (op->prot & VM_WRITE)};
	}
	p->present = true;
	p->promise = (uint8_t)(i + 1);
	m->promise[i] = (struct m_promise){1, op->value & 3 ? 0 : 1, op->value};
}

static void do_fork(struct model *m, const struct op *op)
{
	struct m_space *to = &m->space[op->to];

	*to = m->space[op->space];
	for (unsigned i = 0; i < WINDOW; i++) {
		if (to->page[i].mapped)
			page_ref(m, &to->page[i]);
	}
}

static void do_create(struct model *m, const struct op *op)
{
	struct m_space *s = &m->space[op->space];

	s->alive = true;
	if (!m->fenced)
		return;
	for (unsigned i = BUSY_LO; i < BUSY_HI; i++)
		s->page[i] = (struct m_page){.mapped = true, .prot = VM_EXEC};
}

void model_do(struct model *m, const struct op *op, struct expect *e)
{
	struct m_space *s = &m->space[op->space];

	*e = (struct expect){.skip = s->alive == (op->kind == OP_CREATE)};
	if (op->kind >= OP_EVICT && op->kind <= OP_WRITEBACK)
		e->skip = false;
	e->skip |= op->kind == OP_FORK && m->space[op->to].alive;
	if (e->skip)
		return;
	switch ((enum op_kind)op->kind) {
	case OP_READ:
	case OP_WRITE:
	case OP_EXEC: do_touch(m, op, e); break;
	case OP_MAP: do_map(m, op, e); break;
	case OP_UNMAP: do_unmap(m, s->page, op->page, op->n); break;
	case OP_PROTECT: do_protect(m, op, e); break;
	case OP_REMAP: do_remap(m, op, e); break;
	case OP_PROMISE: do_promise(m, op, e); break;
	case OP_LOOK:
		e->value = s->page[op->page].mapped;
		if (e->value)
			s->page[op->page].present = true;
		break;
	case OP_FORK: do_fork(m, op); break;
	case OP_KILL:
		do_unmap(m, s->page, 0, WINDOW);
		__builtin_memset(s, 0, sizeof *s);
		break;
	case OP_CREATE: do_create(m, op); break;
	case OP_FILE_READ:
	case OP_FILE_WRITE:
	case OP_TRUNCATE: do_file(m, op, e); break;
	case OP_ADVISE: do_advise(m, op, e); break;
	case OP_SYNC:
	case OP_WRITEBACK:
	case OP_EVICT: break;
	case OP_THREADS: do_threads(m, op, e); break;
	case OP_SWAPON:
	case OP_SWAPOFF:
		e->skip = !op->to && !m->slots;
		if (!e->skip)
			e->err = m->area[op->to] == (op->kind == OP_SWAPON) ? -VM_EINVAL : 0;
		if (!e->skip)
			m->area[op->to] = op->kind == OP_SWAPON;
		break;
	}
}
