/* Operations made up at random, in rounds; each round begins from nothing on a machine of its own size. A round
 * that fails is made as short as can be and printed. */
#include "model.h"

#define ROUND 1000
#define OPS   84000 /* on each of 24 configurations: 2 M in all */
#define SLOTS 900   /* of swap, where all can leave */
#define TRIES 4000  /* that shortening may take */

static struct op round_ops[ROUND + 1], fewer[ROUND + 1]; /* shorten() adds one */

static uint64_t state;

/* A generator of its own for each round: a round can be made again alone. */
static unsigned below(unsigned n)
{
	uint64_t x = state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return (unsigned)((x ^ x >> 32) % n);
}

static bool one_in(unsigned n) { return below(n) == 0; }

static unsigned
	hot; /* a page near which much happens for a while: what collides must meet in the same place */

static unsigned pick_space(unsigned alive, bool wanted)
{
	unsigned s;

	do
		s = below(SPACES);
	while ((alive >> s & 1) != wanted);
	return s;
}

/* A range inside the window. */
static void pick_range(struct op *op, unsigned longest)
{
	unsigned size = BUSY_LO, base = 0;

	if (one_in(8)) {
		base = STACK_LO - 40;
		size = WINDOW - base;
	}
	op->page = (uint16_t)(base + below(size));
	op->n = (uint16_t)(1 + below(one_in(3) ? longest : 4));
	if (op->page + op->n > base + size)
		op->n = (uint16_t)(base + size - op->page);
}

static unsigned pick_prot(void)
{
	static const uint8_t prot[] = {3, 3, 3, 3, 3, 3, 1, 1, 0, 5, 4, 2, 6};

	return prot[below(sizeof prot)];
}

static void pick_map(struct op *op)
{
	pick_range(op, 24);
	op->prot = (uint8_t)pick_prot();
	op->flags = one_in(3) ? VM_FIXED : one_in(2) ? VM_NOREPLACE : 0;
	op->move = !op->flags;
	if (one_in(4))
		op->flags |= VM_SHARED;
	if (one_in(10)) {
		op->page = (uint16_t)(STACK_LO + below(4));
		op->n = (uint16_t)(1 + below(4));
		op->prot = VM_READ | VM_WRITE;
		op->flags = VM_STACK | VM_FIXED;
		op->move = false;
	} else if (one_in(2)) {
		op->file = (uint8_t)(1 + below(FILES));
		op->to = (uint16_t)below(FILE_PAGES - 4);
	}
}

static void pick_file(struct op *op)
{
	static const uint16_t rest[] = {0, 0, 8, 16, 2048};

	op->file = (uint8_t)below(FILES);
	op->page = (uint16_t)below(FILE_PAGES);
	if (op->kind == OP_TRUNCATE) /* seldom by much: there is to be something */
		op->value = (one_in(8) ? below(FILE_PAGES) : FILE_PAGES / 2 + below(FILE_PAGES / 2)) *
				    PT_PAGE_SIZE +
			    rest[below(5)];
}

/* Now and then one kind of touch runs over neighbouring pages: that fills memory and brings back what left. */
static struct op burst;
static unsigned burst_left;

static bool burst_goes_on(struct op *op)
{
	if (!burst_left)
		return false;
	burst_left--;
	*op = burst;
	burst.page++;
	burst.value = burst.value * 5 + 1;
	return true;
}

static void burst_begin(struct op *op)
{
	op->kind = one_in(3) ? OP_READ : OP_WRITE;
	op->page = (uint16_t)below(BUSY_LO - 30);
	op->fail = FAIL_NONE;
	burst = *op;
	burst.page++;
	burst_left = 4 + below(26);
}

/* A fresh space gets something to begin with. */
static void burst_map(const struct op *op)
{
	burst = (struct op){.kind = OP_MAP, .space = op->space, .n = BUSY_LO, .prot = 3, .flags = VM_FIXED};
	burst_left = 1;
}

static struct op last; /* touch; again from another CPU it finds what that one's TLB remembers */

static bool echo(struct op *op, unsigned alive)
{
	if (last.kind > OP_WRITE || !(alive >> last.space & 1) || !one_in(3))
		return false;
	last.kind = one_in(3) ? OP_WRITE : OP_READ;
	last.cpu = (uint8_t)below(3);
	last.value += 256;
	last.fail = FAIL_NONE;
	*op = last;
	return true;
}

static enum op_kind pick_kind(void)
{
	static const uint8_t of_100[][2] = {
		{OP_READ, 22},   {OP_WRITE, 28},    {OP_EXEC, 2},      {OP_MAP, 8},        {OP_UNMAP, 3},
		{OP_PROTECT, 5}, {OP_REMAP, 4},     {OP_PROMISE, 3},   {OP_LOOK, 2},       {OP_FORK, 4},
		{OP_KILL, 2},    {OP_EVICT, 3},     {OP_FILE_READ, 2}, {OP_FILE_WRITE, 3}, {OP_TRUNCATE, 1},
		{OP_SYNC, 1},    {OP_WRITEBACK, 1}, {OP_ADVISE, 2},    {OP_THREADS, 3},    {OP_SWAPOFF, 1}};
	unsigned n = below(100), i = 0;

	while (n >= of_100[i][1])
		n -= of_100[i++][1];
	return of_100[i][0];
}

static void pick_fail(struct op *op)
{
	if (!one_in(12))
		return;
	op->fail = (uint8_t)(FAIL_MEMORY + below(4));
	op->fail_n = (uint8_t)(1 + below(op->fail == FAIL_MEMORY ? 12 : 8));
}

/* One operation; *ALIVE says which spaces there are. */
static void pick(struct op *op, unsigned *alive)
{
	if (burst_goes_on(op) || echo(op, *alive))
		return;
	*op = (struct op){.kind = (uint8_t)pick_kind(), .word = (uint8_t)below(WORDS)};
	op->cpu = (uint8_t)(one_in(2) ? 0 : below(3));
	op->value = (uint64_t)below(~0u) << 8 | below(256);
	pick_fail(op);
	if (!*alive) {
		op->kind = OP_CREATE;
		op->space = (uint8_t)below(SPACES);
		*alive = 1u << op->space;
		burst_map(op);
		return;
	}
	op->space = (uint8_t)pick_space(*alive, true);
	if (one_in(50)) {
		burst_begin(op);
		return;
	}
	pick_range(op, op->kind == OP_PROTECT ? 20 : 8);
	if (one_in(100))
		hot = below(BUSY_LO - 4);
	if (one_in(2) && op->page < BUSY_LO - 8)
		op->page = (uint16_t)(hot + below(4));
	if (op->page < BUSY_LO && op->page + op->n > BUSY_LO)
		op->n = (uint16_t)(BUSY_LO - op->page);
	switch ((enum op_kind)op->kind) {
	case OP_MAP: pick_map(op); break;
	case OP_PROTECT:
	case OP_PROMISE: op->prot = (uint8_t)pick_prot(); break;
	case OP_REMAP:
		op->to = (uint16_t)(1 + below(20));
		op->move = one_in(2);
		break;
	case OP_FORK:
		if (*alive == (1u << SPACES) - 1)
			op->kind = OP_READ;
		else
			*alive |= 1u << (op->to = (uint16_t)pick_space(*alive, false));
		break;
	case OP_THREADS:
		op->cpu = 0; /* and 1 */
		op->fail = FAIL_NONE;
		op->to = (uint16_t)below(1 << 13);
		break;
	case OP_SWAPOFF:
		op->to = (uint16_t)below(AREAS);
		if (one_in(2))
			op->kind = OP_SWAPON;
		break;
	case OP_KILL: *alive &= ~(1u << op->space); break;
	case OP_FILE_READ:
	case OP_FILE_WRITE:
	case OP_TRUNCATE:
	case OP_SYNC: pick_file(op); break;
	default: break;
	}
	if (op->kind <= OP_WRITE)
		last = *op;
}

static uint64_t seed;

static void round_make(unsigned r, struct setup *setup, unsigned n)
{
	static const uint16_t slots[] = {SLOTS, SLOTS, 200, 64, 16, 0};
	unsigned alive = 0;

	hot = burst_left = 0;
	last = (struct op){.kind = OP_CREATE};
	state = (seed ^ r) * 0xd6e8feb86659fd93ull; /* far from the other rounds' */
	state ^= state >> 31;
	*setup = (struct setup){.round = r,
				.frames = 32 + below(33),
				.slots = slots[below(6)],
				.fenced = !one_in(3),
				.gather_one = one_in(4)};
	for (unsigned i = 0; i < n; i++)
		pick(&round_ops[i], &alive);
}

/* ---- failing with fewer ---- */

struct trial {
	const struct setup *setup;
	const struct op *op;
	unsigned n, failed;
};

static void trial_run(void *arg)
{
	struct trial *t = arg;

	ops_run(t->setup, t->op, t->n, &t->failed);
}

static bool still_fails(const struct setup *setup, unsigned n)
{
	struct trial t = {setup, fewer, n, 0};

	return m_apart(trial_run, &t, true) == M_APART_FAILED;
}

static unsigned tries; /* so far, of this report */

/* Put INSTEAD (NULL: nothing) in the place of SIZE of the *N operations in round_ops, if they still fail then. */
static bool replace(const struct setup *setup, unsigned *n, unsigned at, unsigned size,
		    const struct op *instead)
{
	unsigned put = instead ? 1 : 0, rest = *n - at - size;

	__builtin_memcpy(fewer, round_ops, at * sizeof *fewer);
	if (instead)
		fewer[at] = *instead;
	__builtin_memcpy(fewer + at + put, round_ops + at + size, rest * sizeof *fewer);
	if (tries++ >= TRIES || !still_fails(setup, at + put + rest))
		return false;
	*n = at + put + rest;
	__builtin_memcpy(round_ops, fewer, *n * sizeof *fewer);
	return true;
}

static const struct op all_leave = {.kind = OP_EVICT, .n = 64};

/* Leave out stretches of the N operations in round_ops, long ones first, as long as the rest fails. */
static unsigned shorten_once(const struct setup *setup, unsigned n)
{
	for (unsigned size = n / 2; size;) {
		bool shorter = false;

		for (unsigned at = 0; at + size <= n && tries < TRIES;) {
			if (replace(setup, &n, at, size, NULL))
				shorter = true;
			else if (size > 1 && replace(setup, &n, at, size, &all_leave))
				shorter = true, at++;
			else
				at += size;
		}
		if (size > 1 || !shorter)
			size /= 2;
	}
	return n;
}

/* What only fills memory, so that something leaves, is done by one operation that makes all leave: in the place of
 * others, at the end, or before the last. */
static unsigned shorten(struct setup *setup, unsigned n)
{
	struct setup roomy = *setup;
	unsigned was;

	tries = 0;
	roomy.slots = SLOTS;
	roomy.gather_one = false;
	do {
		was = n;
		if (was > ROUND) /* no room for one more */
			break;
		if (replace(&roomy, &n, n, 0, &all_leave) || replace(&roomy, &n, n, 0, NULL))
			*setup = roomy;
		else if (!replace(setup, &n, n, 0, &all_leave) && n)
			replace(setup, &n, n - 1, 0, &all_leave);
		n = shorten_once(setup, n);
	} while (n < was && tries < TRIES);
	return n;
}

/* The failing operation's own fields as plain as the failure allows. */
static void simplify(const struct setup *setup, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned what = 0; what < 3; what++) {
			__builtin_memcpy(fewer, round_ops, n * sizeof *fewer);
			if (what == 0)
				fewer[i].fail = FAIL_NONE;
			else if (what == 1)
				fewer[i].cpu = 0;
			else
				fewer[i].word = 0;
			if (still_fails(setup, n))
				round_ops[i] = fewer[i];
		}
	}
}

/* Round R fails at its operation OP, counted from 1. */
static void report(unsigned r, unsigned op, unsigned n)
{
	struct setup setup;

	test_note("seed %llu: operation %u of round %u fails", (unsigned long long)test_seed(), op, r);
	round_make(r, &setup, n);
	if (op < n)
		n = op;
	__builtin_memcpy(fewer, round_ops, n * sizeof *fewer);
	if (!still_fails(&setup, n)) {
		test_note("the round passes when it is run alone");
		return;
	}
	n = shorten(&setup, n);
	simplify(&setup, n);
	test_note("%u operations are enough:", n);
	ops_print(&setup, round_ops, n);
	__builtin_memcpy(fewer, round_ops, n * sizeof *fewer);
	m_apart(trial_run, &(struct trial){&setup, fewer, n, 0}, false);
}

/* ---- the test ---- */

static unsigned long total;

static unsigned round_size(unsigned r)
{
	unsigned long left = total - (unsigned long)r * ROUND;

	return left < ROUND ? (unsigned)left : ROUND;
}

static void all_rounds(void *unused)
{
	struct setup setup;
	unsigned failed;

	(void)unused;
	for (unsigned r = 0; (unsigned long)r * ROUND < total; r++) {
		round_make(r, &setup, round_size(r));
		if (!ops_run(&setup, round_ops, round_size(r), &failed)) {
			test_note("seed %llu: operation %u of round %u", (unsigned long long)test_seed(),
				  failed + 1, r);
			return;
		}
	}
}

TEST(model, "model/every-operation-does-what-the-model-says")
{
	unsigned r;

	total = m_ops(OPS);
	test_note("%lu random operations", total);
	/* Each configuration gets operations of its own. */
	seed = test_rand() + pt_levels() * 2 + m_hardware_ad() + arch_asid_bits() * 16;
	switch (m_apart(all_rounds, NULL, true)) {
	case M_APART_OK: break;
	case M_APART_NONE: all_rounds(NULL); break;
	case M_APART_FAILED:
		r = m_marked() >> MARK_BITS;
		report(r, m_marked() & ((1u << MARK_BITS) - 1), round_size(r));
		CHECK(!"every operation does what the model says");
	}
}
