#include "merge.h"
#include "kit.h"
#include <random.h>
#include <stdio.h>
#include <tests/lib.h>

static unsigned char pieces[PIECES][PIECE_SIZE], merged[PIECES * PIECE_SIZE];
static pid_t children[PIECES];

static void start(const char *child, int i)
{
	char line[64], name[16];
	int fd;

	snprintf(name, sizeof name, "piece%d", i);
	snprintf(line, sizeof line, "%s %s", child, name);
	create(name, PIECE_SIZE);
	fd = open_file(name);
	if (write(fd, pieces[i], PIECE_SIZE) != PIECE_SIZE)
		fail("write %s", name);
	close(fd);
	children[i] = fork(child);
	if (children[i] == 0)
		exit(exec(line));
}

static void finish(int i)
{
	char name[16];
	int fd, status = wait(children[i]);

	snprintf(name, sizeof name, "piece%d", i);
	CHECK(status == 80, "child %d is done", i);
	fd = open_file(name);
	if (read(fd, pieces[i], PIECE_SIZE) != PIECE_SIZE)
		fail("read %s", name);
	close(fd);
}

static void merge(void)
{
	size_t at[PIECES] = {0};

	for (size_t i = 0; i < sizeof merged; i++) {
		int least = -1;

		for (int k = 0; k < PIECES; k++) {
			if (at[k] < PIECE_SIZE && (least < 0 || pieces[k][at[k]] < pieces[least][at[least]]))
				least = k;
		}
		merged[i] = pieces[least][at[least]++];
	}
}

void merge_by(const char *child, bool at_once)
{
	size_t counts[256];

	random_init(1);
	random_bytes(pieces, sizeof pieces);
	count_bytes(pieces[0], sizeof pieces, counts);
	for (int i = 0; i < PIECES; i++) {
		start(child, i);
		if (!at_once)
			finish(i);
	}
	for (int i = 0; at_once && i < PIECES; i++)
		finish(i);
	merge();
	check_sorted(merged, sizeof merged, counts);
	msg("merged");
}
