/* What the VM layer keeps of memory: pages (virtual, one space each), frames (physical), objects that pages are
 * cached of. The names and fields that Pintos students know stand as they know them. */
#ifndef VM_PAGE_H
#define VM_PAGE_H
#include "pt.h"

struct page;
struct frame;
struct vm_object;
struct supplemental_page_table;

enum vm_type {
	VM_UNINIT = 0,     /* promised, not yet filled */
	VM_ANON = 1,       /* backed by swap */
	VM_FILE = 2,       /* a mapping of an object's page */
	VM_PAGE_CACHE = 3, /* the object's own page */
	VM_MARKER_0 = 1 << 3,
	VM_MARKER_1 = 1 << 4,
	VM_MARKER_END = 1u << 31,
};
#define VM_TYPE(type) ((type)&7)

/* Fills a page at its first fault; its frame is in place. False: the page cannot be had. */
typedef bool vm_initializer(struct page *page, void *aux);

/* Begins every AUX that a promise carries: fork shares it, the last holder frees it. */
struct vm_aux {
	_Atomic unsigned refs;
	void (*free)(void *aux);
};

struct page_operations {
	bool (*swap_in)(struct page *page, void *kva);
	bool (*swap_out)(struct page *page);
	void (*destroy)(struct page *page);
	enum vm_type type;
};

/* The pages of one frame hang on a chain. Whatever has a frame begins its part of the union with this. */
struct page_chain {
	struct page *next, *prev;
};

struct uninit_page {
	vm_initializer *init; /* NULL: zeros will do */
	void *aux;
	enum vm_type type; /* what it becomes */
};

struct anon_page {
	struct page_chain chain;
	uint32_t slot;   /* swap slot that holds or held it, 0: none */
	uint32_t shadow; /* the policy's memory of it while it is not resident */
};

struct file_page {
	struct page_chain chain;
};

struct page_cache {
	struct page_chain chain;
	uint32_t slot, shadow; /* as anon's: of shared anonymous memory */
};

enum page_flag {
	PAGE_BUSY = 1,     /* somebody gives it its frame or changes its leaf: hands off */
	PAGE_WANTED = 2,   /* and somebody sleeps until that is done */
	PAGE_WRITABLE = 4, /* of a promise made by vm_alloc_page */
	PAGE_DIRTY = 8,    /* of a file's own page: not yet, or not any more, what the file has */
	PAGE_LOCKED = 16,  /* its frame is not evicted */
};

struct page { /* [V] vm_lock  [B] the BUSY owner  [R] the region lock, exclusively, or [B] */
	const struct page_operations *operations; /* [B] */
	void *va;            /* fixed; of an object's page: its index times the page size */
	struct frame *frame; /* [V] from NULL by the BUSY owner only */
	union {              /* [V] */
		struct uninit_page uninit;
		struct anon_page anon;
		struct file_page file;
		struct page_cache page_cache;
		struct page_chain chain;
	};
	union { /* fixed */
		struct supplemental_page_table *spt;
		struct vm_object *object; /* VM_PAGE_CACHE */
	};
	uint32_t flags; /* [V] enum page_flag */
	uint32_t spare;
};
_Static_assert(sizeof(struct page) <= 64, "a touched page costs at most 64 bytes");

enum frame_state {
	FRAME_BUSY = 1, /* its contents are on their way out or in; cleared only by who set it */
	FRAME_WANTED = 2,
	FRAME_DIRTY = 4,   /* written since it last equalled its slot, as far as taken-out leaves told */
	FRAME_FRESH = 8,   /* mapped with A set by its fault: the first look does not count */
	FRAME_LISTED = 16, /* the policy has it */
	FRAME_USED = 32,   /* read or written through the kernel since the policy's last look */
	FRAME_AHEAD = 64   /* read ahead for its slot, no page has asked for it yet: on swap.c's list */
};

/* The replacement policy's part of a frame. */
struct evict_node {
	struct evict_node *next, *prev;
	uint32_t stamp;
	uint8_t list, aux;
};

struct frame {     /* [V] vm_lock */
	void *kva; /* [V] where the kernel sees it; NULL: not vm/'s now */
	union {
		struct page *page;     /* [V] first of the pages that map it */
		struct page **entries; /* of a lowest page table: the pages that belong to its entries */
	};
	struct evict_node node;
	uint32_t slot;  /* [V] of a frame that was read ahead */
	uint16_t state; /* [V] enum frame_state */
	uint16_t pins;  /* [V] users that need it to stay; not evicted */
};
_Static_assert(sizeof(struct frame) <= 48, "a frame costs at most 48 bytes");

#define swap_in(page, kva) (page)->operations->swap_in((page), (kva))
#define swap_out(page)     (page)->operations->swap_out(page)
static inline void destroy(struct page *page)
{
	if (page->operations->destroy)
		page->operations->destroy(page);
}
enum vm_type page_get_type(struct page *page);

/* What pages are cached of; object.h says what its owner implements and calls. OPS and SIZE are the owner's to
 * read; the rest is vm/'s. [V] vm_lock */
struct vm_object_ops;
struct vm_object {
	const struct vm_object_ops *ops; /* fixed; NULL: anonymous memory, backed by swap */
	_Atomic uint64_t size;           /* [V] to change: bytes, beyond which nothing is */
	unsigned refs;                   /* [V] */
	unsigned height;                 /* [V] levels of nodes below ROOT; 0: ROOT is index 0's page */
	uintptr_t root;                  /* [V] */
	size_t pages;                    /* [V] of its own */
	struct region *regions;          /* [V] that map it, if it is anonymous */
	struct vm_object *next, *prev;   /* [V] all of them */
};

#endif
