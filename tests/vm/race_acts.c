/* Two CPUs at the same pages at once: each pair of operations in every order of its steps. Whatever the order,
 * each space sees what was written to it, errors are those of one of the orders, and nothing is left over. */
#include "race_acts.h"

#define P     PT_PAGE_SIZE
#define RW    (VM_READ | VM_WRITE)
#define PAGES 3

static struct vmtest t;
static struct supplemental_page_table a, b;
static bool b_alive;
static vaddr_t va;
static uint64_t op_value, rival_value;
static int op_err, rival_err;

void race(uint32_t slots, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
	  void (*check)(void *))
{
	struct m_race r = {setup, op, rival, check, NULL};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	if (vmtest_begin(&t, 32, slots))
		test_note("%u trials", m_race(&r));
	vmtest_end(&t);
}

static void leave_here(void *unused)
{
	(void)unused;
	m_leave();
}

/* ---- before each trial ---- */

void begin_empty(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_init(&a), 0);
	b_alive = false;
	op_err = rival_err = 0;
	op_value = rival_value = 0;
	/* Across a boundary of tables, the first page alone in its own: unmapped or moved it takes that along. No room
	 * to grow in place. */
	CHECK_EQ(vm_map(&a, 0x40000000 + (PAGES - 1) * P, P, VM_EXEC, VM_FIXED, NULL, 0, &va), 0);
	CHECK_EQ(vm_map(&a, 0x40000000 - P, PAGES * P, RW, VM_FIXED, NULL, 0, &va), 0);
}

void begin_written(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK_EQ(user_write(&a, va + i * P, 100 + i), 0);
}

void begin_swapped(void *unused)
{
	begin_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

static void fork_now(void)
{
	CHECK_EQ(spt_init(&b), 0);
	CHECK_EQ(spt_copy(&b, &a), 0);
	b_alive = true;
}

/* The child is there, empty: its making has many steps that concern nobody. */
void begin_fork(void *unused)
{
	begin_written(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

void begin_forked(void *unused)
{
	begin_written(unused);
	fork_now();
}

void begin_child_reads(void *unused)
{
	begin_forked(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(user_sees(&b, va + i * P, 100 + i));
}

void begin_forked_swapped(void *unused)
{
	begin_forked(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

void begin_fork_swapped(void *unused)
{
	begin_swapped(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

void begin_clean(void *unused) /* in memory, and unchanged in swap */
{
	begin_swapped(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(user_sees(&a, va + i * P, 100 + i));
}

/* One page, and nobody runs in the space: no flush waits for anyone. */
void begin_lone(void *unused)
{
	begin_empty(unused);
	CHECK_EQ(user_write(&a, va, 100), 0);
	m_leave();
}

void begin_lone_fork(void *unused)
{
	begin_lone(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

/* B has a page that is looked at and stays, A one that goes. */
void begin_looks(void *unused)
{
	vaddr_t where;

	begin_empty(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
	CHECK_EQ(vm_map(&b, va, P, RW, VM_FIXED, NULL, 0, &where), 0);
	CHECK_EQ(user_write(&b, va, 7), 0);
	CHECK_EQ(vm_swapoff(&t.disk.object), 0); /* it cannot go, but is not fresh any more */
	CHECK_EQ(vm_reclaim(1), 0);
	CHECK_EQ(vm_swapon(&t.disk.object, t.disk.npages), 0);
	CHECK(user_sees(&b, va, 7));
	CHECK_EQ(user_write(&a, va, 100), 0);
	m_leave();
}

void begin_fork_clean(void *unused)
{
	begin_clean(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

void begin_shared(void *unused)
{
	(void)unused;
	begin_empty(unused);
	CHECK_EQ(vm_map(&a, va, PAGES * P, RW, VM_SHARED | VM_FIXED, NULL, 0, &va), 0);
	CHECK_EQ(user_write(&a, va + P, 101), 0);
	fork_now();
}

void begin_shared_written(void *unused)
{
	begin_shared(unused);
	CHECK_EQ(user_write(&a, va, 1), 0);
}

void begin_shared_swapped(void *unused)
{
	begin_shared_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), 2);
}

static struct aux {
	struct vm_aux head;
	unsigned filled, freed;
} aux;

static void aux_free(void *arg) { ((struct aux *)arg)->freed++; }

static bool fill(struct page *page, void *arg)
{
	((struct aux *)arg)->filled++;
	*(uint64_t *)page->frame->kva = 1;
	return true;
}

void begin_promised(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 1; i < PAGES; i++)
		CHECK_EQ(user_write(&a, va + i * P, 100 + i), 0);
	aux = (struct aux){{1, aux_free}, 0, 0};
	CHECK_EQ(vm_promise(&a, VM_ANON, va, true, fill, &aux), 0);
}

void begin_fork_promised(void *unused)
{
	begin_promised(unused);
	CHECK_EQ(spt_init(&b), 0);
	b_alive = true;
}

/* ---- the operations ---- */

void op_write(void *unused)
{
	(void)unused;
	op_err = user_write(&a, va, 1);
}

void op_read(void *unused)
{
	(void)unused;
	op_err = user_read(&a, va, &op_value);
}

/* As a thread whose CPU has gone over to another since: no flush waits for it. */
void op_fault_read(void *unused)
{
	(void)unused;
	m_leave();
	op_err = vm_fault(&a, va, VM_READ);
}

void op_fault_write(void *unused)
{
	(void)unused;
	m_leave();
	op_err = vm_fault(&a, va, VM_WRITE);
}

void rival_write_word(void *unused)
{
	(void)unused;
	rival_err = user_write(&a, va + 8, 2);
}

void rival_write_evict(void *unused)
{
	(void)unused;
	rival_err = user_write(&a, va, 1);
	vm_reclaim(PAGES);
}

void rival_evict(void *unused)
{
	(void)unused;
	vm_reclaim(PAGES);
}

void rival_evict_one(void *unused)
{
	(void)unused;
	vm_reclaim(1);
}

void rival_write_b(void *unused)
{
	(void)unused;
	rival_err = user_write(&b, va, 2);
}

void rival_evict_written(void *unused)
{
	rival_write_b(unused);
	vm_reclaim(PAGES);
}

void rival_read_b(void *unused)
{
	(void)unused;
	rival_err = user_read(&b, va, &rival_value);
}

void rival_read_a(void *unused)
{
	(void)unused;
	rival_err = user_read(&a, va, &rival_value);
}

void op_unmap(void *unused)
{
	(void)unused;
	op_err = vm_unmap(&a, va, P);
}

void op_protect(void *unused)
{
	(void)unused;
	op_err = vm_protect(&a, va, P, 0);
}

/* Not the first page: that one is read along. */
void op_read_last(void *unused)
{
	(void)unused;
	op_err = user_read(&a, va + P, &op_value);
}

void op_read_last_b(void *unused)
{
	(void)unused;
	op_err = user_read(&b, va + P, &op_value);
}

void op_swapoff(void *unused)
{
	(void)unused;
	op_err = vm_swapoff(&t.disk.object);
}

void rival_read_all(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !rival_err && i < PAGES; i++)
		rival_err = user_read(&a, va + i * P, &rival_value);
	rival_value -= PAGES - 1;
}

void rival_fork(void *unused)
{
	(void)unused;
	rival_err = spt_copy(&b, &a);
}

void rival_exit(void *unused) { op_exit(unused); }
void rival_unmap(void *unused) { op_unmap(unused); }

void op_fork(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_copy(&b, &a), 0);
}

void op_exit(void *unused)
{
	(void)unused;
	spt_kill(&b);
	b_alive = false;
	__builtin_memset(&b, 0xee, sizeof b); /* nobody may look there any more */
}

void op_move(void *unused)
{
	vaddr_t where;

	(void)unused;
	op_err = vm_remap(&a, va, PAGES * P, 2 * PAGES * P, true, &where);
	CHECK(where != va);
	va = where;
}

/* ---- after each trial ---- */

static void end(void)
{
	vm_check();
	if (t.disk.npages && !stats_now(&t)->slots) /* the area was given up */
		CHECK_EQ(vm_swapon(&t.disk.object, t.disk.npages), 0);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		m_on(cpu, leave_here, NULL);
	spt_kill(&a);
	if (b_alive)
		spt_kill(&b);
	vm_check();
	CHECK_EQ(stats_now(&t)->frames_used, 1);
	CHECK_EQ(stats_now(&t)->slots_used, 0);
}

/* A sees FIRST in its first page and what was written before in the others. */
static void a_sees(uint64_t first)
{
	CHECK(user_sees(&a, va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&a, va + i * P, 100 + i));
}

static void b_sees(uint64_t first)
{
	CHECK(user_sees(&b, va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&b, va + i * P, 100 + i));
}

void check_both_words(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	CHECK(user_sees(&a, va + 8, 2));
	CHECK(a.npages <= PAGES);
	end();
}

/* The read came before the write, or after it. */
void check_one_or_zero(void *unused)
{
	(void)unused;
	CHECK(op_value <= 1);
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	end();
}

void check_a_one(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	a_sees(1);
	if (b_alive)
		b_sees(100);
	end();
}

void check_unmapped(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(user_read(&a, va, &value), -VM_EFAULT);
	CHECK(user_sees(&a, va + P, 101));
	if (b_alive)
		b_sees(100);
	end();
}

void check_closed_old(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(user_write(&a, va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&a, va, P, RW), 0);
	a_sees(100);
	end();
}

void check_word(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va + 8, 2));
	a_sees(100);
	end();
}

void check_old(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(op_value, 100);
	a_sees(100);
	end();
}

void check_own(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	a_sees(1);
	b_sees(2);
	end();
}

void check_own_b(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	a_sees(100);
	b_sees(2);
	end();
}

void check_forked(void *unused)
{
	(void)unused;
	b_sees(100);
	CHECK_EQ(user_write(&b, va, 5), 0);
	a_sees(100);
	end();
}

void check_fork_of_written(void *unused)
{
	uint64_t seen = 0;

	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va + 8, 2));
	a_sees(100);
	b_sees(100);
	CHECK_EQ(user_read(&b, va + 8, &seen), 0);
	CHECK(seen == 0 || seen == 2);
	CHECK_EQ(user_write(&a, va + 8, 7), 0);
	CHECK(user_sees(&b, va + 8, seen));
	end();
}

void check_a_old(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	a_sees(100);
	end();
}

void check_gone_off(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(stats_now(&t)->slots, 0);
	CHECK_EQ(user_read(&a, va, &value), -VM_EFAULT);
	CHECK(user_sees(&a, va + P, 101));
	end();
}

/* The area is gone, and nothing in it is missed. */
void check_off(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(stats_now(&t)->slots, 0);
	t.disk.bad_all = true;
	a_sees(100);
	if (b_alive)
		b_sees(100);
	t.disk.bad_all = false;
	end();
}

void check_off_read(void *unused)
{
	CHECK_EQ(rival_value, 100);
	check_off(unused);
}

void check_off_shared(void *unused)
{
	CHECK_EQ(stats_now(&t)->slots, 0);
	check_shared(unused);
}

void check_off_word(void *unused)
{
	CHECK(user_sees(&a, va + 8, 2));
	check_off(unused);
}

void check_off_own_b(void *unused)
{
	CHECK_EQ(stats_now(&t)->slots, 0);
	check_own_b(unused);
}

void check_old_all(void *unused)
{
	CHECK_EQ(rival_value, 100);
	check_old(unused);
}

void check_lone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(user_sees(&a, va, 100));
	if (b_alive) {
		CHECK(user_sees(&b, va, 100));
		CHECK_EQ(user_write(&a, va, 5), 0);
		CHECK(user_sees(&b, va, 100));
	}
	end();
}

void check_gone(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK_EQ(user_read(&a, va, &value), -VM_EFAULT);
	end();
}

void check_closed(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EACCES);
	CHECK_EQ(user_write(&a, va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&a, va, P, RW), 0);
	CHECK(user_sees(&a, va + 8, rival_err ? 0 : 2));
	a_sees(100);
	end();
}

void check_read_or_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == -VM_EFAULT || (rival_err == 0 && rival_value == 100));
	end();
}

void check_both_read(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(op_value, 100);
	CHECK_EQ(rival_value, 100);
	a_sees(100);
	b_sees(100);
	end();
}

void check_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct supplemental_page_table *s = i ? &b : &a;

		CHECK(user_sees(s, va, 1));
		CHECK(user_sees(s, va + P, 101));
	}
	end();
}

void check_shared_two(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 2));
	CHECK(user_sees(&b, va, 2));
	CHECK(user_sees(&a, va + P, 101));
	end();
}

void check_b_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK(user_sees(&b, va, 1));
	CHECK(user_sees(&b, va + P, 101));
	end();
}

void check_a_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(rival_value, 1);
	CHECK(user_sees(&a, va + P, 101));
	end();
}

void check_promised(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK(user_sees(&a, va, 1));
	if (b_alive)
		CHECK(user_sees(&b, va, 1));
	CHECK(b_alive ? aux.filled <= 2 : aux.filled == 1);
	CHECK_EQ(aux.freed, 1);
	end();
}

void check_promise_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK(rival_err == 0 || rival_err == -VM_EFAULT);
	CHECK(aux.filled <= 1);
	CHECK_EQ(aux.freed, 1);
	end();
}
