/* The console's 16550 stands where a PC's first serial port does. */
#include "arch/arch.h"

#define COM1     0x3f8
#define COM1_IRQ 4

void arch_console_init(const void *fdt) { (void)fdt; }
uint8_t arch_uart_read(unsigned reg) { return inb((uint16_t)(COM1 + reg)); }
void arch_uart_write(unsigned reg, uint8_t value) { outb((uint16_t)(COM1 + reg), value); }
unsigned arch_uart_irq(void) { return COM1_IRQ; }
