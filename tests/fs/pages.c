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

struct pages {
	struct mutex lock;
	struct cached_page *first; /* [L] */
};

static struct pages *pages_of(struct vm_object *object)
{
	struct pages *p = __atomic_load_n((struct pages **)&object->cached, __ATOMIC_ACQUIRE), *none = NULL;

	if (p)
		return p;
	p = kcalloc(1, sizeof *p);
	if (!p)
		return NULL;
	mutex_init(&p->lock, "a file's pages");
	if (__atomic_compare_exchange_n((struct pages **)&object->cached, &none, p, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return p;
	kfree(p);
	return none;
}

static uint64_t size_of(struct vm_object *object) { return __atomic_load_n(&object->size, __ATOMIC_ACQUIRE); }

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

/* Page INDEX, read in if it was not there. */
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
		err = object->ops->read(object, index, &kva, 1);
		if (err) {
			discard(slot);
			return err;
		}
	}
	*found = *slot;
	return 0;
}

int vm_object_sync(struct vm_object *object)
{
	struct pages *p = __atomic_load_n((struct pages **)&object->cached, __ATOMIC_ACQUIRE);
	int first_error = 0;

	if (!p)
		return 0;
	mutex_lock(&p->lock);
	for (struct cached_page *page = p->first, *end; page; page = end) {
		void *kva[AT_ONCE];
		unsigned n = 0;
		int err = 0;

		for (end = page; end && end->dirty && end->index == page->index + n && n < AT_ONCE;
		     end = end->next)
			kva[n++] = end->kva;
		if (!n) {
			end = page->next;
			continue;
		}
		err = object->ops->write(object, page->index, kva, n);
		for (; !err && page != end; page = page->next)
			page->dirty = false;
		first_error = first_error ? first_error : err;
	}
	mutex_unlock(&p->lock);
	return first_error;
}

void vm_object_truncate(struct vm_object *object, uint64_t size)
{
	struct pages *p = __atomic_load_n((struct pages **)&object->cached, __ATOMIC_ACQUIRE);
	struct cached_page **slot;

	if (!p)
		return;
	mutex_lock(&p->lock);
	for (slot = &p->first; *slot && (*slot)->index * PAGE < size; slot = &(*slot)->next)
		if (size - (*slot)->index * PAGE < PAGE)
			memset((*slot)->kva + size % PAGE, 0, PAGE - size % PAGE);
	while (*slot)
		discard(slot);
	mutex_unlock(&p->lock);
	if (!size) {
		object->cached = NULL;
		kfree(p);
	}
}

void file_drop(struct inode *inode)
{
	struct pages *p = inode->object.cached;

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
		if (!err && offset + done + now > size_of(&inode->object))
			err = fs_resize(inode, offset + done + now);
		if (!err)
			done += now;
	}
	if (err && p && inode_size(inode))
		vm_object_truncate(&inode->object, inode_size(inode)); /* what is behind the end */
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
