/* signals: what each signal up to 31 does when this program starts: d(efault), i(gnored) or c(aught); then, after a
 * blank, those of them that are blocked, as a number. */
#include <signal.h>
#include <stdio.h>

int main(void)
{
	sigset_t mask;
	unsigned long blocked = 0;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction a = {.sa_handler = SIG_DFL};

		sigaction(sig, NULL, &a);
		putchar(a.sa_handler == SIG_DFL ? 'd' : a.sa_handler == SIG_IGN ? 'i' : 'c');
		if (sigismember(&mask, sig))
			blocked |= 1ul << sig;
	}
	printf(" %lx\n", blocked);
	return 0;
}
