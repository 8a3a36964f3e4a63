/* Random operations on several spaces, and a plain model of what each must do.
 *
 * The model knows pages, not page tables: for each page of a window what is mapped there, what may be done with
 * it and what it holds. run.c does an operation on the real thing and compares, print.c writes operations as C,
 * random.c makes them up and, where one fails, finds a short list that fails too. */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H
#include "tests/vm/ramfile.h"

#define SPACES       6
#define WINDOW       384 /* pages of each space that the model knows; the rest is taken, or never touched */
#define BUSY_LO      64  /* [0, BUSY_LO): where most happens; from there to BUSY_HI something is in the way */
#define BUSY_HI      100
#define STACK_LO     376 /* [STACK_LO, WINDOW): where stacks begin */
#define GAP          256 /* pages that a stack keeps free below it */
#define STACK_PAGES  24  /* that it may grow to */
#define WORDS        4   /* of each page that are looked at */
#define OBJECTS      24
#define OBJECT_PAGES 64
#define PROMISES     48
#define AREAS        2  /* of swap; the second begins unused */
#define OTHER_SLOTS  64 /* in the second */
#define FILES        2
#define FILE_PAGES   24
#define MARK_BITS    12
/* A boundary of the two lowest levels of tables lies in the middle of the busy part. */
#define WINDOW_VA ((vaddr_t)0x40000000 - 32 * PT_PAGE_SIZE)

enum op_kind {
	OP_READ,
	OP_WRITE,
	OP_EXEC,
	OP_MAP,
	OP_UNMAP,
	OP_PROTECT,
	OP_REMAP,
	OP_PROMISE,
	OP_LOOK,
	OP_FORK,
	OP_KILL,
	OP_CREATE,
	OP_EVICT,
	OP_FILE_READ,
	OP_FILE_WRITE,
	OP_TRUNCATE,
	OP_SYNC,
	OP_WRITEBACK,
	OP_ADVISE,
	OP_THREADS,
	OP_SWAPON,
	OP_SWAPOFF
};
enum advice { DONTNEED, PAGEOUT, WILLNEED, RANDOM, ADVICES }; /* value % ADVICES */
enum op_fail { FAIL_NONE, FAIL_MEMORY, FAIL_MEMORY_FOR_GOOD, FAIL_READ, FAIL_WRITE };

struct op {
	uint8_t kind, space, cpu;
	uint8_t prot, flags;  /* map, protect; promise: prot says whether it may be written */
	uint8_t word;         /* read, write */
	uint8_t fail, fail_n; /* FAIL_N-th allocation, or that many transfers */
	uint8_t file;         /* file operations; map: + 1, 0: none */
	uint16_t page, n, to; /* remap: TO pages in the end; fork: the child's space; map: page of the file;
			       * threads: which order; swapon, swapoff: the area */
	bool move;            /* remap may move; map: anywhere */
	uint64_t value;       /* write; truncate: size; promise: contents, failures in the lowest two bits */
};

/* What a round of operations runs on. */
struct setup {
	unsigned round; /* m_mark() says round << MARK_BITS | number of the operation, from 1 */
	size_t frames;
	uint32_t slots;
	bool fenced; /* outside the window all is taken: what goes anywhere comes into it */
	bool gather_one;
};

struct m_page {
	bool mapped, present;          /* PRESENT: there is a struct page */
	bool cut;                      /* of a stack: a region begins here */
	bool copied;                   /* of a private mapping of a file: written to, its own now */
	uint8_t prot, flags, unknown;  /* UNKNOWN: words copied from behind a file's end */
	uint8_t object, promise, file; /* + 1 */
	uint16_t index;                /* in the object or file */
	uint64_t word[WORDS];
};
struct m_space {
	bool alive;
	struct m_page page[WINDOW];
};
struct m_promise {
	unsigned refs, fails;
	uint64_t value;
};
struct m_file {
	uint64_t size;
	uint64_t word[FILE_PAGES][WORDS];
};
struct model {
	bool fenced;
	uint32_t slots;
	bool area[AREAS]; /* in use */
	struct m_file file[FILES];
	struct m_space space[SPACES];
	unsigned object_refs[OBJECTS];
	uint64_t object[OBJECTS][OBJECT_PAGES][WORDS];
	struct m_promise promise[PROMISES];
};

/* What an operation must say. SKIP: it means nothing as things are and is not done. */
struct expect {
	bool skip;
	int err;
	bool read; /* VALUE is what must be read */
	uint64_t value;
	unsigned page;    /* where map and remap must put it */
	unsigned promise; /* which one a promise uses */
};

void model_init(struct model *m, const struct setup *setup);
/* Do OP in the model; before the real thing does. */
void model_do(struct model *m, const struct op *op, struct expect *e);
/* Keep what OP, a touch or a swapoff, may change, and go back to it: the operation did not happen. */
void model_keep(struct model *m, const struct op *op);
void model_back(struct model *m, const struct op *op);
/* A touch at OP's page came as far as growing the stack, and no further. */
void model_grow(struct model *m, const struct op *op);
/* How many pages hold something, at most. */
size_t model_held(const struct model *m);
uint64_t promise_word(uint64_t value, unsigned word);
/* Does word WORD of page INDEX lie inside F? */
bool file_holds(const struct m_file *f, uint64_t index, unsigned word);

static inline vaddr_t page_va(unsigned page) { return WINDOW_VA + page * PT_PAGE_SIZE; }
static inline unsigned word_at(unsigned word) { return (const unsigned[WORDS]){0, 8, 2040, 4088}[word]; }

/* run.c, also for what print.c prints: a space as the operations know it (FENCED: see struct setup), and how a promise
 * to show VALUE is kept, the first time not when its lowest two bits are clear. */
int space_make(struct supplemental_page_table *s, bool fenced);
struct aux;
struct aux *aux_new(uint64_t value);
bool aux_fill(struct page *page, void *aux);
/* run.c: a round of N operations; false when one was not as the model says, *FAILED is its number then. */
bool ops_run(const struct setup *setup, const struct op *op, unsigned n, unsigned *failed);
/* print.c: a test that does them, as it could stand in a file of tests/vm/. */
void ops_print(const struct setup *setup, const struct op *op, unsigned n);

#endif
