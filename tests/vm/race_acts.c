/* Two CPUs at the same pages at once: each pair of operations in every order of its steps. Whatever the order,
 * each space sees what was written to it, errors are those of one of the orders, and nothing is left over. */
#include "race_acts.h"

#define P     PT_PAGE_SIZE
#define RW    (VM_READ | VM_WRITE)
#define PAGES RACE_PAGES

struct race_now now;

void race(uint32_t slots, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
	  void (*check)(void *))
{
	struct m_race r = {setup, op, rival, check, NULL, 0};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	if (vmtest_begin(&now.t, 32, slots))
		test_note("%u schedules", m_race(&r));
	vmtest_end(&now.t);
}

/* ---- before each trial ---- */

void begin_empty(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_init(&now.a), 0);
	now.b_alive = false;
	now.op_err = now.rival_err = 0;
	now.op_value = now.rival_value = 0;
	/* Across a boundary of tables, the first page alone in its own: unmapped or moved it takes that along. No room
	 * to grow in place. */
	CHECK_EQ(vm_map(&now.a, 0x40000000 + (PAGES - 1) * P, P, VM_EXEC, VM_FIXED, NULL, 0, &now.va), 0);
	CHECK_EQ(vm_map(&now.a, 0x40000000 - P, PAGES * P, RW, VM_FIXED, NULL, 0, &now.va), 0);
}

void begin_written(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK_EQ(user_write(&now.a, now.va + i * P, 100 + i), 0);
}

void begin_swapped(void *unused)
{
	begin_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

static void fork_now(void)
{
	CHECK_EQ(spt_init(&now.b), 0);
	CHECK_EQ(spt_copy(&now.b, &now.a), 0);
	now.b_alive = true;
}

/* The child is there, empty: its making has many steps that concern nobody. */
void begin_fork(void *unused)
{
	begin_written(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
}

/* The same, and a policy has looked at the first page: its next use shows in its entry. */
void begin_fork_looked_at(void *unused)
{
	struct tlb_gather g;

	begin_fork(unused);
	tlb_begin(&g, &now.a.pt, NULL);
	CHECK_EQ(pt_harvest(&now.a.pt, now.va, PT_A, &g), PT_A);
	tlb_finish(&g);
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
		CHECK(user_sees(&now.b, now.va + i * P, 100 + i));
}

void begin_forked_swapped(void *unused)
{
	begin_forked(unused);
	CHECK_EQ(vm_reclaim(PAGES), PAGES);
}

void begin_fork_swapped(void *unused)
{
	begin_swapped(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
}

void begin_clean(void *unused) /* in memory, and unchanged in swap */
{
	begin_swapped(unused);
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(user_sees(&now.a, now.va + i * P, 100 + i));
}

/* One page, and nobody runs in the space: no flush waits for anyone. */
void begin_lone(void *unused)
{
	begin_empty(unused);
	CHECK_EQ(user_write(&now.a, now.va, 100), 0);
	m_leave();
}

void begin_lone_fork(void *unused)
{
	begin_lone(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
}

/* B has a page that is looked at and stays, A one that goes. */
void begin_looks(void *unused)
{
	vaddr_t where;

	begin_empty(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
	CHECK_EQ(vm_map(&now.b, now.va, P, RW, VM_FIXED, NULL, 0, &where), 0);
	CHECK_EQ(user_write(&now.b, now.va, 7), 0);
	CHECK_EQ(vm_swapoff(&now.t.disk.object), 0); /* nothing can go any more: looks are all there is */
	CHECK_EQ(vm_reclaim(1), 0);                  /* B's page is not fresh any more */
	CHECK(user_sees(&now.b, now.va, 7));
	CHECK_EQ(user_write(&now.a, now.va, 100), 0);
	m_leave();
}

void begin_fork_clean(void *unused)
{
	begin_clean(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
}

void begin_shared(void *unused)
{
	(void)unused;
	begin_empty(unused);
	CHECK_EQ(vm_map(&now.a, now.va, PAGES * P, RW, VM_SHARED | VM_FIXED, NULL, 0, &now.va), 0);
	CHECK_EQ(user_write(&now.a, now.va + P, 101), 0);
	fork_now();
}

void begin_shared_written(void *unused)
{
	begin_shared(unused);
	CHECK_EQ(user_write(&now.a, now.va, 1), 0);
}

void begin_shared_swapped(void *unused)
{
	begin_shared_written(unused);
	CHECK_EQ(vm_reclaim(PAGES), 2);
}

static void aux_free(void *arg) { ((struct race_aux *)arg)->freed++; }

static bool fill(struct page *page, void *arg)
{
	((struct race_aux *)arg)->filled++;
	*(uint64_t *)page->frame->kva = 1;
	return true;
}

void begin_promised(void *unused)
{
	begin_empty(unused);
	for (unsigned i = 1; i < PAGES; i++)
		CHECK_EQ(user_write(&now.a, now.va + i * P, 100 + i), 0);
	now.aux = (struct race_aux){{1, aux_free}, 0, 0};
	CHECK_EQ(vm_promise(&now.a, VM_ANON, now.va, true, fill, &now.aux), 0);
}

void begin_fork_promised(void *unused)
{
	begin_promised(unused);
	CHECK_EQ(spt_init(&now.b), 0);
	now.b_alive = true;
}

/* ---- the operations ---- */

void op_write(void *unused)
{
	(void)unused;
	now.op_err = user_write(&now.a, now.va, 1);
}

void op_read(void *unused)
{
	(void)unused;
	now.op_err = user_read(&now.a, now.va, &now.op_value);
}

/* As a thread whose CPU has gone over to another since: no flush waits for it. */
void op_fault_read(void *unused)
{
	(void)unused;
	m_leave();
	now.op_err = vm_fault(&now.a, now.va, VM_READ);
}

void op_fault_write(void *unused)
{
	(void)unused;
	m_leave();
	now.op_err = vm_fault(&now.a, now.va, VM_WRITE);
}

void rival_write_word(void *unused)
{
	(void)unused;
	now.rival_err = user_write(&now.a, now.va + 8, 2);
}

void rival_write_evict(void *unused)
{
	(void)unused;
	now.rival_err = user_write(&now.a, now.va, 1);
	vm_reclaim(PAGES);
}

void rival_evict(void *unused)
{
	(void)unused;
	vm_reclaim(PAGES);
}

void rival_fork_write(void *unused)
{
	(void)unused;
	now.rival_err = spt_copy(&now.b, &now.a);
	if (!now.rival_err)
		now.rival_err = user_write(&now.a, now.va, 1);
}

void rival_evict_one(void *unused)
{
	(void)unused;
	vm_reclaim(1);
}

void rival_write_b(void *unused)
{
	(void)unused;
	now.rival_err = user_write(&now.b, now.va, 2);
}

void rival_evict_written(void *unused)
{
	rival_write_b(unused);
	vm_reclaim(PAGES);
}

void rival_read_b(void *unused)
{
	(void)unused;
	now.rival_err = user_read(&now.b, now.va, &now.rival_value);
}

void rival_read_a(void *unused)
{
	(void)unused;
	now.rival_err = user_read(&now.a, now.va, &now.rival_value);
}

void op_unmap(void *unused)
{
	(void)unused;
	now.op_err = vm_unmap(&now.a, now.va, P);
}

void op_protect(void *unused)
{
	(void)unused;
	now.op_err = vm_protect(&now.a, now.va, P, 0);
}

/* Not the first page: that one is read along. */
void op_read_last(void *unused)
{
	(void)unused;
	now.op_err = user_read(&now.a, now.va + P, &now.op_value);
}

void op_read_last_b(void *unused)
{
	(void)unused;
	now.op_err = user_read(&now.b, now.va + P, &now.op_value);
}

void op_swapoff(void *unused)
{
	(void)unused;
	now.op_err = vm_swapoff(&now.t.disk.object);
}

void rival_read_all(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !now.rival_err && i < PAGES; i++)
		now.rival_err = user_read(&now.a, now.va + i * P, &now.rival_value);
	now.rival_value -= PAGES - 1;
}

void rival_fork(void *unused)
{
	(void)unused;
	now.rival_err = spt_copy(&now.b, &now.a);
}

void rival_exit(void *unused) { op_exit(unused); }
void rival_unmap(void *unused)
{
	(void)unused;
	now.rival_err = vm_unmap(&now.a, now.va, P);
}

void op_fork(void *unused)
{
	(void)unused;
	CHECK_EQ(spt_copy(&now.b, &now.a), 0);
}

void op_exit(void *unused)
{
	(void)unused;
	spt_kill(&now.b);
	now.b_alive = false;
	__builtin_memset(&now.b, 0xee, sizeof now.b); /* nobody may look there any more */
}

void op_move(void *unused)
{
	vaddr_t where;

	(void)unused;
	now.op_err = vm_remap(&now.a, now.va, PAGES * P, 2 * PAGES * P, true, &where);
	CHECK(where != now.va);
	now.va = where;
}
