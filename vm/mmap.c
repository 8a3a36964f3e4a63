/* Regions: what one mmap asked for. Mapping, unmapping, protecting and moving them costs by their number and by
 * what was touched, never by their length. Every operation does all it says or, with an error, nothing.
 * Locks: the region lock, exclusively, around each operation. */
#include <stdatomic.h>

#include "internal.h"

#define USER_TOP    (((vaddr_t)1 << 47) - PT_PAGE_SIZE)
#define REGIONS_MAX 65530                /* of a space: what they take of the kernel's memory has an end */
#define STACK_GAP   (256 * PT_PAGE_SIZE) /* nothing is mapped that close below a stack */

static vaddr_t user_top(void)
{
	vaddr_t half = pt_span(pt_levels() - 1) * (PT_ENTRIES / 2) - PT_PAGE_SIZE;

	return half < USER_TOP ? half : USER_TOP;
}

/* Index of the first region that ends above VA. */
static unsigned region_index(const struct supplemental_page_table *spt, vaddr_t va)
{
	unsigned lo = 0, hi = spt->nregions;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (spt->region[mid]->end <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct region *region_find(struct supplemental_page_table *spt, vaddr_t va)
{
	unsigned i = atomic_load_explicit(&spt->found, memory_order_relaxed);

	if (i < spt->nregions && spt->region[i]->start <= va && va < spt->region[i]->end)
		return spt->region[i];
	i = region_index(spt, va);
	atomic_store_explicit(&spt->found, i, memory_order_relaxed);
	return i < spt->nregions && spt->region[i]->start <= va ? spt->region[i] : NULL;
}

/* Room in the list for N more. */
static int regions_reserve(struct supplemental_page_table *spt, unsigned n)
{
	unsigned room = spt->room ? spt->room * 2 : 16;
	struct region **grown;

	if (spt->nregions + n > REGIONS_MAX)
		return -VM_ENOMEM;
	if (spt->nregions + n <= spt->room)
		return 0;
	grown = port_alloc(room * sizeof *grown);
	if (!grown)
		return -VM_ENOMEM;
	for (unsigned i = 0; i < spt->nregions; i++)
		grown[i] = spt->region[i];
	if (spt->room)
		port_free(spt->region, spt->room * sizeof *spt->region);
	spt->region = grown;
	spt->room = room;
	return 0;
}

static void region_insert(struct supplemental_page_table *spt, unsigned at, struct region *r)
{
	object_link(r, spt);
	for (unsigned i = spt->nregions++; i > at; i--)
		spt->region[i] = spt->region[i - 1];
	spt->region[at] = r;
}

void region_free(struct region *r)
{
	object_unlink(r);
	if (r->object)
		vm_object_put(r->object);
	port_free(r, sizeof *r);
}

/* The list's places [to, from) go, all at once: many that go one by one would take the square of their number. */
static void regions_close_up(struct supplemental_page_table *spt, unsigned to, unsigned from)
{
	if (to == from)
		return;
	while (from < spt->nregions)
		spt->region[to++] = spt->region[from++];
	spt->nregions = to;
}

/* Let a region begin at VA, if one covers it; SPARE is memory for its second half, taken when needed. */
static void region_split(struct supplemental_page_table *spt, vaddr_t va, struct region **spare)
{
	unsigned i = region_index(spt, va);
	struct region *left, *right;

	if (i == spt->nregions || spt->region[i]->start >= va)
		return;
	left = spt->region[i];
	right = *spare;
	*spare = NULL;
	*right = *left;
	right->start = left->end = va;
	right->index += (va - left->start) >> PT_PAGE_SHIFT;
	if (right->object)
		vm_object_ref(right->object);
	region_insert(spt, i + 1, right);
}

static bool region_joins(const struct region *a, const struct region *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->object == b->object &&
	       !(a->flags & (VM_STACK | VM_WHOLE)) &&
	       (!a->object || a->index + ((a->end - a->start) >> PT_PAGE_SHIFT) == b->index);
}

/* Make one of what need not be two, among the regions that touch [lo, hi]. */
void regions_merge(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	unsigned last = region_index(spt, lo - 1), next = last + 1; /* no region begins at 0 */

	for (; next < spt->nregions && spt->region[last]->end <= hi; next++) {
		struct region *r = spt->region[next];

		if (region_joins(spt->region[last], r)) {
			spt->region[last]->end = r->end;
			region_free(r);
		} else {
			spt->region[++last] = r;
		}
	}
	if (next <= spt->nregions)
		regions_close_up(spt, last + 1, next);
}

/* Memory for two splits and a new region, got before anything changes. */
struct spares {
	struct region *region[3];
};

static void spares_free(struct spares *s)
{
	for (unsigned i = 0; i < 3; i++) {
		if (s->region[i])
			port_free(s->region[i], sizeof(struct region));
	}
}

static int spares_get(struct supplemental_page_table *spt, struct spares *s)
{
	*s = (struct spares){{NULL}};
	for (unsigned i = 0; i < 3; i++) {
		s->region[i] = port_alloc(sizeof(struct region));
		if (!s->region[i]) {
			spares_free(s);
			return -VM_ENOMEM;
		}
	}
	if (regions_reserve(spt, 3)) {
		spares_free(s);
		return -VM_ENOMEM;
	}
	return 0;
}

bool range_bad(vaddr_t addr, uint64_t len)
{
	return (addr & PT_PAGE_MASK) || !len || len > user_top() || addr > user_top() - len;
}

uint64_t page_round(uint64_t len) { return (len + PT_PAGE_MASK) & ~PT_PAGE_MASK; }

/* The tables of [lo, hi), where no region is any more, go where they reach none of its neighbours. */
void tables_trim(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	unsigned i = region_index(spt, lo);
	vaddr_t floor = i ? spt->region[i - 1]->end : 0;
	vaddr_t ceiling =
		i < spt->nregions ? spt->region[i]->start : pt_span(pt_levels() - 1) * (PT_ENTRIES / 2);
	struct tlb_gather g;

	tlb_begin(&g, &spt->pt, NULL);
	pt_prune(&spt->pt, floor, lo, hi, ceiling, &g);
	tlb_finish(&g);
}

/* All regions in [lo, hi) go, cut at its ends. */
static void regions_remove(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, struct spares *s)
{
	unsigned first, end;

	region_split(spt, lo, &s->region[0]);
	region_split(spt, hi, &s->region[1]);
	first = region_index(spt, lo);
	for (end = first; end < spt->nregions && spt->region[end]->start < hi; end++) {
		spt_clear(spt, spt->region[end]->start, spt->region[end]->end);
		spt->mapped -= spt->region[end]->end - spt->region[end]->start;
	}
	for (unsigned i = first; i < end; i++)
		region_free(spt->region[i]);
	regions_close_up(spt, first, end);
	tables_trim(spt, lo, hi);
}

static bool region_straddles(const struct supplemental_page_table *spt, vaddr_t va)
{
	unsigned i = region_index(spt, va);

	return i < spt->nregions && spt->region[i]->start < va;
}

int vm_unmap(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len)
{
	struct spares s = {{NULL}};
	int err = 0;

	len = page_round(len);
	if (range_bad(addr, len))
		return -VM_EINVAL;
	port_write_lock(&spt->lock);
	if (region_straddles(spt, addr) || region_straddles(spt, addr + len))
		err = spares_get(spt, &s);
	if (!err) {
		regions_remove(spt, addr, addr + len, &s);
		spares_free(&s);
	}
	port_write_unlock(&spt->lock);
	return err;
}

/* Where region I begins for its neighbours below: a stack keeps its gap, and the room that it may grow to. */
static vaddr_t region_floor(const struct supplemental_page_table *spt, unsigned i)
{
	const struct region *r;
	vaddr_t low;

	if (i == spt->nregions)
		return user_top();
	r = spt->region[i];
	if (!(r->flags & VM_STACK))
		return r->start;
	low = r->end > spt->stack_limit && r->end - spt->stack_limit < r->start ? r->end - spt->stack_limit
										: r->start;
	return low > STACK_GAP ? low - STACK_GAP : low;
}

/* The highest free room of LEN bytes, 0: none. */
static vaddr_t room_find(const struct supplemental_page_table *spt, uint64_t len)
{
	for (unsigned i = spt->nregions + 1; i-- > 0;) {
		vaddr_t hi = region_floor(spt, i), lo = i ? spt->region[i - 1]->end : PT_PAGE_SIZE;

		if (hi > lo && hi - lo >= len)
			return hi - len;
	}
	return 0;
}

int region_map(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot, unsigned flags,
	       struct vm_object *object, uint64_t index, vaddr_t *where)
{
	struct spares s;
	unsigned i;
	int err = spares_get(spt, &s);

	if (err)
		return err;
	if (flags & VM_SHARED && !object)
		object = object_new();
	else if (object)
		vm_object_ref(object);
	if (flags & VM_SHARED && !object) {
		err = -VM_ENOMEM;
	} else if (!(flags & (VM_FIXED | VM_NOREPLACE))) {
		addr = room_find(spt, len);
		err = addr ? 0 : -VM_ENOMEM;
	} else if (flags & VM_NOREPLACE) {
		i = region_index(spt, addr);
		err = i < spt->nregions && spt->region[i]->start < addr + len ? -VM_EEXIST : 0;
	} else {
		regions_remove(spt, addr, addr + len, &s);
	}
	if (!err) {
		*s.region[2] = (struct region){
			.start = addr,
			.end = addr + len,
			.prot = (uint8_t)prot,
			.flags = flags & (VM_SHARED | VM_STACK | VM_READONLY | VM_WHOLE | VM_LOCKED),
			.object = object,
			.index = index};
		region_insert(spt, region_index(spt, addr), s.region[2]);
		s.region[2] = NULL;
		spt->mapped += len;
		regions_merge(spt, addr, addr + len);
		*where = addr;
	} else if (object) {
		vm_object_put(object);
	}
	spares_free(&s);
	return err;
}

int vm_map(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot, unsigned flags,
	   struct vm_object *object, uint64_t index, vaddr_t *where)
{
	int err;

	if (len > user_top())
		return -VM_ENOMEM;
	len = page_round(len);
	if (!len)
		return -VM_EINVAL;
	if (prot & VM_WRITE && (prot & VM_EXEC || flags & VM_READONLY))
		return -VM_EACCES;
	if (flags & (VM_FIXED | VM_NOREPLACE) && (range_bad(addr, len) || !addr))
		return -VM_EINVAL;
	if (object && index > (UINT64_MAX >> PT_PAGE_SHIFT) - (len >> PT_PAGE_SHIFT))
		return -VM_EINVAL;
	if (flags & VM_LOCKED)
		flags |= VM_WHOLE; /* to give up all of a region takes no memory */
	port_write_lock(&spt->lock);
	err = region_map(spt, addr, len, prot, flags, object, index, where);
	port_write_unlock(&spt->lock);
	if (err)
		return err;
	if (flags & VM_LOCKED) {
		err = range_lock_in(spt, *where, len);
		if (err)
			vm_unmap(spt, *where, len);
	} else if (flags & VM_POPULATE) {
		range_populate(spt, *where, len); /* as far as that goes */
	}
	return err;
}

bool regions_cover(const struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	for (unsigned i = region_index(spt, lo); i < spt->nregions && spt->region[i]->start <= lo; i++) {
		lo = spt->region[i]->end;
		if (lo >= hi)
			return true;
	}
	return false;
}

unsigned regions_flags(const struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	unsigned flags = 0;

	for (unsigned i = region_index(spt, lo); i < spt->nregions && spt->region[i]->start < hi; i++)
		flags |= spt->region[i]->flags | (spt->region[i]->object ? REGION_OBJECT : 0u);
	return flags;
}

/* Regions begin at LO and at HI. */
static int regions_cut(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi)
{
	struct spares s;
	int err;

	if (!region_straddles(spt, lo) && !region_straddles(spt, hi))
		return 0;
	err = spares_get(spt, &s);
	if (err)
		return err;
	region_split(spt, lo, &s.region[0]);
	region_split(spt, hi, &s.region[1]);
	spares_free(&s);
	return 0;
}

int regions_mark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned clear, unsigned set)
{
	int err = regions_cover(spt, lo, hi) ? regions_cut(spt, lo, hi) : -VM_ENOMEM;

	if (err)
		return err;
	for (unsigned i = region_index(spt, lo); i < spt->nregions && spt->region[i]->start < hi; i++)
		spt->region[i]->flags = (uint16_t)((spt->region[i]->flags & ~clear) | set);
	return 0;
}

void regions_unmark(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi, unsigned clear)
{
	regions_cut(spt, lo, hi);
	for (unsigned i = region_index(spt, lo); i < spt->nregions && spt->region[i]->start < hi; i++)
		spt->region[i]->flags &= (uint16_t)~clear;
}

int vm_protect(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot)
{
	unsigned taken = 0;
	struct tlb_gather g;
	vaddr_t hi;
	int err;

	len = page_round(len);
	hi = addr + len;
	if (prot & VM_WRITE && prot & VM_EXEC)
		return -VM_EACCES;
	if (range_bad(addr, len))
		return len ? -VM_EINVAL : 0;
	port_write_lock(&spt->lock);
	err = regions_cover(spt, addr, hi) ? 0 : -VM_ENOMEM;
	if (!err && prot & VM_WRITE && regions_flags(spt, addr, hi) & VM_READONLY)
		err = -VM_EACCES;
	if (!err)
		err = regions_cut(spt, addr, hi);
	if (err)
		goto out;
	for (unsigned i = region_index(spt, addr); i < spt->nregions && spt->region[i]->start < hi; i++) {
		taken |= spt->region[i]->prot & ~prot;
		spt->region[i]->prot = (uint8_t)prot;
	}
	/* What is taken away goes at once; what is given comes with the next fault. All is flushed: who took a leaf, or W
	 * from it, to save the page may not have done so yet. */
	if (taken) {
		tlb_begin(&g, &spt->pt, NULL);
		tlb_note(&g, addr, len);
		if (prot)
			pt_restrict(&spt->pt, addr, hi,
				    (prot & VM_WRITE ? PT_W : 0u) | (prot & VM_EXEC ? PT_X : 0u), &g);
		else
			leaves_unmap(spt, addr, hi, &g);
		tlb_finish(&g);
	}
	regions_merge(spt, addr, hi);
out:
	port_write_unlock(&spt->lock);
	return err;
}

/* A region that grows down takes in VA, when its limit and its gap allow. */
bool stack_grow(struct supplemental_page_table *spt, vaddr_t va)
{
	bool grown = false;
	unsigned i;

	port_write_lock(&spt->lock);
	i = region_index(spt, va);
	if (i < spt->nregions) {
		struct region *r = spt->region[i];
		vaddr_t below = i ? spt->region[i - 1]->end : 0;

		if (r->start <= va) {
			grown = true; /* another thread's fault did it */
		} else if (r->flags & VM_STACK && r->end - va <= spt->stack_limit && va >= STACK_GAP &&
			   va - STACK_GAP >= below) {
			spt->mapped += r->start - va;
			r->start = va;
			grown = true;
		}
	}
	port_write_unlock(&spt->lock);
	return grown;
}

/* [addr, addr + len), part of region R, becomes NEW_LEN bytes elsewhere. */
static int range_move(struct supplemental_page_table *spt, const struct region *r, vaddr_t addr, uint64_t len,
		      uint64_t new_len, struct spares *s, vaddr_t *where)
{
	struct region moved = *r;
	vaddr_t to = room_find(spt, new_len);

	if (!to)
		return -VM_ENOMEM;
	if (pages_move(spt, addr, to, len)) {
		tables_trim(spt, to, to + new_len);
		return -VM_ENOMEM;
	}
	moved.index += (addr - r->start) >> PT_PAGE_SHIFT;
	moved.start = to;
	moved.end = to + new_len;
	if (moved.object)
		vm_object_ref(moved.object);
	*s->region[2] = moved;
	region_insert(spt, region_index(spt, to), s->region[2]);
	s->region[2] = NULL;
	spt->mapped += new_len;
	regions_remove(spt, addr, addr + len, s);
	regions_merge(spt, to, to + new_len);
	*where = to;
	return 0;
}

int vm_remap(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, uint64_t new_len, bool may_move,
	     vaddr_t *where)
{
	struct region *r;
	struct spares s;
	unsigned i;
	int err;

	len = page_round(len);
	if (range_bad(addr, len) || !new_len || new_len > user_top())
		return -VM_EINVAL;
	new_len = page_round(new_len);
	port_write_lock(&spt->lock);
	i = region_index(spt, addr);
	r = region_find(spt, addr);
	err = r && r->end - addr >= len ? spares_get(spt, &s) : -VM_EFAULT;
	if (err)
		goto out;
	*where = addr;
	if (new_len < len) {
		regions_remove(spt, addr + new_len, addr + len, &s);
	} else if (new_len > len && r->end == addr + len && region_floor(spt, i + 1) >= r->end &&
		   region_floor(spt, i + 1) - r->end >= new_len - len) {
		r->end += new_len - len;
		spt->mapped += new_len - len;
		regions_merge(spt, r->start, r->end);
	} else if (new_len > len) {
		err = may_move ? range_move(spt, r, addr, len, new_len, &s, where) : -VM_ENOMEM;
	}
	spares_free(&s);
out:
	port_write_unlock(&spt->lock);
	return err;
}
