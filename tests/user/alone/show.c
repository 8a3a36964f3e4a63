/* show WHAT...: what a program finds when it starts, for the tests of exec.
 *	arguments word...   the words in brackets, then the environment's entries
 *	auxv                the auxiliary vector, checked; a line for each thing that is wrong
 *	bss                 whether what should be zero is, and what has a value has it
 *	exec program word... become another program
 *	fds                 which descriptors are open
 *	limit               the soft limits of descriptors and stack */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char zeros[300000];
static char values[5000] = {1, 2, 3};

static int show_arguments(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	for (char **e = environ; *e; e++)
		printf("{%s}", *e);
	putchar('\n');
	return argv[argc] != NULL;
}

static int complain(const char *what)
{
	printf("%s\n", what);
	return 1;
}

static int check_auxv(char **argv)
{
	int bad = 0;
	const unsigned char *random = (const void *)getauxval(AT_RANDOM);
	const Elf64_Phdr *phdr = (const void *)getauxval(AT_PHDR);
	unsigned long loads = 0, entry = getauxval(AT_ENTRY), inside = 0;
	if (getauxval(AT_PAGESZ) != 4096)
		bad = complain("AT_PAGESZ is not 4096");
	if (!random || (!random[0] && !memcmp(random, random + 1, 15)))
		bad = complain("AT_RANDOM is missing or zero");
	if (getauxval(AT_PHENT) != sizeof *phdr || !phdr)
		return complain("AT_PHENT or AT_PHDR is wrong");
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
		loads += phdr[i].p_type == PT_LOAD;
		inside |= phdr[i].p_type == PT_LOAD && entry - phdr[i].p_vaddr < phdr[i].p_filesz;
	}
	if (!loads || !inside)
		bad = complain("AT_PHDR shows no segment with AT_ENTRY");
	if (!getauxval(AT_EXECFN) || !strstr((const char *)getauxval(AT_EXECFN), "show"))
		bad = complain("AT_EXECFN is not the file's name");
	if (getauxval(AT_UID) != getuid() || getauxval(AT_EGID) != getegid() || getauxval(AT_SECURE))
		bad = complain("the user's numbers are wrong");
	if (((uintptr_t)(argv - 1) & 15) != 0)
		bad = complain("the stack is not aligned at the entry");
	return bad;
}

static int check_bss(void)
{
	for (size_t i = 0; i < sizeof zeros; i++) {
		if (zeros[i])
			return complain("the bss is not zero");
	}
	for (size_t i = 3; i < sizeof values; i++) {
		if (values[i])
			return complain("the data's zeros are not zero");
	}
	zeros[sizeof zeros - 1] = values[0];
	return values[0] != 1 || values[1] != 2 || values[2] != 3;
}

static int show_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	}
	putchar('\n');
	return 0;
}

static int show_limits(void)
{
	struct rlimit files, stack;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || getrlimit(RLIMIT_STACK, &stack) < 0)
		return 1;
	printf("%lu %lu\n", (unsigned long)files.rlim_cur, (unsigned long)stack.rlim_cur);
	return 0;
}

static int show_exe(void)
{
	char path[5000];
	pid_t pid = fork();
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	if (pid < 0 || (pid > 0 && wait(NULL) != pid))
		return 1;
	printf("%.*s\n", (int)n, path);
	return n < 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (!strcmp(what, "auxv"))
		return check_auxv(argv);
	if (!strcmp(what, "bss"))
		return check_bss();
	if (!strcmp(what, "fds"))
		return show_descriptors();
	if (!strcmp(what, "limit"))
		return show_limits();
	if (!strcmp(what, "exe"))
		return show_exe();
	if (!strcmp(what, "exec") && argc > 2) {
		execv(argv[2], argv + 2);
		return 126;
	}
	return show_arguments(argc, argv);
}
