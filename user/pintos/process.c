/* fork, exec, wait, halt. */
#include "pintos.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NATIVE_DEPTH_MOST 64 /* on Linux memory does not end soon: fork fails instead */
#define LINE_SIZE         4096
#define ENV_MOST          256

extern char **environ;

int pintos_fork(const char *name);
int pintos_exec(const char *line);
int pintos_wait(int pid);
void pintos_halt(void) __attribute__((noreturn));

/* The name is copied by the parent: a bad pointer ends it, not the child. */
int pintos_fork(const char *name)
{
	char copy[NAME_SIZE] = "";
	pid_t pid;

	for (size_t i = 0; i < NAME_SIZE - 1 && (copy[i] = ((volatile const char *)name)[i]) != 0; i++)
		;
	native_touch_below();
	if (native && native_depth >= NATIVE_DEPTH_MOST)
		return -1;
	pid = fork();
	if (pid == 0) {
		native_depth++;
		process_set_name(copy);
	}
	return pid;
}

/* The environment for the next program: ours, with the state that the library keeps there. */
static char **environment(void)
{
	static char name[32], depth[32];
	static char *list[ENV_MOST + 4];
	size_t n = 0;

	for (char **e = environ; *e && n < ENV_MOST; e++) {
		if (strncmp(*e, "PINTOS_NAME=", 12) != 0 && strncmp(*e, "PINTOS_DEPTH=", 13) != 0 &&
		    strncmp(*e, "PINTOS_FDS=", 11) != 0)
			list[n++] = *e;
	}
	snprintf(name, sizeof name, "PINTOS_NAME=%s", process_name);
	snprintf(depth, sizeof depth, "PINTOS_DEPTH=%d", native_depth);
	list[n++] = name;
	list[n++] = depth;
	list[n++] = (char *)file_pack();
	list[n] = NULL;
	return list;
}

/* The emulator would end, where exec has to return: it gets only what looks like a program. */
static bool is_program(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY);

	native_touch(magic, sizeof magic);
	if (fd < 0)
		return false;
	if (read(fd, magic, sizeof magic) != sizeof magic)
		magic[0] = 0;
	close(fd);
	return memcmp(magic, "\177ELF", 4) == 0;
}

int pintos_exec(const char *line)
{
	static char words[LINE_SIZE];
	static char *argv[LINE_SIZE / 2 + 2];
	const char *emulator = native_emulator();
	char **first = argv + 1;
	size_t length = 0, argc = 0;
	char *rest;

	while ((words[length] = ((volatile const char *)line)[length]) != 0) {
		if (++length == sizeof words)
			return -1;
	}
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		first[argc++] = word;
	first[argc] = NULL;
	if (argc == 0)
		return -1;
	if (emulator) {
		argv[0] = (char *)emulator;
		return is_program(first[0]) ? (int)checked(execve(emulator, argv, environment())) : -1;
	}
	execve(first[0], first, environment());
	/* Pintos has no permissions; a program may be a file that another program wrote. */
	if (errno == EACCES && is_program(first[0]) && chmod(first[0], 0755) == 0)
		execve(first[0], first, environment());
	return (int)checked(-1);
}

/* Linux keeps eight bits of a status: taken as signed. */
int pintos_wait(int pid)
{
	static siginfo_t info;
	int result;

	if (pid <= 0)
		return -1;
	do
		result = waitid(P_PID, pid, &info, WEXITED);
	while (result < 0 && errno == EINTR);
	if (result < 0 || info.si_code != CLD_EXITED)
		return -1;
	return getenv("PINTOS") ? info.si_status : (signed char)info.si_status;
}

/* Nowhere but on Quire may this reach reboot: there it ends the virtual machine. Elsewhere all processes end that
 * the program was started with. */
void pintos_halt(void)
{
	if (getenv("PINTOS") && access("/proc/quire/fs_reads", F_OK) == 0)
		reboot(RB_POWER_OFF);
	kill(0, SIGKILL);
	_exit(0);
}
