/* The page cache of the tests; see pages.h. */
#include "pages.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/sync/mutex.h"

#define PAGE    4096u
#define AT_ONCE 32 /* pages written by one call */

struct cached_page {              /* [L] the file's lock */
	struct cached_page *next; /* [L] by rising index */
	uint64_t index;
	char *kva;
	bool dirty; /* [L] */
};

struct pages { /* an object's root */
	struct mutex lock;
	struct cached_page *first; /* [L] */
};

static struct pages *pages_of(struct vm_object *object)
{
	struct pages *p = (struct pages *)__atomic_load_n(&object->root, __ATOMIC_ACQUIRE);
	uintptr_t none = 0;

	if (p)
		return p;
	p = kcalloc(1, sizeof *p);
	if (!p)
		return NULL;
	mutex_init(&p->lock, "a file's pages");
	if (__atomic_compare_exchange_n(&object->root, &none, (uintptr_t)p, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return p;
	kfree(p);
	return (struct pages *)none;
}

/* NULL: nothing was ever cached. */
static struct pages *pages_there(struct vm_object *object)
{
	return (struct pages *)__atomic_load_n(&object->root, __ATOMIC_ACQUIRE);
}

static void discard(struct cached_page **slot)
{
	struct cached_page *page = *slot;

	*slot = page->next;
	palloc_free_page(page->kva);
	kfree(page);
}

static int add_page(struct cached_page **slot, uint64_t index)
{
	struct cached_page *page = kcalloc(1, sizeof *page);

	if (!page)
		return -ENOMEM;
	page->kva = palloc_get_page(0);
	if (!page->kva) {
		kfree(page);
		return -ENOMEM;
	}
	page->index = index;
	page->next = *slot;
	*slot = page;
	return 0;
}

/* PAGE is zeros past SIZE. */
static void tail_zero(struct cached_page *page, uint64_t size)
{
	uint64_t at = page->index * PAGE, keep = size > at ? size - at : 0;

	if (keep < PAGE)
		memset(page->kva + keep, 0, PAGE - keep);
}

/* Page INDEX, read in if it was not there; past the end it is zeros. */
static int page_get(struct vm_object *object, struct pages *p, uint64_t index, struct cached_page **found)
{
	struct cached_page **slot = &p->first;
	void *kva;
	int err;

	while (*slot && (*slot)->index < index)
		slot = &(*slot)->next;
	if (!*slot || (*slot)->index != index) {
		err = add_page(slot, index);
		if (err)
			return err;
		kva = (*slot)->kva;
		err = index * PAGE < object->size ? object->ops->read(object, index, &kva, 1) : 0;
		if (err) {
			discard(slot);
			return err;
		}
		tail_zero(*slot, object->size);
	}
	*found = *slot;
	return 0;
}

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size)
{
	*object = (struct vm_object){.ops = ops, .size = size, .refs = 1};
}

void vm_object_ref(struct vm_object *object) { __atomic_add_fetch(&object->refs, 1, __ATOMIC_ACQ_REL); }

void vm_object_put(struct vm_object *object)
{
	struct pages *p = pages_there(object);

	if (__atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL))
		return;
	vm_object_sync(object, 0, UINT64_MAX);
	while (p && p->first)
		discard(&p->first);
	kfree(p);
	object->root = 0;
	object->ops->release(object);
}

/* The dirty pages in a row from PAGE on, at most up to LAST, are written; the first one behind them. */
static struct cached_page *run_write(struct vm_object *object, struct cached_page *page, uint64_t last,
				     int *err)
{
	uint64_t first = page->index;
	struct cached_page *end = page;
	void *kva[AT_ONCE];
	unsigned n = 0;

	for (; end && end->dirty && end->index == first + n && end->index <= last && n < AT_ONCE;
	     end = end->next) {
		tail_zero(end, object->size);
		kva[n++] = end->kva;
	}
	if (!n)
		return page->next;
	*err = object->ops->write(object, first, kva, n);
	for (; !*err && page != end; page = page->next)
		page->dirty = false;
	return end;
}

int vm_object_sync(struct vm_object *object, uint64_t lo, uint64_t hi)
{
	struct pages *p = pages_there(object);
	struct cached_page *page;
	int first_error = 0;

	if (!p || hi <= lo)
		return 0;
	mutex_lock(&p->lock);
	page = p->first;
	while (page && page->index <= (hi - 1) / PAGE && page->index * PAGE < object->size) {
		int err = 0;

		page = page->index < lo / PAGE ? page->next : run_write(object, page, (hi - 1) / PAGE, &err);
		first_error = first_error ? first_error : err;
	}
	mutex_unlock(&p->lock);
	return first_error;
}

/* The page in which OBJECT is to end, zero from SIZE on. */
static int end_cut(struct vm_object *object, struct pages *p, uint64_t size)
{
	struct cached_page *page = NULL;
	bool changes = false;
	int err = page_get(object, p, size / PAGE, &page);

	for (uint64_t i = size % PAGE; !err && i < PAGE; i++)
		changes |= page->kva[i] != 0;
	if (!err && changes && !page->dirty)
		err = object->ops->make_writable(object, page->index);
	if (!err && changes) {
		page->dirty = true;
		tail_zero(page, size);
	}
	return err;
}

int vm_object_truncate(struct vm_object *object, uint64_t size)
{
	bool cuts = size < object->size && size % PAGE;
	struct pages *p = cuts ? pages_of(object) : pages_there(object);
	struct cached_page **slot;
	int err = 0;

	if (!p) {
		object->size = cuts ? object->size : size;
		return cuts ? -ENOMEM : 0;
	}
	mutex_lock(&p->lock);
	if (cuts)
		err = end_cut(object, p, size);
	if (!err)
		object->size = size;
	slot = &p->first;
	while (!err && *slot && (*slot)->index * PAGE < size)
		slot = &(*slot)->next;
	while (!err && *slot)
		discard(slot);
	mutex_unlock(&p->lock);
	return err;
}

void file_drop(struct inode *inode)
{
	struct pages *p = pages_there(&inode->object);

	if (!p)
		return;
	mutex_lock(&p->lock);
	for (struct cached_page **slot = &p->first; *slot;) {
		if ((*slot)->dirty)
			slot = &(*slot)->next;
		else
			discard(slot);
	}
	mutex_unlock(&p->lock);
}

/* One page's part of a transfer. */
static int move(struct vm_object *object, struct pages *p, uint64_t offset, char *buf, size_t n, bool write)
{
	struct cached_page *page = NULL;
	int err;

	mutex_lock(&p->lock);
	err = page_get(object, p, offset / PAGE, &page);
	if (!err && write && !page->dirty)
		err = object->ops->make_writable(object, offset / PAGE);
	if (!err && write) {
		page->dirty = true;
		memcpy(page->kva + offset % PAGE, buf, n);
		if (offset + n > object->size)
			object->size = offset + n;
	} else if (!err) {
		memcpy(buf, page->kva + offset % PAGE, n);
	}
	mutex_unlock(&p->lock);
	return err;
}

static size_t part(uint64_t offset, size_t left)
{
	size_t room = PAGE - offset % PAGE;

	return left < room ? left : room;
}

int64_t file_read(struct inode *inode, uint64_t offset, void *buf, size_t n)
{
	struct pages *p = pages_of(&inode->object);
	size_t done = 0;
	int err = p ? 0 : -ENOMEM;

	rwlock_read(&inode->lock);
	if (offset >= inode_size(inode))
		n = 0;
	else if (n > inode_size(inode) - offset)
		n = (size_t)(inode_size(inode) - offset);
	while (!err && done < n) {
		size_t now = part(offset + done, n - done);

		err = move(&inode->object, p, offset + done, (char *)buf + done, now, false);
		if (!err)
			done += now;
	}
	rwlock_read_done(&inode->lock);
	return done ? (int64_t)done : err;
}

int64_t file_write(struct inode *inode, uint64_t offset, const void *buf, size_t n)
{
	struct pages *p = pages_of(&inode->object);
	size_t done = 0;
	int err = p ? 0 : -ENOMEM;

	rwlock_write(&inode->lock);
	while (!err && done < n) {
		size_t now = part(offset + done, n - done);

		err = move(&inode->object, p, offset + done, (char *)(uintptr_t)buf + done, now, true);
		if (!err)
			done += now;
	}
	if (err && p)
		vm_object_truncate(&inode->object, inode_size(inode)); /* what is behind the end */
	if (done) /* the file system learns of the size */
		err = fs_resize(inode, inode_size(inode));
	rwlock_write_done(&inode->lock);
	return done ? (int64_t)done : err;
}

int file_resize(struct inode *inode, uint64_t size)
{
	int err;

	rwlock_write(&inode->lock);
	err = fs_resize(inode, size);
	rwlock_write_done(&inode->lock);
	return err;
}
