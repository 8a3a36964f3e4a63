/* sync: returns when all that was written is on the disk. */
#include "lib.h"
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		usage("sync");
	sync();
	return 0;
}
