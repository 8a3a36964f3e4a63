/* What must hold after each trial of a race: see race_acts.h. */
#include "race_acts.h"

#define P     PT_PAGE_SIZE
#define RW    (VM_READ | VM_WRITE)
#define PAGES RACE_PAGES

static void end(void)
{
	vm_check();
	if (now.t.disk.npages && !stats_now(&now.t)->slots) /* the area was given up */
		CHECK_EQ(vm_swapon(&now.t.disk.object, now.t.disk.npages), 0);
	leave_all(2);
	spt_kill(&now.a);
	if (now.b_alive)
		spt_kill(&now.b);
	vm_check();
	CHECK_EQ(stats_now(&now.t)->frames_used, 1);
	CHECK_EQ(stats_now(&now.t)->slots_used, 0);
}

/* A sees FIRST in its first page and what was written before in the others. */
static void a_sees(uint64_t first)
{
	CHECK(user_sees(&now.a, now.va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&now.a, now.va + i * P, 100 + i));
}

static void b_sees(uint64_t first)
{
	CHECK(user_sees(&now.b, now.va, first));
	for (unsigned i = 1; i < PAGES; i++)
		CHECK(user_sees(&now.b, now.va + i * P, 100 + i));
}

void check_nothing(void *unused)
{
	(void)unused;
	end();
}

void check_both_words(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va, 1));
	CHECK(user_sees(&now.a, now.va + 8, 2));
	CHECK(now.a.npages <= PAGES);
	end();
}

/* The read came before the write, or after it. */
void check_one_or_zero(void *unused)
{
	(void)unused;
	CHECK(now.op_value <= 1);
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va, 1));
	end();
}

void check_a_one(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	a_sees(1);
	if (now.b_alive)
		b_sees(100);
	end();
}

void check_unmapped(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(user_read(&now.a, now.va, &value), -VM_EFAULT);
	CHECK(user_sees(&now.a, now.va + P, 101));
	if (now.b_alive)
		b_sees(100);
	end();
}

void check_closed_old(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(user_write(&now.a, now.va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&now.a, now.va, P, RW), 0);
	a_sees(100);
	end();
}

void check_word(void *unused)
{
	(void)unused;
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va + 8, 2));
	a_sees(100);
	end();
}

void check_old(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK_EQ(now.op_value, 100);
	a_sees(100);
	end();
}

void check_own(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	a_sees(1);
	b_sees(2);
	end();
}

void check_fork_written(void *unused)
{
	(void)unused;
	CHECK_EQ(now.rival_err, 0);
	a_sees(1);
	b_sees(100);
	end();
}

void check_own_b(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	a_sees(100);
	b_sees(2);
	end();
}

void check_forked(void *unused)
{
	(void)unused;
	b_sees(100);
	CHECK_EQ(user_write(&now.b, now.va, 5), 0);
	a_sees(100);
	end();
}

void check_fork_of_written(void *unused)
{
	uint64_t seen = 0;

	(void)unused;
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va + 8, 2));
	a_sees(100);
	b_sees(100);
	CHECK_EQ(user_read(&now.b, now.va + 8, &seen), 0);
	CHECK(seen == 0 || seen == 2);
	CHECK_EQ(user_write(&now.a, now.va + 8, 7), 0);
	CHECK(user_sees(&now.b, now.va + 8, seen));
	end();
}

void check_a_old(void *unused)
{
	(void)unused;
	CHECK_EQ(now.rival_err, 0);
	a_sees(100);
	end();
}

void check_gone_off(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK_EQ(stats_now(&now.t)->slots, 0);
	CHECK_EQ(user_read(&now.a, now.va, &value), -VM_EFAULT);
	CHECK(user_sees(&now.a, now.va + P, 101));
	end();
}

/* The area is gone, and nothing in it is missed. */
void check_off(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK_EQ(stats_now(&now.t)->slots, 0);
	now.t.disk.bad_all = true;
	a_sees(100);
	if (now.b_alive)
		b_sees(100);
	now.t.disk.bad_all = false;
	end();
}

void check_off_read(void *unused)
{
	CHECK_EQ(now.rival_value, 100);
	check_off(unused);
}

void check_off_shared(void *unused)
{
	CHECK_EQ(stats_now(&now.t)->slots, 0);
	check_shared(unused);
}

void check_off_word(void *unused)
{
	CHECK(user_sees(&now.a, now.va + 8, 2));
	check_off(unused);
}

void check_off_own_b(void *unused)
{
	CHECK_EQ(stats_now(&now.t)->slots, 0);
	check_own_b(unused);
}

void check_old_all(void *unused)
{
	CHECK_EQ(now.rival_value, 100);
	check_old(unused);
}

void check_lone(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(user_sees(&now.a, now.va, 100));
	if (now.b_alive) {
		CHECK(user_sees(&now.b, now.va, 100));
		CHECK_EQ(user_write(&now.a, now.va, 5), 0);
		CHECK(user_sees(&now.b, now.va, 100));
	}
	end();
}

void check_gone(void *unused)
{
	uint64_t value;

	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(now.rival_err == 0 || now.rival_err == -VM_EFAULT);
	CHECK_EQ(user_read(&now.a, now.va, &value), -VM_EFAULT);
	end();
}

void check_closed(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(now.rival_err == 0 || now.rival_err == -VM_EACCES);
	CHECK_EQ(user_write(&now.a, now.va, 9), -VM_EACCES);
	CHECK_EQ(vm_protect(&now.a, now.va, P, RW), 0);
	CHECK(user_sees(&now.a, now.va + 8, now.rival_err ? 0 : 2));
	a_sees(100);
	end();
}

void check_read_or_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(now.rival_err == -VM_EFAULT || (now.rival_err == 0 && now.rival_value == 100));
	end();
}

void check_both_read(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK_EQ(now.op_value, 100);
	CHECK_EQ(now.rival_value, 100);
	a_sees(100);
	b_sees(100);
	end();
}

void check_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct supplemental_page_table *s = i ? &now.b : &now.a;

		CHECK(user_sees(s, now.va, 1));
		CHECK(user_sees(s, now.va + P, 101));
	}
	end();
}

void check_shared_two(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va, 2));
	CHECK(user_sees(&now.b, now.va, 2));
	CHECK(user_sees(&now.a, now.va + P, 101));
	end();
}

void check_b_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(now.rival_err == 0 || now.rival_err == -VM_EFAULT);
	CHECK(user_sees(&now.b, now.va, 1));
	CHECK(user_sees(&now.b, now.va + P, 101));
	end();
}

void check_a_has_shared(void *unused)
{
	(void)unused;
	CHECK_EQ(now.rival_err, 0);
	CHECK_EQ(now.rival_value, 1);
	CHECK(user_sees(&now.a, now.va + P, 101));
	end();
}

void check_promised(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK_EQ(now.rival_err, 0);
	CHECK(user_sees(&now.a, now.va, 1));
	if (now.b_alive)
		CHECK(user_sees(&now.b, now.va, 1));
	CHECK(now.b_alive ? now.aux.filled <= 2 : now.aux.filled == 1);
	CHECK_EQ(now.aux.freed, 1);
	end();
}

void check_promise_gone(void *unused)
{
	(void)unused;
	CHECK_EQ(now.op_err, 0);
	CHECK(now.rival_err == 0 || now.rival_err == -VM_EFAULT);
	CHECK(now.aux.filled <= 1);
	CHECK_EQ(now.aux.freed, 1);
	end();
}
