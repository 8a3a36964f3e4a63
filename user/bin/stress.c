/* stress [-p processes] [-m size] [-n rounds] [-s seed]: processes that fill memory of SIZE each, change and check it
 * at random places, and fork a child that checks its copy and changes it. Ends with status 1 and a line for each
 * value that is not what was written. */
#include "lib.h"
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

static uint64_t random_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Word I of a page holds a number that I, the process and the page's version make. */
static uint64_t expected(uint64_t seed, size_t i, unsigned version)
{
	return (seed + i * 0x9e3779b97f4a7c15) ^ version;
}

static int check(const uint64_t *word, uint64_t seed, size_t i, unsigned version)
{
	uint64_t want = expected(seed, i, version);
	if (word[i] == want)
		return 0;
	printf("stress %d: at %p is %016lx, should be %016lx\n", getpid(), (const void *)&word[i],
	       (unsigned long)word[i], (unsigned long)want);
	return 1;
}

/* A child sees all that the parent wrote; what it writes itself the parent does not see. */
static int check_in_child(uint64_t *word, const unsigned *version, uint64_t seed, size_t pages)
{
	pid_t pid = fork();
	int status = 0;
	if (pid < 0) {
		warn("fork");
		return 1;
	}
	if (pid > 0)
		return waitpid(pid, &status, 0) != pid || status != 0;
	for (size_t page = 0; page < pages; page++) {
		status |= check(word, seed, page * 512, version[page]);
		word[page * 512] = 0;
	}
	fflush(stdout);
	_exit(status);
}

static int stress(uint64_t seed, size_t size, unsigned long rounds)
{
	size_t pages = size / 4096;
	uint64_t *word = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned *version = calloc(pages, sizeof *version);
	if (word == MAP_FAILED || !version)
		err(1, "%zu bytes", size);
	state = seed;
	for (size_t page = 0; page < pages; page++)
		word[page * 512] = expected(seed, page * 512, 0);
	int status = 0;
	for (unsigned long round = 0; round < rounds && !status; round++) {
		for (size_t n = 0; n < pages; n++) {
			size_t page = random_number() % pages;
			status |= check(word, seed, page * 512, version[page]);
			if (random_number() % 2)
				word[page * 512] = expected(seed, page * 512, ++version[page]);
		}
		status |= check_in_child(word, version, seed, pages);
	}
	fflush(stdout);
	return status;
}

int main(int argc, char **argv)
{
	unsigned long processes = 2, size = 4UL << 20, rounds = 4, seed = 1;
	for (int c; (c = getopt(argc, argv, "p:m:n:s:")) != -1;) {
		switch (c) {
		case 'p': processes = number(optarg, false); break;
		case 'm': size = number(optarg, true); break;
		case 'n': rounds = number(optarg, false); break;
		case 's': seed = number(optarg, false); break;
		default: usage("stress [-p processes] [-m size] [-n rounds] [-s seed]");
		}
	}
	if (size < 4096 || optind != argc)
		usage("stress [-p processes] [-m size of a page or more] [-n rounds] [-s seed]");
	int status = 0, ended;
	for (unsigned long i = 0; i < processes; i++) {
		pid_t pid = fork();
		if (pid < 0) {
			warn("fork");
			status = 1;
			break;
		}
		if (!pid)
			_exit(stress((seed << 8) + i + 1, size, rounds));
	}
	while (wait(&ended) > 0) {
		if (ended)
			status = 1;
		if (WIFSIGNALED(ended))
			printf("stress: a process was ended by signal %d\n", WTERMSIG(ended));
	}
	printf("stress: %s\n", status ? "failed" : "all was as written");
	return status;
}
