/* What vm/ offers: address spaces made of regions, faults, fork, reclaim. The functions that Pintos students
 * know keep their arguments and work on the calling thread's space; each stands over one that names the space. */
#ifndef VM_VM_H
#define VM_VM_H
#include "object.h"

enum vm_prot { VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4 }; /* WRITE or EXEC alone read, too; 0: nothing */
enum vm_map_flag {
	VM_SHARED = 1,    /* fork and other mappings of the object see what is written */
	VM_FIXED = 2,     /* exactly there, whatever was there before is unmapped */
	VM_NOREPLACE = 4, /* exactly there, or -VM_EEXIST */
	VM_STACK = 8,     /* grows down on demand, to its limit */
	VM_READONLY = 16, /* shared, of a file opened to be read: vm_protect() does not make it writable */
	VM_POPULATE = 32, /* bring all of it in at once, as far as that goes */
	VM_LOCKED =
		64, /* bring all of it in, to stay; else the error of vm_lock_range(), and nothing is there */
	VM_RANDOM = 128, /* no reading ahead, or more of it (vm_advise) */
	VM_SEQUENTIAL = 256,
	VM_WHOLE = 512, /* stays apart from its neighbours: do_munmap() takes it whole */
};

struct region { /* [R]  [V] vm_lock */
	vaddr_t start, end;
	uint8_t prot;
	uint16_t flags;
	struct vm_object
		*object; /* of a shared mapping, or what a private one shows until it is written to */
	uint64_t index;  /* the object's page at START */
	struct vm_readahead ahead; /* [V] */
	/* Of a region that maps shared anonymous memory: */
	struct supplemental_page_table *spt; /* fixed: whose it is */
	struct region *next, *prev;          /* [V] all that map the object */
};

struct supplemental_page_table { /* [R] LOCK, exclusively to change  [V] vm_lock  [A] atomic */
	struct pt pt;
	struct port_rwlock lock;
	struct region **region;          /* [R] by address, disjoint */
	unsigned nregions, room;         /* [R] */
	_Atomic unsigned found;          /* [A] where the last region that was asked for stood */
	vaddr_t hint;                    /* [R] where the search for free room begins */
	uint64_t mapped;                 /* [R] bytes in regions */
	uint64_t stack_limit;            /* bytes a VM_STACK region may grow to */
	_Atomic size_t npages;           /* [A] struct pages */
	_Atomic size_t resident;         /* [A] pages with a frame */
	_Atomic size_t swapped;          /* [A] pages in swap only */
	_Atomic uint64_t minor, major;   /* [A] faults */
	_Atomic size_t anon;             /* [A] anonymous pages, in memory or swap */
	size_t shared;                   /* [V] its share of shared anonymous pages, when last counted */
	const struct vm_object *counted; /* [V] for which it was */
	uint32_t id;                     /* fixed: from 1, for messages */
	_Atomic bool dying;              /* [V] to write; ends for want of memory: its faults fail */
	bool spared;                     /* [V] it cannot be made to end: the next largest is asked for */
	bool looked_at;                  /* [V] reclaim will yet flush this table: do not destroy it */
	unsigned swept;                  /* [V] swapoff looks through it: the same */
	vaddr_t look_lo, look_hi;        /* [V] from the first to the last page that it is flushed for */
	struct supplemental_page_table *look_next;   /* [V] the next table that is */
	struct supplemental_page_table *next, *prev; /* [V] all spaces */
};

/* Once: frames for RAM in [lo, hi), of which LIMIT may be user pages at a time. POLICY chooses what is evicted, by
 * name (see vm_policy); NULL: the default. 0, -VM_ENOMEM, or -VM_EINVAL when no policy is called that. */
int vm_setup(paddr_t lo, paddr_t hi, size_t limit, const char *policy);
void vm_shutdown(void);

/* ---- spaces ---- */
int spt_init(struct supplemental_page_table *spt);
int spt_copy(struct supplemental_page_table *dst, struct supplemental_page_table *src);
void spt_kill(struct supplemental_page_table *spt);

int vm_map(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot, unsigned flags,
	   struct vm_object *object, uint64_t index, vaddr_t *where);
/* Needs memory only where it cuts a region. */
int vm_unmap(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);
int vm_protect(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, unsigned prot);
int vm_remap(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, uint64_t new_len, bool may_move,
	     vaddr_t *where);

/* madvise, mincore, mlock, munlock, msync: of all of [addr, addr + len), ADDR aligned (-VM_EINVAL). -VM_ENOMEM: there is
 * a hole in it, and nothing was done. */
enum vm_advice {
	VM_ADVISE_NORMAL,
	VM_ADVISE_RANDOM,
	VM_ADVISE_SEQUENTIAL,
	VM_ADVISE_WILLNEED, /* bring the object's pages into memory */
	VM_ADVISE_DONTNEED, /* as freshly mapped; what is shared stays with its object */
	VM_ADVISE_FREE,     /* the same at once, of private anonymous memory only */
	VM_ADVISE_PAGEOUT,  /* out of memory, saved first */
};
int vm_advise(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, enum vm_advice advice);
/* VEC has a byte for each page: 1 when it can be had without I/O. */
int vm_mincore(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len, uint8_t *vec);
int vm_lock_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);
int vm_unlock_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);
int vm_sync_range(struct supplemental_page_table *spt, vaddr_t addr, uint64_t len);

/* What a program's loader needs: SPT gets at VA, which nothing may map yet, READ_BYTES of FILE from OFFSET on, then
 * ZERO_BYTES of zeros; whole pages together. Nothing is read before it is touched. */
int vm_load_segment(struct supplemental_page_table *spt, struct vm_object *file, uint64_t offset, vaddr_t va,
		    uint64_t read_bytes, uint64_t zero_bytes, unsigned prot);
/* A stack that ends at TOP and grows down to LIMIT bytes. */
int vm_load_stack(struct supplemental_page_table *spt, vaddr_t top, uint64_t limit);

struct region *region_find(struct supplemental_page_table *spt, vaddr_t va); /* [R] held */
struct vm_use {
	size_t resident, swapped, shared, dirty, shared_dirty; /* shared: others map the frame, too */
};
/* The pages of [LO, HI), as they are for a moment each; [R] held. */
struct vm_use vm_use(struct supplemental_page_table *spt, vaddr_t lo, vaddr_t hi);

/* ---- faults ---- */
/* Access (VM_READ, VM_WRITE, VM_EXEC) at VA: 0 when it can be retried; -VM_EFAULT: nothing is mapped there,
 * -VM_EACCES: not for that; -VM_ENOMEM. SIGBUS: -VM_EBUS: past the end of its object; -VM_EIO: it could not be read;
 * what make_writable() said. */
int vm_fault(struct supplemental_page_table *spt, vaddr_t va, unsigned access);

/* A read fault in a file's mapping maps that many pages around it, if they are in memory. A power of two, fixed before
 * the first fault; 1: only its own. */
extern unsigned vm_around;

/* ---- reclaim ---- */
/* Frames it freed, up to WANT; fewer: no other can go now. When others freed one while it could only wait, 1. */
size_t vm_reclaim(size_t want);
/* The names of the replacement policies, from 0, the default first; NULL: no more. */
const char *vm_policy(unsigned n);
void vm_pageout(void); /* one round of the page-out thread */
/* OBJECT's first NPAGES pages are for swap. For an area that is in use: its bad slots, and it as a whole if it is set
 * aside, get another chance; -VM_EINVAL: it needs none. */
int vm_swapon(struct vm_object *object, uint32_t npages);
/* OBJECT is no swap area any more, and all that was in it is in memory or in other areas; others go on meanwhile.
 * -VM_ENOMEM: there is no room for it; -VM_EIO: some of it cannot be read; the area stays in use. */
int vm_swapoff(struct vm_object *object);
/* Is OBJECT a swap area, and how many slots of it are there, and referred to? */
bool vm_swap_area(const struct vm_object *object, size_t *slots, size_t *used);
#define SWAP_CLUSTER_MAX 8
extern unsigned swap_cluster; /* pages that leave or come in one request; 1: no read-ahead */
#define SWAP_COUNT_MAX (UINT16_MAX - 1)
extern uint16_t swap_count_max; /* how many pages can refer to one slot */
/* What memory holds only because it may be asked for again goes: clean pages of files that nobody maps, and what was
 * read ahead. Then what is in use can be compared with what was before. */
void vm_drain(void);
struct vm_stats {
	size_t frames, frames_used;
	size_t slots, slots_used; /* of areas that are neither being given up nor set aside */
	size_t slots_bad;         /* that could not be written */
	size_t slots_aside;       /* of areas that are set aside, for their devices fail */
	uint64_t slot_looks;      /* words of the maps of free slots that were looked at */
	uint64_t faults, zero, copied, reused, swap_in, swap_out, clean_out, evicted, looks, ahead,
		ahead_used;
	size_t dirty;               /* pages of files that are to be written */
	uint64_t file_in, file_out; /* pages read, written */
};
void vm_stats(struct vm_stats *stats);
/* Every invariant, at a moment when nothing is under way: port_panic with a sentence when one fails. */
void vm_check(void);

/* ---- the names that Pintos students know ---- */
void supplemental_page_table_init(struct supplemental_page_table *spt);
bool supplemental_page_table_copy(struct supplemental_page_table *dst, struct supplemental_page_table *src);
void supplemental_page_table_kill(struct supplemental_page_table *spt);
struct page *spt_find_page(struct supplemental_page_table *spt, void *va);
bool spt_insert_page(struct supplemental_page_table *spt, struct page *page);
void spt_remove_page(struct supplemental_page_table *spt, struct page *page);
#define vm_alloc_page(type, upage, writable)                                                                 \
	vm_alloc_page_with_initializer((type), (upage), (writable), NULL, NULL)
bool vm_alloc_page_with_initializer(enum vm_type type, void *upage, bool writable, vm_initializer *init,
				    void *aux);
int vm_promise(struct supplemental_page_table *spt, enum vm_type type, vaddr_t va, bool writable,
	       vm_initializer *init, void *aux);
/* A file is its object here: the embedder's struct file leads to one. NULL: it cannot be mapped so. */
void *do_mmap(void *addr, size_t length, int writable, struct vm_object *file, int64_t offset);
void do_munmap(void *addr);
bool load_segment(struct vm_object *file, int64_t ofs, uint8_t *upage, uint32_t read_bytes,
		  uint32_t zero_bytes, bool writable);
bool lazy_load_segment(struct page *page, void *aux);
void vm_dealloc_page(struct page *page);
bool vm_claim_page(void *va);

#endif
