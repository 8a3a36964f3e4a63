/* kill [-signal] pid...: send a signal, TERM unless said otherwise, by name or number. A negative pid is a group. */
#include "lib.h"
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int signal_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);
	if (*name && !*end && n >= 0 && n < NSIG)
		return n;
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int s = 1; s < NSIG; s++) {
		const char *known = sigabbrev_np(s);
		if (known && !strcmp(known, name))
			return s;
	}
	errx(2, "%s is no signal", name);
}

int main(int argc, char **argv)
{
	int sig = SIGTERM, first = 1;
	if (argc > 1 && argv[1][0] == '-')
		sig = signal_number(argv[first++] + 1);
	if (first >= argc)
		usage("kill [-signal] pid...");
	if (!strcmp(argv[first], "--"))
		first++;
	int status = 0;
	for (; first < argc; first++) {
		char *end;
		long pid = strtol(argv[first], &end, 10);
		if (!*argv[first] || *end || pid != (int)pid) {
			warnx("%s is no process number", argv[first]);
			status = 1;
		} else if (kill(pid, sig) < 0) {
			warn("%s", argv[first]);
			status = 1;
		}
	}
	return status;
}
