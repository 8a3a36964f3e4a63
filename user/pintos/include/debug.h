/* Attributes, assertions and the end of a program that found itself wrong. */
#ifndef PINTOS_DEBUG_H
#define PINTOS_DEBUG_H

#define UNUSED                       __attribute__((unused))
#define NO_RETURN                    __attribute__((noreturn))
#define NO_INLINE                    __attribute__((noinline))
#define PRINTF_FORMAT(FORMAT, FIRST) __attribute__((format(printf, FORMAT, FIRST)))

/* Says where and why, and exits with 1. */
void debug_panic(const char *file, int line, const char *function, const char *message, ...)
	PRINTF_FORMAT(4, 5) NO_RETURN;
/* Says where it was called from. */
void debug_backtrace(void);

#define PANIC(...) debug_panic(__FILE__, __LINE__, __func__, __VA_ARGS__)

#endif

/* As in assert.h: NDEBUG decides anew each time. */
#undef ASSERT
#undef NOT_REACHED
#ifdef NDEBUG
#define ASSERT(CONDITION) ((void)0)
#define NOT_REACHED()     __builtin_unreachable()
#else
#define ASSERT(CONDITION) ((CONDITION) ? (void)0 : PANIC("assertion `%s' failed.", #CONDITION))
#define NOT_REACHED()     PANIC("executed an unreachable statement")
#endif
