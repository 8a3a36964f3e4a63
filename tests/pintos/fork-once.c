#include <tests/lib.h>
#include <tests/main.h>

void test_main(void)
{
	pid_t pid = fork("child");
	int status;

	if (pid == 0) {
		msg("child");
		exit(81);
	}
	status = wait(pid);
	CHECK(pid > 0 && status == 81, "its status is 81");
}
