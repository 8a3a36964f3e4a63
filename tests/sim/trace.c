/* Traces of the kinds of programs that replacement has to serve. Whole numbers and fixed seeds: the same on every
 * machine, and not by the tests' seed, for the limits they are held to are no statement about all programs. */
#include "sim.h"

struct sim_ref sim_trace[SIM_REFS];
unsigned sim_refs;
static bool written[SIM_PAGES];
static uint32_t random_state;

/* Not below LIMIT times 2^-32: fair enough for this. */
static unsigned below(unsigned limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return (unsigned)(((uint64_t)random_state * limit) >> 32);
}

void sim_note(unsigned page, enum sim_op op)
{
	struct sim_ref *last = sim_refs ? &sim_trace[sim_refs - 1] : NULL;

	if (op == SIM_READ && !written[page])
		op = SIM_WRITE;
	written[page] = op != SIM_FREE;
	if (last && last->page == page && last->op != SIM_FREE && op != SIM_FREE) {
		last->op |= op;
		return;
	}
	if (sim_refs == SIM_REFS)
		port_panic("a trace is longer than there is room");
	sim_trace[sim_refs++] = (struct sim_ref){(uint16_t)page, op};
}

static void rd(unsigned page) { sim_note(page, SIM_READ); }
static void wr(unsigned page) { sim_note(page, SIM_WRITE); }
/* A write one time in ONE_IN. */
static void rw(unsigned page, unsigned one_in) { sim_note(page, below(one_in) ? SIM_READ : SIM_WRITE); }

/* ---- popularity: the k-th of N is asked for 1 / (k + 1) as often as the first ---- */

static uint32_t weight[1024]; /* of it and all before */

static void popular_init(unsigned n)
{
	uint32_t sum = 0;

	for (unsigned k = 0; k < n; k++)
		weight[k] = sum += (1u << 24) / (k + 1);
}

/* One of the first N, scattered over them (N is a power of two, at most what popular_init was told). */
static unsigned popular(unsigned n)
{
	uint32_t at = below(weight[n - 1]);
	unsigned lo = 0, hi = n - 1;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (weight[mid] > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo * 37 % n;
}

/* ---- the programs ---- */

/* The same pages in the same order, again and again. */
static void loop(unsigned n)
{
	for (unsigned round = 0; round < 24; round++) {
		for (unsigned p = 0; p < n; p++)
			p % 6 ? rd(p) : wr(p);
	}
}

/* A loop in a loop: each stretch of the large one is gone through eight times. */
static void loops(unsigned n)
{
	for (unsigned i = 0; i < 6 * 16 * 8; i++) {
		for (unsigned p = 0; p < n / 16; p++)
			rw(i / 8 % 16 * (n / 16) + p, 5);
	}
}

static void zipf(unsigned n)
{
	popular_init(n);
	for (unsigned i = 0; i < n * 150; i++)
		rw(popular(n), 6);
}

/* Popular pages in one half; now and then all of the other half is read, once. */
static void scans(unsigned n)
{
	popular_init(n / 2);
	for (unsigned i = 0; i < n * 120; i++) {
		rw(popular(n / 2), 8);
		for (unsigned p = n / 2; i % (n * 10) == n * 9 && p < n; p++)
			rd(p);
	}
}

/* A quarter of the pages is in use, another quarter some time later. */
static void phases(unsigned n)
{
	unsigned at = 0;

	for (unsigned i = 0; i < n * 120; i++) {
		if (i % (n * 12) == 0)
			at = below(n);
		rw(below(40) ? (at + below(n / 4)) % n : below(n), 4);
	}
}

/* Wherever it is, the next place is near. */
static void walk(unsigned n)
{
	unsigned at = 0;

	for (unsigned i = 0; i < n * 120; i++) {
		at = (at + n + below(17) - 8 + (below(64) ? 0 : below(n))) % n;
		rw(at, 4);
	}
}

/* Sorted runs of 16 entries a page are merged, back and forth between the two halves. */
static void merge(unsigned n)
{
	unsigned items = n / 2 * 16;

	for (unsigned pass = 0, run = 16; run < items; run *= 2, pass++) {
		unsigned from = pass % 2 * (n / 2), to = n / 2 - from;

		for (unsigned base = 0; base < items; base += 2 * run) {
			for (unsigned a = 0, b = 0; a + b < 2 * run;) {
				bool second = a == run || (b < run && below(2));
				unsigned at = second ? base + run + b++ : base + a++;

				rd(from + at / 16);
				wr(to + (base + a + b - 1) / 16);
			}
		}
	}
}

/* A heap of items, 16 a page: what is taken from the top sinks down from there. */
static void heap(unsigned n)
{
	unsigned items = n * 16;

	for (unsigned i = 0; i < n * 12; i++) {
		unsigned at = 0;

		rd((items - 1 - i) / 16);
		while (at * 2 + 2 < items) {
			rd((at * 2 + 1) / 16);
			wr(at / 16);
			at = at * 2 + 1 + below(2);
		}
	}
}

/* Gauss: every row below is reduced by the pivot's row; a row is 8 pages. */
static void gauss(unsigned n)
{
	unsigned rows = n / 8;

	for (unsigned pivot = 0; pivot < rows; pivot += rows / 24 + 1) {
		for (unsigned row = pivot + 1; row < rows; row++) {
			for (unsigned p = pivot / 16; p < 8; p++) {
				rd(pivot * 8 + p);
				wr(row * 8 + p);
			}
		}
	}
}

/* Edges are read in order, each leads to nodes of which some have many. */
static void graph(unsigned n)
{
	popular_init(n / 4);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned edge = 0; edge < n * 3 / 4 * 8; edge++) {
			rd(n / 4 + edge / 8);
			rw(popular(n / 4), 3);
		}
	}
}

/* A tree: its root, one of its inner pages, a leaf; sometimes the leaves that follow. */
static void tree(unsigned n)
{
	unsigned leaves = n / 2;

	popular_init(leaves);
	for (unsigned i = 0; i < n * 50; i++) {
		unsigned leaf = popular(leaves);

		rd(0);
		rd(1 + leaf / 16);
		rw(n / 2 + leaf, 10);
		for (unsigned next = 1; i % 200 == 0 && next < 40; next++)
			rd(n / 2 + (leaf + next) % leaves);
	}
}

/* Processes come and go over pages that all of them use; each gives its memory back. */
static void churn(unsigned n)
{
	popular_init(n / 2);
	for (unsigned life = 0; life < 24; life++) {
		unsigned own = n / 2 + life % 4 * (n / 8);

		for (unsigned p = 0; life >= 4 && p < n / 8; p++)
			sim_note(own + p, SIM_FREE);
		for (unsigned i = 0; i < n * 5; i++) {
			rd(popular(n / 2));
			rw(n / 2 + (life + 4 - below(life < 4 ? life + 1 : 4)) % 4 * (n / 8) + popular(n / 8),
			   2);
		}
	}
}

/* A log is appended to, each page of it written a few times, and read back once, much later. */
static void journal(unsigned n)
{
	popular_init(n / 2);
	for (unsigned i = 0; i < n * 100; i++) {
		rw(popular(n / 2), 5);
		if (i % 16 == 0)
			wr(n / 2 + i / 96 % (n / 2));
		if (i % 128 == 0)
			rd(n / 2 + (i / 128 + n / 4) % (n / 2));
	}
}

/* A program's objects, allocated in turn, and from time to time all of them are marked. */
static void collect(unsigned n)
{
	popular_init(n / 4);
	for (unsigned i = 0; i < n * 100; i++) {
		rw(popular(n / 4), 3);
		if (i % 20 == 0)
			wr(n / 4 + i / 60 % (n * 3 / 4));
		for (unsigned p = 0; i % (n * 16) == n * 15 && p < n; p++)
			rd(p);
	}
}

/* Three programs take turns: a loop, one with favourites, one that moves on. */
static void mixed(unsigned n)
{
	unsigned step = 0;

	popular_init(n / 4);
	for (unsigned turn = 0; turn < 600; turn++) {
		for (unsigned i = 0; i < n / 5; i++) {
			if (turn % 3 == 0)
				rw(step++ % (n / 2), 6);
			else if (turn % 3 == 1)
				rw(n / 2 + popular(n / 4), 4);
			else
				rw(n * 3 / 4 + (turn / 30 * (n / 16) + below(n / 8)) % (n / 4), 3);
		}
	}
}

/* ---- programs that move on; N is the memory that they have ---- */

/* PERCENT of memory is gone through eight times, then as much somewhere else; COUNT such places, four times. */
static void stretches(unsigned n, unsigned percent, unsigned count)
{
	unsigned len = n * percent / 100;

	for (unsigned i = 0; i < count * 4 * 8; i++) {
		for (unsigned p = 0; p < len; p++)
			rw(i / 8 % count * len + p, 5);
	}
}

static void third(unsigned n) { stretches(n, 33, 20); }
static void most(unsigned n) { stretches(n, 80, 8); }
static void all(unsigned n) { stretches(n, 100, 7); }
static void toomuch(unsigned n) { stretches(n, 105, 7); }

/* One loop over a little more than there is, one over a little less, one over half, in turn, on each other's pages. */
static void turns(unsigned n)
{
	for (unsigned i = 0; i < 12 * 12; i++) {
		unsigned which = i / 12 % 3, len = which == 0 ? n * 5 / 4 : which == 1 ? n * 9 / 10 : n / 2;

		for (unsigned p = 0; p < len; p++)
			rw((which == 1 ? n * 4 / 3 : which * n / 10) + p, 6);
	}
}

/* Favourites among as many pages as there is room for, then others. */
static void fashions(unsigned n)
{
	popular_init(n);
	for (unsigned i = 0; i < 16 * n * 12; i++)
		rw(i / (n * 12) % 5 * n + popular(n), 4);
}

/* Any of a stretch that moves on slowly. */
static void window(unsigned n)
{
	for (unsigned i = 0; i < n * 200; i++)
		rw((i / 10 + below(n * 2 / 5)) % (n * 4), 4);
}

/* Scans and, now and then, another hot set, on which no page is used twice in a row. */
static void shifts(unsigned n)
{
	unsigned scan = 0;

	for (unsigned i = 0; i < n * 200; i++) {
		rw(i / (n * 50) % 2 * (n / 2) + below(n * 7 / 10), 6);
		if (i % 8 == 0)
			rd(n * 2 + scan++ % (n * 2));
	}
}

const struct sim_kind sim_kinds[] = {
	{"loop", loop},       {"loops", loops},     {"zipf", zipf},   {"scans", scans},
	{"phases", phases},   {"walk", walk},       {"merge", merge}, {"heap", heap},
	{"gauss", gauss},     {"graph", graph},     {"tree", tree},   {"churn", churn},
	{"journal", journal}, {"collect", collect}, {"mixed", mixed}, {NULL, NULL},
};

const struct sim_kind sim_moves[] = {
	{"third", third},     {"most", most},     {"all", all},
	{"toomuch", toomuch}, {"turns", turns},   {"fashions", fashions},
	{"window", window},   {"shifts", shifts}, {NULL, NULL},
};

void sim_make(const struct sim_kind *kind, unsigned n)
{
	__builtin_memset(written, 0, sizeof written);
	sim_refs = 0;
	random_state = 2463534242u;
	kind->make(n);
}

const struct sim_kind *sim_kind(const char *name)
{
	const struct sim_kind *kind = sim_kinds;

	while (kind->name && __builtin_strcmp(kind->name, name) != 0)
		kind++;
	return kind->name ? kind : NULL;
}
