/* Flattened device tree, version 17: a header, a table of reserved ranges, a structure block of tokens, a
 * block of names. Whatever stands in it, nothing outside its first `totalsize` bytes is read, every walk is
 * as long as the tree at most, and every string handed out ends inside. A damaged part reads as "not found".
 *
 * A node is the offset of its BEGIN_NODE token in the structure block. No state, no locks. */
#include "kernel/lib/fdt.h"

#include "kernel/lib/lib.h"

#define FDT_MAGIC    0xd00dfeedu
#define FDT_MAX_SIZE 0x200000u /* no real tree comes near; offsets fit in an int */
#define MAX_DEPTH    32

enum token { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
enum header {
	H_MAGIC = 0,
	H_TOTAL = 4,
	H_STRUCT = 8,
	H_STRINGS = 12,
	H_RESERVED = 16,
	H_VERSION = 20,
	H_COMPATIBLE = 24,
	H_STRINGS_SIZE = 32,
	H_STRUCT_SIZE = 36,
	H_SIZE = 40,
};

struct block {
	const unsigned char *base;
	uint32_t size;
};
struct view {
	struct block all, tree, names;
	uint32_t reserved; /* offset in all */
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const unsigned char *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

static bool cut(const struct block *from, uint32_t off, uint32_t size, struct block *piece)
{
	if (off > from->size || size > from->size - off)
		return false;
	*piece = (struct block){from->base + off, size};
	return true;
}

static bool view(const void *fdt, struct view *v)
{
	const unsigned char *h = fdt;

	if (!fdt || be32(h + H_MAGIC) != FDT_MAGIC)
		return false;
	v->all = (struct block){h, be32(h + H_TOTAL)};
	if (v->all.size < H_SIZE || v->all.size > FDT_MAX_SIZE)
		return false;
	if (be32(h + H_VERSION) < 17 || be32(h + H_COMPATIBLE) > 17)
		return false;
	v->reserved = be32(h + H_RESERVED);
	return be32(h + H_STRUCT) % 4 == 0 &&
	       cut(&v->all, be32(h + H_STRUCT), be32(h + H_STRUCT_SIZE), &v->tree) &&
	       cut(&v->all, be32(h + H_STRINGS), be32(h + H_STRINGS_SIZE), &v->names);
}

/* The string at OFF, NULL when it does not end inside. */
static const char *string_at(const struct block *b, uint32_t off, size_t *len)
{
	*len = 0;
	if (off >= b->size)
		return NULL;
	const char *s = (const char *)b->base + off;
	*len = strnlen(s, b->size - off);
	return *len < b->size - off ? s : NULL;
}

struct token_at {
	enum token token;
	uint32_t off, next; /* of the token, and where the following one stands */
	const char *name;   /* BEGIN_NODE, PROP */
	const unsigned char *data;
	uint32_t len; /* PROP: of data */
};

static bool prop_at(const struct view *v, struct token_at *t)
{
	struct block head, data;
	size_t len;

	if (!cut(&v->tree, t->off + 4, 8, &head))
		return false;
	t->len = be32(head.base);
	t->name = string_at(&v->names, be32(head.base + 4), &len);
	if (!t->name || !cut(&v->tree, t->off + 12, t->len, &data))
		return false;
	t->data = data.base;
	t->next = (t->off + 12 + t->len + 3) & ~3u;
	return true;
}

/* The token at OFF; false: there is none, or it is damaged. */
static bool token_at(const struct view *v, uint32_t off, struct token_at *t)
{
	struct block word;
	size_t len;

	if (off % 4 || !cut(&v->tree, off, 4, &word))
		return false;
	t->off = off;
	t->token = (enum token)be32(word.base);
	t->next = off + 4;
	switch (t->token) {
	case BEGIN_NODE:
		t->name = string_at(&v->tree, off + 4, &len);
		t->next = (uint32_t)(off + 4 + len + 1 + 3) & ~3u;
		return t->name != NULL;
	case PROP: return prop_at(v, t);
	case END_NODE:
	case NOP: return true;
	default: return false; /* END, too: nothing follows */
	}
}

static bool node_at(const void *fdt, int node, struct view *v, struct token_at *t)
{
	return node >= 0 && view(fdt, v) && token_at(v, (uint32_t)node, t) && t->token == BEGIN_NODE;
}

bool fdt_ok(const void *fdt) { return fdt_root(fdt) >= 0; }

uint32_t fdt_size(const void *fdt)
{
	struct view v;

	return view(fdt, &v) ? v.all.size : 0;
}

int fdt_root(const void *fdt) { return fdt_next(fdt, -1, NULL); }

int fdt_next(const void *fdt, int node, unsigned *depth)
{
	struct view v;
	struct token_at t = {.next = 0};
	unsigned d = depth && node >= 0 ? *depth : 0;

	if (node >= 0 ? !node_at(fdt, node, &v, &t) : !view(fdt, &v))
		return -1;
	d += node >= 0;
	while (token_at(&v, t.next, &t)) {
		if (t.token == BEGIN_NODE) {
			if (depth)
				*depth = d;
			return (int)t.off;
		}
		d -= t.token == END_NODE && d > 0;
	}
	return -1;
}

int fdt_child(const void *fdt, int node)
{
	struct view v;
	struct token_at t;

	if (!node_at(fdt, node, &v, &t))
		return -1;
	while (token_at(&v, t.next, &t) && t.token != END_NODE)
		if (t.token == BEGIN_NODE)
			return (int)t.off;
	return -1;
}

int fdt_sibling(const void *fdt, int node)
{
	struct view v;
	struct token_at t;
	unsigned depth = 1;

	if (!node_at(fdt, node, &v, &t))
		return -1;
	while (token_at(&v, t.next, &t)) {
		if (t.token == BEGIN_NODE && depth == 0)
			return (int)t.off;
		if (t.token == END_NODE && depth == 0)
			return -1; /* the parent's */
		depth += t.token == BEGIN_NODE;
		depth -= t.token == END_NODE;
	}
	return -1;
}

int fdt_parent(const void *fdt, int node)
{
	int path[MAX_DEPTH];
	unsigned depth = 0;

	for (int n = fdt_next(fdt, -1, &depth); n >= 0; n = fdt_next(fdt, n, &depth)) {
		if (depth >= MAX_DEPTH)
			return -1;
		path[depth] = n;
		if (n == node)
			return depth ? path[depth - 1] : -1;
	}
	return -1;
}

const char *fdt_name(const void *fdt, int node)
{
	struct view v;
	struct token_at t;

	return node_at(fdt, node, &v, &t) ? t.name : NULL;
}

/* NAME is WANT[0..len), or that and a unit address. */
static bool name_is(const char *name, const char *want, size_t len)
{
	return strncmp(name, want, len) == 0 && (name[len] == 0 || name[len] == '@');
}

int fdt_path(const void *fdt, const char *path)
{
	int node = fdt_root(fdt);

	if (*path != '/')
		return -1;
	while (node >= 0) {
		while (*path == '/')
			path++;
		if (!*path)
			return node;
		const char *end = strchr(path, '/');
		size_t len = end ? (size_t)(end - path) : strlen(path);
		for (node = fdt_child(fdt, node); node >= 0; node = fdt_sibling(fdt, node))
			if (name_is(fdt_name(fdt, node), path, len))
				break;
		path += len;
	}
	return -1;
}

const void *fdt_prop(const void *fdt, int node, const char *name, uint32_t *len)
{
	struct view v;
	struct token_at t;

	if (!node_at(fdt, node, &v, &t))
		return NULL;
	while (token_at(&v, t.next, &t) && t.token != END_NODE && t.token != BEGIN_NODE) {
		if (t.token == PROP && strcmp(t.name, name) == 0) {
			if (len)
				*len = t.len;
			return t.data;
		}
	}
	return NULL;
}

/* Is WHAT one of the strings of that property? */
static bool prop_has(const void *fdt, int node, const char *name, const char *what)
{
	struct block b = {.size = 0};
	size_t len;
	const char *s;

	b.base = fdt_prop(fdt, node, name, &b.size);
	for (uint32_t off = 0; b.base && (s = string_at(&b, off, &len)); off += (uint32_t)len + 1)
		if (strcmp(s, what) == 0)
			return true;
	return false;
}

static int find(const void *fdt, int after, const char *name, const char *what)
{
	int n = fdt_next(fdt, after, NULL);

	while (n >= 0 && !prop_has(fdt, n, name, what))
		n = fdt_next(fdt, n, NULL);
	return n;
}

int fdt_compatible(const void *fdt, int after, const char *which)
{
	return find(fdt, after, "compatible", which);
}

int fdt_device_type(const void *fdt, int after, const char *type)
{
	return find(fdt, after, "device_type", type);
}

bool fdt_u32(const void *fdt, int node, const char *name, unsigned index, uint32_t *value)
{
	uint32_t len;
	const unsigned char *p = fdt_prop(fdt, node, name, &len);

	if (!p || index >= len / 4)
		return false;
	*value = be32(p + 4 * index);
	return true;
}

/* CELLS is 0, 1 or 2. */
static uint64_t cells_at(const unsigned char *p, uint32_t cells)
{
	return cells == 2 ? be64(p) : cells == 1 ? be32(p) : 0;
}

bool fdt_reg(const void *fdt, int node, unsigned index, uint64_t *addr, uint64_t *size)
{
	uint32_t na = 2, ns = 1, len; /* what holds where the parent does not say */
	int parent = fdt_parent(fdt, node);
	const unsigned char *p = fdt_prop(fdt, node, "reg", &len);

	if (parent < 0 || !p)
		return false;
	fdt_u32(fdt, parent, "#address-cells", 0, &na);
	fdt_u32(fdt, parent, "#size-cells", 0, &ns);
	if (na < 1 || na > 2 || ns > 2 || index >= len / (4 * (na + ns)))
		return false;
	p += (size_t)index * 4 * (na + ns);
	*addr = cells_at(p, na);
	*size = cells_at(p + (size_t)4 * na, ns);
	return true;
}

bool fdt_reserved(const void *fdt, unsigned index, uint64_t *addr, uint64_t *size)
{
	struct view v;
	struct block entry;

	if (!view(fdt, &v))
		return false;
	for (uint32_t off = v.reserved; cut(&v.all, off, 16, &entry); off += 16, index--) {
		*addr = be64(entry.base);
		*size = be64(entry.base + 8);
		if (*addr == 0 && *size == 0)
			return false;
		if (index == 0)
			return true;
	}
	return false;
}

static bool chosen_address(const void *fdt, const char *name, uint64_t *value)
{
	int node = fdt_path(fdt, "/chosen");
	uint32_t len, high = 0, low;

	if (!fdt_prop(fdt, node, name, &len) || (len == 8 && !fdt_u32(fdt, node, name, 0, &high)) ||
	    !fdt_u32(fdt, node, name, len == 8, &low))
		return false;
	*value = (uint64_t)high << 32 | low;
	return true;
}

bool fdt_initrd(const void *fdt, uint64_t *addr, uint64_t *size)
{
	uint64_t from, to;

	if (!chosen_address(fdt, "linux,initrd-start", &from) ||
	    !chosen_address(fdt, "linux,initrd-end", &to) || to <= from)
		return false;
	*addr = from;
	*size = to - from;
	return true;
}
