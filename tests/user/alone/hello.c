/* hello [word]...: the smallest program that shows all is well: a line, the words it was given, status = how many. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("hello");
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	putchar('\n');
	return argc - 1;
}
