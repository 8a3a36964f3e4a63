/* What vm/ is embedded in here: this kernel. vm/port.h tells what each of these means. */
#ifndef KERNEL_PORT_IMPL_H
#define KERNEL_PORT_IMPL_H
#include "vm/types.h"

#include "pte.h"

#include "kernel/config.h"
#include "kernel/mem/mem.h"
#include "kernel/sched/thread.h"
#include "kernel/sync/rwlock.h"

#define PORT_MAX_CPUS BOOT_MAX_CPUS
#define PORT_DEBUG    KERNEL_DEBUG

struct port_lock {
	struct spinlock spin;
};
#define PORT_LOCK_INIT(label)                                                                                \
	{                                                                                                    \
		.spin = SPINLOCK_INIT(label, RANK_VM)                                                        \
	}

#define PORT_LOCK_OUTER(label)                                                                               \
	{                                                                                                    \
		.spin = SPINLOCK_INIT(label, RANK_VM_LAYER)                                                  \
	}
struct port_rwlock {
	struct rwlock rw;
};

static inline unsigned port_cpu(void) { return thread_current()->cpu; }
static inline unsigned long port_irq_save(void) { return arch_irq_save(); }
static inline void port_irq_restore(unsigned long was) { arch_irq_restore(was); }
static inline void *port_kva(paddr_t pa) { return ptov(pa); }
static inline void port_walk(void) {}
static inline void port_point(void) {}

#endif
