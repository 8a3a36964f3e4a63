/* The end: QEMU's isa-debug-exit makes 2 n + 1 of what is written, so 16, 17, 18 become 33, 35, 37. */
#include "arch/arch.h"

#define DEBUG_EXIT 0x501

void arch_power_off(enum power how)
{
	arch_irq_disable();
	outb(DEBUG_EXIT, (uint8_t)(16 + how));
	for (;;)
		__asm__ volatile("hlt");
}
