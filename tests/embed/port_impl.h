/* What vm/port.h asks of the header that its embedder writes. This kernel has one CPU and no interrupts. */
#ifndef EMBED_PORT_IMPL_H
#define EMBED_PORT_IMPL_H
#include "vm/types.h"

#include "pte.h"

#define PORT_MAX_CPUS 1
#define PORT_DEBUG    1

struct port_lock {
	bool held;
};
#define PORT_LOCK_INIT(name)                                                                                 \
	{                                                                                                    \
		false                                                                                        \
	}
#define PORT_LOCK_OUTER(name) PORT_LOCK_INIT(name)
struct port_rwlock {
	int holders; /* readers; -1: a writer */
};

extern char toy_ram[];
static inline unsigned port_cpu(void) { return 0; }
static inline unsigned long port_irq_save(void) { return 0; }
static inline void port_irq_restore(unsigned long was) { (void)was; }
static inline void *port_kva(paddr_t pa) { return toy_ram + pa; }
static inline void port_point(void) {}
static inline void port_walk(void) {}

#endif
