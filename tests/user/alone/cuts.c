/* What a power cut is tried on: makes, changes, renames and removes files in the directory argv[1] (it must be there),
 * and notes in the file `notes` there what can be relied on; tests/tools/power-test reads both from what a cut leaves.
 *
 * A note is a line of 64 bytes in its own place of a file that has its full size before anything else happens:
 *   have ID SIZE NAME [OTHER]   from now on the file NAME (or OTHER) has SIZE bytes, all of them as file ID's
 *   void ID                     that holds no more
 * Each is on the disk, by fsync, before the program goes on; what a "have" tells of was, by an fsync of its own, before.
 * Words of file ID are (ID << 32 | place in the file); those that a hole shows are zero. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE   64
#define NOTES  256
#define ROUNDS 20

static int notes, nnotes;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void note(const char *text)
{
	char line[NOTE];

	memset(line, ' ', NOTE);
	memcpy(line, text, strlen(text));
	line[NOTE - 1] = '\n';
	must(nnotes < NOTES && pwrite(notes, line, NOTE, nnotes++ * NOTE) == NOTE, "notes");
	must(fsync(notes) == 0, "fsync of the notes");
}

static void have(unsigned id, size_t size, const char *names)
{
	char text[NOTE];

	snprintf(text, sizeof text, "have %u %zu %s", id, size, names);
	note(text);
}

static void gone(unsigned id)
{
	char text[NOTE];

	snprintf(text, sizeof text, "void %u", id);
	note(text);
}

/* Words of file ID into FD, from the byte AT to SIZE. */
static void fill(int fd, unsigned id, size_t at, size_t size)
{
	static uint64_t words[512];

	while (at < size) {
		size_t n = size - at < sizeof words ? size - at : sizeof words;

		for (size_t i = 0; i < sizeof words / 8; i++)
			words[i] = (uint64_t)id << 32 | (at / 8 + i);
		must(pwrite(fd, words, n, (off_t)at) == (ssize_t)n, "write");
		at += n;
	}
}

static size_t size_of(unsigned id) { return (id * 7 % 5 + 1) * 3000 / 8 * 8; }

static const char *name_of(char kind, unsigned id)
{
	static char name[2][16];
	static int which;

	which = !which;
	snprintf(name[which], sizeof name[which], "%c%u", kind, id);
	return name[which];
}

static void make(unsigned id)
{
	int fd = open(name_of('f', id), O_RDWR | O_CREAT | O_EXCL, 0644);

	must(fd >= 0, "create");
	fill(fd, id, 0, size_of(id));
	must(fsync(fd) == 0 && close(fd) == 0, "fsync");
	have(id, size_of(id), name_of('f', id));
}

/* A promise in two names meanwhile. */
static void move(unsigned id)
{
	char names[40];
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	snprintf(names, sizeof names, "f%u r%u", id, id);
	have(id, size_of(id), names);
	must(rename(name_of('f', id), name_of('r', id)) == 0, "rename");
	must(fsync(dir) == 0 && close(dir) == 0, "fsync of the directory");
	have(id, size_of(id), name_of('r', id));
}

/* Cut, and grown again: what was cut off stays away. */
static void cut(unsigned id)
{
	size_t size = size_of(id) / 2 / 8 * 8;
	int fd = open(name_of('f', id), O_RDWR);

	gone(id);
	must(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && fsync(fd) == 0, "truncate");
	have(id, size, name_of('f', id));
	gone(id);
	fill(fd, id, size, size_of(id));
	must(fsync(fd) == 0 && close(fd) == 0, "fsync after growing");
	have(id, size_of(id), name_of('f', id));
}

/* Its blocks are another's soon. */
static void take_away(unsigned id)
{
	gone(id);
	must(unlink(name_of('f', id)) == 0, "unlink");
}

/* Written and never synced: nobody can rely on it, but it may show nothing that is not its own. */
static void scribble(unsigned id)
{
	int fd = open(name_of('s', id), O_RDWR | O_CREAT, 0644);

	must(fd >= 0, "create");
	fill(fd, id, (id % 3) * 4096, (id % 3) * 4096 + 9000);
	must(close(fd) == 0 && mkdir(name_of('d', id), 0755) == 0, "mkdir");
	if (id > 106) /* the one before the last */
		must(unlink(name_of('s', id - 6)) == 0 && rmdir(name_of('d', id - 6)) == 0, "rmdir");
}

int main(int argc, char **argv)
{
	char empty[NOTE * NOTES];

	must(argc == 2 && chdir(argv[1]) == 0, "usage: cuts DIRECTORY");
	notes = open("notes", O_RDWR | O_CREAT | O_EXCL, 0644);
	memset(empty, ' ', sizeof empty);
	must(notes >= 0 && write(notes, empty, sizeof empty) == (ssize_t)sizeof empty && fsync(notes) == 0,
	     "notes");
	for (unsigned id = 1; id <= ROUNDS; id++) {
		make(id);
		if (id % 3 == 0)
			scribble(100 + id);
		if (id % 5 == 2)
			move(id);
		else if (id % 5 == 4)
			cut(id);
		if (id % 5 == 0)
			take_away(id - 2);
	}
	printf("%d notes\n", nnotes);
	return 0;
}
