/* When memory and swap are full: the space that holds the most is to end, of equals the youngest. This is the only
 * place where one is chosen; the embedder ends it, or says that it cannot (port_oom), and then the next is asked for.
 *
 * A space holds its anonymous pages, in memory or in swap, and of each piece of shared anonymous memory that it maps,
 * whole or in part, an equal share with the others that do: so much comes free, on average, when one of them ends.
 * Pages of files count for nobody, for they can go.
 * Locks: vm_lock; what is counted here is steady while it is held. */
#include "internal.h"

/* What each space has of shared memory. [V] */
static void shares_count(void)
{
	for (struct supplemental_page_table *s = vm_spaces; s; s = s->next)
		s->shared = 0;
	for (struct vm_object *o = objects_all(); o; o = o->next)
		object_share(o);
}

static size_t held(const struct supplemental_page_table *spt) { return spt->anon + spt->shared; }

#define NEAR 32 /* a page more or less in so many makes no difference */

static bool may_end(const struct supplemental_page_table *s, const struct supplemental_page_table *spt)
{
	return !s->spared || s == spt;
}

/* The space that is to end: the youngest of those that hold the most or nearly so, with which the least is lost; it may
 * be asked to, or is SPT. NULL: one is to end already, and SPT is another. [V] */
static struct supplemental_page_table *largest(const struct supplemental_page_table *spt)
{
	struct supplemental_page_table *s;
	size_t most = 0;

	shares_count();
	for (s = vm_spaces; s; s = s->next) {
		if (s->dying && !spt->dying)
			return NULL;
		if (may_end(s, spt) && held(s) > most)
			most = held(s);
	}
	for (s = vm_spaces; !may_end(s, spt) || held(s) < most - most / NEAR; s = s->next)
		; /* the youngest come first, and SPT is among them */
	return s;
}

/* The embedder could not end VICTIM, which may be gone by now: then that is as good. Until the search is over it is
 * not asked for again. [V] */
static bool spared(const struct supplemental_page_table *victim)
{
	for (struct supplemental_page_table *s = vm_spaces; s; s = s->next) {
		if (s == victim && s->dying) {
			s->dying = false;
			s->spared = true;
			frames_freed_more();
			return true;
		}
	}
	return false;
}

static void search_end(void)
{
	for (struct supplemental_page_table *s = vm_spaces; s; s = s->next)
		s->spared = false;
}

/* Whom to end for SPT; NULL: nobody, for *AGAIN, it is worth trying again, or because it is SPT that is to end. [V],
 * dropped and taken again. */
static struct supplemental_page_table *victim_find(struct supplemental_page_table *spt, uint64_t freed,
						   bool *again)
{
	struct supplemental_page_table *victim = NULL;

	while (frames_wait(freed) && !(victim = largest(spt)))
		frames_wait_more();
	*again = !spt->dying;
	if (frames_freed() != freed || spt->dying)
		return NULL;
	victim->dying = true;
	return victim;
}

bool memory_out(struct supplemental_page_table *spt, uint64_t freed)
{
	struct supplemental_page_table *victim;
	bool again = true;

	if (vm_reclaim(1)) /* whatever can go, somewhere */
		return true;
	port_lock(&vm_lock);
	while ((victim = victim_find(spt, freed, &again))) {
		size_t pages = held(victim);
		bool ends, moved;

		port_unlock(&vm_lock);
		vm_trace(VM_OUT_OF_MEMORY, victim, 0, pages);
		ends = port_oom(victim, pages);
		port_lock(&vm_lock);
		moved = frames_freed() != freed; /* meanwhile, by others */
		again = victim != spt || (!ends && moved);
		if (ends || !spared(victim) || moved || victim == spt)
			break;
		freed = frames_freed();
	}
	search_end();
	port_unlock(&vm_lock);
	return again;
}
