/* Every call that takes a name ends the process for a bad one: nothing there, the null page, the kernel's half, and a
 * string that runs into a hole. */
#include "kit.h"
#include <stdio.h>
#include <tests/lib.h>
#include <tests/main.h>

static const char *name;

static void do_create(void) { create(name, 0); }
static void do_open(void) { open(name); }
static void do_remove(void) { remove(name); }
static void do_exec(void) { exec(name); }
static void do_fork(void) { fork(name); }
static void do_mkdir(void) { mkdir(name); }
static void do_chdir(void) { chdir(name); }
static void do_symlink(void) { symlink(name, "link"); }
static void do_linkpath(void) { symlink("sample.txt", name); }

void test_main(void)
{
	static const struct {
		const char *call;
		void (*action)(void);
	} calls[] = {
		{"create", do_create}, {"open", do_open},       {"remove", do_remove},
		{"exec", do_exec},     {"fork", do_fork},       {"mkdir", do_mkdir},
		{"chdir", do_chdir},   {"symlink", do_symlink}, {"linkpath", do_linkpath},
	};
	const char *names[] = {NULL, NOT_THERE, KERNEL, (char *)-1, before_hole("abc", false)};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		name = names[i];
		msg("names at %p", name);
		for (size_t j = 0; j < sizeof calls / sizeof *calls; j++)
			in_child(calls[j].call, calls[j].action, -1);
	}
}
