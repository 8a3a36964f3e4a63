/* The device tree parser: a tree made here is read back, and damaged ones are survived. A damaged tree lies
 * at the very end of its array, so that AddressSanitizer sees the first byte read past it. */
#include "kernel/lib/fdt.h"

#include "kernel/lib/lib.h"
#include "tests/test.h"

/* ---- making a tree ---- */

#define ROOM 2048
static struct {
	unsigned char tree[ROOM], names[256];
	uint32_t ntree, nnames;
} made;
static unsigned char arena[ROOM];

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void word(uint32_t v)
{
	put32(made.tree + made.ntree, v);
	made.ntree += 4;
}

static void bytes(const void *p, uint32_t n)
{
	memcpy(made.tree + made.ntree, p, n);
	memset(made.tree + made.ntree + n, 0, 4);
	made.ntree += (n + 3) & ~3u;
}

static void begin(const char *name)
{
	word(1);
	bytes(name, (uint32_t)strlen(name) + 1);
}

static void end(void) { word(2); }

static void prop(const char *name, const void *p, uint32_t n)
{
	word(3);
	word(n);
	word(made.nnames);
	memcpy(made.names + made.nnames, name, strlen(name) + 1);
	made.nnames += (uint32_t)strlen(name) + 1;
	bytes(p, n);
}

static void prop_string(const char *name, const char *s) { prop(name, s, (uint32_t)strlen(s) + 1); }

static void prop_cells(const char *name, unsigned n, const uint32_t *cell)
{
	unsigned char p[32];

	for (unsigned i = 0; i < n; i++)
		put32(p + 4 * i, cell[i]);
	prop(name, p, 4 * n);
}

static void prop_cell(const char *name, uint32_t v) { prop_cells(name, 1, &v); }

static void device(const char *name, const char *compatible, uint32_t n, const uint32_t reg[4])
{
	begin(name);
	prop("compatible", compatible, n);
	prop_cells("reg", 4, reg);
	end();
}

static void make_nodes(void)
{
	begin("");
	prop_cell("#address-cells", 2);
	prop_cell("#size-cells", 2);
	begin("chosen");
	prop_string("bootargs", "pt=sv39 test=*");
	end();
	begin("memory@80000000");
	prop_string("device_type", "memory");
	prop_cells("reg", 8, (const uint32_t[]){0, 0x80000000, 0, 0x8000000, 1, 0, 2, 0});
	end();
	word(4); /* NOP */
	begin("cpus");
	prop_cell("#address-cells", 1);
	prop_cell("#size-cells", 0);
	begin("cpu@0");
	prop_string("device_type", "cpu");
	prop_cell("reg", 0);
	begin("interrupt-controller");
	prop("interrupt-controller", "", 0);
	end();
	end();
	begin("cpu@1");
	prop_string("device_type", "cpu");
	prop_cell("reg", 7);
	end();
	end();
	begin("soc");
	prop_cell("#address-cells", 2);
	prop_cell("#size-cells", 2);
	device("uart@10000000", "fast,uart\0ns16550a", 19, (const uint32_t[]){0, 0x10000000, 0, 0x100});
	device("disk@10001000", "virtio,mmio", 12, (const uint32_t[]){0, 0x10001000, 0, 0x1000});
	device("disk@10002000", "virtio,mmio", 12, (const uint32_t[]){0, 0x10002000, 0, 0x1000});
	end();
	end();
	word(9);
	begin("ghost"); /* behind the end: nobody's */
	end();
}

/* The tree at the end of the arena; its size in *SIZE. */
static unsigned char *make_tree(uint32_t *size)
{
	uint32_t reserved = 40, tree = reserved + 48;
	unsigned char *h;

	made.ntree = made.nnames = 0;
	make_nodes();
	uint32_t names = tree + made.ntree;
	*size = names + made.nnames;
	h = arena + ROOM - *size;
	const uint32_t head[10] = {0xd00dfeed, *size, tree, names,       reserved,
				   17,         16,    0,    made.nnames, made.ntree};
	for (unsigned i = 0; i < 10; i++)
		put32(h + 4 * i, head[i]);
	memset(h + reserved, 0, 48);
	put32(h + reserved + 4, 0x80000000);
	put32(h + reserved + 12, 0x40000);
	put32(h + reserved + 28, 0x1000); /* at address 0: not yet the end */
	memcpy(h + tree, made.tree, made.ntree);
	memcpy(h + names, made.names, made.nnames);
	return h;
}

/* ---- a good tree ---- */

TEST(fdt_good, "unit/fdt-nodes-are-found-by-path-and-order")
{
	static const char *const order[] = {
		"", "chosen", "memory@80000000", "cpus", "cpu@0", "interrupt-controller", "cpu@1", "soc",
		"uart@10000000", "disk@10001000", "disk@10002000"};
	static const unsigned depths[] = {0, 1, 1, 1, 2, 3, 2, 1, 2, 2, 2};
	uint32_t size;
	const void *t = make_tree(&size);
	unsigned depth = 77, i = 0;

	CHECK(fdt_ok(t));
	CHECK_EQ(fdt_size(t), size);
	for (int n = fdt_next(t, -1, &depth); n >= 0; n = fdt_next(t, n, &depth), i++) {
		if (!CHECK(i < 11) || !CHECK(strcmp(fdt_name(t, n), order[i]) == 0) ||
		    !CHECK_EQ(depth, depths[i]))
			return;
	}
	CHECK_EQ(i, 11);
	CHECK_EQ(fdt_path(t, "/"), fdt_root(t));
	CHECK(strcmp(fdt_name(t, fdt_path(t, "/cpus/cpu@1")), "cpu@1") == 0);
	CHECK(strcmp(fdt_name(t, fdt_path(t, "/soc/uart")), "uart@10000000") == 0);
	CHECK(strcmp(fdt_name(t, fdt_path(t, "/soc/disk/")), "disk@10001000") == 0);
	CHECK(strcmp(fdt_name(t, fdt_path(t, "/memory")), "memory@80000000") == 0);
	CHECK_EQ(fdt_path(t, "/soc/uart@1"), -1);
	CHECK_EQ(fdt_path(t, "/soc/uar"), -1);
	CHECK_EQ(fdt_path(t, "/cpu@0"), -1);
	CHECK_EQ(fdt_path(t, "/chosen/x"), -1);
	CHECK_EQ(fdt_path(t, "chosen"), -1);
}

TEST(fdt_family, "unit/fdt-child-sibling-and-parent-agree")
{
	uint32_t size;
	const void *t = make_tree(&size);
	unsigned seen = 0;

	for (int p = fdt_root(t); p >= 0; p = fdt_next(t, p, NULL)) {
		for (int c = fdt_child(t, p); c >= 0; c = fdt_sibling(t, c), seen++)
			CHECK_EQ(fdt_parent(t, c), p);
	}
	CHECK_EQ(seen, 10); /* every node but the root is somebody's child */
	CHECK_EQ(fdt_parent(t, fdt_root(t)), -1);
	CHECK_EQ(fdt_sibling(t, fdt_root(t)), -1);
	CHECK_EQ(fdt_child(t, fdt_path(t, "/chosen")), -1);
	CHECK_EQ(fdt_parent(t, fdt_root(t) + 4), -1); /* not a node */
	CHECK_EQ(fdt_child(t, -1), -1);
	CHECK(fdt_name(t, -1) == NULL);
	CHECK(fdt_prop(t, -1, "reg", NULL) == NULL);
}

TEST(fdt_props, "unit/fdt-properties-and-cells")
{
	uint32_t size, len = 0, v = 0;
	uint64_t a = 0, s = 0;
	const void *t = make_tree(&size);
	const char *args = fdt_prop(t, fdt_path(t, "/chosen"), "bootargs", &len);
	int memory = fdt_path(t, "/memory"), cpu = fdt_path(t, "/cpus/cpu@1");

	CHECK(args && strcmp(args, "pt=sv39 test=*") == 0);
	CHECK_EQ(len, 15);
	CHECK(fdt_prop(t, fdt_path(t, "/chosen"), "reg", NULL) == NULL);
	/* What its children have is not its own. */
	CHECK(fdt_prop(t, fdt_path(t, "/soc"), "compatible", NULL) == NULL);
	int controller = fdt_path(t, "/cpus/cpu@0/interrupt-controller");
	CHECK(fdt_prop(t, controller, "interrupt-controller", &len) != NULL);
	CHECK_EQ(len, 0);
	CHECK(fdt_reg(t, memory, 0, &a, &s) && a == 0x80000000 && s == 0x8000000);
	CHECK(fdt_reg(t, memory, 1, &a, &s) && a == 0x100000000 && s == 0x200000000);
	CHECK(!fdt_reg(t, memory, 2, &a, &s));
	CHECK(!fdt_reg(t, memory, UINT32_MAX, &a, &s));
	CHECK(fdt_reg(t, cpu, 0, &a, &s) && a == 7 && s == 0);
	CHECK(!fdt_reg(t, cpu, 1, &a, &s));
	CHECK(fdt_u32(t, memory, "reg", 5, &v) && v == 0);
	CHECK(fdt_u32(t, memory, "reg", 4, &v) && v == 1);
	CHECK(!fdt_u32(t, memory, "reg", 8, &v));
	CHECK(!fdt_u32(t, memory, "reg", 0x40000000, &v)); /* 4 * index would wrap */
	CHECK(fdt_reserved(t, 0, &a, &s) && a == 0x80000000 && s == 0x40000);
	CHECK(fdt_reserved(t, 1, &a, &s) && a == 0 && s == 0x1000);
	CHECK(!fdt_reserved(t, 2, &a, &s));
	CHECK(!fdt_reserved(t, 3, &a, &s)); /* what lies behind the end of the table is none of it */
}

TEST(fdt_search, "unit/fdt-search-by-compatible-and-type")
{
	uint32_t size;
	const void *t = make_tree(&size);
	int first = fdt_compatible(t, -1, "virtio,mmio"), second = fdt_compatible(t, first, "virtio,mmio");

	CHECK_EQ(first, fdt_path(t, "/soc/disk@10001000"));
	CHECK_EQ(second, fdt_path(t, "/soc/disk@10002000"));
	CHECK_EQ(fdt_compatible(t, second, "virtio,mmio"), -1);
	CHECK_EQ(fdt_compatible(t, -1, "fast,uart"), fdt_path(t, "/soc/uart"));
	CHECK_EQ(fdt_compatible(t, -1, "ns16550a"), fdt_path(t, "/soc/uart")); /* second in the list */
	CHECK_EQ(fdt_compatible(t, -1, "ns16550"), -1);
	CHECK_EQ(fdt_compatible(t, -1, ""), -1);
	CHECK_EQ(fdt_device_type(t, -1, "cpu"), fdt_path(t, "/cpus/cpu@0"));
	CHECK_EQ(fdt_device_type(t, fdt_path(t, "/cpus/cpu@0"), "cpu"), fdt_path(t, "/cpus/cpu@1"));
}

/* ---- damaged ones ---- */

/* In the structure block, as the header has it. */
static bool inside(const unsigned char *t, const void *p, size_t n)
{
	uint64_t at = (uintptr_t)p - (uintptr_t)t, from = get32(t + 8), end = from + get32(t + 36);

	return at >= from && at <= end && n <= end - at && end <= (uintptr_t)(arena + ROOM) - (uintptr_t)t;
}

/* Ask for everything; what is handed out must lie inside, nothing may run without end. */
static bool survives(const unsigned char *t)
{
	static const char *const paths[] = {"/chosen", "/cpus/cpu@1", "/soc/disk@10002000", "/memory"};
	uint64_t a, s;
	uint32_t len, v;
	unsigned depth = 0, nodes = 0;
	bool good = true;

	for (int n = fdt_next(t, -1, &depth); n >= 0 && good; n = fdt_next(t, n, &depth)) {
		const char *name = fdt_name(t, n);
		const void *p = fdt_prop(t, n, "reg", &len);
		good = CHECK(++nodes < ROOM) && CHECK(name && inside(t, name, strlen(name) + 1));
		good = good && CHECK(!p || inside(t, p, len));
		fdt_reg(t, n, 1, &a, &s);
		good = good && CHECK(fdt_child(t, n) != n && fdt_sibling(t, n) != n && fdt_parent(t, n) != n);
	}
	for (unsigned i = 0; i < 4; i++) {
		int n = fdt_path(t, paths[i]);
		fdt_u32(t, n, "#size-cells", 0, &v);
	}
	fdt_compatible(t, -1, "virtio,mmio");
	for (unsigned i = 0; i < 3; i++)
		fdt_reserved(t, i, &a, &s);
	return good;
}

/* A simulated machine is slow: there a sample, on the host all. */
#define SAMPLE (__STDC_HOSTED__ ? 1u : 13u)

TEST(fdt_truncated, "unit/fdt-cut-at-every-length-is-survived")
{
	uint32_t size;

	make_tree(&size);
	for (uint32_t n = 40; n < size; n += SAMPLE) {
		const unsigned char *whole = make_tree(&size);
		unsigned char *t = arena + ROOM - n;
		memmove(t, whole, n);
		put32(t + 4, n);
		CHECK(!fdt_ok(t)); /* its last block does not fit any more */
		for (unsigned field = 8; field < 40; field += 4) { /* and one that says that it does */
			uint32_t was = get32(t + field);
			put32(t + field, field >= 32 ? n / 2 : 40);
			if (!survives(t)) {
				test_note("cut to %u bytes, header field %u changed", n, field);
				return;
			}
			put32(t + field, was);
		}
	}
	CHECK(fdt_ok(make_tree(&size)));
}

TEST(fdt_short_blocks, "unit/fdt-keeps-within-each-block")
{
	uint32_t size, reg;
	uint64_t a, s;
	unsigned char *t = make_tree(&size);
	int last = fdt_path(t, "/soc/disk@10002000");

	for (uint32_t n = 0; n < made.ntree; n += 4 * SAMPLE) {
		put32(t + 36, n);
		if (!survives(t)) {
			test_note("structure block cut to %u bytes", n);
			return;
		}
	}
	put32(t + 36, made.ntree);
	CHECK(fdt_prop(t, last, "reg", &reg) && reg == 16);
	put32(t + 32, made.nnames - 1); /* its name, the last of all, now lacks its end */
	CHECK(fdt_prop(t, last, "reg", &reg) == NULL);
	put32(t + 32, made.nnames);
	memset(t + size - 20, 0x77, 20);
	for (uint32_t off = size - 20; off <= size; off++) {
		put32(t + 16, off);
		CHECK_EQ(fdt_reserved(t, 0, &a, &s), off <= size - 16);
		CHECK(!fdt_reserved(t, 1, &a, &s));
	}
}

TEST(fdt_deep, "unit/fdt-nested-too-deep-has-no-parents-there")
{
	static unsigned char t[1024];
	const uint32_t head[10] = {0xd00dfeed, sizeof t, 72, 56, 40, 17, 16, 0, 16, 60 * 12};
	int node[40];
	unsigned depth = 0, n = 0;

	for (unsigned i = 0; i < 10; i++)
		put32(t + 4 * i, head[i]);
	for (unsigned i = 0; i < 40; i++) {
		put32(t + 72 + 8 * i, 1);
		t[72 + 8 * i + 4] = 'x';
	}
	for (unsigned i = 0; i < 40; i++)
		put32(t + 72 + 8 * 40 + 4 * i, 2);
	for (int at = fdt_next(t, -1, &depth); at >= 0 && n < 40; at = fdt_next(t, at, &depth), n++) {
		CHECK_EQ(depth, n);
		node[n] = at;
	}
	CHECK_EQ(n, 40);
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(fdt_parent(t, node[i]), i > 0 && i < 32 ? node[i - 1] : -1);
}

TEST(fdt_flipped, "unit/fdt-with-any-byte-changed-is-survived")
{
	static const unsigned char masks[] = {0x01, 0x80, 0xff, 0x10};
	uint32_t size;
	unsigned char *t = make_tree(&size);

	for (uint32_t at = 0; at < size; at += SAMPLE) {
		if (at >= 4 && at < 8)
			continue; /* the size itself: whoever lies there lies about what may be read */
		for (unsigned m = 0; m < sizeof masks; m++) {
			t[at] ^= masks[m];
			bool good = survives(t);
			t[at] ^= masks[m];
			if (!good) {
				test_note("byte %u changed by 0x%x", at, masks[m]);
				return;
			}
		}
	}
}

TEST(fdt_random, "unit/fdt-with-many-words-changed-is-survived")
{
	static const uint32_t likely[] = {
		0, 1, 2, 3, 4, 9, 40, 0xffffffff, 0x7fffffff, 0xfffffff0, 0x80000000};
	uint32_t size;

	for (unsigned round = 0; round < 4000 / SAMPLE; round++) {
		unsigned char *t = make_tree(&size);
		for (unsigned i = 0; i < 1 + round % 8; i++) {
			uint32_t at = 8 + (uint32_t)(test_rand() % (size / 4 - 2)) * 4;
			uint64_t r = test_rand();
			put32(t + at, r % 4 ? likely[r / 4 % 11] : (uint32_t)(r >> 32));
		}
		if (!survives(t)) {
			test_note("round %u", round);
			return;
		}
	}
}

TEST(fdt_refused, "unit/fdt-that-is-none-is-refused")
{
	uint32_t size;
	unsigned char *t = make_tree(&size);

	CHECK(!fdt_ok(NULL));
	t[0] ^= 1;
	CHECK(!fdt_ok(t));
	CHECK_EQ(fdt_root(t), -1);
	CHECK_EQ(fdt_size(t), 0);
	t[0] ^= 1;
	put32(t + 4, 39); /* smaller than the header */
	CHECK(!fdt_ok(t));
	put32(t + 4, 0x7fffffff);
	CHECK(!fdt_ok(t));
	put32(t + 4, size);
	put32(t + 20, 16); /* too old */
	CHECK(!fdt_ok(t));
	put32(t + 20, 18);
	CHECK(fdt_ok(t)); /* newer, and says that 16 can be read as */
	put32(t + 24, 18);
	CHECK(!fdt_ok(t));
	put32(t + 24, 17);
	CHECK(fdt_ok(t));
}
