/* What Pintos' string.h has and glibc 2.36 has not. */
#include <string.h>

size_t pintos_strlcpy(char *to, const char *from, size_t size);
size_t pintos_strlcat(char *to, const char *from, size_t size);

size_t pintos_strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from), fits = length < size ? length : size - 1;

	if (size > 0) {
		memcpy(to, from, fits);
		to[fits] = 0;
	}
	return length;
}

size_t pintos_strlcat(char *to, const char *from, size_t size)
{
	size_t had = strnlen(to, size);

	return had + (had < size ? pintos_strlcpy(to + had, from, size - had) : strlen(from));
}
