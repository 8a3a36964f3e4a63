/* Clang's thread-safety attributes, and nothing for other compilers: which lock a function takes, gives back
 * or wants held. `clang -Wthread-safety` then finds a path that forgets one. */
#ifndef KERNEL_ANNOTATE_H
#define KERNEL_ANNOTATE_H

#ifdef __clang__
#define SYNC_ATTRIBUTE(x) __attribute__((x))
#else
#define SYNC_ATTRIBUTE(x)
#endif

#define SYNC_CAPABILITY(what)     SYNC_ATTRIBUTE(capability(what))
#define SYNC_ACQUIRE(...)         SYNC_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define SYNC_ACQUIRE_SHARED(...)  SYNC_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define SYNC_TRY_ACQUIRE(...)     SYNC_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define SYNC_RELEASE(...)         SYNC_ATTRIBUTE(release_capability(__VA_ARGS__))
#define SYNC_RELEASE_SHARED(...)  SYNC_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
#define SYNC_REQUIRES(...)        SYNC_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define SYNC_EXCLUDES(...)        SYNC_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define SYNC_GUARDED_BY(lock)     SYNC_ATTRIBUTE(guarded_by(lock))
/* For the few that hand a lock from one thread to the next, which the analysis cannot follow. */
#define SYNC_UNCHECKED            SYNC_ATTRIBUTE(no_thread_safety_analysis)

#endif
