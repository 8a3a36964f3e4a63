/* Hot and cold: a clock of frames that have proved their worth, and a short queue for those that have not.
 *
 * A frame that comes in waits in NEW, where nobody asks for its accessed bit: the access that faulted has set it,
 * and so have the next few of the same burst. Leaving NEW the bit is cleared, and the frame goes on to COLD. Used
 * again by the time it is COLD's first, it asks to become hot; if not, it is evicted. What stays behind of it is
 * its shadow, the time at which it was last known to be used; a page that comes back asks to become hot, too (in
 * BACK, until the next choice: only then may accessed bits be asked for).
 *
 * To become hot a frame has to find one in HOT that has been idle for longer than itself. So a single scan, or a
 * loop over more than there is memory, does not displace what is in use, and when the program moves on, what it
 * leaves behind makes room. How long NEW and COLD are together adapts: longer when frames in them turn out to be
 * of use or come back soon, shorter when one comes back to a HOT that has nothing older.
 *
 * Time counts the frames that came in, so that the same accesses give the same evictions. */
#include "internal.h"

enum place { NOWHERE, HOT, NEW, COLD, BACK, PLACES };
enum {
	ROOM_LOOKS = 4,  /* hot frames looked at to find one that is older */
	SHED_LOOKS = 16, /* hot frames looked at when there are too many */
	BACK_ASKS = 8,   /* frames that came back and are placed before the next one goes */
	COLD_ASKS = 16,  /* cold frames found in use before one goes anyway */
	LEAST = 16,      /* NEW and COLD hold at least this part of all frames */
	MOST = 4,        /* and at most this one */
};

static struct {                /* [V] */
	struct evict_node end; /* next: the first, prev: the last */
	size_t n;
} queue[PLACES];
static size_t frames; /* [V] that memory holds, as far as it is known */
static size_t wanted; /* [V] in NEW and COLD together */
static uint32_t now;  /* [V] frames that came in; never 0, which says 'no shadow' */
static bool moved;    /* [V] a frame came in since the last one was chosen to go */
static bool (*accessed)(struct frame *frame);

/* ---- queues ---- */

static struct frame *frame_at(struct evict_node *node)
{
	return (struct frame *)((char *)node - offsetof(struct frame, node));
}

static void put(enum place place, struct frame *frame)
{
	struct evict_node *end = &queue[place].end, *node = &frame->node;

	node->list = place;
	node->next = end;
	node->prev = end->prev;
	end->prev->next = node;
	end->prev = node;
	queue[place].n++;
}

static struct frame *take(struct frame *frame)
{
	struct evict_node *node = &frame->node;

	node->prev->next = node->next;
	node->next->prev = node->prev;
	queue[node->list].n--;
	node->list = NOWHERE;
	return frame;
}

static struct frame *take_first(enum place place) { return take(frame_at(queue[place].end.next)); }

static size_t listed(void) { return queue[HOT].n + queue[NEW].n + queue[COLD].n + queue[BACK].n; }

/* ---- how many where ---- */

static void wanted_set(size_t n)
{
	size_t least = frames / LEAST > 2 ? frames / LEAST : 2;
	size_t most = frames / MOST > least ? frames / MOST : least;

	wanted = n < least ? least : n > most ? most : n;
}

static void frames_set(size_t n)
{
	frames = n;
	wanted_set(wanted);
}

static bool older(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

/* May something that was last used at USED become hot? If HOT is full, then in place of an older frame. */
static bool hot_room(uint32_t used)
{
	for (unsigned looks = 0; queue[HOT].n + wanted >= frames; looks++) {
		struct frame *frame;

		if (looks == ROOM_LOOKS || !queue[HOT].n)
			return false;
		frame = take_first(HOT);
		if (accessed(frame)) {
			frame->node.stamp = now;
		} else if (older(frame->node.stamp, used)) {
			put(COLD, frame);
			return true;
		}
		put(HOT, frame);
	}
	return true;
}

/* HOT has more than its part: what is idle there becomes cold. */
static void hot_shed(void)
{
	for (unsigned looks = 0; looks < SHED_LOOKS && queue[HOT].n && queue[HOT].n + wanted > frames;
	     looks++) {
		struct frame *frame = take_first(HOT);
		bool used = accessed(frame);

		if (used)
			frame->node.stamp = now;
		put(used ? HOT : COLD, frame);
	}
}

/* NEW is half of what is wanted of NEW and COLD. */
static void new_age(void)
{
	while (queue[NEW].n > wanted / 2) {
		struct frame *frame = take_first(NEW);

		accessed(frame);
		frame->node.stamp = now;
		put(COLD, frame);
	}
}

/* ---- the policy ---- */

static void hotcold_init(size_t n, bool (*look)(struct frame *frame))
{
	for (unsigned i = 0; i < PLACES; i++) {
		queue[i].end.next = queue[i].end.prev = &queue[i].end;
		queue[i].n = 0;
	}
	accessed = look;
	now = 1;
	moved = false;
	wanted = 0;
	frames_set(n);
}

static void hotcold_enter(struct frame *frame, uint32_t shadow)
{
	bool full = queue[HOT].n + wanted >= frames;

	moved = true;
	if (!++now)
		now = 1;
	if (listed() >= frames)
		frames_set(listed() + 1);
	frame->node.stamp = full && shadow ? shadow : now;
	put(!full ? HOT : shadow ? BACK : NEW, frame);
}

/* Those that came back since the last choice, and were last used at their stamps. */
static void back_place(void)
{
	for (unsigned asked = 0; asked < BACK_ASKS && queue[BACK].n; asked++) {
		struct frame *frame = take_first(BACK);
		uint32_t used = frame->node.stamp;
		bool hot = hot_room(used);

		if (!hot)
			wanted_set(wanted - 1);
		else if (now - used <= 2 * wanted)
			wanted_set(wanted + 1);
		frame->node.stamp = now;
		put(hot ? HOT : NEW, frame);
	}
}

/* FRAME, which was COLD's first, has been used since it left NEW. */
static void cold_used(struct frame *frame)
{
	uint32_t used = frame->node.stamp;

	frame->node.stamp = now;
	take(frame);
	if (hot_room(used)) {
		wanted_set(wanted + 2);
		put(HOT, frame);
	} else {
		put(COLD, frame);
	}
}

static struct frame *hotcold_victim(uint32_t *shadow)
{
	if (moved)
		frames_set(listed()); /* more could not be had: other uses of memory have the rest */
	moved = false;
	back_place();
	hot_shed();
	for (size_t asked = 0;; asked++) {
		struct frame *frame;

		new_age();
		if (!listed())
			return NULL;
		frame = frame_at(queue[queue[COLD].n  ? COLD
				       : queue[NEW].n ? NEW
				       : queue[HOT].n ? HOT
						      : BACK]
					 .end.next);
		if (frame->node.list != COLD || asked >= COLD_ASKS || !accessed(frame)) {
			*shadow = frame->node.stamp;
			return take(frame);
		}
		cold_used(frame);
	}
}

/* Among the hot ones it is not in the way of the next choice. */
static void hotcold_keep(struct frame *frame)
{
	frame->node.stamp = now;
	put(HOT, frame);
}

static void hotcold_remove(struct frame *frame) { take(frame); }

const struct evict_ops evict_hotcold = {
	.name = "hotcold",
	.init = hotcold_init,
	.enter = hotcold_enter,
	.victim = hotcold_victim,
	.keep = hotcold_keep,
	.remove = hotcold_remove,
};
