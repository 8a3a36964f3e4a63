/* The console's 16550: output polled, input by interrupt into a ring.
 *
 * Output is serialised by kprintf's own lock. The lock here guards what was typed and who waits for it; the
 * interrupt handler takes it, and so does whoever is in console_getc. */
#include "arch/arch.h"
#include "kernel/dev/console.h"
#include "kernel/dev/irq.h"
#include "kernel/lib/fdt.h"
#include "kernel/lib/lib.h"
#include "kernel/lib/ring.h"
#include "kernel/sync/waitq.h"

enum uart_reg { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5, DIVISOR_LOW = 0, DIVISOR_HIGH = 1 };
enum uart_bit {
	IER_RECEIVED = 0x01,
	FCR_ON_AND_CLEARED = 0x07,
	LCR_8N1 = 0x03,
	LCR_DIVISOR = 0x80,
	MCR_READY = 0x03,
	MCR_IRQ = 0x08, /* OUT2: on a PC it lets the interrupt out */
	LSR_RECEIVED = 0x01,
	LSR_SENDABLE = 0x20, /* the transmit FIFO is empty */
};
#define BAUD       115200u
#define PC_CLOCK   1843200u
#define FIFO_BYTES 16
#define PATIENCE   1000000u /* looks at a line that does not drain, before its bytes are dropped */

static struct spinlock input_lock = SPINLOCK_INIT("console input", RANK_DEVICE);
static struct ring typed SYNC_GUARDED_BY(input_lock);
static struct waitq readers SYNC_GUARDED_BY(input_lock);
static bool by_interrupt; /* written once, before the first interrupt */
static unsigned fifo = 1; /* bytes it takes at once: one before console_init() */

void console_init(const void *fdt)
{
	uint32_t clock = PC_CLOCK;
	int node = fdt_compatible(fdt, -1, "ns16550a");

	if (node < 0)
		node = fdt_compatible(fdt, -1, "ns16550");
	fdt_u32(fdt, node, "clock-frequency", 0, &clock);
	uint32_t divisor = (clock + BAUD * 8) / (BAUD * 16);
	divisor = divisor ? divisor : 1;
	arch_uart_write(IER, 0);
	arch_uart_write(LCR, LCR_DIVISOR | LCR_8N1);
	arch_uart_write(DIVISOR_LOW, (uint8_t)divisor);
	arch_uart_write(DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	arch_uart_write(LCR, LCR_8N1);
	arch_uart_write(FCR, FCR_ON_AND_CLEARED);
	arch_uart_write(MCR, MCR_READY | MCR_IRQ);
	fifo = FIFO_BYTES;
}

/* Room for this many bytes now. */
static unsigned wait_sendable(void)
{
	for (unsigned n = 0; n < PATIENCE; n++)
		if (arch_uart_read(LSR) & LSR_SENDABLE)
			break;
	return fifo;
}

static void send(char c, unsigned *room)
{
	if (*room == 0)
		*room = wait_sendable();
	arch_uart_write(DATA, (uint8_t)c);
	--*room;
}

void console_write(const char *s, size_t n)
{
	unsigned room = 0;

	for (; n; n--, s++) {
		if (*s == '\n')
			send('\r', &room);
		send(*s, &room);
	}
}

static bool receive(uint8_t *b)
{
	if (!(arch_uart_read(LSR) & LSR_RECEIVED))
		return false;
	*b = arch_uart_read(DATA);
	return true;
}

/* Takes all there is, so that the line goes down; what the ring has no room for is lost. */
static void uart_interrupt(void *arg)
{
	uint8_t b;

	(void)arg;
	spin_lock(&input_lock);
	while (receive(&b))
		ring_put(&typed, b);
	waitq_wake_one(&readers);
	spin_unlock(&input_lock);
}

void console_input_init(void)
{
	by_interrupt = true;
	if (irq_register(arch_uart_irq(), uart_interrupt, NULL) != 0) {
		by_interrupt = false;
		kprintf("console: its interrupt cannot be had, input is polled\n");
		return;
	}
	arch_uart_write(IER, IER_RECEIVED);
}

char console_getc(void)
{
	uint8_t b;

	if (!by_interrupt) {
		while (!receive(&b))
			arch_relax();
		return (char)b;
	}
	spin_lock(&input_lock);
	while (!ring_get(&typed, &b))
		waitq_sleep(&readers, &input_lock);
	spin_unlock(&input_lock);
	return (char)b;
}
