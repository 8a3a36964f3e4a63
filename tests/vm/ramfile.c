/* A file in memory; see ramfile.h. What a file system has to do, and in which order, can be read here. */
#include "ramfile.h"

#define P PT_PAGE_SIZE

static struct ramfile *file_of(struct vm_object *object) { return (struct ramfile *)object; }

static bool order_fails(struct ramfile *f, unsigned *wanted)
{
	if (*wanted) {
		--*wanted;
		return true;
	}
	if (!f->fail_nth || --f->fail_nth)
		return false;
	f->fail_nth = f->fail_on;
	f->failed++;
	return true;
}

static bool op_fails(struct ramfile *f, unsigned *count, unsigned n, unsigned *wanted, const void *caller)
{
	bool is;

	port_lock(&f->lock);
	*count += n;
	is = order_fails(f, wanted);
	port_unlock(&f->lock);
	if (is)
		m_failed_at(caller);
	return is;
}

static int file_read(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramfile *f = file_of(object);

	f->read_calls++;
	if (op_fails(f, &f->reads, n, &f->fail_reads, __builtin_return_address(0)))
		return -VM_EIO;
	for (unsigned i = 0; i < n; i++) {
		if (f->there[index + i])
			__builtin_memcpy(kva[i], f->page[index + i], P);
		else
			__builtin_memset(kva[i], 0, P);
	}
	return 0;
}

static int file_write(struct vm_object *object, uint64_t index, void *const kva[], unsigned n)
{
	struct ramfile *f = file_of(object);

	f->write_calls++;
	if (op_fails(f, &f->writes, n, &f->fail_writes, __builtin_return_address(0)))
		return -VM_EIO;
	for (unsigned i = 0; i < n; i++) {
		if (index + i >= f->room || !f->there[index + i])
			f->strays++;
		else
			__builtin_memcpy(f->page[index + i], kva[i], P);
	}
	return 0;
}

/* A file system allocates a block here, and writes zeros to it or sees to it that nobody reads it before write(). */
static int file_make_writable(struct vm_object *object, uint64_t index)
{
	struct ramfile *f = file_of(object);

	if (op_fails(f, &f->makes, 1, &f->fail_makes, __builtin_return_address(0)))
		return -VM_ENOSPC;
	if (index >= f->room)
		return -VM_ENOSPC;
	if (!f->there[index])
		__builtin_memset(f->page[index], 0, P);
	f->there[index] = true;
	return 0;
}

static void file_release(struct vm_object *object) { file_of(object)->releases++; }

static const struct vm_object_ops file_object_ops = {
	.read = file_read,
	.write = file_write,
	.make_writable = file_make_writable,
	.release = file_release,
};

uint64_t file_word(uint64_t index, unsigned word) { return (index + 1) << 32 | (word + 1); }

void ramfile_free(struct ramfile *f)
{
	for (uint32_t i = 0; f->page && i < f->room; i++) {
		if (f->page[i])
			port_free(f->page[i], P);
	}
	if (f->page)
		port_free(f->page, f->room * sizeof *f->page);
	if (f->there)
		port_free(f->there, f->room * sizeof *f->there);
	f->page = NULL;
	f->there = NULL;
}

bool ramfile_make(struct ramfile *f, uint32_t room, uint64_t size)
{
	*f = (struct ramfile){.lock = PORT_LOCK_INIT("ramfile"), .room = room};
	f->page = port_alloc(room * sizeof *f->page);
	f->there = port_alloc(room * sizeof *f->there);
	for (uint32_t i = 0; f->page && f->there && i < room; i++) {
		f->page[i] = port_alloc(P);
		if (!f->page[i]) {
			ramfile_free(f);
			return false;
		}
		f->there[i] = i * P < size;
		for (unsigned w = 0; i * P + w * 8 < size && w < P / 8; w++)
			((uint64_t *)f->page[i])[w] = file_word(i, w);
	}
	if (!f->page || !f->there) {
		ramfile_free(f);
		return false;
	}
	vm_object_init(&f->object, &file_object_ops, size);
	return true;
}

static uint64_t piece(uint64_t at, uint64_t n)
{
	uint64_t left = P - (at & PT_PAGE_MASK);

	return n < left ? n : left;
}

int64_t ramfile_read(struct ramfile *f, struct vm_readahead *ahead, uint64_t at, void *to, uint64_t n)
{
	uint64_t size = f->object.size, done = 0;
	void *kva;

	n = at >= size ? 0 : n < size - at ? n : size - at;
	while (done < n) {
		uint64_t len = piece(at + done, n - done);
		int err;

		if (ahead)
			vm_read_ahead(&f->object, ahead, (at + done) >> PT_PAGE_SHIFT);
		err = vm_cache_get(&f->object, (at + done) >> PT_PAGE_SHIFT, false, &kva);
		if (err)
			return done ? (int64_t)done : err;
		__builtin_memcpy((char *)to + done, (char *)kva + ((at + done) & PT_PAGE_MASK), len);
		vm_cache_put(&f->object, kva);
		done += len;
	}
	return (int64_t)done;
}

int64_t ramfile_write(struct ramfile *f, uint64_t at, const void *from, uint64_t n)
{
	uint64_t done = 0;
	void *kva;

	vm_dirty_wait();
	while (done < n) { /* here a file system holds the lock that truncate() holds, too */
		uint64_t len = piece(at + done, n - done);
		int err = vm_cache_get(&f->object, (at + done) >> PT_PAGE_SHIFT, true, &kva);

		if (err)
			return done ? (int64_t)done : err;
		__builtin_memcpy((char *)kva + ((at + done) & PT_PAGE_MASK), (const char *)from + done, len);
		done += len;
		vm_cache_wrote(&f->object, kva, at + done);
	}
	return (int64_t)done;
}

int ramfile_truncate(struct ramfile *f, uint64_t size)
{
	int err = vm_object_truncate(&f->object, size);

	for (uint64_t i = (size + P - 1) / P; !err && i < f->room; i++) {
		f->there[i] = false; /* nobody reads or writes it any more: its block can be freed */
		__builtin_memset(f->page[i], 0xdd, P);
	}
	return err;
}

uint64_t disk_word(const struct ramfile *f, uint64_t at)
{
	return *(uint64_t *)(f->page[at >> PT_PAGE_SHIFT] + (at & PT_PAGE_MASK));
}
