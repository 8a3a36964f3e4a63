/* A process that touches what it may not is ended, and nothing else is printed. */
#include "kit.h"
#include <tests/lib.h>
#include <tests/main.h>

static const int constants[64] = {1};
static volatile int *at;
static volatile int value;

static void load(void) { value = *at; }
static void store(void) { *at = 42; }
static void jump(void) { ((void (*)(void))at)(); }

static void all(const char *what, volatile void *address)
{
	msg("%s", what);
	at = address;
	in_child("load", load, -1);
	in_child("store", store, -1);
	in_child("jump", jump, -1);
}

void test_main(void)
{
	all("null", NULL);
	all("near null", (int *)0xffc);
	all("nothing there", NOT_THERE);
	all("the kernel", KERNEL);
	all("far up", (int *)0xffffffff80000000);
	msg("code and constants are not written, data is not run");
	at = (volatile int *)test_main;
	in_child("store", store, -1);
	at = (int *)constants;
	in_child("store", store, -1);
	at = &value;
	in_child("jump", jump, -1);
}
