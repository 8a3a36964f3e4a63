/* The files of /proc: proc_text.c has what they say, procfs.c the rest. */
#ifndef KERNEL_PROCFS_H
#define KERNEL_PROCFS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t used, room;
	uint64_t offset; /* where the reader stands */
	int err;
};
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void text_bytes(struct text *t, const void *bytes, size_t n); /* at most a page */

/* The directories: the topmost, a process' own, and that of what only Quire has. */
enum proc_place { IN_TOP, IN_PROCESS, IN_QUIRE };

struct proc_file {
	const char *name;
	uint32_t type;      /* S_IF... */
	enum proc_place in; /* which directory has it */
	bool by_offset;     /* the text depends on the offset, and each read gets it from its beginning */
	void (*fill)(struct text *t, int pid); /* a link's text is its target */
};
/* The first two are the topmost directory and one that is not there; then a process' directory. */
#define PROC_DIR_KIND 2
extern const struct proc_file proc_files[];
extern const unsigned proc_files_count;

#endif
