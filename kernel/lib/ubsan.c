/* Undefined behaviour, found by -fsanitize=undefined (SAN=1): each kind panics with the place and what
 * happened there. The names and the layouts are what gcc 12 and clang 14 emit for C. Not sanitized itself. */
#include "kernel/lib/lib.h"

struct place {
	const char *file;
	uint32_t line, col;
};
struct type {
	uint16_t kind; /* 0: integer */
	uint16_t info; /* integers: bit 0 is signed, the rest log2 of the width in bits */
	char name[];   /* in quotes */
};
typedef uintptr_t val; /* the value where it fits, else its address */

struct about_place { struct place at; };
struct about_type { struct place at; const struct type *type; };
struct about_shift { struct place at; const struct type *left, *right; };
struct about_index { struct place at; const struct type *array, *index; };
struct about_access { struct place at; const struct type *type; uint8_t log_align, kind; };
struct about_arg { struct place at, declared; int arg; };
struct about_builtin { struct place at; uint8_t kind; };
struct about_assumption { struct place at, declared; const struct type *type; };

/* A handler, and its twin for code built with -fno-sanitize-recover. */
#define HANDLER(name, ...)                                                                                 \
	void __ubsan_handle_##name(__VA_ARGS__);                                                           \
	void __ubsan_handle_##name##_abort(__VA_ARGS__) __attribute__((alias("__ubsan_handle_" #name)));   \
	void __ubsan_handle_##name(__VA_ARGS__)

static _Noreturn void report(const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static _Noreturn void report(const struct place *at, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	panic("undefined behaviour at %s:%u:%u: %s", at->file ? at->file : "?", at->line, at->col, what);
}

struct number {
	char text[24];
};

static struct number number(const struct type *t, val v)
{
	unsigned bits = 1u << (t->info >> 1);
	struct number n;

	if (t->kind != 0 || bits > 64) {
		strlcpy(n.text, "a value", sizeof n.text);
	} else if (t->info & 1) {
		int64_t s = (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
		ksnprintf(n.text, sizeof n.text, "%lld", (long long)s);
	} else {
		ksnprintf(n.text, sizeof n.text, "%llu", (unsigned long long)v);
	}
	return n;
}

static _Noreturn void overflow(const struct about_type *d, val a, const char *op, val b)
{
	struct number x = number(d->type, a), y = number(d->type, b);

	report(&d->at, "signed integer overflow: %s %s %s does not fit in %s", x.text, op, y.text,
	       d->type->name);
}

HANDLER(add_overflow, struct about_type *d, val a, val b) { overflow(d, a, "+", b); }
HANDLER(sub_overflow, struct about_type *d, val a, val b) { overflow(d, a, "-", b); }
HANDLER(mul_overflow, struct about_type *d, val a, val b) { overflow(d, a, "*", b); }

HANDLER(negate_overflow, struct about_type *d, val a)
{
	report(&d->at, "signed integer overflow: -(%s) does not fit in %s", number(d->type, a).text,
	       d->type->name);
}

HANDLER(divrem_overflow, struct about_type *d, val a, val b)
{
	if (b == 0)
		report(&d->at, "%s divided by zero", number(d->type, a).text);
	overflow(d, a, "/", b);
}

HANDLER(shift_out_of_bounds, struct about_shift *d, val a, val b)
{
	struct number n = number(d->left, a), by = number(d->right, b);

	report(&d->at, "%s shifted by %s, in %s", n.text, by.text, d->left->name);
}

HANDLER(out_of_bounds, struct about_index *d, val i)
{
	report(&d->at, "index %s is outside of %s", number(d->index, i).text, d->array->name);
}

HANDLER(type_mismatch_v1, struct about_access *d, val p)
{
	static const char *const kinds[] = {"load of", "store to", "reference to", "member access in"};
	const char *what = d->kind < 4 ? kinds[d->kind] : "use of"; /* the rest is C++ */
	unsigned long at = p, align = 1ul << d->log_align;

	if (p == 0)
		report(&d->at, "%s %s at a null pointer", what, d->type->name);
	if (at & (align - 1))
		report(&d->at, "%s %s at 0x%lx, which is not aligned to %lu", what, d->type->name, at, align);
	report(&d->at, "%s %s at 0x%lx, where there is no room for one", what, d->type->name, at);
}

HANDLER(pointer_overflow, struct about_place *d, val base, val result)
{
	report(&d->at, "pointer arithmetic wraps or touches null: from 0x%lx to 0x%lx", (unsigned long)base,
	       (unsigned long)result);
}

HANDLER(load_invalid_value, struct about_type *d, val v)
{
	report(&d->at, "%s is no value of %s", number(d->type, v).text, d->type->name);
}

HANDLER(vla_bound_not_positive, struct about_type *d, val v)
{
	report(&d->at, "variable-length array of %s elements", number(d->type, v).text);
}

HANDLER(nonnull_arg, struct about_arg *d)
{
	report(&d->at, "argument %d is null and must not be", d->arg);
}

HANDLER(nonnull_return_v1, struct about_place *declared, struct place *at)
{
	(void)declared;
	report(at, "null is returned by a function that never does");
}

HANDLER(invalid_builtin, struct about_builtin *d)
{
	report(&d->at, "zero given to __builtin_%s", d->kind == 0 ? "ctz" : "clz");
}

HANDLER(alignment_assumption, struct about_assumption *d, val p, val align, val offset)
{
	unsigned long at = p - offset, to = align;

	report(&d->at, "0x%lx is assumed to be aligned to %lu", at, to);
}

/* These two never return, with or without recovery, so they have no twin. */
void __ubsan_handle_builtin_unreachable(struct about_place *d);
void __ubsan_handle_builtin_unreachable(struct about_place *d)
{
	report(&d->at, "a place was reached that cannot be");
}

void __ubsan_handle_missing_return(struct about_place *d);
void __ubsan_handle_missing_return(struct about_place *d)
{
	report(&d->at, "a function ended without returning its value");
}
