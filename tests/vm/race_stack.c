/* Two threads of one space whose faults meet in what a fault changes of the regions: a stack that grows. */
#include "vmtest.h"

#define P   PT_PAGE_SIZE
#define RW  (VM_READ | VM_WRITE)
#define TOP ((vaddr_t)0x40000000)

static struct vmtest t;
static struct supplemental_page_table s;
static int op_err, rival_err;

static void begin(void *unused)
{
	vaddr_t va;

	(void)unused;
	CHECK_EQ(spt_init(&s), 0);
	CHECK_EQ(vm_map(&s, TOP - P, P, RW, VM_STACK | VM_FIXED, NULL, 0, &va), 0);
}

static void grow_far(void *unused)
{
	(void)unused;
	op_err = user_write(&s, TOP - 12 * P, 1);
}

static void grow_near(void *unused)
{
	(void)unused;
	rival_err = user_write(&s, TOP - 7 * P, 2);
}

static void check(void *unused)
{
	(void)unused;
	CHECK_EQ(op_err, 0);
	CHECK_EQ(rival_err, 0);
	CHECK_EQ(s.mapped, 12 * P);
	CHECK(user_sees(&s, TOP - 12 * P, 1));
	CHECK(user_sees(&s, TOP - 7 * P, 2));
	vm_check();
	leave_all(2);
	spt_kill(&s);
}

TEST(grow, "race/two-faults-grow-a-stack-once")
{
	struct m_race r = {begin, grow_far, grow_near, check, NULL, 0};

	if (m_cpus() < 2) {
		test_skip("needs 2 CPUs");
		return;
	}
	if (vmtest_begin(&t, 32, 0))
		test_note("%u schedules", m_race(&r));
	vmtest_end(&t);
}
