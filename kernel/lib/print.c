/* Formatted printing. Knows no console: characters go into a sink. No state, no locks; whatever the format
 * and its arguments, memory outside the sink is only read by %s.
 *
 * %d %i %u %x %X %p %s %c %%, flags - 0 # + space, width and precision (a number or *), lengths hh h l ll j
 * z t. Anything else is printed as it stands, without taking an argument. */
#include "kernel/lib/print.h"

struct spec {
	bool left, zero, alt, plus, space, upper;
	int width, prec; /* prec < 0: not given */
	char length;     /* 'H' is hh, 'L' is ll */
};

struct out {
	struct print_sink *sink;
	size_t count;
};

static void emit(struct out *o, const char *s, size_t n)
{
	if (n)
		o->sink->put(o->sink, s, n);
	o->count += n;
}

static void fill(struct out *o, char c, int n)
{
	static const char blanks[] = "                ", zeros[] = "0000000000000000";
	const char *from = c == '0' ? zeros : blanks;

	for (; n > 0; n -= 16)
		emit(o, from, n < 16 ? (size_t)n : 16);
}

static void emit_text(struct out *o, const struct spec *sp, const char *s, size_t n)
{
	int pad = (size_t)sp->width > n ? sp->width - (int)n : 0;

	if (!sp->left)
		fill(o, ' ', pad);
	emit(o, s, n);
	if (sp->left)
		fill(o, ' ', pad);
}

/* SIGN: "" or what stands before the digits, "0x" included. */
static void emit_number(struct out *o, const struct spec *sp, const char *sign, uint64_t v, unsigned base)
{
	const char *digits = sp->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[20];
	int n = 0, nsign = (int)strlen(sign);

	for (; v; v /= base)
		buf[(int)sizeof buf - ++n] = digits[v % base];
	int zeros = (sp->prec < 0 ? 1 : sp->prec) - n;
	zeros = zeros > 0 ? zeros : 0;
	int pad = sp->width - nsign - zeros - n;
	if (sp->zero && !sp->left && sp->prec < 0 && pad > 0)
		zeros += pad, pad = 0;
	if (!sp->left)
		fill(o, ' ', pad);
	emit(o, sign, (size_t)nsign);
	fill(o, '0', zeros);
	emit(o, buf + sizeof buf - n, (size_t)n);
	if (sp->left)
		fill(o, ' ', pad);
}

static int parse_int(const char **f)
{
	int v = 0;

	for (; **f >= '0' && **f <= '9'; (*f)++)
		if (v < 100000)
			v = v * 10 + (**f - '0');
	return v;
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		switch (*f) {
		case '-': sp->left = true; break;
		case '0': sp->zero = true; break;
		case '#': sp->alt = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->space = true; break;
		default: return f;
		}
	}
}

static const char *parse_length(const char *f, struct spec *sp)
{
	if (*f == 'h' || *f == 'l') {
		sp->length = *f++;
		if (*f == sp->length)
			sp->length = *f++ == 'h' ? 'H' : 'L';
	} else if (*f == 'j' || *f == 'z' || *f == 't') {
		sp->length = *f++;
	}
	return f;
}

/* va_list is an array on some machines: passed on inside a struct it is one object everywhere. */
struct args {
	va_list ap;
};

static const char *parse_spec(const char *f, struct spec *sp, struct args *a)
{
	f = parse_flags(f, sp);
	if (*f == '*') {
		sp->width = va_arg(a->ap, int);
		if (sp->width < 0)
			sp->left = true, sp->width = sp->width == INT32_MIN ? 0 : -sp->width;
		f++;
	} else {
		sp->width = parse_int(&f);
	}
	if (*f == '.') {
		f++;
		if (*f == '*')
			sp->prec = va_arg(a->ap, int), f++;
		else
			sp->prec = parse_int(&f);
	}
	return parse_length(f, sp);
}

static int64_t take_signed(const struct spec *sp, struct args *a)
{
	switch (sp->length) {
	case 'H': return (signed char)va_arg(a->ap, int);
	case 'h': return (short)va_arg(a->ap, int);
	case 'l': return va_arg(a->ap, long);
	case 'L': return va_arg(a->ap, long long);
	case 'j': return va_arg(a->ap, intmax_t);
	case 'z': case 't': return va_arg(a->ap, ptrdiff_t);
	default: return va_arg(a->ap, int);
	}
}

static uint64_t take_unsigned(const struct spec *sp, struct args *a)
{
	switch (sp->length) {
	case 'H': return (unsigned char)va_arg(a->ap, unsigned);
	case 'h': return (unsigned short)va_arg(a->ap, unsigned);
	case 'l': return va_arg(a->ap, unsigned long);
	case 'L': return va_arg(a->ap, unsigned long long);
	case 'j': return va_arg(a->ap, uintmax_t);
	case 'z': case 't': return va_arg(a->ap, size_t);
	default: return va_arg(a->ap, unsigned);
	}
}

/* False: C is no conversion. */
static bool convert(struct out *o, struct spec *sp, char c, struct args *a)
{
	switch (c) {
	case 'd': case 'i': {
		int64_t v = take_signed(sp, a);
		const char *sign = v < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";
		emit_number(o, sp, sign, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
		return true;
	}
	case 'u':
		emit_number(o, sp, "", take_unsigned(sp, a), 10);
		return true;
	case 'x': case 'X': {
		uint64_t v = take_unsigned(sp, a);
		sp->upper = c == 'X';
		emit_number(o, sp, !sp->alt || v == 0 ? "" : sp->upper ? "0X" : "0x", v, 16);
		return true;
	}
	case 'p':
		emit_number(o, sp, "0x", (uintptr_t)va_arg(a->ap, void *), 16);
		return true;
	case 's': {
		const char *s = va_arg(a->ap, const char *);
		if (!s)
			s = "(null)";
		emit_text(o, sp, s, sp->prec < 0 ? strlen(s) : strnlen(s, (size_t)sp->prec));
		return true;
	}
	case 'c': {
		char ch = (char)va_arg(a->ap, int);
		emit_text(o, sp, &ch, 1);
		return true;
	}
	case '%':
		emit(o, "%", 1);
		return true;
	default:
		return false;
	}
}

size_t print_format(struct print_sink *sink, const char *fmt, va_list ap)
{
	struct out o = {sink, 0};
	struct args a;

	va_copy(a.ap, ap);
	while (*fmt) {
		const char *start = fmt;
		while (*fmt && *fmt != '%')
			fmt++;
		emit(&o, start, (size_t)(fmt - start));
		if (!*fmt)
			break;
		struct spec sp = {.prec = -1};
		start = fmt;
		fmt = parse_spec(fmt + 1, &sp, &a);
		if (*fmt && convert(&o, &sp, *fmt, &a))
			fmt++;
		else
			emit(&o, start, (size_t)(fmt - start));
	}
	va_end(a.ap);
	return o.count;
}

struct string_sink {
	struct print_sink sink;
	char *buf;
	size_t size, used; /* used < size, or size is 0 */
};

static void string_put(struct print_sink *sink, const char *s, size_t n)
{
	struct string_sink *t = (struct string_sink *)sink;
	size_t room = t->size ? t->size - 1 - t->used : 0;

	n = n < room ? n : room;
	if (!n)
		return;
	memcpy(t->buf + t->used, s, n);
	t->used += n;
}

/* What C's vsnprintf does: the length it would have had; SIZE 0 needs no buffer. */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct string_sink t = {{string_put}, buf, size, 0};
	size_t n = print_format(&t.sink, fmt, ap);

	if (size)
		buf[t.used] = 0;
	return n > INT32_MAX ? INT32_MAX : (int)n;
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = kvsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
