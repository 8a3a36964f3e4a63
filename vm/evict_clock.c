/* CLOCK: frames in a ring; the hand passes over those that were used since it last came by, and over those that it
 * meets for the first time. It goes round at most twice: then everything is in use, and the one under it goes. */
#include "internal.h"

static struct evict_node ring; /* [V] next is the hand */
static size_t ring_n;          /* [V] */
static bool (*accessed)(struct frame *frame);

static void clock_init(size_t frames, bool (*look)(struct frame *frame))
{
	(void)frames;
	accessed = look;
	ring.next = ring.prev = &ring;
	ring_n = 0;
}

static struct frame *frame_at(struct evict_node *node)
{
	return (struct frame *)((char *)node - offsetof(struct frame, node));
}

static void link_last(struct evict_node *node)
{
	node->prev = ring.prev;
	node->next = &ring;
	ring.prev->next = node;
	ring.prev = node;
	ring_n++;
}

static void unlink(struct evict_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ring_n--;
}

static void clock_enter(struct frame *frame, uint32_t shadow)
{
	(void)shadow;
	frame->node.aux = 0; /* the hand has not been there */
	link_last(&frame->node);
}

static struct frame *clock_victim(uint32_t *shadow)
{
	*shadow = 1;
	/* One more than twice round: if that one cannot go, the next call ends at the next. */
	for (size_t left = ring_n * 2 + 1; ring_n; left--) {
		struct frame *frame = frame_at(ring.next);
		bool met = frame->node.aux;

		unlink(&frame->node);
		if (left <= 1 || (!accessed(frame) && met))
			return frame;
		frame->node.aux = 1;
		link_last(&frame->node);
	}
	return NULL;
}

static void clock_keep(struct frame *frame)
{
	frame->node.aux = 1;
	link_last(&frame->node);
}

static void clock_remove(struct frame *frame) { unlink(&frame->node); }

const struct evict_ops evict_clock = {
	.name = "clock",
	.init = clock_init,
	.enter = clock_enter,
	.victim = clock_victim,
	.keep = clock_keep,
	.remove = clock_remove,
};
