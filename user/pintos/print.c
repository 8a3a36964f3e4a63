/* Printing into descriptors and strings. What one call prints leaves in one write (longer than the buffer: in several),
 * so that the lines of several processes do not mix. */
#include "print.h"
#include "pintos.h"
#include <ctype.h>

static void put_string(struct sink *s, char c)
{
	if (s->count + 1 < s->size)
		s->buffer[s->count] = c;
	s->count++;
}

static void put_fd(struct sink *s, char c)
{
	size_t at = s->count++ % s->size;

	s->buffer[at] = c;
	if (at + 1 == s->size)
		pintos_write(s->fd, s->buffer, (unsigned)s->size);
}

int pintos_vhprintf(int fd, const char *format, va_list args)
{
	static char buffer[2048];
	struct sink s = {.put = put_fd, .buffer = buffer, .size = sizeof buffer, .fd = fd};

	format_to(&s, format, args);
	pintos_write(fd, buffer, (unsigned)(s.count % s.size));
	return (int)s.count;
}

int pintos_hprintf(int fd, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = pintos_vhprintf(fd, format, args);
	va_end(args);
	return n;
}

int pintos_vprintf(const char *format, va_list args) { return pintos_vhprintf(1, format, args); }

int pintos_printf(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = pintos_vprintf(format, args);
	va_end(args);
	return n;
}

int pintos_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
	struct sink s = {.put = put_string, .buffer = out, .size = size};

	format_to(&s, format, args);
	if (size > 0)
		out[s.count < size ? s.count : size - 1] = 0;
	return (int)s.count;
}

int pintos_snprintf(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = pintos_vsnprintf(out, size, format, args);
	va_end(args);
	return n;
}

int pintos_putchar(int c)
{
	pintos_printf("%c", c);
	return c;
}

int pintos_puts(const char *text) { return pintos_printf("%s\n", text); }

/* One row: the bytes from FROM up to TO that lie in it, the others blank. */
static void hex_row(uintptr_t row, const uint8_t *data, uintptr_t from, uintptr_t to, bool ascii)
{
	char line[100];
	size_t n = pintos_snprintf(line, sizeof line, "%08jx  ", (uintmax_t)row);

	for (unsigned i = 0; i < 16; i++) {
		if (row + i >= from && row + i < to)
			n += pintos_snprintf(line + n, sizeof line - n, "%02hhx", data[row + i - from]);
		else
			n += pintos_snprintf(line + n, sizeof line - n, "  ");
		line[n++] = i == 7 && row + 8 >= from && row + 8 < to ? '-' : ' ';
	}
	while (!ascii && line[n - 1] == ' ')
		n--;
	if (ascii) {
		line[n++] = '|';
		for (uintptr_t at = row; at < row + 16; at++) {
			int c = at >= from && at < to ? data[at - from] : ' ';

			line[n++] = (char)(isprint(c) ? c : '.');
		}
		line[n++] = '|';
	}
	pintos_printf("%.*s\n", (int)n, line);
}

void pintos_hex_dump(uintptr_t ofs, const void *data, size_t size, bool ascii)
{
	for (uintptr_t row = ofs & ~(uintptr_t)15; row < ofs + size; row += 16)
		hex_row(row, data, ofs, ofs + size, ascii);
}

void debug_backtrace(void) { pintos_printf("Called from %p.\n", __builtin_return_address(0)); }

void debug_panic(const char *file, int line, const char *function, const char *message, ...)
{
	va_list args;

	pintos_printf("ABORT at %s:%d in %s(): ", file, line, function);
	va_start(args, message);
	pintos_vprintf(message, args);
	va_end(args);
	pintos_printf("\n");
	pintos_exit(1);
}
