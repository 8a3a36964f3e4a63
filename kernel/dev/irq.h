/* Who handles which device's interrupt line. */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H
#include <stdint.h>

#define IRQ_MAX 128 /* lines 0 .. IRQ_MAX - 1, as device tree nodes number them */

typedef void irq_fn(void *arg);

/* FN(ARG) runs on some CPU, interrupts off, whenever IRQ is raised; the line is open on return. 0, or a
 * negative error: -VM_EINVAL no such line, -VM_EEXIST it is taken. */
int irq_register(unsigned irq, irq_fn *fn, void *arg);
/* From trap_device(): interrupts off. One that nobody registered is counted, and the first time told. */
void irq_dispatch(unsigned irq);
/* How many came that nobody wanted. */
uint64_t irq_stray_count(void);

#endif
