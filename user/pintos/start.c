/* From the C library's start to the program's main, and its end. */
#include "pintos.h"
#include <alloca.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_MOST (1024 * 1024) /* bytes of stack that a Pintos process may have */

int __real_main(int argc, char **argv, char **envp);
int __wrap_main(int argc, char **argv, char **envp);

char process_name[NAME_SIZE];

static struct {
	int argc;
	char **argv, **envp;
} args;

void process_set_name(const char *name)
{
	size_t n = 0;

	while (n < NAME_SIZE - 1 && name[n]) {
		process_name[n] = name[n];
		n++;
	}
	process_name[n] = 0;
	prctl(PR_SET_NAME, process_name);
}

void pintos_exit(int status)
{
	native_line(status);
	_exit(status);
}

long checked(long result)
{
	if (result == -1 && errno == EFAULT)
		pintos_exit(-1);
	return result;
}

static void body(void) { pintos_exit(__real_main(args.argc, args.argv, args.envp)); }

/* What comes before main has used some of the stack below sp. Main begins at the top of a page that nothing has
 * touched, as in Pintos: programs look for the page below to be missing. */
static void body_on_new_page(void)
{
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
	void *space = alloca(16 * PAGE_SIZE + sp % PAGE_SIZE);

	__asm__ volatile("" : : "r"(space) : "memory");
	body();
}

/* argv[0] is the first process's path on the disk: Pintos says its name only. */
int __wrap_main(int argc, char **argv, char **envp)
{
	const char *name = getenv("PINTOS_NAME");
	char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	struct rlimit stack;

	if (!name && slash)
		argv[0] = slash + 1;
	args.argc = argc;
	args.argv = argv;
	args.envp = envp;
	process_set_name(name ? name : argc > 0 ? argv[0] : "");
	file_start();
	if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur > STACK_MOST) {
		stack.rlim_cur = STACK_MOST;
		setrlimit(RLIMIT_STACK, &stack);
	}
	native_start(body);
	body_on_new_page();
	return 0;
}
