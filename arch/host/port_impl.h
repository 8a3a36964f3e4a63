/* What vm/ is embedded in here: a simulated machine in an ordinary process. Each host program is built for
 * the tables of one ISA. */
#ifndef HOST_PORT_IMPL_H
#define HOST_PORT_IMPL_H
#include "vm/types.h"

#if defined(HOST_ISA_X86_64)
#include "arch/x86_64/pte.h"
#elif defined(HOST_ISA_RISCV64)
#include "arch/riscv64/pte.h"
#else
#error "the host backend is built with -DHOST_ISA_X86_64 or -DHOST_ISA_RISCV64"
#endif

#define PORT_MAX_CPUS 8
#define PORT_DEBUG    1

/* HOLDER is the CPU that holds it plus 1. */
struct port_lock {
	const char *name;
	_Atomic unsigned holder;
	unsigned long irq; /* what interrupts were, for the holder's unlock */
};
#define PORT_LOCK_INIT(label)                                                                                \
	{                                                                                                    \
		.name = label                                                                                \
	}
#define PORT_LOCK_OUTER(label) PORT_LOCK_INIT(label)

/* How many read under it; -1: somebody writes. */
struct port_rwlock {
	_Atomic int holders;
};

/* cpu.c */
unsigned host_cpu_number(void);
unsigned long host_irq_save(void);
void host_irq_restore(unsigned long was);
/* mem.c */
void *host_kva(paddr_t pa); /* ends the test when nothing is allocated there */
/* race.c */
void host_point(void);

static inline unsigned port_cpu(void) { return host_cpu_number(); }
static inline unsigned long port_irq_save(void) { return host_irq_save(); }
static inline void port_irq_restore(unsigned long was) { host_irq_restore(was); }
static inline void *port_kva(paddr_t pa) { return host_kva(pa); }
extern _Thread_local unsigned long host_walks;
static inline void port_walk(void) { host_walks++; }
static inline void port_point(void) { host_point(); }

#endif
