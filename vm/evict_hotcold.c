/* Hot and cold: a clock of frames that have proved their worth, and a queue for those that have not.
 *
 * A frame that comes in waits in NEW, where nobody asks for its accessed bit: the access that faulted has set it,
 * and so have the next few of the same burst. Leaving NEW the bit is cleared, and the frame goes on to COLD. Used
 * again by the time it is COLD's first, it asks to become hot; if not, it is evicted. What stays behind of it is
 * its shadow, the time at which it was last known to be used; a page that comes back asks to become hot, too (in
 * BACK, until the next choice: only then may accessed bits be asked for).
 *
 * To become hot a frame has to find one in HOT that has been idle for longer than itself, which goes next. So a
 * single scan, or a loop over more than there is memory, does not displace what is in use.
 *
 * But when a program moves on, HOT is idle, and what comes in then should not have to come twice to be believed. So
 * how long NEW and COLD are together adapts, from nearly nothing to nearly all of memory, by comparison with LRU.
 * A page that comes back and that LRU would still have: NEW and COLD are too short. A hot frame in use again that
 * LRU would have let go: HOT is worth its place. What LRU would have is known because each page is counted at the
 * time of its last use that is known: LRU has those pages after which less than a memoryful were used.
 *
 * Time counts the frames that came in, so that the same accesses give the same evictions. */
#include "internal.h"

enum place { NOWHERE, HOT, NEW, COLD, BACK, PLACES };
enum {
	ROOM_LOOKS = 4,  /* hot frames looked at to find one that is older */
	SHED_LOOKS = 16, /* hot frames looked at when there are too many */
	BACK_ASKS = 8,   /* frames that came back and are placed before the next one goes */
	COLD_ASKS = 8,   /* cold frames found in use before one goes anyway */
	PACE_LOOKS = 2,  /* hot frames looked at in any case for each choice */
	LEAST = 16,      /* NEW and COLD hold at least this part of all frames, and so does HOT */
	FAR = 4,         /* so many pages come back that LRU would not have either, and COLD is one shorter */
	EPOCHS = 32,     /* in which uses are counted */
	EPOCH = 16,      /* an epoch is as long as this part of all frames takes to come in */
};

static struct {                /* [V] */
	struct evict_node end; /* next: the first, prev: the last */
	size_t n;
} queue[PLACES];
static size_t frames;  /* [V] that memory holds, as far as it is known */
static size_t wanted;  /* [V] in NEW and COLD together */
static uint32_t now;   /* [V] frames that came in; never 0, which says 'no shadow' */
static bool moved;     /* [V] a frame came in since the last one was chosen to go */
static unsigned looks; /* [V] at HOT since hot_pace() */
static unsigned far;   /* [V] pages that came back and that LRU would not have either */
static struct {
	uint32_t begin; /* [V] now, at that time */
	size_t pages;   /* [V] in memory or not, last known to be used in this epoch */
} epochs[EPOCHS];
static unsigned epoch; /* [V] the current one; before it those before, around the ring */
static bool (*accessed)(struct frame *frame);

/* ---- queues ---- */

static struct frame *frame_at(struct evict_node *node)
{
	return (struct frame *)((char *)node - offsetof(struct frame, node));
}

static void put_before(struct evict_node *next, enum place place, struct frame *frame)
{
	struct evict_node *node = &frame->node;

	node->list = place;
	node->next = next;
	node->prev = next->prev;
	next->prev->next = node;
	next->prev = node;
	queue[place].n++;
}

static void put(enum place place, struct frame *frame) { put_before(&queue[place].end, place, frame); }
static void put_first(enum place place, struct frame *frame)
{
	put_before(queue[place].end.next, place, frame);
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
	size_t most = frames > least * 2 ? frames - least : least;

	wanted = n < least ? least : n > most ? most : n;
}

static void frames_set(size_t n)
{
	frames = n;
	wanted_set(wanted);
}

static bool older(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

/* ---- what LRU would have ---- */

/* The epoch of time USED: so many before the current one; EPOCHS: it is forgotten. */
static unsigned epochs_ago(uint32_t used)
{
	unsigned ago = 0;

	while (ago < EPOCHS && older(used, epochs[(epoch - ago) % EPOCHS].begin))
		ago++;
	return ago;
}

static void use_count(uint32_t used, int change)
{
	unsigned ago = epochs_ago(used);
	size_t *pages = &epochs[(epoch - ago) % EPOCHS].pages;

	if (ago < EPOCHS && (change > 0 || *pages))
		*pages += (size_t)change;
}

/* FRAME was last used now. */
static void use_now(struct frame *frame)
{
	use_count(frame->node.stamp, -1);
	frame->node.stamp = now;
	use_count(now, 1);
}

static void time_pass(void)
{
	if (!++now)
		now = 1;
	if (now - epochs[epoch].begin <= frames / EPOCH)
		return;
	epoch = (epoch + 1) % EPOCHS;
	epochs[epoch].begin = now;
	epochs[epoch].pages = 0;
}

/* Would LRU still have what was last used at USED, if besides what is known to have been used since, UNKNOWN others
 * were? Pages that are gone for good are counted until their epoch is forgotten: none knows of them. */
static bool lru_has(uint32_t used, size_t unknown)
{
	unsigned ago = epochs_ago(used);
	uint32_t end = now + 1;
	size_t n = unknown;

	if (ago == EPOCHS)
		return false;
	for (unsigned i = 0; i < ago; i++) {
		n += epochs[(epoch - i) % EPOCHS].pages;
		end = epochs[(epoch - i) % EPOCHS].begin;
	}
	/* of its own epoch, the part that came after it */
	ago = (epoch - ago) % EPOCHS;
	return n + epochs[ago].pages * (end - used) / (end - epochs[ago].begin) <= frames;
}

/* How many hot frames may not have been looked at since USED. */
static size_t unlooked(uint32_t used)
{
	size_t looked = (size_t)(now - used) * PACE_LOOKS;

	return queue[HOT].n > looked ? queue[HOT].n - looked : 0;
}

/* ---- the hot ones ---- */

/* HOT's first, taken out, has been used since its last look. */
static bool hot_used(struct frame *frame)
{
	looks++;
	if (!accessed(frame))
		return false;
	if (!lru_has(frame->node.stamp, 0))
		wanted_set(wanted - 1);
	use_now(frame);
	return true;
}

/* May something that was last used at USED become hot? If HOT is full, then in place of an older frame. */
static bool hot_room(uint32_t used)
{
	for (unsigned tries = 0; queue[HOT].n + wanted >= frames; tries++) {
		struct frame *frame;

		if (tries == ROOM_LOOKS || !queue[HOT].n)
			return false;
		frame = take_first(HOT);
		if (!hot_used(frame) && older(frame->node.stamp, used)) {
			put_first(COLD, frame);
			return true;
		}
		put(HOT, frame);
	}
	return true;
}

/* HOT has more than its part: what is idle there becomes cold. */
static void hot_shed(void)
{
	for (unsigned tries = 0; tries < SHED_LOOKS && queue[HOT].n && queue[HOT].n + wanted > frames;
	     tries++) {
		struct frame *frame = take_first(HOT);

		put(hot_used(frame) ? HOT : COLD, frame);
	}
}

/* What is known of the hot ones never is much older than it takes to look at them all. */
static void hot_pace(void)
{
	while (looks < PACE_LOOKS && queue[HOT].n) {
		struct frame *frame = take_first(HOT);

		hot_used(frame);
		put(HOT, frame);
	}
	looks = 0;
}

/* NEW is half of what is wanted of NEW and COLD. */
static void new_age(void)
{
	while (queue[NEW].n > wanted / 2) {
		struct frame *frame = take_first(NEW);

		accessed(frame);
		use_now(frame);
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
	__builtin_memset(epochs, 0, sizeof epochs);
	epochs[0].begin = now = 1;
	epoch = far = looks = 0;
	moved = false;
	wanted = 0;
	frames_set(n);
}

static void hotcold_enter(struct frame *frame, uint32_t shadow)
{
	bool full = queue[HOT].n + wanted >= frames;

	moved = true;
	time_pass();
	if (listed() >= frames)
		frames_set(listed() + 1);
	frame->node.stamp = full && shadow ? shadow : now;
	if (!full && shadow)
		use_count(shadow, -1);
	if (!full || !shadow)
		use_count(now, 1);
	put(!full ? HOT : shadow ? BACK : NEW, frame);
}

/* Those that came back since the last choice, and were last used at their stamps. */
static void back_place(void)
{
	for (unsigned asked = 0; asked < BACK_ASKS && queue[BACK].n; asked++) {
		struct frame *frame = take_first(BACK);
		uint32_t used = frame->node.stamp;

		if (lru_has(used, unlooked(used)))
			wanted_set(wanted + 1);
		else if (++far % FAR == 0)
			wanted_set(wanted - 1);
		put(hot_room(used) ? HOT : NEW, frame);
		use_now(frame);
	}
}

/* FRAME, which was COLD's first, has been used since it left NEW. */
static void cold_used(struct frame *frame)
{
	uint32_t used = frame->node.stamp;

	use_now(take(frame));
	put(hot_room(used) ? HOT : COLD, frame);
}

static struct frame *hotcold_victim(uint32_t *shadow)
{
	if (moved)
		frames_set(listed()); /* more could not be had: other uses of memory have the rest */
	moved = false;
	back_place();
	if (queue[HOT].n + wanted > frames)
		hot_shed();
	else if (queue[NEW].n + queue[COLD].n)
		hot_pace(); /* else it is their turn, and those that came in together leave together */
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
	use_now(frame);
	put(HOT, frame);
}

static void hotcold_remove(struct frame *frame) { use_count(take(frame)->node.stamp, -1); }

const struct evict_ops evict_hotcold = {
	.name = "hotcold",
	.init = hotcold_init,
	.enter = hotcold_enter,
	.victim = hotcold_victim,
	.keep = hotcold_keep,
	.remove = hotcold_remove,
};
