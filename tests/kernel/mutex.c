/* The sleeping locks. */
#include "kernel/sync/mutex.h"

#include "crew.h"
#include "kernel/sync/rwlock.h"

#define ROUNDS 400

/* ---- mutex ---- */

static struct mutex mutex = MUTEX_INIT("test mutex");
static volatile unsigned inside, collisions;
static volatile uint64_t sum;

static void sleeper_inside(void *arg)
{
	unsigned every = *(unsigned *)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		mutex_lock(&mutex);
		collisions += inside;
		inside = 1;
		sum = sum + 1;
		if (i % every == 0)
			thread_yield();
		else if (i % every == 1)
			thread_sleep_ns(20000);
		inside = 0;
		mutex_unlock(&mutex);
	}
}

TEST(mutex, "kernel/a-mutex-lets-one-thread-in-even-while-it-sleeps")
{
	struct crew crew = {0};
	unsigned every = 20, n = 2 * cpu_count;

	sum = 0;
	inside = collisions = 0;
	crew_spread(&crew, n, sleeper_inside, &every);
	crew_join(&crew);
	CHECK_EQ(sum, (uint64_t)n * ROUNDS);
	CHECK_EQ(collisions, 0);
}

static _Atomic unsigned order[4], norder;

static void note_turn(void *arg)
{
	mutex_lock(&mutex);
	order[norder++] = *(unsigned *)arg;
	mutex_unlock(&mutex);
}

TEST(mutex_fair, "kernel/a-mutex-goes-to-who-waited-longest")
{
	static unsigned number[4] = {0, 1, 2, 3};
	struct crew crew = {0};

	norder = 0;
	mutex_lock(&mutex);
	CHECK(mutex_held(&mutex));
	for (unsigned i = 0; i < 4; i++) {
		crew_add(&crew, note_turn, &number[i], CPU_ANY);
		if (crew.n != i + 1 || !soon_blocked(crew.thread[i]))
			break;
	}
	CHECK(!mutex_trylock(&mutex));
	CHECK_EQ(norder, 0);
	mutex_unlock(&mutex);
	CHECK(!mutex_held(&mutex)); /* it was handed over: nobody can slip in */
	crew_join(&crew);
	CHECK_EQ(norder, 4);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(order[i], i);
	CHECK(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
}

/* ---- rwlock ---- */

static struct rwlock rw = RWLOCK_INIT("test rwlock");
static _Atomic unsigned readers_in, writers_in, most_readers, clashes;
static _Atomic bool go;

static void reader(void *unused)
{
	(void)unused;
	rwlock_read(&rw);
	order[norder++] = 'r';
	readers_in++;
	while (!go)
		thread_yield();
	readers_in--;
	rwlock_read_done(&rw);
}

static void writer(void *unused)
{
	(void)unused;
	rwlock_write(&rw);
	order[norder++] = 'w';
	writers_in++;
	while (!go)
		thread_yield();
	writers_in--;
	rwlock_write_done(&rw);
}

static void rw_reset(void)
{
	norder = readers_in = writers_in = clashes = most_readers = 0;
	go = false;
}

TEST(readers_share, "kernel/readers-share-a-rwlock")
{
	struct crew crew = {0};

	rw_reset();
	crew_spread(&crew, 3, reader, NULL);
	soon_at_least(&readers_in, 3); /* all are in at once */
	go = true;
	crew_join(&crew);
	CHECK_EQ(readers_in, 0);
}

TEST(writer_excludes, "kernel/a-writer-is-alone-in-a-rwlock")
{
	struct crew crew = {0};

	rw_reset();
	rwlock_write(&rw);
	crew_add(&crew, reader, NULL, CPU_ANY);
	crew_add(&crew, writer, NULL, CPU_ANY);
	for (unsigned i = 0; i < crew.n; i++)
		soon_blocked(crew.thread[i]);
	CHECK_EQ(readers_in + writers_in, 0);
	go = true;
	rwlock_write_done(&rw);
	crew_join(&crew);
	CHECK_EQ(norder, 2);
}

/* A reader is in, a writer waits, another reader comes: it must not overtake. Then the other way round: a
 * writer leaves, and the reader that waits goes before the next writer. */
TEST(rw_turns, "kernel/neither-readers-nor-writers-starve-at-a-rwlock")
{
	struct crew crew = {0};

	rw_reset();
	rwlock_read(&rw);
	crew_add(&crew, writer, NULL, CPU_ANY);
	if (crew.n == 1 && soon_blocked(crew.thread[0])) {
		crew_add(&crew, reader, NULL, CPU_ANY);
		if (crew.n == 2)
			soon_blocked(crew.thread[1]);
	}
	CHECK_EQ(norder, 0);
	rwlock_read_done(&rw);
	soon_at_least(&writers_in, 1);
	crew_add(&crew, writer, NULL, CPU_ANY);
	if (crew.n == 3)
		soon_blocked(crew.thread[2]);
	go = true;
	crew_join(&crew);
	CHECK_EQ(norder, 3);
	CHECK_EQ(order[0], 'w');
	CHECK_EQ(order[1], 'r');
	CHECK_EQ(order[2], 'w');
}

static volatile uint64_t left, right; /* equal whenever nobody writes */

static void mixed(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 4 == 0) {
			rwlock_write(&rw);
			if (writers_in++ || readers_in)
				clashes++;
			left = left + 1;
			if (i % 16 == 0)
				thread_yield();
			right = right + 1;
			writers_in--;
			rwlock_write_done(&rw);
		} else {
			unsigned in;

			rwlock_read(&rw);
			in = ++readers_in;
			if (in > most_readers)
				most_readers = in;
			if (writers_in || left != right)
				clashes++;
			burn(50);
			readers_in--;
			rwlock_read_done(&rw);
		}
	}
}

TEST(rw_mixed, "kernel/readers-never-see-half-of-a-write")
{
	struct crew crew = {0};
	unsigned n = 2 * cpu_count;

	rw_reset();
	left = right = 0;
	crew_spread(&crew, n, mixed, NULL);
	crew_join(&crew);
	CHECK_EQ(clashes, 0);
	CHECK_EQ(left, (uint64_t)n * ROUNDS / 4);
	CHECK_EQ(right, left);
}
