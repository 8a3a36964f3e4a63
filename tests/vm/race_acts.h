/* What the races in race.c are made of: how a trial begins, what the two CPUs do, what must hold afterwards. */
#ifndef TESTS_VM_RACE_ACTS_H
#define TESTS_VM_RACE_ACTS_H
#include "vmtest.h"

#define RACE_PAGES 3

struct race_aux {
	struct vm_aux head;
	unsigned filled, freed;
};

/* The trial under way: space A, its child or partner B, the pages at VA that it is about. */
extern struct race_now {
	struct vmtest t;
	struct supplemental_page_table a, b;
	bool b_alive;
	vaddr_t va;
	uint64_t op_value, rival_value;
	int op_err, rival_err;
	struct race_aux aux;
} now;

void race(uint32_t slots, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
	  void (*check)(void *));
void begin_clean(void *unused);
void begin_empty(void *unused);
void begin_written(void *unused);
void begin_swapped(void *unused);
void begin_fork(void *unused);
void begin_fork_looked_at(void *unused);
void begin_forked(void *unused);
void begin_child_reads(void *unused);
void begin_forked_swapped(void *unused);
void begin_lone(void *unused);
void begin_lone_fork(void *unused);
void begin_looks(void *unused);
void begin_fork_clean(void *unused);
void begin_fork_swapped(void *unused);
void begin_shared(void *unused);
void begin_shared_written(void *unused);
void begin_shared_swapped(void *unused);
void begin_promised(void *unused);
void begin_fork_promised(void *unused);
void op_write(void *unused);
void op_read(void *unused);
void op_fault_read(void *unused);
void op_fault_write(void *unused);
void rival_write_word(void *unused);
void rival_write_evict(void *unused);
void rival_evict(void *unused);
void rival_evict_one(void *unused);
void rival_fork_write(void *unused);
void rival_write_b(void *unused);
void rival_evict_written(void *unused);
void rival_read_b(void *unused);
void rival_read_a(void *unused);
void op_unmap(void *unused);
void op_protect(void *unused);
void op_fork(void *unused);
void op_exit(void *unused);
void op_move(void *unused);
void op_swapoff(void *unused);
void op_read_last(void *unused);
void op_read_last_b(void *unused);
void check_old_all(void *unused);
void rival_read_all(void *unused);
void rival_fork(void *unused);
void rival_exit(void *unused);
void rival_unmap(void *unused);
void check_nothing(void *unused); /* but what always does */
void check_both_words(void *unused);
void check_one_or_zero(void *unused);
void check_a_one(void *unused);
void check_unmapped(void *unused);
void check_closed_old(void *unused);
void check_word(void *unused);
void check_old(void *unused);
void check_own(void *unused);
void check_fork_written(void *unused);
void check_own_b(void *unused);
void check_forked(void *unused);
void check_fork_of_written(void *unused);
void check_a_old(void *unused);
void check_lone(void *unused);
void check_off(void *unused);
void check_off_read(void *unused);
void check_off_shared(void *unused);
void check_off_word(void *unused);
void check_off_own_b(void *unused);
void check_gone_off(void *unused);
void check_gone(void *unused);
void check_closed(void *unused);
void check_read_or_gone(void *unused);
void check_both_read(void *unused);
void check_shared(void *unused);
void check_shared_two(void *unused);
void check_b_has_shared(void *unused);
void check_a_has_shared(void *unused);
void check_promised(void *unused);
void check_promise_gone(void *unused);

#endif
