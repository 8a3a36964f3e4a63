/* System calls about time, waiting, and the machine. */
#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sched/cpu.h"
#include "kernel/sys/call.h"
#include "kernel/sys/clock.h"
#include "kernel/sys/random.h"

/* ---- clocks ---- */

static uint64_t epoch; /* seconds since 1970 when the machine began [fixed at boot] */

static int64_t now_sec(void) { return (int64_t)(epoch + arch_time_ns() / NS_PER_S); }

void clock_init(void)
{
	epoch = cmdline_u64("time", 1577836800); /* 2020 */
	fs_clock = now_sec;
}

struct file_time clock_wall(void)
{
	uint64_t ns = arch_time_ns();

	return (struct file_time){(int64_t)(epoch + ns / NS_PER_S), (uint32_t)(ns % NS_PER_S)};
}

enum { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS, CLOCK_THREAD, CLOCK_LAST = 7, CLOCK_BOOTTIME = 7 };

static bool clock_read(uint64_t which, uint64_t out[2])
{
	struct file_time wall = clock_wall();
	uint64_t ns = arch_time_ns();

	if (which > CLOCK_LAST)
		return false;
	if (which == CLOCK_PROCESS || which == CLOCK_THREAD)
		ns = proc_usage(proc_current()).ran;
	out[0] = ns / NS_PER_S;
	out[1] = ns % NS_PER_S;
	if (which == CLOCK_REALTIME || which == 5) { /* and its coarse sister */
		out[0] = (uint64_t)wall.sec;
		out[1] = wall.nsec;
	}
	return true;
}

int64_t sys_clock_gettime(struct call *c)
{
	uint64_t out[2];

	return clock_read(c->arg[0], out) ? copy_out(c->arg[1], out, sizeof out) : -EINVAL;
}

int64_t sys_clock_getres(struct call *c)
{
	const uint64_t out[2] = {0, 1};

	if (c->arg[0] > CLOCK_LAST)
		return -EINVAL;
	return c->arg[1] ? copy_out(c->arg[1], out, sizeof out) : 0;
}

int64_t sys_gettimeofday(struct call *c)
{
	struct file_time wall = clock_wall();
	uint64_t out[2] = {(uint64_t)wall.sec, wall.nsec / 1000};

	return c->arg[0] ? copy_out(c->arg[0], out, sizeof out) : 0;
}

int64_t sys_time(struct call *c)
{
	int64_t now = clock_wall().sec;

	return c->arg[0] && copy_out(c->arg[0], &now, sizeof now) ? -EFAULT : now;
}

/* ---- sleeping ---- */

/* {seconds, SCALE-ths of one} at VA as nanoseconds; more than decades is for ever. */
static int time_in(vaddr_t va, int64_t scale, uint64_t *ns)
{
	int64_t t[2];

	if (copy_in(t, va, sizeof t))
		return -EFAULT;
	if (t[0] < 0 || t[1] < 0 || t[1] >= scale)
		return -EINVAL;
	if (t[0] > INT32_MAX)
		t[0] = INT32_MAX;
	*ns = (uint64_t)t[0] * NS_PER_S + (uint64_t)t[1] * (NS_PER_S / (uint64_t)scale);
	return 0;
}

/* A sleep that the clock ends or a signal; LEFT, unless 0: where to say then how much of it is left. */
static int64_t sleep_until(uint64_t deadline, vaddr_t left)
{
	uint64_t now, rest;
	struct spinlock lock;
	struct waitq q = {NULL, NULL};

	spin_init(&lock, "sleep", RANK_SYNC);
	do {
		spin_lock(&lock);
		while (arch_time_ns() < deadline && !thread_current()->interrupted)
			waitq_sleep_interruptible(&q, &lock, deadline);
		spin_unlock(&lock);
		now = arch_time_ns();
	} while (now < deadline && !signal_ends_sleep());
	if (now >= deadline)
		return 0;
	rest = deadline - now;
	if (left && copy_out(left, (const uint64_t[]){rest / NS_PER_S, rest % NS_PER_S}, 16))
		return -EFAULT;
	return -EINTR;
}

int64_t sys_nanosleep(struct call *c)
{
	uint64_t ns;
	int err = time_in(c->arg[0], NS_PER_S, &ns);

	return err ? err : sleep_until(arch_time_ns() + ns, c->arg[1]);
}

int64_t sys_clock_nanosleep(struct call *c)
{
	uint64_t ns, start[2];
	int err = time_in(c->arg[2], NS_PER_S, &ns);

	if (err)
		return err;
	if (c->arg[0] == CLOCK_THREAD || !clock_read(c->arg[0], start))
		return -EINVAL;
	if (c->arg[1] & 1) { /* until then, by that clock */
		uint64_t now = start[0] * NS_PER_S + start[1];

		ns = ns > now ? ns - now : 0;
	}
	return sleep_until(arch_time_ns() + ns, c->arg[1] & 1 ? 0 : c->arg[3]);
}

int64_t sys_sched_yield(struct call *c)
{
	(void)c;
	thread_yield();
	return 0;
}

int64_t sys_sched_getaffinity(struct call *c)
{
	uint64_t mask = ((uint64_t)1 << cpu_count) - 1;

	if (c->arg[1] < sizeof mask || c->arg[1] % sizeof mask)
		return -EINVAL;
	return copy_out(c->arg[2], &mask, sizeof mask) ? -EFAULT : (int64_t)sizeof mask;
}

/* ---- waiting for files ---- */

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};

static int poll_look(struct pollfd *fds, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		struct file *f = call_file(fds[i].fd);
		unsigned always = POLL_ERR | POLL_HUP | POLL_NVAL, is = POLL_NVAL;

		if (f)
			is = file_poll(f);
		fds[i].revents = fds[i].fd < 0 ? 0 : (int16_t)(is & ((uint16_t)fds[i].events | always));
		ready += fds[i].revents != 0;
	}
	return ready;
}

/* DEADLINE 0: as long as it takes; 1: not at all. How many are ready, or an error. */
static int poll_wait(struct pollfd *fds, unsigned n, uint64_t deadline)
{
	for (;;) {
		uint64_t seen = poll_seen();
		int ready = poll_look(fds, n), err;

		if (ready || deadline == 1)
			return ready;
		err = poll_sleep(seen, deadline);
		if (err == -ETIMEDOUT)
			return 0;
		if (err && signal_ends_sleep())
			return err;
	}
}

static int64_t poll_call(vaddr_t at, uint64_t n, uint64_t deadline)
{
	struct pollfd *fds;
	int64_t got;

	if (n > FILES_MAX)
		return -EINVAL;
	fds = kmalloc(n * sizeof *fds);
	if (!fds)
		return -ENOMEM;
	got = copy_in(fds, at, n * sizeof *fds);
	if (!got)
		got = poll_wait(fds, (unsigned)n, deadline);
	if (got >= 0 && copy_out(at, fds, n * sizeof *fds))
		got = -EFAULT;
	kfree(fds);
	return got;
}

int64_t sys_poll(struct call *c)
{
	int ms = (int)c->arg[2];

	return poll_call(c->arg[0], c->arg[1],
			 ms < 0 ? 0
			 : ms   ? arch_time_ns() + (uint64_t)ms * NS_PER_MS
				: 1);
}

static int deadline_in(vaddr_t at, int64_t scale, uint64_t *deadline)
{
	uint64_t ns;
	int err = at ? time_in(at, scale, &ns) : 0;

	*deadline = !at ? 0 : err || !ns ? 1 : arch_time_ns() + ns;
	return err;
}

/* The mask at VA is in force during the call. */
static int mask_in(vaddr_t va, uint64_t size)
{
	uint64_t mask;

	if (!va)
		return 0;
	if (size != sizeof mask)
		return -EINVAL;
	if (copy_in(&mask, va, sizeof mask))
		return -EFAULT;
	signal_block_for_call(mask);
	return 0;
}

int64_t sys_ppoll(struct call *c)
{
	uint64_t deadline;
	int err = deadline_in(c->arg[2], NS_PER_S, &deadline);

	if (!err)
		err = mask_in(c->arg[3], c->arg[4]);
	return err ? err : poll_call(c->arg[0], c->arg[1], deadline);
}

/* The three sets of select as one list, and back. */
static int64_t select_call(unsigned n, const vaddr_t set[3], uint64_t deadline)
{
	uint64_t bits[3][FILES_MAX / 64] = {{0}};
	size_t size = (n + 63) / 64 * 8;
	struct pollfd *fds;
	unsigned count = 0;
	int64_t got = 0;

	if (n > FILES_MAX)
		return -EINVAL;
	for (unsigned k = 0; k < 3; k++)
		if (set[k] && copy_in(bits[k], set[k], size))
			return -EFAULT;
	fds = kmalloc((n + 1) * sizeof *fds);
	if (!fds)
		return -ENOMEM;
	for (unsigned fd = 0; fd < n; fd++) {
		unsigned want = (bits[0][fd / 64] >> fd % 64 & 1 ? POLL_IN : 0u) |
				(bits[1][fd / 64] >> fd % 64 & 1 ? POLL_OUT : 0u);

		if (want || bits[2][fd / 64] >> fd % 64 & 1)
			fds[count++] = (struct pollfd){(int)fd, (int16_t)want, 0};
	}
	for (unsigned i = 0; i < count; i++)
		if (!call_file(fds[i].fd))
			got = -EBADF;
	if (!got)
		got = poll_wait(fds, count, deadline);
	memset(bits, 0, sizeof bits);
	if (got > 0)
		got = 0;
	for (unsigned i = 0; i < count && got >= 0; i++) {
		bool in = fds[i].revents & (POLL_IN | POLL_HUP | POLL_ERR) && fds[i].events & POLL_IN;
		bool out = fds[i].revents & (POLL_OUT | POLL_ERR) && fds[i].events & POLL_OUT;

		bits[0][fds[i].fd / 64] |= (uint64_t)in << fds[i].fd % 64;
		bits[1][fds[i].fd / 64] |= (uint64_t)out << fds[i].fd % 64;
		got += in + out;
	}
	kfree(fds);
	for (unsigned k = 0; k < 3 && got >= 0; k++)
		if (set[k] && copy_out(set[k], bits[k], size))
			got = -EFAULT;
	return got;
}

int64_t sys_pselect6(struct call *c)
{
	uint64_t deadline;
	uint64_t mask[2] = {0, 0}; /* where it is, its size */
	int err = deadline_in(c->arg[4], NS_PER_S, &deadline);

	if (!err && (int)c->arg[0] < 0)
		err = -EINVAL;
	if (!err && c->arg[5])
		err = copy_in(mask, c->arg[5], sizeof mask);
	if (!err)
		err = mask_in(mask[0], mask[1]);
	if (err)
		return err;
	return select_call((unsigned)c->arg[0], &c->arg[1], deadline);
}

int64_t sys_select(struct call *c)
{
	uint64_t deadline;
	int err = deadline_in(c->arg[4], 1000000, &deadline);

	if (err || (int)c->arg[0] < 0)
		return err ? err : -EINVAL;
	return select_call((unsigned)c->arg[0], &c->arg[1], deadline);
}

/* ---- the machine ---- */

int64_t sys_uname(struct call *c)
{
	static const char field[6][65] = {"Linux",   "quire", "6.1.0-quire", ("#1 Quire " KERNEL_VERSION),
					  ARCH_NAME, "(none)"};

	return copy_out(c->arg[0], field, sizeof field);
}

int64_t sys_sysinfo(struct call *c)
{
	struct {
		uint64_t uptime, loads[3], total, free, shared, buffer, total_swap, free_swap;
		uint16_t procs, pad;
		uint64_t total_high, free_high;
		uint32_t unit;
		char rest[4];
	} out = {.unit = PT_PAGE_SIZE};
	struct vm_stats s;

	vm_stats(&s);
	out.uptime = arch_time_ns() / NS_PER_S;
	out.total = palloc_total();
	out.free = palloc_total() - palloc_used();
	out.total_swap = s.slots;
	out.free_swap = s.slots - s.slots_used;
	out.procs = (uint16_t)proc_count();
	_Static_assert(sizeof out == 112, "struct sysinfo");
	return copy_out(c->arg[0], &out, sizeof out);
}

int64_t sys_getrandom(struct call *c)
{
	uint64_t n = c->arg[1] < 0x1ffffff ? c->arg[1] : 0x1ffffff, done = 0;
	char piece[256];

	if (c->arg[2] & ~7ull)
		return -EINVAL;
	while (done < n) {
		size_t k = n - done < sizeof piece ? n - done : sizeof piece;

		random_bytes(piece, k);
		if (copy_out(c->arg[0] + done, piece, k))
			return done ? (int64_t)done : -EFAULT;
		done += k;
		if (signal_kills(proc_current()))
			break;
	}
	return (int64_t)done;
}

#define REBOOT_MAGIC1    0xfee1deadu
#define REBOOT_MAGIC2    672274793u
#define REBOOT_POWER_OFF 0x4321fedcu

/* The machine can only be switched off. */
int64_t sys_reboot(struct call *c)
{
	if ((uint32_t)c->arg[0] != REBOOT_MAGIC1 || (uint32_t)c->arg[1] != REBOOT_MAGIC2 ||
	    (uint32_t)c->arg[2] != REBOOT_POWER_OFF)
		return -EINVAL;
	proc_machine_end(-1);
}

int64_t sys_arch_prctl(struct call *c)
{
	uint64_t out;
	int got = arch_prctl(&proc_current()->user, c->frame, c->arg[0], c->arg[1], &out);

	return got == 1 ? copy_out(c->arg[1], &out, sizeof out) : got;
}

int64_t sys_riscv_flush_icache(struct call *c)
{
	(void)c;
	arch_icache_sync(); /* a thread that moves to another CPU does so there */
	return 0;
}
