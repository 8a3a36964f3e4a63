/* ls [-ail] [file]...: names, sorted, those in directories last; -a also those with a dot first, -i with inode numbers,
 * -l a line about each. */
#include "lib.h"
#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static bool all, inodes, details;

static void show_details(const struct stat *st)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	char mode[11] = "?rwxrwxrwx", when[20];
	mode[0] = types[st->st_mode >> 12 & 15];
	for (int i = 0; i < 9; i++) {
		if (!(st->st_mode & 0400 >> i))
			mode[i + 1] = '-';
	}
	time_t t = st->st_mtime;
	strftime(when, sizeof when, "%Y-%m-%d %H:%M", gmtime(&t));
	printf("%s %3lu %4u %4u ", mode, (unsigned long)st->st_nlink, st->st_uid, st->st_gid);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("%4u, %4u", major(st->st_rdev), minor(st->st_rdev));
	else
		printf("%10lld", (long long)st->st_size);
	printf(" %s ", when);
}

static int show(const char *path, const char *name)
{
	struct stat st;
	if ((inodes || details) && lstat(path, &st) < 0) {
		warn("%s", path);
		return 1;
	}
	if (inodes)
		printf("%8lu ", (unsigned long)st.st_ino);
	if (details)
		show_details(&st);
	printf("%s", name);
	if (details && S_ISLNK(st.st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlink(path, target, sizeof target);
		if (n > 0)
			printf(" -> %.*s", (int)n, target);
	}
	putchar('\n');
	return 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int show_directory(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir) {
		warn("%s", path);
		return 1;
	}
	char **names = NULL;
	size_t count = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.' && !all)
			continue;
		names = realloc(names, (count + 1) * sizeof *names);
		if (!names || !(names[count++] = strdup(e->d_name)))
			err(1, "%s", path);
	}
	closedir(dir);
	if (count)
		qsort(names, count, sizeof *names, by_name);
	int status = 0;
	for (size_t i = 0; i < count; i++) {
		char *full = path_in(path, names[i]);
		status |= show(full, names[i]);
		free(full);
		free(names[i]);
	}
	free(names);
	return status;
}

/* Directories come after all others, with their names when there are MANY operands. *ANY: something was shown. */
static int show_operand(const char *path, bool directories, bool many, bool *any)
{
	struct stat st;
	if (lstat(path, &st) < 0) {
		if (!directories)
			warn("%s", path);
		return 1;
	}
	if ((is_directory(path) && !(details && S_ISLNK(st.st_mode))) != directories)
		return 0;
	if (directories && many)
		printf("%s%s:\n", *any ? "\n" : "", path);
	*any = true;
	return directories ? show_directory(path) : show(path, path);
}

int main(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "ail")) != -1;) {
		if (c == '?')
			usage("ls [-ail] [file]...");
		*(c == 'a' ? &all : c == 'i' ? &inodes : &details) = true;
	}
	if (optind == argc)
		return show_directory(".");
	qsort(argv + optind, (size_t)(argc - optind), sizeof *argv, by_name);
	int status = 0;
	bool any = false;
	for (int directories = 0; directories < 2; directories++) {
		for (int i = optind; i < argc; i++)
			status |= show_operand(argv[i], directories, argc - optind > 1, &any);
	}
	return fflush(stdout) ? 1 : status;
}
