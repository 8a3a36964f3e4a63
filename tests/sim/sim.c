/* The simulator; see sim.h. One page has one struct frame of its own here, resident or not. */
#include "sim.h"

#define NEVER UINT32_MAX

static struct page_state {
	struct frame frame;
	uint32_t shadow;
	uint32_t next; /* OPT: the reference that uses it next; in the heap with this only if still true */
	bool here, seen, dirty, used;
} pages[SIM_PAGES];
static unsigned nfree;
static struct sim_count count;

static void reset(unsigned n)
{
	__builtin_memset(pages, 0, sizeof pages);
	nfree = n;
	count = (struct sim_count){0};
}

static void leave(struct page_state *p)
{
	count.writes += p->dirty;
	p->here = p->dirty = p->used = false;
	nfree++;
}

/* Its contents are given up; the caller's policy knows. */
static void discard(struct page_state *p)
{
	p->dirty = false;
	if (p->here)
		leave(p);
	p->seen = false;
	p->shadow = 0;
}

static void come(struct page_state *p, enum sim_op op)
{
	count.faults++;
	count.reads += p->seen || op == SIM_READ;
	p->here = p->seen = true;
	p->frame.state = FRAME_FRESH;
	nfree--;
}

/* ---- policies of vm/ ---- */

static struct page_state *state_of(struct frame *frame)
{
	return (struct page_state *)((char *)frame - offsetof(struct page_state, frame));
}

/* As evict_accessed(). */
static bool accessed(struct frame *frame)
{
	struct page_state *p = state_of(frame);
	bool used = p->used && !(frame->state & FRAME_FRESH);

	p->used = false;
	frame->state = 0;
	count.looks++;
	return used;
}

static void make_room(const struct evict_ops *policy)
{
	uint64_t before = count.looks;
	uint32_t shadow = 0;
	struct page_state *p = state_of(policy->victim(&shadow));

	p->shadow = shadow;
	leave(p);
	if (count.looks - before > count.most)
		count.most = (unsigned)(count.looks - before);
}

struct sim_count sim_policy(const struct evict_ops *policy, unsigned n, unsigned guess)
{
	reset(n);
	policy->init(guess, accessed);
	for (unsigned i = 0; i < sim_refs; i++) {
		struct page_state *p = &pages[sim_trace[i].page];
		enum sim_op op = sim_trace[i].op;

		if (op == SIM_FREE) {
			if (p->here)
				policy->remove(&p->frame);
			discard(p);
			continue;
		}
		if (!p->here) {
			if (!nfree)
				make_room(policy);
			come(p, op);
			policy->enter(&p->frame, p->shadow);
			p->shadow = 0;
		}
		p->used = true;
		p->dirty |= op == SIM_WRITE;
	}
	return count;
}

/* ---- LRU ---- */

static struct evict_node order; /* next: used longest ago */

static void order_add(struct evict_node *node)
{
	node->next = &order;
	node->prev = order.prev;
	order.prev->next = node;
	order.prev = node;
}

static void order_drop(struct evict_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

struct sim_count sim_lru(unsigned n)
{
	reset(n);
	order.next = order.prev = &order;
	for (unsigned i = 0; i < sim_refs; i++) {
		struct page_state *p = &pages[sim_trace[i].page];
		enum sim_op op = sim_trace[i].op;

		if (p->here)
			order_drop(&p->frame.node);
		if (op == SIM_FREE) {
			discard(p);
			continue;
		}
		if (!p->here && !nfree) {
			struct evict_node *oldest = order.next;

			order_drop(oldest);
			leave(state_of((struct frame *)((char *)oldest - offsetof(struct frame, node))));
		}
		if (!p->here)
			come(p, op);
		order_add(&p->frame.node);
		p->dirty |= op == SIM_WRITE;
	}
	return count;
}

/* ---- OPT: the page goes that is used again last; of those that never are, a clean one ---- */

static uint32_t next_use[SIM_REFS];
static uint64_t heap[SIM_REFS + 1]; /* from 1, the greatest first: time of next use, clean, page */
static unsigned heap_n;

static uint64_t key_of(const struct page_state *p)
{
	uint64_t time = p->next == NEVER ? NEVER - p->dirty : p->next;

	return time << 16 | (uint64_t)(p - pages);
}

static void heap_add(uint64_t key)
{
	unsigned at = ++heap_n;

	for (; at > 1 && heap[at / 2] < key; at /= 2)
		heap[at] = heap[at / 2];
	heap[at] = key;
}

static uint64_t heap_take(void)
{
	uint64_t first = heap[1], key = heap[heap_n--];
	unsigned at = 1;

	for (unsigned child; child = at * 2, child <= heap_n; at = child) {
		child += child < heap_n && heap[child + 1] > heap[child];
		if (heap[child] <= key)
			break;
		heap[at] = heap[child];
	}
	heap[at] = key;
	return first;
}

static void look_ahead(void)
{
	static uint32_t next[SIM_PAGES];

	__builtin_memset(next, 0xff, sizeof next);
	for (unsigned i = sim_refs; i--;) {
		next_use[i] = next[sim_trace[i].page];
		next[sim_trace[i].page] = sim_trace[i].op == SIM_FREE ? NEVER : i;
	}
}

struct sim_count sim_opt(unsigned n)
{
	reset(n);
	look_ahead();
	heap_n = 0;
	for (unsigned i = 0; i < sim_refs; i++) {
		struct page_state *p = &pages[sim_trace[i].page];
		enum sim_op op = sim_trace[i].op;

		if (op == SIM_FREE) {
			discard(p);
			continue;
		}
		while (!p->here && !nfree) {
			uint64_t key = heap_take();
			struct page_state *last = &pages[key & 0xffff];

			if (last->here && key_of(last) == key)
				leave(last);
		}
		if (!p->here)
			come(p, op);
		p->dirty |= op == SIM_WRITE;
		p->next = next_use[i];
		heap_add(key_of(p));
	}
	return count;
}
