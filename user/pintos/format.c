/* printf's formats, as include/stdio.h lists them. Own code, for glibc's groups by thousands only where the locale
 * says so, and writes a null pointer in words. */
#include "print.h"
#include <string.h>

struct spec {
	bool minus, plus, space, pound, zero, group;
	int width, precision; /* precision -1: none was given */
	int size;             /* bytes of the integer */
};

static void put(struct sink *s, char c) { s->put(s, c); }

static void pad(struct sink *s, char c, int n)
{
	while (n-- > 0)
		put(s, c);
}

/* The digits of VALUE, last first; the number of characters. */
static int digits_of(uint64_t value, unsigned base, const char *digits, bool group, char *out)
{
	int n = 0, since = 0;

	for (; value > 0; value /= base) {
		if (group && since == 3) {
			out[n++] = ',';
			since = 0;
		}
		out[n++] = digits[value % base];
		since++;
	}
	return n;
}

static void put_integer(struct sink *s, struct spec spec, uint64_t value, const char *sign, char conversion)
{
	unsigned base = conversion == 'o' ? 8 : conversion == 'x' || conversion == 'X' ? 16 : 10;
	const char *digits = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = spec.pound && value && base == 16 ? (conversion == 'X' ? "0X" : "0x") : "";
	char text[64];
	int n = digits_of(value, base, digits, spec.group && base == 10, text);
	int least = spec.precision >= 0 ? spec.precision : 1, zeros, blanks;

	if (spec.pound && base == 8 && least <= n)
		least = n + 1;
	zeros = least > n ? least - n : 0;
	blanks = spec.width - (int)strlen(sign) - (int)strlen(prefix) - zeros - n;
	if (blanks > 0 && spec.zero && !spec.minus && spec.precision < 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!spec.minus)
		pad(s, ' ', blanks);
	for (; *sign; sign++)
		put(s, *sign);
	for (; *prefix; prefix++)
		put(s, *prefix);
	pad(s, '0', zeros);
	while (n > 0)
		put(s, text[--n]);
	if (spec.minus)
		pad(s, ' ', blanks);
}

static void put_string(struct sink *s, struct spec spec, const char *text)
{
	int n = 0;

	while ((spec.precision < 0 || n < spec.precision) && text[n])
		n++;
	if (!spec.minus)
		pad(s, ' ', spec.width - n);
	for (int i = 0; i < n; i++)
		put(s, text[i]);
	if (spec.minus)
		pad(s, ' ', spec.width - n);
}

/* Flags, width, precision and size at FORMAT; returns what follows: the conversion. */
static const char *parse(const char *format, struct spec *spec, va_list *args)
{
	for (;; format++) {
		switch (*format) {
		case '-': spec->minus = true; continue;
		case '+': spec->plus = true; continue;
		case ' ': spec->space = true; continue;
		case '#': spec->pound = true; continue;
		case '0': spec->zero = true; continue;
		case '\'': spec->group = true; continue;
		}
		break;
	}
	for (int *number = &spec->width;; number = &spec->precision) {
		if (*format == '*') {
			*number = va_arg(*args, int);
			format++;
		}
		while (*format >= '0' && *format <= '9')
			*number = *number * 10 + *format++ - '0';
		if (number == &spec->width && spec->width < 0) {
			spec->minus = true;
			spec->width = -spec->width;
		}
		if (*format != '.' || number == &spec->precision)
			break;
		spec->precision = 0;
		format++;
	}
	for (;; format++) {
		if (*format == 'h')
			spec->size /= 2;
		else if (*format && strchr("ljzt", *format))
			spec->size = 8;
		else
			return format;
	}
}

static uint64_t take_signed(struct spec *spec, va_list *args, const char **sign)
{
	int64_t value = spec->size == 8 ? va_arg(*args, int64_t) : va_arg(*args, int);

	value = spec->size == 1 ? (signed char)value : spec->size == 2 ? (short)value : value;
	*sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static uint64_t take_unsigned(struct spec *spec, va_list *args)
{
	uint64_t value = spec->size == 8 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);

	return spec->size == 1 ? (unsigned char)value : spec->size == 2 ? (unsigned short)value : value;
}

static void convert(struct sink *s, struct spec spec, char conversion, va_list *args)
{
	const char *sign = "", *text;
	uint64_t value;

	switch (conversion) {
	case 'd':
	case 'i':
		value = take_signed(&spec, args, &sign);
		put_integer(s, spec, value, sign, conversion);
		break;
	case 'u':
	case 'o':
	case 'x':
	case 'X': put_integer(s, spec, take_unsigned(&spec, args), sign, conversion); break;
	case 'p':
		spec.pound = true;
		put_integer(s, spec, (uintptr_t)va_arg(*args, void *), sign, 'x');
		break;
	case 'c':
		if (!spec.minus)
			pad(s, ' ', spec.width - 1);
		put(s, (char)va_arg(*args, int));
		if (spec.minus)
			pad(s, ' ', spec.width - 1);
		break;
	case 's':
		text = va_arg(*args, const char *);
		put_string(s, spec, text ? text : "(null)");
		break;
	default: put(s, conversion);
	}
}

void format_to(struct sink *s, const char *format, va_list args)
{
	va_list rest;

	va_copy(rest, args);
	while (*format) {
		struct spec spec = {.precision = -1, .size = 4};

		if (*format != '%') {
			put(s, *format++);
			continue;
		}
		format = parse(format + 1, &spec, &rest);
		if (*format)
			convert(s, spec, *format++, &rest);
	}
	va_end(rest);
}
