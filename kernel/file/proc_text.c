/* What the files of /proc say. */
#include "kernel/file/procfs.h"
#include "kernel/file/swap.h"
#include "kernel/fs/fs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"

#define KB(pages) ((unsigned long long)(pages) * (PT_PAGE_SIZE / 1024))

/* ---- the machine ---- */

static void meminfo(struct text *t, int pid)
{
	struct vm_stats s;
	size_t total = palloc_total(), unused = total - palloc_used();

	(void)pid;
	vm_stats(&s);
	text_add(t, "MemTotal:       %8llu kB\nMemFree:        %8llu kB\nMemAvailable:   %8llu kB\n",
		 KB(total), KB(unused), KB(unused));
	text_add(t, "SwapTotal:      %8llu kB\nSwapFree:       %8llu kB\n", KB(s.slots),
		 KB(s.slots - s.slots_used));
}

static void vmstat(struct text *t, int pid)
{
	struct vm_stats s;

	(void)pid;
	vm_stats(&s);
	text_add(t, "nr_free_pages %zu\npgfault %llu\npgmajfault %llu\n", palloc_total() - palloc_used(),
		 (unsigned long long)s.faults, (unsigned long long)s.swap_in);
	text_add(t, "pswpin %llu\npswpout %llu\n", (unsigned long long)swap_pages_in(),
		 (unsigned long long)swap_pages_out());
	text_add(t, "pgsteal_kswapd 0\npgsteal_direct %llu\n", (unsigned long long)s.evicted);
	text_add(t, "pgcopied %llu\npgreused %llu\npgzeroed %llu\npgclean_out %llu\n",
		 (unsigned long long)s.copied, (unsigned long long)s.reused, (unsigned long long)s.zero,
		 (unsigned long long)s.clean_out);
	text_add(t, "nr_objects %zu\nnr_threads %zu\n", kmalloc_objects(), thread_count());
	text_add(t, "nr_frames %zu\nnr_frames_used %zu\nnr_slots %zu\nnr_slots_used %zu\n", s.frames,
		 s.frames_used, s.slots, s.slots_used);
	text_add(t, "nr_slots_bad %zu\nnr_slots_aside %zu\n", s.slots_bad, s.slots_aside);
}

static void swaps(struct text *t, int pid)
{
	struct swap_told told;

	(void)pid;
	text_add(t, "Filename\tType\tSize\tUsed\tPriority\n");
	for (unsigned n = 0; n < SWAP_PLACES; n++)
		if (swap_tell(n, &told))
			text_add(t, "/dev/%s\tpartition\t%llu\t%llu\t-2\n", told.name, KB(told.pages),
				 KB(told.used));
}

static void uptime(struct text *t, int pid)
{
	uint64_t cs = arch_time_ns() / 10000000;

	(void)pid;
	text_add(t, "%llu.%02u 0.00\n", (unsigned long long)(cs / 100), (unsigned)(cs % 100));
}

static void self(struct text *t, int pid)
{
	(void)pid;
	text_add(t, "%d", proc_current() ? proc_current()->pid : 1);
}

/* ---- a process ---- */

/* What is told of a process without its space. */
struct facts {
	char name[16];
	int pid, ppid, pgid, sid;
	char state;
	size_t resident, swapped;
	uint64_t mapped;
};

static bool facts_of(int pid, struct facts *f)
{
	struct proc *p;

	spin_lock(&proc_lock);
	p = proc_find(pid);
	if (p) {
		*f = (struct facts){.pid = pid, .ppid = p->ppid, .pgid = p->pgid, .sid = p->sid};
		memcpy(f->name, p->name, sizeof f->name);
		f->state = p->state == PROC_DEAD                             ? 'Z'
			   : p->state == PROC_STOPPED                        ? 'T'
			   : p->thread && p->thread->state == THREAD_BLOCKED ? 'S'
									     : 'R';
		if (p->space && p->state != PROC_DEAD) {
			f->resident = p->space->spt.resident;
			f->swapped = p->space->spt.swapped;
			f->mapped = p->space->spt.mapped;
		}
	}
	spin_unlock(&proc_lock);
	return p;
}

static void status(struct text *t, int pid)
{
	struct facts f;

	if (!facts_of(pid, &f)) {
		t->err = -ESRCH;
		return;
	}
	text_add(
		t,
		"Name:\t%s\nState:\t%c\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		f.name, f.state, pid, pid, f.ppid);
	text_add(t, "VmSize:\t%8llu kB\nVmRSS:\t%8llu kB\nVmSwap:\t%8llu kB\nThreads:\t1\n",
		 (unsigned long long)(f.mapped / 1024), KB(f.resident), KB(f.swapped));
}

static void stat_line(struct text *t, int pid)
{
	struct facts f;

	if (facts_of(pid, &f))
		text_add(t, "%d (%s) %c %d %d %d 0 0 0 0 0 0 0 0 0 0 0 20 0 1 0 0 %llu %zu\n", pid, f.name,
			 f.state, f.ppid, f.pgid, f.sid, (unsigned long long)f.mapped, f.resident);
	else
		t->err = -ESRCH;
}

static void comm(struct text *t, int pid)
{
	struct facts f;

	if (facts_of(pid, &f))
		text_add(t, "%s\n", f.name);
	else
		t->err = -ESRCH;
}

/* The space of PID, or the text has an error. space_put() is due. */
static struct space *space_get(struct text *t, int pid)
{
	struct space *s = space_of(pid);

	if (!s)
		t->err = -ESRCH;
	return s;
}

static void exe(struct text *t, int pid)
{
	struct space *s = space_get(t, pid);

	if (s)
		text_add(t, "%s", s->path);
	space_put(s);
}

static const char *region_name(const struct space *s, const struct region *r)
{
	if (r->flags & VM_STACK)
		return "[stack]";
	if (r->object && s->exe && r->object == &s->exe->object)
		return s->path;
	return r->start >= s->brk_start && r->start < s->brk ? "[heap]" : "";
}

static void region_line(struct text *t, const struct space *s, const struct region *r)
{
	text_add(t, "%08llx-%08llx %c%c%c%c %08llx 00:00 0 %s\n", (unsigned long long)r->start,
		 (unsigned long long)r->end, r->prot ? 'r' : '-', r->prot & VM_WRITE ? 'w' : '-',
		 r->prot & VM_EXEC ? 'x' : '-', r->flags & VM_SHARED ? 's' : 'p',
		 (unsigned long long)r->index << PT_PAGE_SHIFT, region_name(s, r));
}

static void regions(struct text *t, int pid, bool counts)
{
	struct space *s = space_get(t, pid);
	struct supplemental_page_table *spt;

	if (!s)
		return;
	spt = &s->spt;
	port_read_lock(&spt->lock);
	for (unsigned i = 0; i < spt->nregions && !t->err; i++) {
		const struct region *r = spt->region[i];
		struct vm_use c;

		region_line(t, s, r);
		if (!counts)
			continue;
		c = vm_use(spt, r->start, r->end);
		text_add(t, "Size: %15llu kB\nRss: %16llu kB\n", KB((r->end - r->start) / PT_PAGE_SIZE),
			 KB(c.resident));
		text_add(t, "Shared_Clean: %7llu kB\nShared_Dirty: %7llu kB\n", KB(c.shared - c.shared_dirty),
			 KB(c.shared_dirty));
		text_add(t, "Private_Clean: %6llu kB\nPrivate_Dirty: %6llu kB\n",
			 KB(c.resident - c.shared - (c.dirty - c.shared_dirty)),
			 KB(c.dirty - c.shared_dirty));
		text_add(t, "Swap: %15llu kB\n", KB(c.swapped));
	}
	port_read_unlock(&spt->lock);
	space_put(s);
}

static void maps(struct text *t, int pid) { regions(t, pid, false); }
static void smaps(struct text *t, int pid) { regions(t, pid, true); }

/* ---- how an address is translated; the offset is the address ---- */

static void flags_text(unsigned flags, char out[8])
{
	static const struct {
		unsigned flag;
		char letter;
	} all[] = {{PT_W, 'w'}, {PT_X, 'x'}, {PT_U, 'u'}, {PT_G, 'g'}, {PT_A, 'a'}, {PT_D, 'd'}};
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		if (flags & all[i].flag)
			out[n++] = all[i].letter;
	if (!n)
		out[n++] = '-';
	out[n] = 0;
}

static void walk(struct text *t, int pid)
{
	static const char *const kinds[] = {[PTE_NONE] = "none", [PTE_TABLE] = "table", [PTE_LEAF] = "leaf"};
	struct space *s = space_get(t, pid);
	pte_t entry[PT_MAX_LEVELS];
	paddr_t table;
	unsigned n;

	if (!s)
		return;
	port_read_lock(&s->spt.lock);
	n = pt_trace(&s->spt.pt, t->offset, entry);
	table = s->spt.pt.root;
	for (unsigned i = 0; i < n; i++) {
		unsigned level = pt_levels() - 1 - i, index = pt_index(t->offset, level);
		enum pte_kind kind = pte_kind(entry[i], level);
		char letters[8];

		text_add(t, "%u %u %llx %llx %s", level, index,
			 (unsigned long long)(table + index * sizeof(pte_t)), (unsigned long long)entry[i],
			 kinds[kind]);
		if (kind == PTE_LEAF) {
			flags_text(pte_flags(entry[i], level), letters);
			text_add(t, " %llx %s", (unsigned long long)pte_pa(entry[i]), letters);
		}
		text_add(t, "\n");
		table = pte_pa(entry[i]);
	}
	text_add(t, region_find(&s->spt, t->offset) ? "page\n" : "no region\n");
	port_read_unlock(&s->spt.lock);
	space_put(s);
}

/* The frame's address as eight bytes, zeros when the page is not resident. */
static void phys(struct text *t, int pid)
{
	struct space *s = space_get(t, pid);
	struct pt_leaf leaf = {.pa = 0};

	if (!s)
		return;
	port_read_lock(&s->spt.lock);
	if (!user_range(t->offset, 1) || !pt_query(&s->spt.pt, t->offset, &leaf))
		leaf.pa = 0;
	port_read_unlock(&s->spt.lock);
	leaf.pa &= ~PT_PAGE_MASK;
	text_bytes(t, &leaf.pa, sizeof leaf.pa);
	space_put(s);
}

/* Pages of files that were got from where they are kept, and put there. */
static void fs_reads(struct text *t, int pid)
{
	struct vm_stats s;

	(void)pid;
	vm_stats(&s);
	text_add(t, "%llu\n", (unsigned long long)s.file_in);
}

static void fs_writes(struct text *t, int pid)
{
	struct vm_stats s;

	(void)pid;
	vm_stats(&s);
	text_add(t, "%llu\n", (unsigned long long)s.file_out);
}

const struct proc_file proc_files[] = {
	{"", S_IFDIR, IN_TOP, false, NULL},
	{"", S_IFDIR, IN_PROCESS, false, NULL},
	{"", S_IFDIR, IN_PROCESS, false, NULL},
	{"meminfo", S_IFREG, IN_TOP, false, meminfo},
	{"vmstat", S_IFREG, IN_TOP, false, vmstat},
	{"swaps", S_IFREG, IN_TOP, false, swaps},
	{"uptime", S_IFREG, IN_TOP, false, uptime},
	{"self", S_IFLNK, IN_TOP, false, self},
	{"status", S_IFREG, IN_PROCESS, false, status},
	{"stat", S_IFREG, IN_PROCESS, false, stat_line},
	{"comm", S_IFREG, IN_PROCESS, false, comm},
	{"exe", S_IFLNK, IN_PROCESS, false, exe},
	{"maps", S_IFREG, IN_PROCESS, false, maps},
	{"smaps", S_IFREG, IN_PROCESS, false, smaps},
	{"walk", S_IFREG, IN_PROCESS, true, walk},
	{"phys", S_IFREG, IN_PROCESS, true, phys},
	{"quire", S_IFDIR, IN_TOP, false, NULL},
	{"fs_reads", S_IFREG, IN_QUIRE, false, fs_reads},
	{"fs_writes", S_IFREG, IN_QUIRE, false, fs_writes},
};
const unsigned proc_files_count = sizeof proc_files / sizeof *proc_files;
