/* Locks on ranges of a file's bytes (fcntl). They are in the way of other processes that ask for such locks, of nobody
 * who reads or writes.
 *
 * A lock belongs to a process, by its table of descriptors: its children have none of them, and when it closes any
 * descriptor of a file, all its locks on that file are gone. Those of one process on one file never overlap, and two of
 * one kind never touch. All are in one list, since there are few. One mutex guards it, and the list of who waits, which
 * is there to refuse whoever would close a circle; sleeping is poll_sleep()'s, after which everything is looked up again. */
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"

#define RECORDS_MAX 1024 /* of one process */

struct waiting {
	struct waiting *next;
	const struct record *want;
};

static struct mutex lock = MUTEX_INIT("records");
static struct record *records SYNC_GUARDED_BY(lock);
static struct waiting *waiters SYNC_GUARDED_BY(lock);
static unsigned waiter_count SYNC_GUARDED_BY(lock);

static bool overlap(const struct record *a, const struct record *b)
{
	return a->file == b->file && a->first <= b->last && b->first <= a->last;
}

static bool of_one(const struct record *a, const struct record *b)
{
	return a->owner == b->owner && a->file == b->file;
}

/* The first lock of another process that WANT has to wait for; NULL: none. */
static struct record *in_the_way(const struct record *want) SYNC_REQUIRES(lock)
{
	struct record *r = records;

	while (r && (r->owner == want->owner || !overlap(r, want) ||
		     (r->type != RECORD_WRITE && want->type != RECORD_WRITE)))
		r = r->next;
	return r;
}

/* Does R's owner wait for a lock of WHO, maybe by way of others? A circle without WHO is no reason to look for ever. */
static bool waits_for(const struct record *r, const struct files *who) SYNC_REQUIRES(lock)
{
	for (unsigned steps = waiter_count; r && r->owner != who; steps--) {
		const struct waiting *w = waiters;

		while (w && w->want->owner != r->owner)
			w = w->next;
		r = w && steps ? in_the_way(w->want) : NULL;
	}
	return r;
}

/* How many more there will be at most when WANT replaces what its owner has there: itself, and what is left behind it of
 * the one that it splits. -ENOLCK: too many. */
static int more_for(const struct record *want) SYNC_REQUIRES(lock)
{
	unsigned own = 0;
	int more = want->type != RECORD_NONE;

	for (const struct record *r = records; r; r = r->next) {
		own += r->owner == want->owner;
		more += of_one(r, want) && r->type != want->type && r->first < want->first &&
			r->last > want->last;
	}
	return more && own + (unsigned)more > RECORDS_MAX ? -ENOLCK : more;
}

/* *AT, of the same owner and file as WANT but of another kind, gives way. REST: for what is left behind WANT.
 * Where the next one hangs. */
static struct record **give_way(struct record **at, const struct record *want, struct record *rest)
	SYNC_REQUIRES(lock)
{
	struct record *r = *at;

	if (!overlap(r, want))
		return &r->next;
	if (r->first >= want->first && r->last <= want->last) {
		*at = r->next;
		kfree(r);
		return at;
	}
	if (r->first < want->first && r->last > want->last) {
		*rest = *r;
		rest->first = want->last + 1;
		r->next = rest;
	}
	if (r->first < want->first)
		r->last = want->first - 1;
	else
		r->first = want->last + 1;
	return r->next == rest && rest ? &rest->next : &r->next;
}

/* What WANT's owner has there is WANT from now on. NEW, REST: memory as more_for() says. */
static void replace(const struct record *want, struct record *new, struct record *rest) SYNC_REQUIRES(lock)
{
	struct record all = *want, **at = &records, *r;

	while ((r = *at)) {
		if (!of_one(r, want)) {
			at = &r->next;
		} else if (r->type != want->type) {
			at = give_way(at, want, rest);
		} else if (r->first <= all.last + 1 && all.first <= r->last + 1) {
			all.first = r->first < all.first ? r->first : all.first;
			all.last = r->last > all.last ? r->last : all.last;
			*at = r->next;
			kfree(r);
		} else {
			at = &r->next;
		}
	}
	if (!new)
		return;
	*new = all;
	new->next = records;
	records = new;
}

static int put(const struct record *want) SYNC_REQUIRES(lock)
{
	struct record *memory[2] = {NULL, NULL};
	int more = more_for(want);

	for (int i = 0; i < more; i++) {
		memory[i] = kmalloc(sizeof *memory[i]);
		if (!memory[i])
			more = -ENOLCK;
	}
	if (more < 0) {
		kfree(memory[0]);
		return more;
	}
	if (want->type == RECORD_NONE)
		replace(want, NULL, memory[0]);
	else
		replace(want, memory[0], memory[1]);
	return 0;
}

/* 0, an error; 1: W is among the waiters now. */
static int try(const struct record *want, bool wait, struct waiting *w)
{
	const struct record *r;
	int err = 1;

	mutex_lock(&lock);
	r = want->type == RECORD_NONE ? NULL : in_the_way(want);
	if (!r)
		err = put(want);
	else if (!wait)
		err = -EAGAIN;
	else if (waits_for(r, want->owner))
		err = -EDEADLK;
	if (err > 0) {
		*w = (struct waiting){waiters, want};
		waiters = w;
		waiter_count++;
	}
	mutex_unlock(&lock);
	return err;
}

static void wait_no_more(struct waiting *w)
{
	struct waiting **at = &waiters;

	mutex_lock(&lock);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	waiter_count--;
	mutex_unlock(&lock);
}

int record_set(const struct record *want, bool wait)
{
	struct waiting w;
	uint64_t seen;
	int err;

	do {
		seen = poll_seen();
		err = try(want, wait, &w);
		if (err <= 0)
			break;
		err = poll_sleep(seen, 0) ? -ERESTART : 0;
		wait_no_more(&w);
	} while (!err);
	if (!err)
		poll_wake(); /* what it had there before may have been in somebody's way */
	return err;
}

void record_find(struct record *want)
{
	const struct record *r;

	mutex_lock(&lock);
	r = in_the_way(want);
	if (r)
		*want = *r;
	else
		want->type = RECORD_NONE;
	mutex_unlock(&lock);
}
