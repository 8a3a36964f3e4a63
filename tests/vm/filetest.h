/* What tests of files share: two spaces and a file. */
#ifndef TESTS_VM_FILETEST_H
#define TESTS_VM_FILETEST_H
#include "ramfile.h"

#define P  PT_PAGE_SIZE
#define RW (VM_READ | VM_WRITE)

extern struct vmtest ft;
extern struct supplemental_page_table fa, fb;
extern struct ramfile ff;

/* FRAMES and SLOTS as vmtest_begin(), ROOM and SIZE as ramfile_make(). */
bool file_begin(size_t frames, uint32_t slots, uint32_t room, uint64_t size);
/* Both spaces go, then the file, and with the last reference it says so. */
void file_end(void);
vaddr_t map_file(struct supplemental_page_table *s, uint64_t index, uint64_t npages, unsigned prot,
		 unsigned flags);
uint64_t read_word(uint64_t at);
void write_word(uint64_t at, uint64_t value);
/* Its disk holds what read() shows, everywhere, and writing it back again writes nothing. */
void file_settled(void);

/* A race about a file, over 32 frames and 16 slots that T is about. */
void race_file(struct vmtest *t, void (*setup)(void *), void (*op)(void *), void (*rival)(void *),
	       void (*check)(void *));

#endif
