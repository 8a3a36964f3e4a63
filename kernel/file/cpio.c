/* Unpack a cpio archive ("newc", as `cpio -H newc` writes it) into a tree: directories, files, symbolic links. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"

#define HEADER 110
enum field { MODE = 1, SIZE = 6, NAME_LEN = 11 };

struct member {
	const char *name, *data;
	uint32_t mode, size;
};

/* The N-th of the eight-digit hexadecimal numbers behind the magic. */
static bool number(const char *header, enum field n, uint32_t *value)
{
	*value = 0;
	for (const char *s = header + 6 + 8 * n, *end = s + 8; s < end; s++) {
		unsigned c = (unsigned char)*s | 32;
		unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

		if (digit > 15)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static size_t align4(size_t n) { return (n + 3) & ~(size_t)3; }

/* The member at *AT, which goes on to the next. */
static int member_read(const char *archive, size_t n, size_t *at, struct member *m)
{
	const char *header = archive + *at;
	uint32_t name_len;
	size_t data;

	if (n - *at < HEADER || memcmp(header, "070701", 6) != 0 || !number(header, MODE, &m->mode) ||
	    !number(header, SIZE, &m->size) || !number(header, NAME_LEN, &name_len) || !name_len ||
	    name_len > n - *at - HEADER || header[HEADER + name_len - 1])
		return -EINVAL;
	m->name = header + HEADER;
	data = align4(*at + HEADER + name_len);
	if (data > n || m->size > n - data)
		return -EINVAL;
	m->data = archive + data;
	*at = align4(data + m->size);
	return 0;
}

static int file_fill(struct inode *inode, const struct member *m)
{
	int64_t put = m->size ? inode_write(inode, 0, m->data, m->size) : 0;

	return put == m->size ? 0 : put < 0 ? (int)put : -ENOSPC;
}

static int link_make(const struct namei_last *last, const struct member *m, struct inode **made)
{
	char target[256];

	if (m->size >= sizeof target)
		return -ENAMETOOLONG;
	memcpy(target, m->data, m->size);
	target[m->size] = 0;
	return fs_symlink(last->dir, last->name, last->len, target, made);
}

static int member_make(const struct namei *at, const struct member *m)
{
	uint32_t type = m->mode & S_IFMT;
	struct namei_last last;
	struct inode *made = NULL;
	int err = namei_last(at, m->name, 0, &last);

	if (err)
		return err;
	if (!last.found && type == S_IFLNK)
		err = link_make(&last, m, &made);
	else if (!last.found && (type == S_IFREG || type == S_IFDIR))
		err = fs_create(last.dir, last.name, last.len, m->mode, 0, &made);
	if (!err && made && type == S_IFREG)
		err = file_fill(made, m);
	inode_put(made);
	namei_last_put(&last);
	return err;
}

int cpio_unpack(const struct namei *at, const void *archive, size_t n)
{
	struct member m;
	size_t next = 0;
	int err;

	for (;;) {
		err = member_read(archive, n, &next, &m);
		if (err || strcmp(m.name, "TRAILER!!!") == 0)
			return err;
		err = member_make(at, &m);
		if (err)
			return err;
	}
}
